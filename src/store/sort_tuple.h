// SortTuple: what a resource sorts by, as bytes that compare; and the Position of a page, made of one.
//
// Shared by engines that keep positions as (sort values, part, key). The order is that of search::sorts_before, ties by
// the place of the query that matched, then by key.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/matcher.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::store {

// Bytes that compare by memcmp as the values do, ascending; nullopt: the resource has no value and comes last.
using SortValue = std::optional<std::string>;

struct SortTuple {
  std::vector<SortValue> values;  // one per SortKey
  std::uint32_t part = 0;         // which of the search's queries it matches
  std::int64_t key = 0;           // the engine's number of the resource, in the order of creation

  bool operator==(const SortTuple&) const = default;
};

// An int64 as 8 bytes that compare as the numbers do.
std::string sortable(std::int64_t value);

// What `subject` sorts by under `key`: the lowest of its values if ascending, the highest if descending.
SortValue sort_value(const search::SortKey& key, const search::Subject& subject, const fhir::Definitions& definitions);

// Less than zero if `left` comes first under `sort`, of which only the directions count; zero only if part and key are
// equal too.
int compare(std::span<const search::SortKey> sort, const SortTuple& left, const SortTuple& right);

Position encode_position(std::span<const search::Query> queries, const fhir::Definitions& definitions,
                         const SortTuple& tuple);
// Errors: invalid, if the bytes are no position of a search over queries of these types and sorts.
Result<SortTuple> decode_position(std::span<const search::Query> queries, const fhir::Definitions& definitions,
                                  const Position& position);

}  // namespace vesta::store
