// Parsing of paths below the base.
#include "ops/route.h"

#include <charconv>
#include <utility>
#include <vector>

#include "http/ascii.h"

namespace vesta::ops {
namespace {

Error no_such_path(std::string_view path) {
  return make_error(Category::not_found,
                    "There is nothing at '" + std::string(path) + "' below the base of this server.");
}

// The decoded segments of a path; a trailing slash is no segment.
Result<std::vector<std::string>> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    auto decoded = http::percent_decode(segment);
    if (!decoded)
      return make_error(Category::invalid, "The path has a broken percent escape, a NUL, or bytes that are not UTF-8.");
    segments.push_back(std::move(*decoded));
    if (segments.size() > 5) return no_such_path("/" + segments[0] + "/…");
  }
  return segments;
}

VersionId parse_version(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool plain = error == std::errc() && end == text.data() + text.size() && !text.empty() && text.front() != '0';
  return VersionId{plain ? number : 0};
}

// [base]/Patient/1/Observation, with `_search` behind it for a POST. https://hl7.org/fhir/R4/search.html#2.21.1.2
Result<Route> parse_compartment(Route route, const fhir::Definitions& definitions,
                                const std::vector<std::string>& segments, std::string_view path) {
  const std::string& searched = segments[2];
  if (searched.starts_with('_')) return no_such_path(path);
  const bool is_post = segments.size() == 4 && segments[3] == "_search";
  if (segments.size() > 3 && !is_post) return no_such_path(path);
  route.kind = is_post ? Route::Kind::compartment_search : Route::Kind::compartment;
  route.compartment = route.type;
  route.type = fhir::kNoType;
  if (searched == "*") return route;
  const auto type = definitions.find_resource_type(searched);
  if (!type) return make_error(Category::not_found, "'" + searched + "' is not a resource type of FHIR R4.");
  route.type = *type;
  return route;
}

Result<Route> parse_below_type(Route route, const fhir::Definitions& definitions,
                               const std::vector<std::string>& segments, std::string_view path) {
  using Kind = Route::Kind;
  const std::string& second = segments[1];
  if (segments.size() == 2 && second == "_search") {
    route.kind = Kind::type_search;
    return route;
  }
  if (segments.size() == 2 && second == "_history") {
    route.kind = Kind::type_history;
    return route;
  }
  if (!is_id(second)) {
    return make_error(Category::invalid, "'" + second + "' is not an id: 1 to 64 letters, digits, '-' and '.'.");
  }
  route.id = second;
  route.kind = Kind::instance;
  if (segments.size() == 2) return route;
  if (segments[2] != "_history") return parse_compartment(std::move(route), definitions, segments, path);
  route.kind = Kind::instance_history;
  if (segments.size() == 3) return route;
  if (segments.size() != 4) return no_such_path(path);
  if (!is_id(segments[3])) return make_error(Category::invalid, "'" + segments[3] + "' is not a version id.");
  route.kind = Kind::version;
  route.version = parse_version(segments[3]);
  return route;
}

// A name somewhere else than behind a type or an instance is an operation that is not offered.
Result<Route> place_operation(Route route, const fhir::Definitions& definitions,
                              const std::vector<std::string>& segments) {
  if (segments.size() == 1 || segments.size() > 3) return route;
  const auto type = definitions.find_resource_type(segments[0]);
  if (!type) return make_error(Category::not_found, "'" + segments[0] + "' is not a resource type of FHIR R4.");
  if (segments.size() == 3 && !is_id(segments[1])) {
    return make_error(Category::invalid, "'" + segments[1] + "' is not an id: 1 to 64 letters, digits, '-' and '.'.");
  }
  route.type = *type;
  if (segments.size() == 3) route.id = segments[1];
  return route;
}

}  // namespace

std::string_view to_string(Interaction interaction) {
  switch (interaction) {
    case Interaction::read:
      return "read";
    case Interaction::vread:
      return "vread";
    case Interaction::update:
      return "update";
    case Interaction::patch:
      return "patch";
    case Interaction::remove:
      return "delete";
    case Interaction::create:
      return "create";
    case Interaction::history_instance:
      return "history-instance";
    case Interaction::history_type:
      return "history-type";
    case Interaction::history_system:
      return "history-system";
    case Interaction::search_type:
      return "search-type";
    case Interaction::search_system:
      return "search-system";
    case Interaction::batch:
      return "batch";
    case Interaction::transaction:
      return "transaction";
    case Interaction::capabilities:
      return "capabilities";
    case Interaction::operation:
      return "operation";
    case Interaction::other:
      break;
  }
  return "other";
}

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdBytes) return false;
  for (char c : text) {
    if (!http::is_alpha(c) && !http::is_digit(c) && c != '-' && c != '.') return false;
  }
  return true;
}

Result<Route> parse_route(const fhir::Definitions& definitions, std::string_view path) {
  using Kind = Route::Kind;
  VESTA_TRY(const std::vector<std::string> segments, split(path));
  Route route;
  if (segments.empty()) return route;
  const std::string& first = segments[0];
  if (segments.back().starts_with('$')) {
    route.kind = Kind::operation;
    route.operation = segments.back();
    return place_operation(std::move(route), definitions, segments);
  }
  if (first == "metadata" || first == "_history" || first == "_search") {
    if (segments.size() != 1) return no_such_path(path);
    route.kind = first == "metadata"   ? Kind::metadata
                 : first == "_history" ? Kind::system_history
                                       : Kind::system_search;
    return route;
  }
  const auto type = definitions.find_resource_type(first);
  if (!type) return make_error(Category::not_found, "'" + first + "' is not a resource type of FHIR R4.");
  route.type = *type;
  route.kind = Kind::type;
  if (segments.size() == 1) return route;
  return parse_below_type(std::move(route), definitions, segments, path);
}

}  // namespace vesta::ops
