// `:above` and `:below` of uris: by the beginnings of a URL. https://hl7.org/fhir/R4/search.html#uri
#include <algorithm>

#include "search/combine.h"
#include "search/modifiers/modifiers.h"

namespace vesta::search::modifiers {
namespace {

constexpr std::size_t kMaxUriSegments = 64;

// Where the path begins: behind `scheme://authority`. npos for anything that is no URL.
std::size_t path_of(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return std::string_view::npos;
  return std::min(uri.find('/', scheme + 3), uri.size());
}

}  // namespace

// ":above and :below … only apply to URLs, and not URNs such as OIDs". Below a URL are itself and all that continue it
// behind a '/'; above it are those that it is below of, which are not many, so they are listed: with and without the
// '/' at their end.
Result<Plan> parse_uri_hierarchy(const ValueText& value) {
  const std::string uri = params::unescape(value.text);
  const std::size_t path = path_of(uri);
  if (path == std::string::npos || uri.find_first_of(" \t\r\n") != std::string::npos) {
    return params::bad_value(value, "a URL, scheme://…, which :above and :below are for");
  }
  if (value.modifier == "below") return Plan::make_leaf({value.parameter, UriMatch{uri, UriMode::below}});
  std::vector<Plan> either;
  const auto add = [&](std::string_view ancestor) {
    either.push_back(Plan::make_leaf({value.parameter, UriMatch{std::string(ancestor)}}));
  };
  add(uri);
  for (std::size_t slash = path; slash < uri.size(); slash = std::min(uri.find('/', slash + 1), uri.size())) {
    add(std::string_view(uri).substr(0, slash));
    if (slash + 1 < uri.size()) add(std::string_view(uri).substr(0, slash + 1));
    if (either.size() > 2 * kMaxUriSegments + 1) {
      return params::bad_value(value, "a URL of at most " + std::to_string(kMaxUriSegments) + " segments");
    }
  }
  return any_of(std::move(either));
}

}  // namespace vesta::search::modifiers
