// Looking up the rows of ids, and keeping what was found.
#include "store/sqlite/id_keys.h"

#include <algorithm>
#include <utility>

#include "store/sqlite/resource_rows.h"
#include "store/sqlite/shared_statements.h"

namespace vesta::store::sqlite {
namespace {

// Adds the keys of `ids` to `keys`; gives those without one.
Result<std::vector<std::string>> add_keys(Connection& connection, std::int64_t type,
                                          const std::vector<std::string>& ids, Keys& keys) {
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection, type, store_id(id)));
    if (head) {
      keys.push_back(head->key);
    } else {
      missing.push_back(id);
    }
  }
  std::sort(keys.begin(), keys.end());
  return missing;
}

}  // namespace

Result<std::int64_t> last_key(Connection& connection) {
  SnapshotFacts* const facts = connection.facts();
  if (facts != nullptr && facts->last_key) return *facts->last_key;
  Cursor cursor(connection, kMaxKey);
  const std::int64_t last = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  if (facts != nullptr) facts->last_key = last;
  return last;
}

Result<IdKeys::Found> IdKeys::look_up(Connection& connection, std::int64_t type, const Set& set) {
  Keys keys;
  VESTA_CHECK_OK(add_keys(connection, type, set->ids, keys));
  return std::make_shared<const Keys>(std::move(keys));
}

// What was kept may be of a newer state than the snapshot: rows have come since, behind all that it sees.
Result<IdKeys::Found> IdKeys::keys_of(Connection& connection, std::int64_t type, const Set& set) {
  std::optional<Entry> entry = kept_.find(set.get());
  const bool is_kept = entry && entry->type == type && entry->set.lock() == set;
  if (!is_kept) entry = Entry{set, type, std::make_shared<const Keys>(), set->ids};
  if (!is_kept || !entry->missing.empty()) {
    Keys keys = *entry->keys;
    VESTA_TRY(std::vector<std::string> missing, add_keys(connection, type, entry->missing, keys));
    if (!is_kept || missing.size() < entry->missing.size()) {
      entry->keys = std::make_shared<const Keys>(std::move(keys));
      entry->missing = std::move(missing);
      std::size_t bytes = entry->keys->size() * sizeof(std::int64_t);
      for (const std::string& id : entry->missing) bytes += sizeof id + id.size();
      kept_.keep(set.get(), *entry, bytes);
    }
  }
  VESTA_TRY(const std::int64_t last, last_key(connection));
  const Keys& keys = *entry->keys;
  if (keys.empty() || keys.back() <= last) return entry->keys;
  return std::make_shared<const Keys>(keys.begin(), std::upper_bound(keys.begin(), keys.end(), last));
}

}  // namespace vesta::store::sqlite
