// The history interactions: of an instance, a type and the system. https://hl7.org/fhir/R4/http.html#history
#include <algorithm>
#include <charconv>
#include <utility>

#include "fhir/datetime.h"
#include "ops/bundle_writer.h"
#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/outcome.h"
#include "ops/representation.h"

namespace vesta::ops {
namespace {

inline constexpr std::uint32_t kMaxHistoryScan = 10'000;  // versions looked at for one page of an `_at`

struct HistoryPlan {
  store::HistoryQuery query;
  std::optional<Instant> at;  // only versions that were current at this time or later
  bool count_only = false;
  View view;
  std::vector<http::Parameter> applied;
};

Status take_count(const http::Parameter& parameter, HistoryPlan& plan) {
  const std::string& text = parameter.value;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument) {
    return bad_value(parameter, "a number of entries");
  }
  if (error == std::errc::result_out_of_range) count = search::kMaxCount;
  plan.query.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, search::kMaxCount));
  plan.count_only = count == 0;
  return kOk;
}

Status take_time(const http::Parameter& parameter, HistoryPlan& plan) {
  const auto range = fhir::parse_time_range(parameter.value);
  if (!range) return bad_value(parameter, "a date or time");
  if (parameter.name == "_since") {
    plan.query.since = Instant{range->low};
  } else {
    plan.at = Instant{range->low};
    plan.query.at_most = Instant{range->high};
  }
  return kOk;
}

// https://hl7.org/fhir/R4/http.html#history: _count, _since, _at; and _summary and _elements.
Result<HistoryPlan> parse(const Context& context, const Call& call, std::vector<http::Parameter> parameters) {
  HistoryPlan plan;
  plan.query.count = search::kDefaultCount;
  if (call.route.type != fhir::kNoType) plan.query.type = call.route.type;
  if (!call.route.id.empty()) plan.query.id = call.route.id;
  plan.applied = parameters;
  const auto is_count = [](const http::Parameter& each) { return each.name == "_summary" && each.value == "count"; };
  plan.count_only = std::erase_if(parameters, is_count) > 0;
  VESTA_TRY(plan.view, extract_view(context, call, call.route.type, parameters));
  for (const http::Parameter& parameter : parameters) {
    if (parameter.name == "_count") {
      const bool count_only = plan.count_only;
      VESTA_CHECK_OK(take_count(parameter, plan));
      plan.count_only |= count_only;
    } else if (parameter.name == "_since" || parameter.name == "_at") {
      VESTA_CHECK_OK(take_time(parameter, plan));
    } else if (call.handling == search::Handling::strict) {
      return unknown_parameter(parameter.name, "a history");
    } else {
      std::erase_if(plan.applied, [&](const auto& each) { return each.name == parameter.name; });
    }
  }
  if (plan.query.since && plan.at) {
    return Error{
        Category::invalid, {}, {Issue{Severity::error, "invalid", "_since and _at exclude each other.", "_at"}}};
  }
  return plan;
}

// Was this version current at `at` or later? It was unless the next version of its resource is not younger than `at`.
Result<bool> was_current_at(const Context& context, const store::Version& version, Instant at) {
  if (version.last_updated >= at) return true;
  const VersionId next_number{version.version.value + 1};
  VESTA_TRY(const auto next, context.store.read_version(version.type, version.id, next_number));
  if (next && next->last_updated <= at) return false;
  // A deletion is an event, and no state: it belongs to a range only if it happened in it.
  return !version.deleted;
}

// `_at`: the versions of the range are not stored side by side, so older ones are looked through, a bounded number per
// page. A page may hold fewer than _count entries and still have a next one.
Result<store::HistoryPage> page_at(const Context& context, store::HistoryQuery query, Instant at, CommitSeq& last) {
  store::HistoryPage result;
  const std::uint32_t wanted = query.count;
  std::size_t bytes = 0;
  for (std::uint32_t scanned = 0; result.entries.size() < wanted;) {
    query.count = std::max<std::uint32_t>(wanted - static_cast<std::uint32_t>(result.entries.size()), 100);
    query.count = std::min(query.count, store::kMaxPageSize);
    VESTA_TRY(store::HistoryPage page, context.store.history(query));
    for (store::Version& version : page.entries) {
      if (result.entries.size() == wanted || bytes >= store::kMaxPageBytes) {
        result.more = true;
        return result;
      }
      last = query.before = version.seq;
      VESTA_TRY(const bool counts, was_current_at(context, version, at));
      if (!counts) continue;
      bytes += version.tail.size();
      result.entries.push_back(std::move(version));
    }
    scanned += static_cast<std::uint32_t>(page.entries.size());
    result.more = page.more;
    if (!page.more || page.entries.empty() || scanned >= kMaxHistoryScan) break;
  }
  return result;
}

// The interaction that made a version. The store keeps no record of it; ids that this server made are version 7 UUIDs,
// and a first version under one was a create.
bool was_create(const store::Version& version) {
  return version.version.value == 1 && version.id.size() == 36 && version.id[14] == '7';
}

Status append_entry(const Context& context, const store::Version& version, const View& view, BundleWriter& writer,
                    std::string& body) {
  store::ScratchLease scratch(context.definitions);
  const std::string type(context.definitions.type(version.type).name);
  const bool created = was_create(version);
  writer.begin_entry();
  writer.text("fullUrl", resource_url(context, version.type, version.id));
  if (!version.deleted) {
    writer.key("resource");
    VESTA_CHECK_OK(append_resource(context, version, view, *scratch, body));
  }
  writer.begin_object("request");
  writer.text("method", version.deleted ? "DELETE" : created ? "POST" : "PUT");
  writer.text("url", created ? type : type + "/" + version.id);
  writer.end_object();
  writer.begin_object("response");
  writer.text("status", status_line(version.deleted ? 204 : version.version.value == 1 ? 201 : 200));
  writer.text("etag", entity_tag(version.version));
  writer.text("lastModified", instant_text(version.last_updated));
  writer.end_object();
  writer.end_entry();
  return kOk;
}

struct HistoryStart {
  HistoryPlan plan;
  PagingState state;
  bool is_first = true;
};

Result<HistoryStart> start_history(const Context& context, const Call& call) {
  HistoryStart page;
  const std::string scope = page_scope(context, call.route);
  VESTA_TRY(std::optional<PagingState> state, take_page(context, call, PagingState::Kind::history, scope));
  if (!state) {
    VESTA_TRY(page.plan, parse(context, call, call.parameters));
    page.state.kind = PagingState::Kind::history;
    page.state.scope = scope;
    page.state.query = query_text(page.plan.applied);
    page.state.started = context.clock.now();
    return page;
  }
  page.is_first = false;
  page.state = std::move(*state);
  const auto parameters = http::parse_query(page.state.query);
  if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
  VESTA_TRY(page.plan, parse(context, call, *parameters));
  page.plan.query.before = page.state.before;
  return page;
}

}  // namespace

// Newest first; deletions are entries without a resource. Instances that never were: 404.
Result<http::Response> history(Context& context, Call& call) {
  VESTA_TRY(HistoryStart page, start_history(context, call));
  const HistoryPlan& plan = page.plan;
  if (plan.query.id) {
    VESTA_TRY(const auto known, context.store.read(call.route.type, call.route.id));
    if (!known) return not_known(context, call.route);
  }
  store::HistoryPage found;
  if (plan.at && !plan.count_only) {
    VESTA_TRY(found, page_at(context, plan.query, *plan.at, page.state.before));
  } else {
    store::HistoryQuery query = plan.query;
    if (plan.count_only) query.count = 0;
    VESTA_TRY(found, context.store.history(query));
    if (page.is_first) page.state.total = found.total;
    if (!found.entries.empty()) page.state.before = found.entries.back().seq;
    if (found.more && found.upto.value != 0) page.state.before = found.upto;
  }
  http::Response response;
  BundleWriter writer("history", response.body);
  if (page.state.total) writer.total(*page.state.total);
  writer.link("self", page_url(context, call.format, page.state.scope, page.is_first ? plan.applied : call.parameters));
  if (found.more && !plan.count_only) {
    VESTA_TRY(const std::string next, token_url(context, call.format, page.state));
    writer.link("next", next);
  }
  if (!plan.count_only) {
    for (const store::Version& version : found.entries) {
      VESTA_CHECK_OK(append_entry(context, version, plan.view, writer, response.body));
    }
  }
  writer.finish();
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
