// The search interactions: of one type and of the system. https://hl7.org/fhir/R4/http.html#search
#include <utility>

#include "ops/bundle_writer.h"
#include "ops/compartment.h"
#include "ops/explain.h"
#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "ops/store_hierarchy.h"
#include "ops/store_id_owners.h"
#include "search/query_text.h"
#include "search/vocabulary.h"

namespace vesta::ops {
namespace {

// One page in the making: what was asked, where it starts, what was found.
struct Page {
  search::Search asked;
  PagingState state;  // in: the start; out: with the total
  bool is_first = true;
  store::SearchPage found;
};

// `id_owners`: null on later pages, whose search was understood with the first.
Result<search::Search> parse(const Context& context, const Call& call, std::span<const http::Parameter> parameters,
                             Instant started, search::Handling handling, const search::IdOwners* id_owners) {
  const StoreHierarchy hierarchy = hierarchy_of(context);
  search::ParseContext parse_context{context.registry, context.base_url, started, handling, context.codes, &hierarchy};
  parse_context.id_owners = id_owners;
  if (call.route.compartment == fhir::kNoType) return search::parse_search(parse_context, call.route.type, parameters);
  return parse_compartment_search(parse_context, call.route, parameters);
}

Result<Page> start_page(const Context& context, const Call& call, const std::string& scope) {
  Page page;
  VESTA_TRY(std::optional<PagingState> state, take_page(context, call, PagingState::Kind::search, scope));
  if (state) {
    page.is_first = false;
    page.state = std::move(*state);
    const auto parameters = http::parse_query(page.state.query);
    if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
    VESTA_TRY(page.asked, parse(context, call, *parameters, page.state.started, search::Handling::strict, nullptr));
    return page;
  }
  page.state.scope = scope;
  page.state.started = context.clock.now();
  const StoreIdOwners id_owners(context);
  VESTA_TRY(page.asked, parse(context, call, call.parameters, page.state.started, call.handling, &id_owners));
  page.state.query = query_text(page.asked.applied);
  return page;
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

// Over all types at once, of one state of the store. The total is counted on the first page only.
Status fill(const Context& context, const Call& call, Page& page) {
  store::SearchOptions options;
  options.count = page.asked.count;
  options.from = page.state.position;
  options.direction = page.state.direction;
  if (page.is_first) options.total = page.asked.total;
  options.includes = page.asked.includes;
  options.explain = call.explain;
  auto searched = context.store.search(page.asked.queries, options);
  const bool is_too_large = !searched.ok() && searched.error().category == Category::too_large;
  if (is_too_large && !options.includes.empty()) return too_many_included(page.asked);
  VESTA_TRY(page.found, std::move(searched));
  if (page.found.total) page.state.total = page.found.total;
  // The first page is the last one: what it holds is all there is.
  const bool is_all = page.is_first && !page.found.next && !page.asked.count_only;
  if (is_all) page.state.total = page.found.entries.size();
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

// One without an id has no URL. https://hl7.org/fhir/R4/search.html#contained
Status append_contained(const Context& context, const store::Version& version, const View& view,
                        store::Scratch& scratch, BundleWriter& writer, std::string& body) {
  VESTA_TRY(const fhir::Node* const node, read_contained(context, version, scratch));
  const std::string_view id = node->child_value(context.registry.vocabulary().id);
  if (!id.empty()) {
    writer.text("fullUrl", resource_url(context, version.type, version.id) + "#" + std::string(id));
  }
  writer.key("resource");
  append_node(context, *node, view, body);
  return kOk;
}

Status append_entries(const Context& context, const std::vector<store::Version>& versions, std::string_view mode,
                      const View& view, BundleWriter& writer, std::string& body) {
  store::ScratchLease scratch(context.definitions);
  for (const store::Version& version : versions) {
    writer.begin_entry();
    if (version.contained) {
      VESTA_CHECK_OK(append_contained(context, version, view, *scratch, writer, body));
    } else {
      writer.text("fullUrl", resource_url(context, version.type, version.id));
      writer.key("resource");
      VESTA_CHECK_OK(append_resource(context, version, view, *scratch, body));
    }
    writer.begin_object("search");
    writer.text("mode", mode);
    writer.end_object();
    writer.end_entry();
    if (!view.is_whole() || version.contained) scratch->reset();
  }
  return kOk;
}

// The link to the page on one side of this one, if there is any.
Status append_link(const Context& context, const Call& call, const Page& page, std::string_view relation,
                   const std::optional<store::Position>& position, store::SearchOptions::Direction direction,
                   BundleWriter& writer) {
  if (!position) return kOk;
  PagingState state = page.state;
  state.position = *position;
  state.direction = direction;
  VESTA_TRY(const std::string url, token_url(context, call.format, std::move(state)));
  writer.link(relation, url);
  return kOk;
}

// Writes the Bundle: matches, then what they include, then what is to be said about the search. _summary holds for
// both; "the list of elements does not apply to included resources". https://hl7.org/fhir/R4/search.html#elements
Result<std::string> write_page(const Context& context, const Call& call, const Page& page) {
  std::string body;
  std::size_t bytes = 1024;
  for (const store::Version& version : page.found.entries) bytes += version.tail.size() + 384;
  for (const store::Version& version : page.found.included) bytes += version.tail.size() + 384;
  body.reserve(bytes);
  BundleWriter writer("searchset", body);
  if (page.state.total) writer.total(*page.state.total);
  writer.link("self", page_url(context, call.format, page.state.scope,
                               page.is_first ? std::span<const http::Parameter>(page.asked.applied) : call.parameters));
  using Direction = store::SearchOptions::Direction;
  // Without a way back the page is worth having all the same; without one on, nobody would know of the rest.
  const Status back = append_link(context, call, page, "previous", page.found.previous, Direction::backward, writer);
  if (!back.ok() && back.error().category != Category::too_large) return back.error();
  VESTA_CHECK_OK(append_link(context, call, page, "next", page.found.next, Direction::forward, writer));
  const View view{page.asked.summary, page.asked.elements};
  VESTA_CHECK_OK(append_entries(context, page.found.entries, "match", view, writer, body));
  const View included_view{page.asked.summary, std::nullopt};
  VESTA_CHECK_OK(append_entries(context, page.found.included, "include", included_view, writer, body));
  append_outcome_entry(page.asked.ignored, writer, body);
  if (page.found.explanation) append_outcome_entry(explanation_issues(*page.found.explanation), writer, body);
  writer.finish();
  return body;
}

Result<Page> make_page(const Context& context, const Call& call) {
  VESTA_TRY(Page page, start_page(context, call, page_scope(context, call.route)));
  VESTA_CHECK_OK(fill(context, call, page));
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

Result<search::PlanStep> explain_search(Context& context, std::string_view target) {
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
  if (!parameters)
    return make_error(Category::invalid, "The query string is malformed: " + http::query_defect(request.query) + ".");
  Call call{.request = request, .route = std::move(route)};
  call.parameters = std::move(*parameters);
  call.explain = true;
  VESTA_TRY(Page page, make_page(context, call));
  if (!page.found.explanation) return make_error(Category::unsupported, "This store explains nothing.");
  return std::move(*page.found.explanation);
}

}  // namespace vesta::ops
