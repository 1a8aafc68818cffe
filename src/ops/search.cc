// The search interactions: of one type and of the system. https://hl7.org/fhir/R4/http.html#search
#include <utility>

#include "ops/bundle_writer.h"
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
  bool has_next = false;
};

Result<search::Search> parse(const Context& context, const Call& call, std::span<const http::Parameter> parameters,
                             Instant started, search::Handling handling) {
  const search::ParseContext parse_context{context.registry, context.base_url, started, handling};
  VESTA_TRY(search::Search asked, search::parse_search(parse_context, call.route.type, parameters));
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
Status count_all(const Context& context, Page& page) {
  store::SearchOptions options;
  options.total = page.asked.count_only ? search::Total::accurate : page.asked.total;
  std::uint64_t total = 0;
  for (const search::Query& query : page.asked.queries) {
    VESTA_TRY(const store::SearchPage counted, context.store.search(query, options));
    total += counted.total.value_or(0);
  }
  page.state.total = total;
  return kOk;
}

// Fills the page from the type at `state.part` on, going over to the next type where one ends.
Status fill(const Context& context, Page& page) {
  const bool is_single = page.asked.queries.size() == 1;
  const bool wants_total = page.is_first && page.asked.total != search::Total::none;
  if (wants_total && !is_single) VESTA_CHECK_OK(count_all(context, page));
  std::size_t bytes = 0;
  while (page.entries.size() < page.asked.count && bytes < store::kMaxPageBytes) {
    store::SearchOptions options;
    options.max_bytes = store::kMaxPageBytes - bytes;
    options.count = page.asked.count - static_cast<std::uint32_t>(page.entries.size());
    options.from = page.state.position;
    if (wants_total && is_single) options.total = page.asked.total;
    VESTA_TRY(store::SearchPage found, context.store.search(page.asked.queries[page.state.part], options));
    if (found.total) page.state.total = found.total;
    for (store::Version& version : found.entries) {
      bytes += version.tail.size();
      page.entries.push_back(std::move(version));
    }
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

void append_ignored(const std::vector<Issue>& ignored, BundleWriter& writer, std::string& out) {
  if (ignored.empty()) return;
  writer.begin_entry();
  writer.key("resource");
  append_outcome(ignored, out);
  writer.begin_object("search");
  writer.text("mode", "outcome");
  writer.end_object();
  writer.end_entry();
}

Result<std::string> write_page(const Context& context, const Call& call, const Page& page) {
  std::string body;
  std::size_t bytes = 1024;
  for (const store::Version& version : page.entries) bytes += version.tail.size() + 384;
  body.reserve(bytes);
  BundleWriter writer("searchset", body);
  if (page.state.total) writer.total(*page.state.total);
  writer.link("self", page_url(context, call, page.state.scope,
                               page.is_first ? std::span<const http::Parameter>(page.asked.applied) : call.parameters));
  if (page.has_next) {
    VESTA_TRY(const std::string next, next_url(context, call, page.state));
    writer.link("next", next);
  }
  ScratchLease scratch(context.definitions);
  const View view{page.asked.summary, page.asked.elements};
  for (const store::Version& version : page.entries) {
    writer.begin_entry();
    writer.text("fullUrl", resource_url(context, version.type, version.id));
    writer.key("resource");
    VESTA_CHECK_OK(append_resource(context, version, view, *scratch, body));
    writer.begin_object("search");
    writer.text("mode", "match");
    writer.end_object();
    writer.end_entry();
    if (!view.is_whole()) scratch->reset();
  }
  append_ignored(page.asked.ignored, writer, body);
  writer.finish();
  return body;
}

}  // namespace

// 1. A page token, or the parameters. 2. The total, if it is asked for. 3. As many entries as _count says. 4. The
// Bundle, with the self link as it was understood and the next link. https://hl7.org/fhir/R4/search.html
Result<http::Response> search(Context& context, Call& call) {
  VESTA_TRY(Page page, start_page(context, call, page_scope(context, call.route)));
  if (page.asked.count_only) {
    VESTA_CHECK_OK(count_all(context, page));
  } else {
    VESTA_CHECK_OK(fill(context, page));
  }
  http::Response response;
  VESTA_TRY(response.body, write_page(context, call, page));
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
