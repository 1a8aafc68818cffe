// Ranges: the values of one resource that have a width or a prefix (dates, numbers, quantities, strings), in one blob
// of its row. With them a search decides such a leaf for one resource, and sorts, by looking at that row alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "search/index_value.h"
#include "store/sqlite/catalog.h"

namespace vesta::store::sqlite {

// Format: docs/formats/store.md.
std::string encode_ranges(Catalog& catalog, const search::IndexValues& values);

// The values of the parameter `number` in `blob`, appended to `values` under the id `parameter`; with number 0 those of
// all parameters that the Registry knows (ids by name). Texts are views into the blob and the catalog. False: damaged.
bool decode_ranges(const Catalog& catalog, std::string_view blob, std::int64_t number, search::ParameterId parameter,
                   search::IndexValues& values);

// System, code and unit of a quantity as one text, and back. None of the parts holds a NUL: FHIR forbids it in strings.
std::string join_unit(const search::QuantityValue& value);
void split_unit(std::string_view text, search::QuantityValue& value);

}  // namespace vesta::store::sqlite
