// Reads and searches of GraphQL. https://hl7.org/fhir/R4/graphql.html#searching
#include "ops/graphql_source.h"

#include <algorithm>
#include <charconv>

#include "graphql/limits.h"
#include "ops/links.h"
#include "ops/representation.h"
#include "ops/searchable.h"
#include "ops/store_id_owners.h"
#include "search/chains.h"
#include "search/params/reference.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kOffset = "_offset";  // in the query of a cursor's state: of its page's first resource

// "The composite syntax (multiple arguments separated by comma) is not used": a comma is a part of the value. What a
// client has escaped itself stays as it is. A last backslash escapes nothing: it must not take in the comma behind it.
std::string escape_commas(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ',') out += '\\';
    out += value[i];
    if (value[i] == '\\') out += i + 1 < value.size() ? value[++i] : '\\';
  }
  return out;
}

Error over_list_limit() {
  return Error{Category::too_large,
               {},
               {Issue{Severity::error,
                      "too-costly",
                      "The list has more than " + std::to_string(graphql::kMaxListResources) +
                          " resources (kMaxListResources): narrow the search, ask for fewer by '_count', or for pages "
                          "by a connection.",
                      {}}}};
}

// The version of "Patient/1/_history/2"; zero: none is named.
VersionId version_in(std::string_view reference) {
  constexpr std::string_view kHistory = "/_history/";
  const std::size_t at = reference.rfind(kHistory);
  if (at == std::string_view::npos) return {};
  const std::string_view text = reference.substr(at + kHistory.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return VersionId{error == std::errc() && end == text.data() + text.size() ? number : 0};
}

}  // namespace

GraphqlSource::GraphqlSource(Context& context)
    : context_(context),
      hierarchy_(hierarchy_of(context)),
      started_(context.clock.now()),
      scratch_(context.definitions) {}

std::vector<graphql::SearchArgument> GraphqlSource::search_arguments(fhir::TypeId type) {
  std::vector<graphql::SearchArgument> arguments;
  for (const search::Parameter* const parameter : context_.registry.parameters_of(type)) {
    // One that is being indexed is known already: a search by it says so.
    const bool is_pending = parameter->facet == search::Facet::value &&
                            context_.registry.readiness(parameter->id) == search::Readiness::pending;
    if (!is_pending && !is_searchable(context_, *parameter)) continue;
    graphql::SearchArgument argument{std::string(parameter->code), std::string(parameter->code)};
    std::ranges::replace(argument.name, '-', '_');
    argument.is_reference = parameter->kind == fhir::SearchParamType::reference;
    if (argument.is_reference) argument.targets = search::targets_of(context_.registry, *parameter);
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

search::ParseContext GraphqlSource::parse_context(Instant now) const {
  search::ParseContext parse_context{context_.registry, context_.base_url, now};
  parse_context.codes = context_.codes;
  parse_context.hierarchy = &hierarchy_;
  parse_context.offers_contained = false;
  return parse_context;
}

// "Values in an array [are] ORed".
std::vector<http::Parameter> GraphqlSource::parameters_of(const graphql::Search& search) const {
  std::vector<http::Parameter> parameters;
  for (const graphql::SearchParameter& each : search.parameters) {
    const search::Parameter* const known = context_.registry.find(search.type, each.code);
    const bool has_values = known != nullptr && known->kind != fhir::SearchParamType::special;
    http::Parameter parameter{each.code, {}};
    for (const std::string& value : each.values) {
      if (!parameter.value.empty()) parameter.value += ',';
      parameter.value += has_values ? escape_commas(value) : value;
    }
    parameters.push_back(std::move(parameter));
  }
  const bool is_connection = search.form == graphql::Search::Form::connection;
  if (is_connection && search.count) parameters.push_back({"_count", std::to_string(*search.count)});
  return parameters;
}

Status GraphqlSource::check(const graphql::Search& search) {
  VESTA_TRY(const Place place, place_of(search));
  search::ParseContext parse = parse_context(place.state.started);
  const StoreIdOwners id_owners(context_);
  if (search.cursor.empty()) parse.id_owners = &id_owners;
  auto parsed = search::parse_search(parse, search.type, place.parameters);
  if (!parsed.ok()) return parsed.take_error();
  return kOk;
}

Result<const fhir::Node*> GraphqlSource::keep(const store::Version& version) {
  const fhir::Node*& kept = kept_[{version.type, version.id, version.version}];
  if (kept != nullptr) return kept;
  if (kept_.size() > graphql::kMaxResources) {
    return make_error(Category::too_large, "The request reads more than " + std::to_string(graphql::kMaxResources) +
                                               " resources (kMaxResources).");
  }
  VESTA_TRY(kept, scratch_->read(version));
  return kept;
}

// What the store has handed over counts, whether it was there before or is left out.
Status GraphqlSource::charge(const store::Version& version) {
  bytes_ += version.tail.size();
  if (bytes_ <= graphql::kMaxResourceBytes) return kOk;
  return make_error(Category::too_large, "The request reads more than " + std::to_string(graphql::kMaxResourceBytes) +
                                             " bytes of resources (kMaxResourceBytes).");
}

Result<const fhir::Node*> GraphqlSource::read(fhir::TypeId type, std::string_view id) {
  const auto [found, is_new] = current_.try_emplace({type, std::string(id)}, nullptr);
  if (!is_new && found->second != nullptr) return found->second;
  VESTA_TRY(const auto version, context_.store.read(type, id));
  const std::string name = std::string(context_.definitions.type(type).name) + "/" + std::string(id);
  if (!version) return make_error(Category::not_found, name + " is not known here.");
  if (version->deleted) return make_error(Category::gone, name + " was deleted.");
  VESTA_CHECK_OK(charge(*version));
  VESTA_TRY(found->second, keep(*version));
  return found->second;
}

// https://hl7.org/fhir/R4/references.html#literal
Result<const fhir::Node*> GraphqlSource::resolve(std::string_view reference) {
  const auto local = search::params::read_local(parse_context(started_), reference);
  if (!local) {
    return make_error(Category::not_found, "'" + std::string(reference) + "' leads to no resource of this server.");
  }
  const VersionId named = version_in(reference);
  if (named == VersionId{}) return read(local->type, local->id);
  VESTA_TRY(const auto version, context_.store.read_version(local->type, local->id, named));
  if (!version || version->deleted) {
    return make_error(Category::not_found, "'" + std::string(reference) + "' is not known here.");
  }
  VESTA_CHECK_OK(charge(*version));
  return keep(*version);
}

Result<graphql::SearchPage> GraphqlSource::search(const graphql::Search& search) {
  return search.form == graphql::Search::Form::list ? search_list(search) : search_connection(search);
}

// "The server returns everything, or an error". Of what `_count` and `_offset` ask for, that is.
Result<graphql::SearchPage> GraphqlSource::search_list(const graphql::Search& search) {
  VESTA_TRY(const search::Search asked,
            search::parse_search(parse_context(started_), search.type, parameters_of(search)));
  graphql::SearchPage page;
  const std::size_t wanted = search.count.value_or(graphql::kMaxListResources);
  if (search.offset + wanted > graphql::kMaxListResources && search.count) return over_list_limit();
  std::size_t seen = 0;
  store::SearchOptions options;
  options.count = store::kMaxPageSize;
  while (page.resources.size() < wanted) {
    if (search.count) options.count = static_cast<std::uint32_t>(search.offset + wanted - seen);
    VESTA_TRY(store::SearchPage found, context_.store.search(asked.queries, options));
    for (const store::Version& version : found.entries) {
      VESTA_CHECK_OK(charge(version));
      if (seen++ < search.offset) continue;
      VESTA_TRY(const fhir::Node* const node, keep(version));
      page.resources.push_back(node);
    }
    if (!found.next) break;
    if (!search.count && seen >= graphql::kMaxListResources) return over_list_limit();
    options.from = std::move(*found.next);
  }
  return page;
}

std::string GraphqlSource::scope_of(fhir::TypeId type) const {
  return "$graphql/" + std::string(context_.definitions.type(type).name);
}

// The state of a cursor holds the whole of its search, and the number of resources before its page.
Result<GraphqlSource::Place> GraphqlSource::place_of(const graphql::Search& search) const {
  Place place;
  if (search.cursor.empty()) {
    place.parameters = parameters_of(search);
    place.state.scope = scope_of(search.type);
    place.state.started = started_;
    return place;
  }
  VESTA_TRY(place.state, open_token(context_, search.cursor, PagingState::Kind::search, scope_of(search.type)));
  auto parameters = http::parse_query(place.state.query);
  if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
  for (http::Parameter& parameter : *parameters) {
    if (parameter.name == kOffset) {
      std::from_chars(parameter.value.data(), parameter.value.data() + parameter.value.size(), place.offset);
    } else {
      place.parameters.push_back(std::move(parameter));
    }
  }
  return place;
}

Result<graphql::SearchPage> GraphqlSource::search_connection(const graphql::Search& search) {
  VESTA_TRY(Place place, place_of(search));
  VESTA_TRY(const search::Search asked,
            search::parse_search(parse_context(place.state.started), search.type, place.parameters));
  store::SearchOptions options;
  options.count = asked.count;
  options.from = place.state.position;
  options.direction = place.state.direction;
  // The last page is the one that ends where everything does. Where it begins is told by the number of all.
  const bool is_last = options.direction == store::SearchOptions::Direction::backward && options.from.empty();
  const bool counts = is_last || (search.wants_total && !place.state.total);
  if (counts) options.total = search::Total::accurate;
  VESTA_TRY(const store::SearchPage found, context_.store.search(asked.queries, options));
  if (found.total) place.state.total = found.total;
  graphql::SearchPage page;
  page.total = place.state.total;
  // Without a total, which may be too small to be told, the last page is one of a single page.
  const std::uint64_t total = found.total.value_or(found.entries.size());
  page.offset = is_last ? total - std::min<std::uint64_t>(total, found.entries.size()) : place.offset;
  page.page_size = asked.count;
  for (const store::Version& version : found.entries) {
    VESTA_CHECK_OK(charge(version));
    VESTA_TRY(const fhir::Node* const node, keep(version));
    page.resources.push_back(node);
  }
  VESTA_CHECK_OK(add_cursors(place, found, page));
  return page;
}

Status GraphqlSource::add_cursors(const Place& place, const store::SearchPage& found, graphql::SearchPage& page) const {
  using Direction = store::SearchOptions::Direction;
  const auto make = [&](const store::Position& position, Direction direction, std::uint64_t offset) {
    std::vector<http::Parameter> parameters = place.parameters;
    parameters.push_back({std::string(kOffset), std::to_string(offset)});
    PagingState state = place.state;
    state.query = query_text(parameters);
    state.position = position;
    state.direction = direction;
    return make_token(context_, std::move(state));
  };
  VESTA_TRY(page.first, make({}, Direction::forward, 0));
  VESTA_TRY(page.last, make({}, Direction::backward, 0));
  if (found.next) {
    VESTA_TRY(page.next, make(*found.next, Direction::forward, page.offset + found.entries.size()));
  }
  if (found.previous) {
    const std::uint64_t before = page.offset - std::min<std::uint64_t>(page.offset, page.page_size);
    VESTA_TRY(page.previous, make(*found.previous, Direction::backward, before));
  }
  return kOk;
}

}  // namespace vesta::ops
