// Absolute URLs and canonicals, followed in both directions over the table of uris.
#include "store/sqlite/ways.h"

#include "fhir/primitive.h"
#include "search/links.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kAnyBelow{"SELECT 1 FROM uri WHERE param = ?1 AND uri >= ?2 AND uri < ?3 LIMIT 1"};
constexpr Sql kAny{"SELECT 1 FROM uri WHERE param = ?1 AND uri = ?2 LIMIT 1"};
constexpr Sql kId{"SELECT id FROM resource WHERE key = ?1"};
constexpr std::int64_t kKeysAtOnce = 4'096;

}  // namespace

Equality uri_is(std::int64_t param, std::string_view uri) {
  Equality equality;
  equality.table = Equality::Table::uri;
  equality.param = param;
  equality.text = uri;
  return equality;
}

Result<bool> has_uri(Connection& connection, std::int64_t param, std::string_view uri) {
  Cursor cursor(connection, kAny);
  const bool found = cursor.integer(1, param).text(2, uri).step();
  VESTA_CHECK_OK(cursor.status());
  return found;
}

std::string own_urls(const Catalog& catalog, std::string_view base_url, fhir::TypeId type) {
  return base_url.empty() ? std::string() : search::absolute_url(catalog.definitions(), base_url, type, {});
}

Result<bool> has_uris_below(Connection& connection, std::int64_t param, std::string_view beginning) {
  SnapshotFacts* const facts = connection.facts();
  const std::string fact = facts == nullptr ? std::string() : std::to_string(param) + " " + std::string(beginning);
  if (facts != nullptr) {
    const auto known = facts->has_uris.find(fact);
    if (known != facts->has_uris.end()) return known->second;
  }
  std::string end(beginning);
  end.back() = '/' + 1;
  Cursor cursor(connection, kAnyBelow);
  cursor.integer(1, param).text(2, beginning).text(3, end);
  const bool found = cursor.step();
  VESTA_CHECK_OK(cursor.status());
  if (facts != nullptr && facts->has_uris.size() < kMaxUriFacts) facts->has_uris.emplace(fact, found);
  return found;
}

Result<StoredLink> bind_ways(Connection& connection, const Catalog& catalog, const LinkSource& source,
                             fhir::TypeId target, std::string_view base_url) {
  const search::Parameter& parameter = source.parameter;
  StoredLink link;
  link.param = catalog.find_parameter(parameter.id, source.scope);
  link.target_type = catalog.find_type(target);
  std::string urls = own_urls(catalog, base_url, target);
  if (link.param != 0 && !urls.empty()) {
    VESTA_TRY(const bool is_used, has_uris_below(connection, link.param, urls));
    if (is_used) link.own_urls = std::move(urls);
  }
  const search::ParameterId names = catalog.registry().canonical_of(target).names;
  if (parameter.canonical == search::kNoParameter || names == search::kNoParameter) return link;
  link.names = catalog.find_parameter(names);
  if (link.names != 0) link.canonical = catalog.find_parameter(parameter.canonical, source.scope);
  return link;
}

Result<std::vector<std::string_view>> uris_of(const Catalog& catalog, std::string_view indexed, std::int64_t param) {
  search::IndexValues values;
  if (!decode_values(catalog, indexed, param, search::ParameterId{0}, values)) {
    return damaged_values();
  }
  std::vector<std::string_view> uris;
  for (const search::UriValue& value : values.uris) uris.push_back(value.uri);
  return uris;
}

Result<Keys> keys_of_uri(Connection& connection, std::int64_t param, std::string_view uri) {
  Keys keys;
  const Equality equality = uri_is(param, uri);
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, equality_keys(connection, equality, {after, INT64_MAX, kKeysAtOnce}));
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    after = page.upto;
  }
  return keys;
}

Status append_targets(Connection& connection, const Catalog& catalog, std::string_view indexed, const StoredLink& link,
                      Keys& targets) {
  if (!link.own_urls.empty()) {
    VESTA_TRY(const std::vector<std::string_view> uris, uris_of(catalog, indexed, link.param));
    for (std::string_view uri : uris) {
      if (!uri.starts_with(link.own_urls)) continue;
      uri.remove_prefix(link.own_urls.size());
      if (!fhir::is_id(uri)) continue;
      VESTA_TRY(const auto target, find_resource(connection, link.target_type, store_id(uri)));
      if (target) targets.push_back(target->key);
    }
  }
  if (link.canonical == 0) return kOk;
  VESTA_TRY(const std::vector<std::string_view> canonicals, uris_of(catalog, indexed, link.canonical));
  for (const std::string_view canonical : canonicals) {
    VESTA_TRY(const Keys keys, keys_of_uri(connection, link.names, canonical));
    targets.insert(targets.end(), keys.begin(), keys.end());
  }
  return kOk;
}

Result<std::vector<Equality>> sources_of(Connection& connection, const Catalog& catalog, const StoredLink& link,
                                         std::int64_t target, std::string_view indexed) {
  std::vector<Equality> found(1);
  found.front().table = Equality::Table::reference;
  found.front().param = link.param;
  found.front().target = target;
  if (!link.own_urls.empty()) {
    Cursor cursor(connection, kId);
    cursor.integer(1, target);
    if (cursor.step()) found.push_back(uri_is(link.param, link.own_urls + id_at(cursor, 0)));
    VESTA_CHECK_OK(cursor.status());
  }
  if (link.canonical == 0) return found;
  VESTA_TRY(const std::vector<std::string_view> names, uris_of(catalog, indexed, link.names));
  for (const std::string_view name : names) found.push_back(uri_is(link.canonical, name));
  return found;
}

}  // namespace vesta::store::sqlite
