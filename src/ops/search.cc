// The search interactions: of one type and of the system. https://hl7.org/fhir/R4/http.html#search
#include <set>
#include <utility>

#include "ops/bundle_writer.h"
#include "ops/compartment.h"
#include "ops/explain.h"
#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "search/query_text.h"

namespace vesta::ops {
namespace {

// One page in the making: what was asked, where it starts, what was found.
struct Page {
  search::Search asked;
  PagingState state;  // in: the start; out: where the next page starts
  bool is_first = true;
  std::vector<store::Version> entries;
  std::vector<store::Version> included;  // each once, none of them among the entries
  bool has_next = false;
  std::optional<PagingState> previous;
  std::vector<search::PlanStep> steps;  // one tree for each store search, if they were asked for
};

Result<search::Search> parse(const Context& context, const Call& call, std::span<const http::Parameter> parameters,
                             Instant started, search::Handling handling) {
  const search::ParseContext parse_context{context.registry, context.base_url, started,
                                           handling,         context.codes,    context.hierarchy};
  VESTA_TRY(search::Search asked, call.route.compartment == fhir::kNoType
                                      ? search::parse_search(parse_context, call.route.type, parameters)
                                      : parse_compartment_search(parse_context, call.route, parameters));
  if (asked.queries.size() > 1 && !asked.queries.front().sort.empty()) {
    return Error{Category::unsupported,
                 {},
                 {Issue{Severity::error, "not-supported", "_sort is for searches of one resource type.", "_sort"}}};
  }
  return asked;
}

Result<Page> start_page(const Context& context, const Call& call, const std::string& scope) {
  Page page;
  VESTA_TRY(std::optional<PagingState> state, take_page(context, call, PagingState::Kind::search, scope));
  if (state) {
    page.is_first = false;
    page.state = std::move(*state);
    const auto parameters = http::parse_query(page.state.query);
    if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
    VESTA_TRY(page.asked, parse(context, call, *parameters, page.state.started, search::Handling::strict));
    if (page.state.part >= page.asked.queries.size()) {
      return make_error(Category::internal, "A page token of ours names a part that its query has not.");
    }
    return page;
  }
  page.state.scope = scope;
  page.state.started = context.clock.now();
  VESTA_TRY(page.asked, parse(context, call, call.parameters, page.state.started, call.handling));
  page.state.query = query_text(page.asked.applied);
  return page;
}

// The total over all types: counted on the first page only.
Status count_all(const Context& context, const Call& call, Page& page) {
  store::SearchOptions options;
  options.total = page.asked.count_only ? search::Total::accurate : page.asked.total;
  options.explain = call.explain;
  std::uint64_t total = 0;
  for (const search::Query& query : page.asked.queries) {
    VESTA_TRY(store::SearchPage counted, context.store.search(query, options));
    if (counted.explanation) page.steps.push_back(std::move(*counted.explanation));
    total += counted.total.value_or(0);
  }
  page.state.total = total;
  return kOk;
}

// What is included is small enough for a page, or nothing is: https://hl7.org/fhir/R4/search.html#include
Error too_many_included(const search::Search& asked) {
  std::string name = "_include";
  for (const http::Parameter& parameter : asked.applied) {
    if (parameter.name.starts_with("_include") || parameter.name.starts_with("_revinclude")) name = parameter.name;
  }
  return Error{Category::too_large,
               {},
               {Issue{Severity::error, "too-costly",
                      "'" + name + "' includes more than " + std::to_string(search::kMaxIncluded) +
                          " resources, or more than a page holds; ask for smaller pages by '_count'.",
                      name}}};
}

// Takes over what one search brought. What the search of one type includes, that of another may have matched.
void take_included(store::SearchPage& found, Page& page, std::set<std::pair<fhir::TypeId, std::string>>& seen) {
  for (store::Version& version : found.included) {
    if (seen.emplace(version.type, version.id).second) page.included.push_back(std::move(version));
  }
}

void remove_matches_from_included(Page& page) {
  if (page.included.empty() || page.asked.queries.size() == 1) return;
  std::set<std::pair<fhir::TypeId, std::string_view>> matches;
  for (const store::Version& version : page.entries) matches.emplace(version.type, version.id);
  std::erase_if(page.included, [&](const auto& each) { return matches.contains({each.type, each.id}); });
}

store::SearchOptions options_for(const Call& call, const Page& page, std::size_t bytes) {
  store::SearchOptions options;
  options.max_bytes = store::kMaxPageBytes - bytes;
  options.count = page.asked.count - static_cast<std::uint32_t>(page.entries.size());
  options.from = page.state.position;
  options.direction = page.state.direction;
  options.includes = page.asked.includes;
  options.explain = call.explain;
  return options;
}

// The link back, of a search of one type; what several types bring has one order, from the first type to the last.
void set_previous(const store::SearchPage& found, Page& page) {
  if (!found.previous) return;
  page.previous = page.state;
  page.previous->position = *found.previous;
  page.previous->direction = store::SearchOptions::Direction::backward;
}

// Fills the page from the type at `state.part` on, going over to the next type where one ends.
Status fill(const Context& context, const Call& call, Page& page) {
  const bool is_single = page.asked.queries.size() == 1;
  const bool wants_total = page.is_first && page.asked.total != search::Total::none;
  if (wants_total && !is_single) VESTA_CHECK_OK(count_all(context, call, page));
  std::size_t bytes = 0;
  std::set<std::pair<fhir::TypeId, std::string>> seen;
  while (page.entries.size() < page.asked.count && bytes < store::kMaxPageBytes) {
    store::SearchOptions options = options_for(call, page, bytes);
    if (wants_total && is_single) options.total = page.asked.total;
    auto searched = context.store.search(page.asked.queries[page.state.part], options);
    const bool is_too_large = !searched.ok() && searched.error().category == Category::too_large;
    if (is_too_large && !options.includes.empty()) return too_many_included(page.asked);
    VESTA_TRY(store::SearchPage found, std::move(searched));
    if (found.total) page.state.total = found.total;
    for (store::Version& version : found.entries) {
      bytes += version.tail.size();
      page.entries.push_back(std::move(version));
    }
    take_included(found, page, seen);
    if (page.included.size() > search::kMaxIncluded) return too_many_included(page.asked);
    if (found.explanation) page.steps.push_back(std::move(*found.explanation));
    if (is_single) set_previous(found, page);
    page.state.direction = store::SearchOptions::Direction::forward;
    if (found.next) {
      page.state.position = std::move(*found.next);
      page.has_next = true;
      return kOk;
    }
    page.state.position.clear();
    if (++page.state.part == page.asked.queries.size()) {
      // The first page was the last one: what it holds is all there is.
      if (page.is_first) page.state.total = page.entries.size();
      return kOk;
    }
  }
  page.has_next = true;
  return kOk;
}

// An entry that is about the search: https://hl7.org/fhir/R4/valueset-search-entry-mode.html
void append_outcome_entry(const std::vector<Issue>& issues, BundleWriter& writer, std::string& out) {
  if (issues.empty()) return;
  writer.begin_entry();
  writer.key("resource");
  append_outcome(issues, out);
  writer.begin_object("search");
  writer.text("mode", "outcome");
  writer.end_object();
  writer.end_entry();
}

Status append_entries(const Context& context, const std::vector<store::Version>& versions, std::string_view mode,
                      const View& view, BundleWriter& writer, std::string& body) {
  ScratchLease scratch(context.definitions);
  for (const store::Version& version : versions) {
    writer.begin_entry();
    writer.text("fullUrl", resource_url(context, version.type, version.id));
    writer.key("resource");
    VESTA_CHECK_OK(append_resource(context, version, view, *scratch, body));
    writer.begin_object("search");
    writer.text("mode", mode);
    writer.end_object();
    writer.end_entry();
    if (!view.is_whole()) scratch->reset();
  }
  return kOk;
}

// Writes the Bundle: matches, then what they include, then what is to be said about the search. _summary and _elements
// hold for both; _elements keeps of an included resource what it has of these elements.
// https://hl7.org/fhir/R4/search.html#elements
Result<std::string> write_page(const Context& context, const Call& call, const Page& page) {
  std::string body;
  std::size_t bytes = 1024;
  for (const store::Version& version : page.entries) bytes += version.tail.size() + 384;
  for (const store::Version& version : page.included) bytes += version.tail.size() + 384;
  body.reserve(bytes);
  BundleWriter writer("searchset", body);
  if (page.state.total) writer.total(*page.state.total);
  writer.link("self", page_url(context, call, page.state.scope,
                               page.is_first ? std::span<const http::Parameter>(page.asked.applied) : call.parameters));
  if (page.previous) {
    VESTA_TRY(const std::string previous, token_url(context, call, *page.previous));
    writer.link("previous", previous);
  }
  if (page.has_next) {
    VESTA_TRY(const std::string next, token_url(context, call, page.state));
    writer.link("next", next);
  }
  const View view{page.asked.summary, page.asked.elements};
  VESTA_CHECK_OK(append_entries(context, page.entries, "match", view, writer, body));
  VESTA_CHECK_OK(append_entries(context, page.included, "include", view, writer, body));
  append_outcome_entry(page.asked.ignored, writer, body);
  append_outcome_entry(explanation_issues(page.steps), writer, body);
  writer.finish();
  return body;
}

Result<Page> make_page(const Context& context, const Call& call) {
  VESTA_TRY(Page page, start_page(context, call, page_scope(context, call.route)));
  if (page.asked.count_only) {
    VESTA_CHECK_OK(count_all(context, call, page));
  } else {
    VESTA_CHECK_OK(fill(context, call, page));
    remove_matches_from_included(page);
  }
  return page;
}

}  // namespace

// 1. A page token, or the parameters. 2. The total, if it is asked for. 3. As many entries as _count says. 4. The
// Bundle, with the self link as it was understood and the next link. https://hl7.org/fhir/R4/search.html
Result<http::Response> search(Context& context, Call& call) {
  VESTA_TRY(const Page page, make_page(context, call));
  http::Response response;
  VESTA_TRY(response.body, write_page(context, call, page));
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

Result<std::vector<search::PlanStep>> explain_search(Context& context, std::string_view target) {
  http::Request request;
  request.method = http::Method::get;
  const std::size_t mark = std::min(target.find('?'), target.size());
  if (mark < target.size()) request.query = target.substr(mark + 1);
  VESTA_TRY(Route route, parse_route(context.definitions, target.substr(0, mark)));
  using Kind = Route::Kind;
  if (route.kind != Kind::system && route.kind != Kind::type && route.kind != Kind::compartment) {
    return make_error(Category::invalid, "'" + std::string(target) + "' is no search.");
  }
  auto parameters = http::parse_query(request.query);
  if (!parameters) return make_error(Category::invalid, "The query string is malformed.");
  Call call{.request = request, .route = std::move(route)};
  call.parameters = std::move(*parameters);
  call.explain = true;
  VESTA_TRY(Page page, make_page(context, call));
  return std::move(page.steps);
}

}  // namespace vesta::ops
