// Preparing: compression, the difference of old and new index values, and rows without keys.
#include "store/sqlite/prepared.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kBytesPerIndexValue = 64;
constexpr std::size_t kBytesPerWrite = 1024;
constexpr std::size_t kBytesPerAuditRecord = 64;

bool has_duplicates(const WriteSet& writes) {
  if (writes.writes.size() < 2) return false;
  std::vector<std::pair<fhir::TypeId, std::string_view>> names;
  names.reserve(writes.writes.size());
  for (const Write& write : writes.writes) names.emplace_back(write.type, write.id);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// The full text table counts its rows: a resource that keeps having words is taken out and put in again, if any change.
void balance_words(const Write& write, IndexRows& added, IndexRows& removed) {
  if (write.added.words.empty() || write.removed.words.empty() || added.words.size() == removed.words.size()) return;
  (added.words.empty() ? added : removed).words.push_back({0, {}});
}

// Rows to put in and to take away, by the difference of the values.
void make_changes(Catalog& catalog, const Write& write, PreparedWrite& prepared, std::deque<std::string>& texts) {
  if (write.removed.size() == 0) {
    make_rows(catalog, write.added, prepared.added, prepared.references, texts);
    return;
  }
  const search::IndexValues gained = difference(write.added, write.removed);
  make_rows(catalog, gained, prepared.added, prepared.references, texts);
  make_rows(catalog, difference(write.removed, write.added), prepared.removed, prepared.removed_references, texts);
  balance_words(write, prepared.added, prepared.removed);
  const std::vector<QuantityRow> now = make_quantities(catalog, write.added.quantities, texts);
  const std::vector<QuantityRow> before = make_quantities(catalog, write.removed.quantities, texts);
  prepared.added.quantities.clear();
  prepared.removed.quantities.clear();
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(prepared.added.quantities));
  std::set_difference(before.begin(), before.end(), now.begin(), now.end(),
                      std::back_inserter(prepared.removed.quantities));
  prepared.references.clear();
  for (const auto& value : write.added.references) {
    const bool is_new = std::binary_search(gained.references.begin(), gained.references.end(), value);
    prepared.references.push_back(
        {catalog.parameter_number(value.parameter), catalog.type_number(value.type), value.id, is_new});
  }
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
    VESTA_CHECK_OK(catalog.number_parameters(write.type, write.added));
    VESTA_CHECK_OK(catalog.number_parameters(write.type, write.removed));
    prepared.type = catalog.type_number(write.type);
    prepared.id = store_id(write.id);
    if (write.kind == Write::Kind::put) prepared.body = bodies.compress(write.tail);
    if (write.kind != Write::Kind::remove) prepared.indexed = encode_values(catalog, write.added);
    make_changes(catalog, write, prepared, set.texts);
    prepared.contained = prepare_contained(catalog, write.type, write.added, set.texts);
    set.bytes += prepared.body.frame.size() + prepared.indexed.size() + kBytesPerWrite +
                 kBytesPerIndexValue * (write.added.size() + write.removed.size());
  }
  for (const std::string& record : writes.audit) set.bytes += record.size() + kBytesPerAuditRecord;
  return set;
}

}  // namespace vesta::store::sqlite
