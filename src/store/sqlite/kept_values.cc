// What is kept of values, between the states of snapshots.
#include "store/sqlite/kept_values.h"

#include <utility>

namespace vesta::store::sqlite {

// It was so after the group `state`, which the snapshot has, and no group that the snapshot may have changed it since.
KeptValue ValueView::find(const Equality& equality) {
  if (!can_keep(equality)) return {};
  std::optional<KeptValues::Stated> found = values_.values_.find(equality);
  if (!found || found->state > state_) return {};
  values_.stamps_.begun();  // so that the stamps of all groups in the snapshot are seen
  if (values_.stamps_.changed(equality) > found->state) return {};
  if (found->value.keys && !hold(found->value.keys->size())) found->value.keys.reset();
  return std::move(found->value);
}

bool ValueView::hold(std::size_t keys) {
  const std::size_t bytes = keys * sizeof(std::int64_t);
  if (bytes > room_) return false;
  room_ -= bytes;
  return true;
}

// Where no group behind the first that the snapshot can have changed the value, it was so after that one already.
void ValueView::keep(const Equality& equality, KeptValue value) const {
  if (!can_keep(equality)) return;
  values_.stamps_.use();
  values_.stamps_.begun();  // as above
  if (values_.stamps_.changed(equality) > state_) return;
  const std::size_t keys = value.keys ? value.keys->capacity() * sizeof(std::int64_t) : 0;
  const std::size_t bytes = keys + equality.text.size() + equality.system_text.size();
  values_.values_.keep(equality, {std::move(value), state_}, bytes);
}

}  // namespace vesta::store::sqlite
