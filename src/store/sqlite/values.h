// Values: all index values of one resource but its words, in one blob of its row (column `indexed`). With them a search
// decides a leaf for one resource, follows its references, and sorts, by looking at that row alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "search/index_value.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/value_codec.h"

namespace vesta::store::sqlite {

// A reference by numbers: the keys of targets are known to the writer only.
struct StoredReference {
  std::int64_t param = 0;
  std::int64_t target = 0;
};

// What is said when a blob of `indexed` cannot be read.
inline Error damaged_values() {
  return make_error(Category::unavailable, "the stored index values of a resource are damaged");
}

// Everything but references and words. Format: docs/formats/store.md.
std::string encode_values(Catalog& catalog, const search::IndexValues& values, Scope scope = Scope::resource);
// References come behind all else.
void append_reference(const StoredReference& reference, std::string& blob);

// The values of the parameter `number` in `blob`, appended to `values` under the id `parameter`; with number 0 those of
// all parameters that the Registry knows (ids by name), sorted as IndexValues are. Texts are views into the blob and
// the catalog. References are not among them. False: damaged.
bool decode_values(const Catalog& catalog, std::string_view blob, std::int64_t number, search::ParameterId parameter,
                   search::IndexValues& values);
// The references of the parameter `number` (0: of all), appended. False: damaged.
bool decode_references(const Catalog& catalog, std::string_view blob, std::int64_t number,
                       std::vector<StoredReference>& references);

struct StoredPresence {
  std::int64_t param = 0;
  bool is_present = false;
  bool has_value = false;
};
// Every parameter that a resource has, a value of, or both, each once. False: damaged.
bool decode_presence(std::string_view blob, std::vector<StoredPresence>& presence);
// Whether the resource has the parameter `number`; nullopt: damaged. Reads as much as that needs.
std::optional<bool> decode_present(std::string_view blob, std::int64_t number);

}  // namespace vesta::store::sqlite
