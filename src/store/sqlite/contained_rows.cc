// Contained rows: made, inserted, found and taken away.
#include "store/sqlite/contained_rows.h"

#include <algorithm>

#include "store/sqlite/schema.h"
#include "store/sqlite/shared_statements.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kInsert{
    "INSERT INTO resource(key, type, id, version, seq, last_updated, state, indexed, dictionary, body)"
    " VALUES(?1, ?2, ?3, 0, NULL, ?4, ?5, ?6, NULL, NULL)"};
constexpr Sql kDelete{"DELETE FROM resource WHERE key = ?1"};
constexpr Sql kRow{"SELECT type, indexed FROM resource WHERE key = ?1"};
constexpr Sql kLastUpdated{"SELECT last_updated FROM resource WHERE key = ?1"};
constexpr Sql kId{"SELECT id FROM resource WHERE key = ?1"};
constexpr std::size_t kInnerIdBytes = 12;

Error damaged() {
  return make_error(Category::unavailable, "the stored index values of a resource are damaged");
}

std::vector<PendingLink> links_of(Catalog& catalog, const search::IndexValues& values, Scope scope,
                                  const std::vector<search::Contained>& contained) {
  std::vector<PendingLink> links;
  for (const search::ContainedReference& reference : values.contained_references) {
    const fhir::TypeId source = catalog.registry().parameter(reference.parameter).type;
    const NumberedName name{scope, source, reference.parameter, contained[reference.place].type};
    links.push_back({catalog.link_number(name), reference.place});
  }
  return links;
}

// The references in the row's blob that lead to what is contained, and the keys of what it says it contains.
struct StoredLinks {
  std::vector<StoredReference> links;
  std::vector<std::int64_t> keys;  // in the order of places, in which they were given; those whose rows are there
};
Result<StoredLinks> stored_links(Connection& connection, const Catalog& catalog, std::int64_t outer) {
  Cursor cursor(connection, kSelectIndexed);
  std::string indexed;
  if (cursor.integer(1, outer).step()) indexed = cursor.bytes_at(0);
  VESTA_CHECK_OK(cursor.status());
  std::vector<StoredReference> all;
  if (!decode_references(catalog, indexed, 0, all)) return damaged();
  StoredLinks found;
  for (const StoredReference& reference : all) {
    const std::optional<NumberedName> name = catalog.name_of(reference.param);
    if (!name || !name->is_link()) continue;
    found.links.push_back(reference);
    if (name->parameter != search::kNoParameter) continue;
    VESTA_TRY(const std::optional<InnerName> inner, inner_name_of(connection, reference.target));
    if (inner && inner->outer == outer) found.keys.push_back(reference.target);
  }
  std::sort(found.keys.begin(), found.keys.end());
  return found;
}

// All index rows of one contained resource, which has these words.
Status add_stored_rows(Connection& connection, Catalog& catalog, std::int64_t key,
                       const std::vector<search::WordValue>& words, std::int64_t& type, std::deque<std::string>& texts,
                       IndexRows& rows) {
  Cursor cursor(connection, kRow);
  if (!cursor.integer(1, key).step()) {
    VESTA_CHECK_OK(cursor.status());
    return make_error(Category::unavailable, "an index row points to a resource that is not there");
  }
  type = cursor.integer_at(0);
  const std::string& indexed = texts.emplace_back(cursor.bytes_at(1));
  search::IndexValues values;
  std::vector<StoredReference> references;
  if (!decode_values(catalog, indexed, 0, 0, values) || !decode_references(catalog, indexed, 0, references)) {
    return damaged();
  }
  values.words = words;
  IndexRows unkeyed;
  std::vector<PendingReference> none;
  make_rows(catalog, values, unkeyed, none, texts, Scope::contained);
  rows.append(unkeyed, key);
  for (const StoredReference& reference : references)
    rows.references.push_back({reference.param, reference.target, key});
  return kOk;
}

}  // namespace

PreparedContained prepare_contained(Catalog& catalog, fhir::TypeId type, const search::IndexValues& values,
                                    std::deque<std::string>& texts) {
  PreparedContained prepared;
  if (values.contained.empty()) return prepared;
  for (std::uint32_t place = 0; place < values.contained.size(); ++place) {
    const search::Contained& from = values.contained[place];
    prepared.links.push_back({catalog.link_number({Scope::resource, type, search::kNoParameter, from.type}), place});
    PreparedInner& inner = prepared.inner.emplace_back();
    inner.type = catalog.type_number(from.type, Scope::contained);
    inner.indexed = encode_values(catalog, from.values, Scope::contained);
    make_rows(catalog, from.values, inner.rows, inner.references, texts, Scope::contained);
    inner.links = links_of(catalog, from.values, Scope::contained, values.contained);
  }
  for (const PendingLink& link : links_of(catalog, values, Scope::resource, values.contained)) {
    prepared.links.push_back(link);
  }
  return prepared;
}

std::vector<StoredReference> references_of(std::span<const PendingLink> links, std::span<const std::int64_t> keys) {
  std::vector<StoredReference> references;
  for (const PendingLink& link : links) references.push_back({link.param, keys[link.place]});
  return references;
}

Result<std::vector<StoredReference>> references_of(const PreparedInner& inner, std::span<const std::int64_t> keys,
                                                   const KeySource& source) {
  std::vector<StoredReference> references;
  for (const PendingReference& reference : inner.references) {
    VESTA_TRY(const std::int64_t target, source.of_target(reference));
    references.push_back({reference.param, target});
  }
  for (const StoredReference& link : references_of(inner.links, keys)) references.push_back(link);
  return references;
}

Status insert_contained(Connection& connection, const PreparedContained& contained, const OuterRow& outer,
                        const KeySource& source, IndexRows& rows, std::vector<StoredReference>& links) {
  std::vector<std::int64_t> keys;
  for (std::size_t i = 0; i < contained.inner.size(); ++i) {
    VESTA_TRY(const std::int64_t key, source.next());
    keys.push_back(key);
  }
  for (std::uint32_t place = 0; place < keys.size(); ++place) {
    const PreparedInner& inner = contained.inner[place];
    const std::int64_t key = keys[place];
    VESTA_TRY(const std::vector<StoredReference> references, references_of(inner, keys, source));
    std::string blob = inner.indexed;
    for (const StoredReference& reference : references) {
      append_reference(reference, blob);
      rows.references.push_back({reference.param, reference.target, key});
    }
    rows.append(inner.rows, key);
    const std::string id = inner_id({outer.key, place});
    Cursor cursor(connection, kInsert);
    cursor.integer(1, key).integer(2, inner.type).blob(3, id).integer(4, outer.last_updated);
    VESTA_CHECK_OK(cursor.integer(5, static_cast<int>(State::current)).blob(6, blob).run());
  }
  for (const StoredReference& link : references_of(contained.links, keys)) {
    links.push_back(link);
    rows.references.push_back({link.param, link.target, outer.key});
  }
  return kOk;
}

Result<OuterRow> outer_row(Connection& connection, std::int64_t key) {
  Cursor cursor(connection, kLastUpdated);
  OuterRow outer{key, 0};
  if (cursor.integer(1, key).step()) outer.last_updated = cursor.integer_at(0);
  VESTA_CHECK_OK(cursor.status());
  return outer;
}

Result<std::vector<std::int64_t>> contained_keys(Connection& connection, const Catalog& catalog, std::int64_t outer) {
  VESTA_TRY(StoredLinks stored, stored_links(connection, catalog, outer));
  return std::move(stored.keys);
}

Status remove_contained(Connection& connection, Catalog& catalog, std::int64_t outer,
                        std::span<const search::Contained> contained, std::vector<std::int64_t>& types) {
  VESTA_TRY(const StoredLinks stored, stored_links(connection, catalog, outer));
  std::deque<std::string> texts;
  IndexRows rows;
  const std::vector<search::WordValue> none;
  for (std::size_t place = 0; place < stored.keys.size(); ++place) {
    const std::int64_t key = stored.keys[place];
    const auto& words = place < contained.size() ? contained[place].values.words : none;
    VESTA_CHECK_OK(add_stored_rows(connection, catalog, key, words, types.emplace_back(), texts, rows));
    Cursor cursor(connection, kDelete);
    VESTA_CHECK_OK(cursor.integer(1, key).run());
  }
  for (const StoredReference& link : stored.links) rows.references.push_back({link.param, link.target, outer});
  return delete_rows(connection, rows);
}

std::string inner_id(const InnerName& name) {
  std::string id;
  for (int shift = 56; shift >= 0; shift -= 8) id.push_back(static_cast<char>(name.outer >> shift));
  for (int shift = 24; shift >= 0; shift -= 8) id.push_back(static_cast<char>(name.place >> shift));
  return id;
}

std::optional<InnerName> inner_name(std::string_view id) {
  if (id.size() != kInnerIdBytes) return std::nullopt;
  std::uint64_t outer = 0;
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < 8; ++i) outer = outer << 8 | static_cast<unsigned char>(id[i]);
  for (std::size_t i = 8; i < kInnerIdBytes; ++i) place = place << 8 | static_cast<unsigned char>(id[i]);
  return InnerName{static_cast<std::int64_t>(outer), place};
}

Result<std::optional<InnerName>> inner_name_of(Connection& connection, std::int64_t key) {
  Cursor cursor(connection, kId);
  std::optional<InnerName> name;
  if (cursor.integer(1, key).step()) name = inner_name(cursor.bytes_at(0));
  VESTA_CHECK_OK(cursor.status());
  return name;
}

}  // namespace vesta::store::sqlite
