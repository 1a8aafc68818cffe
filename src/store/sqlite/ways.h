// Ways: what leads from one resource to another beside local references, which have rows of their own: absolute URLs of
// this server, and canonicals. Both are uris of the resource that refers; see search/links.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/leaves.h"
#include "store/sqlite/plan_node.h"

namespace vesta::store::sqlite {

// What absolute URLs of resources of a type begin with, "http://host/fhir/Patient/"; empty without a base.
std::string own_urls(const Catalog& catalog, std::string_view base_url, fhir::TypeId type);
Equality uri_is(std::int64_t param, std::string_view uri);
// Does any resource have this uri of the parameter?
Result<bool> has_uri(Connection& connection, std::int64_t param, std::string_view uri);
// Does any resource have a uri of the parameter that begins so? `beginning` ends with '/'.
Result<bool> has_uris_below(Connection& connection, std::int64_t param, std::string_view beginning);

// The link from resources that have a parameter, or from contained ones, to resources of `target`, in the store's
// numbers.
struct LinkSource {
  const search::Parameter& parameter;
  Scope scope = Scope::resource;
};
Result<StoredLink> bind_ways(Connection& connection, const Catalog& catalog, const LinkSource& source,
                             fhir::TypeId target, std::string_view base_url);

// The uris that a resource has for a parameter, by the blob `indexed` of its row; views into the blob and the catalog.
Result<std::vector<std::string_view>> uris_of(const Catalog& catalog, std::string_view indexed, std::int64_t param);
// All keys with that uri.
Result<Keys> keys_of_uri(Connection& connection, std::int64_t param, std::string_view uri);

// Appends the targets of one resource, whose row has the blob `indexed`, that its uris lead to; unsorted.
Status append_targets(Connection& connection, const Catalog& catalog, std::string_view indexed, const StoredLink& link,
                      Keys& targets);
// What finds the resources that refer to the target, whose row has the blob `indexed`; local references first.
Result<std::vector<Equality>> sources_of(Connection& connection, const Catalog& catalog, const StoredLink& link,
                                         std::int64_t target, std::string_view indexed);

}  // namespace vesta::store::sqlite
