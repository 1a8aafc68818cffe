// Preparing: compression, the difference of old and new index values, and rows without keys.
#include "store/sqlite/prepared.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "store/sqlite/ranges.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kBytesPerIndexValue = 64;
constexpr std::size_t kBytesPerWrite = 1024;

bool has_duplicates(const WriteSet& writes) {
  if (writes.writes.size() < 2) return false;
  std::vector<std::pair<fhir::TypeId, std::string_view>> names;
  names.reserve(writes.writes.size());
  for (const Write& write : writes.writes) names.emplace_back(write.type, write.id);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

Result<PreparedSet> prepare(Catalog& catalog, Bodies& bodies, const WriteSet& writes) {
  if (has_duplicates(writes)) return make_error(Category::internal, "a resource occurs twice in one WriteSet");
  PreparedSet set;
  set.source = &writes;
  set.writes.reserve(writes.writes.size());
  for (const Write& write : writes.writes) {
    PreparedWrite& prepared = set.writes.emplace_back();
    prepared.source = &write;
    prepared.type = catalog.type_number(write.type);
    prepared.id = store_id(write.id);
    if (write.kind == Write::Kind::put) {
      prepared.body = bodies.compress(write.tail);
      prepared.ranges = encode_ranges(catalog, write.added);
    }
    if (write.removed.size() == 0) {
      make_rows(catalog, write.added, prepared.added, prepared.added_references, set.texts);
    } else {
      make_rows(catalog, difference(write.added, write.removed), prepared.added, prepared.added_references, set.texts);
      make_rows(catalog, difference(write.removed, write.added), prepared.removed, prepared.removed_references,
                set.texts);
    }
    set.bytes += prepared.body.frame.size() + prepared.ranges.size() + kBytesPerWrite +
                 kBytesPerIndexValue * (write.added.size() + write.removed.size());
  }
  return set;
}

}  // namespace vesta::store::sqlite
