// BundleEntry: one entry of a batch or transaction as the request that it stands for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "ops/context.h"
#include "ops/route.h"

namespace vesta::ops {

// Views point into the Bundle's tree.
struct BundleEntry {
  std::size_t index = 0;
  http::Method method = http::Method::get;
  std::string path;   // below the base: "/Patient/1"
  std::string query;  // of request.url, without '?'
  Route route;
  fhir::Node* resource = nullptr;
  std::string_view full_url;
  std::string_view if_none_match, if_modified_since, if_match, if_none_exist;
};

enum class BundleKind { batch, transaction };

// Errors (invalid): no Bundle, another type of Bundle, more entries than kMaxBundleEntries (too_large).
Result<BundleKind> check_bundle(const Context& context, const fhir::Node& bundle);
// The entry nodes, in order.
std::vector<fhir::Node*> entry_nodes(const Context& context, fhir::Node& bundle);
// Errors (invalid, not_found): no request, a bad URL, a resource where none belongs or none where one does.
Result<BundleEntry> read_entry(const Context& context, fhir::Node& entry, std::size_t index);

// "Bundle.entry[3]"
std::string entry_path(std::size_t index);
// The error with every issue's path below the entry.
Error at_entry(Error error, std::size_t index, std::string_view below);

}  // namespace vesta::ops
