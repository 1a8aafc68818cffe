// Counting of presence, from blobs.
#include "store/sqlite/presence.h"

#include <algorithm>
#include <map>

#include "store/sqlite/value_codec.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

// What is contained in others has no seq, and no counts.
constexpr Sql kAllIndexed{"SELECT type, indexed FROM resource WHERE state = 1 AND seq IS NOT NULL"};
constexpr Sql kTypes{"SELECT type, parameters FROM type_count WHERE versions > 0 ORDER BY type"};
constexpr Sql kOfType{"SELECT resources, parameters FROM type_count WHERE type = ?1"};
constexpr Sql kSet{"UPDATE type_count SET parameters = ?2 WHERE type = ?1"};

Result<std::map<std::int64_t, PresenceCounts>> count_all(Connection& connection) {
  std::map<std::int64_t, PresenceCounts> counts;
  Cursor cursor(connection, kAllIndexed);
  while (cursor.step()) counts[cursor.integer_at(0)].add(cursor.bytes_at(1), 1);
  VESTA_CHECK_OK(cursor.status());
  return counts;
}

}  // namespace

void PresenceCounts::add(std::string_view indexed, int sign) {
  std::vector<StoredPresence> parameters;
  if (!decode_presence(indexed, parameters)) return;
  for (const StoredPresence& one : parameters) {
    auto at = std::ranges::lower_bound(counts_, one.param, {}, &ParameterCount::param);
    if (at == counts_.end() || at->param != one.param) at = counts_.insert(at, {one.param, 0, 0});
    if (one.is_present) at->present += sign;
    if (one.is_present != one.has_value) at->unlike += sign;
    if (at->present == 0 && at->unlike == 0) counts_.erase(at);
  }
}

ParameterCount PresenceCounts::of(std::int64_t param) const {
  const auto at = std::ranges::lower_bound(counts_, param, {}, &ParameterCount::param);
  return at == counts_.end() || at->param != param ? ParameterCount{param, 0, 0} : *at;
}

std::string PresenceCounts::encode() const {
  std::string bytes;
  std::int64_t before = 0;
  for (const ParameterCount& count : counts_) {
    put_varint(static_cast<std::uint64_t>(count.param - before), bytes);
    put_varint(static_cast<std::uint64_t>(count.present), bytes);
    put_varint(static_cast<std::uint64_t>(count.unlike), bytes);
    before = count.param;
  }
  return bytes;
}

std::optional<PresenceCounts> PresenceCounts::decode(std::string_view bytes) {
  PresenceCounts counts;
  ByteReader reader{bytes};
  std::uint64_t param = 0;
  while (reader.ok && !reader.rest.empty()) {
    param += reader.varint();
    const auto present = static_cast<std::int64_t>(reader.varint());
    const auto unlike = static_cast<std::int64_t>(reader.varint());
    counts.counts_.push_back({static_cast<std::int64_t>(param), present, unlike});
  }
  const bool is_ascending = std::ranges::is_sorted(counts.counts_, {}, &ParameterCount::param);
  return reader.ok && is_ascending ? std::optional(std::move(counts)) : std::nullopt;
}

Result<std::optional<Presence>> presence_of(Connection& connection, std::int64_t type, std::int64_t param) {
  Cursor cursor(connection, kOfType);
  const bool is_known = cursor.integer(1, type).step() && cursor.type_at(1) != SQLITE_NULL;
  VESTA_CHECK_OK(cursor.status());
  if (!is_known) return std::optional<Presence>();
  const std::optional<PresenceCounts> counts = PresenceCounts::decode(cursor.bytes_at(1));
  if (!counts) return make_error(Category::unavailable, "the counts of a type's parameters are damaged");
  return std::optional(Presence{cursor.integer_at(0), counts->of(param)});
}

Status recount_presence(Connection& connection) {
  VESTA_TRY(auto counts, count_all(connection));
  VESTA_CHECK_OK(connection.run("UPDATE type_count SET parameters = x'' WHERE versions > 0"));
  for (const auto& [type, of_type] : counts) {
    const std::string bytes = of_type.encode();
    Cursor cursor(connection, kSet);
    VESTA_CHECK_OK(cursor.integer(1, type).blob(2, bytes).run());
  }
  return kOk;
}

Status check_presence(Connection& connection, const Names& names, const std::function<void(std::string)>& report) {
  VESTA_TRY(auto counts, count_all(connection));
  Cursor cursor(connection, kTypes);
  while (cursor.step()) {
    const std::int64_t type = cursor.integer_at(0);
    const auto kept = PresenceCounts::decode(cursor.bytes_at(1));
    const bool is_kept = cursor.type_at(1) != SQLITE_NULL && kept;
    if (is_kept && *kept == counts[type]) continue;
    report("the counts of what resources of type " + std::string(names.text(NameKind::type, type)) +
           " have are not those of the resources");
  }
  return cursor.status();
}

}  // namespace vesta::store::sqlite
