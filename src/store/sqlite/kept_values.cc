// What is kept of values, between the states of snapshots.
#include "store/sqlite/kept_values.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace vesta::store::sqlite {
namespace {

std::size_t bytes_of(const KeptValue& value) {
  return value.keys ? value.keys->capacity() * sizeof(std::int64_t) : 0;
}
std::size_t bytes_of(const Equality& equality) {
  return equality.text.size() + equality.system_text.size();
}

}  // namespace

std::size_t KeptValues::Hash::operator()(const TargetSet& set) const {
  const std::uint64_t place = PlaceHash{}(set.targets.get());
  return std::hash<std::uint64_t>()((place ^ static_cast<std::uint64_t>(set.param) << 40) * 0x9E3779B97F4A7C15 >> 16);
}

std::size_t KeptValues::Hash::operator()(const DecidedValue& decided) const {
  return (*this)(decided.equality) ^ std::hash<std::uint64_t>()(decided.edition * 0x9E3779B97F4A7C15);
}

// It was so after the group `state`, which the snapshot has, and no group that the snapshot may have changed it since.
template <class Of, class Map>
ValueView::Found ValueView::find_in(Map& map, const Of& of) {
  std::optional<KeptValues::Stated> found = map.find(of);
  if (!found || found->state > state_) return {};
  values_.stamps_.begun();  // so that the stamps of all groups in the snapshot are seen
  const bool has_grown = values_.stamps_.changed(of) > found->state;
  if (has_grown && !has_only_grown(of, found->state)) return {};
  const bool lacks_room = found->value.keys && !hold(found->value.keys->size());
  if (lacks_room) found->value.keys.reset();
  return {std::move(found->value), has_grown, lacks_room};
}

bool ValueView::has_only_grown(const Equality& equality, std::uint64_t since) const {
  return values_.stamps_.rewritten(equality) <= since;
}

ValueView::Found ValueView::find(const Equality& equality) {
  return can_keep(equality) ? find_in(values_.values_, equality) : Found();
}

KeptValue ValueView::find(const TargetSet& set) {
  return find_in(values_.sets_, set).value;
}

ValueView::Found ValueView::find(const DecidedValue& decided) {
  return can_keep(decided.equality) ? find_in(values_.decided_, decided) : Found();
}

bool ValueView::hold(std::size_t keys) {
  const std::size_t bytes = keys * sizeof(std::int64_t);
  if (bytes > room_) return false;
  room_ -= bytes;
  return true;
}

// Where no group behind the first that the snapshot can have changed the value, it was so after that one already.
template <class Of>
bool ValueView::may_keep(const Of& of) const {
  values_.stamps_.use();
  values_.stamps_.begun();  // as above
  return values_.stamps_.changed(of) <= state_;
}

void ValueView::keep(const Equality& equality, KeptValue value) const {
  if (!can_keep(equality) || !may_keep(equality)) return;
  const std::size_t bytes = bytes_of(value) + bytes_of(equality);
  values_.values_.keep(equality, {std::move(value), state_}, bytes);
}

void ValueView::keep(const DecidedValue& decided, KeptValue value) const {
  if (!can_keep(decided.equality) || !may_keep(decided)) return;
  const std::size_t bytes = bytes_of(value) + bytes_of(decided.equality);
  values_.decided_.keep(decided, {std::move(value), state_}, bytes);
}

// The targets count too: they are not gone as long as they are the key.
void ValueView::keep(const TargetSet& set, KeptValue value) const {
  if (!may_keep(set)) return;
  const std::size_t bytes = bytes_of(value) + set.targets->size() * sizeof(std::int64_t);
  values_.sets_.keep(set, {std::move(value), state_}, bytes);
}

}  // namespace vesta::store::sqlite
