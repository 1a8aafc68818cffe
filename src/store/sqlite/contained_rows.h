// Contained rows: what a resource contains has rows in `resource` and in the index like resources, but no version: its
// type is one of its own (see NumberedName), `seq` is NULL, and `id` names the outer row and the place in it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/sqlite/index_rows.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {

// A reference to what the same resource contains: its key is known once that has a row.
struct PendingLink {
  std::int64_t param;
  std::uint32_t place;
};
struct PreparedInner {
  std::int64_t type = 0;  // the store's number
  std::string indexed;    // without references
  IndexRows rows;         // without references
  std::vector<PendingReference> references;
  std::vector<PendingLink> links;
};
struct PreparedContained {
  std::vector<PendingLink> links;  // of the outer resource: to all that it contains, and by its parameters
  std::vector<PreparedInner> inner;
};
// Of a resource of `type`, whose parameters have numbers. `texts` receives made-up texts.
PreparedContained prepare_contained(Catalog& catalog, fhir::TypeId type, const search::IndexValues& values,
                                    std::deque<std::string>& texts);

struct OuterRow {
  std::int64_t key = 0;
  std::int64_t last_updated = 0;  // as stored
};
Result<OuterRow> outer_row(Connection& connection, std::int64_t key);
// Where keys come from: of a reference's target, and for a new row.
struct KeySource {
  std::function<Result<std::int64_t>(const PendingReference& reference)> of_target;
  std::function<Result<std::int64_t>()> next;
};
// Inserts the rows of `resource`. Their index rows are added to `rows`, with those of the references to them, which are
// appended to `links`, for the blob of the outer row.
Status insert_contained(Connection& connection, const PreparedContained& contained, const OuterRow& outer,
                        const KeySource& keys, IndexRows& rows, std::vector<StoredReference>& links);
// The blob of the row of one of `keys`, and its references.
Result<std::vector<StoredReference>> references_of(const PreparedInner& inner, std::span<const std::int64_t> keys,
                                                   const KeySource& source);
std::vector<StoredReference> references_of(std::span<const PendingLink> links, std::span<const std::int64_t> keys);

// The keys of what the row contains, by place: those that it says it has and that are there.
Result<std::vector<std::int64_t>> contained_keys(Connection& connection, const Catalog& catalog, std::int64_t outer);
// Takes all of it away, index rows and links to it included. `contained`: what the index has of it, for its words.
// `types`: of each that was there.
Status remove_contained(Connection& connection, Catalog& catalog, std::int64_t outer,
                        std::span<const search::Contained> contained, std::vector<std::int64_t>& types);

// Whose row, and which one of what it contains. nullopt: no row of a contained resource.
struct InnerName {
  std::int64_t outer = 0;
  std::uint32_t place = 0;
};
std::string inner_id(const InnerName& name);
std::optional<InnerName> inner_name(std::string_view id);
Result<std::optional<InnerName>> inner_name_of(Connection& connection, std::int64_t key);

}  // namespace vesta::store::sqlite
