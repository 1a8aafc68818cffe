// $everything: a resource, or all of its type, the compartments of these, and what all of it refers to.
//
// https://hl7.org/fhir/R4/patient-operation-everything.html and
// https://hl7.org/fhir/R4/encounter-operation-everything.html
//
// - `start` and `end` are about dates of care. Which date of a type that is, the definitions say: its search parameter
//   `date` (of most clinical types the common clinical-date). A resource of a type without one, or without a value of
//   it, is always in. R4 gives both to Patient alone; here the encounter's operation takes them too.
// - `_since` (meta.lastUpdated) and `_type` hold for every resource of the answer, the focal one included.
// - What is referred to is added to the page that refers to it: each once per page, and again on a later page that
//   refers to it too, for links keep no memory of what was sent. Nothing else is ever repeated.
// - DEVIATION: of a Patient, what is referred to is added only if its type is in no Patient's compartment
//   (Practitioner, Organization, Medication, Location …). Other types belong to a patient by themselves; the members of
//   a Group, say, are other people.
#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>
#include <utility>

#include "fhir/datetime.h"
#include "ops/links.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/referred.h"
#include "ops/representation.h"
#include "search/compartment.h"

namespace vesta::ops {
namespace {

using fhir::TypeId;
using search::Plan;

inline constexpr std::uint32_t kDefaultEverythingCount = 100;
inline constexpr std::size_t kMaxIdsPerLookup = 100;

struct Everything {
  std::optional<fhir::TimeRange> start, end;
  std::optional<std::int64_t> since;
  std::vector<TypeId> types;  // sorted; empty: all
  std::uint32_t count = kDefaultEverythingCount;

  bool shows(TypeId type) const { return types.empty() || std::ranges::binary_search(types, type); }
};

Status take_types(const Context& context, const http::Parameter& parameter, Everything& asked) {
  const std::string_view text = parameter.value;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto type = context.definitions.find_resource_type(text.substr(begin, end - begin));
    if (!type) return bad_value(parameter, "names of resource types, with commas between them");
    asked.types.push_back(*type);
    begin = end + 1;
  }
  std::ranges::sort(asked.types);
  return kOk;
}

Status take_count(const http::Parameter& parameter, Everything& asked) {
  const std::string& text = parameter.value;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument ||
      (error == std::errc() && count == 0)) {
    return bad_value(parameter, "a number of resources per page, from 1");
  }
  if (error == std::errc::result_out_of_range) count = search::kMaxCount;
  asked.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, search::kMaxCount));
  return kOk;
}

Status take_time(const http::Parameter& parameter, Everything& asked) {
  const auto range = fhir::parse_time_range(parameter.value);
  if (!range) return bad_value(parameter, "a date or time");
  if (parameter.name == "start") {
    asked.start = range;
  } else if (parameter.name == "end") {
    asked.end = range;
  } else {
    asked.since = range->low;
  }
  return kOk;
}

Result<Everything> parse(const Context& context, std::span<const http::Parameter> parameters) {
  Everything asked;
  std::set<std::string_view> seen;
  for (const http::Parameter& parameter : parameters) {
    const std::string& name = parameter.name;
    if (!seen.insert(name).second && name != "_type") return bad_value(parameter, "it may be given once");
    if (name == "_type") {
      VESTA_CHECK_OK(take_types(context, parameter, asked));
    } else if (name == "_count") {
      VESTA_CHECK_OK(take_count(parameter, asked));
    } else if (name == "start" || name == "end" || name == "_since") {
      VESTA_CHECK_OK(take_time(parameter, asked));
    } else {
      return unknown_parameter(name, "$everything");
    }
  }
  return asked;
}

// Neither wholly before `start` nor wholly after `end`, by the type's own date.
void add_dates(const Context& context, const Everything& asked, TypeId type, std::vector<Plan>& all) {
  const search::Parameter* date = context.registry.find_core(type, "date");
  if (date == nullptr || date->kind != fhir::SearchParamType::date) return;
  const auto is_not = [&](search::Prefix prefix, const fhir::TimeRange& range) {
    Plan outside = Plan::make_leaf({date, search::DateMatch{prefix, range.low, range.high}});
    all.push_back(Plan::make(Plan::Kind::not_, {std::move(outside)}));
  };
  if (asked.start) is_not(search::Prefix::eb, *asked.start);
  if (asked.end) is_not(search::Prefix::sa, *asked.end);
}

search::Query make_query(const Context& context, const Everything& asked, TypeId type, std::vector<Plan> all) {
  add_dates(context, asked, type, all);
  if (asked.since) {
    all.push_back(
        Plan::make_leaf({nullptr, search::LastUpdatedMatch{{search::Prefix::ge, *asked.since, *asked.since + 1}}}));
  }
  return {type,
          all.size() == 1 ? std::move(all.front()) : Plan::make(Plan::Kind::and_, std::move(all)),
          {},
          context.base_url};
}

// The focal resource; of a type: each one.
Plan is_focus(const Route& route) {
  return route.id.empty() ? Plan::make_all() : Plan::make_leaf({nullptr, search::IdMatch{route.id}});
}

Result<Plan> is_member(const Context& context, const Route& route, TypeId type) {
  return route.id.empty() ? search::any_compartment_plan(context.registry, route.type, type)
                          : search::compartment_plan(context.registry, route.type, route.id, type, context.base_url);
}

// The queries whose answers, one after the other, are the focal resource and its compartment.
Result<std::vector<search::Query>> make_parts(const Context& context, const Route& route, const Everything& asked) {
  const std::vector<TypeId> members = search::types_of_compartment(context.definitions, route.type);
  // What is in no compartment is found only by walking through all that may refer to it.
  const bool walks_all =
      std::ranges::any_of(asked.types, [&](TypeId type) { return !std::ranges::binary_search(members, type); });
  std::vector<search::Query> parts;
  const auto wants = [&](TypeId type) { return walks_all || asked.shows(type); };
  if (wants(route.type)) {
    // The focal resource itself is no matter of dates of care.
    Everything undated = asked;
    undated.start = undated.end = std::nullopt;
    parts.push_back(make_query(context, undated, route.type, {is_focus(route)}));
  }
  for (const TypeId type : members) {
    if (!wants(type) || (type == route.type && route.id.empty())) continue;
    VESTA_TRY(Plan plan, is_member(context, route, type));
    std::vector<Plan> all;
    all.push_back(std::move(plan));
    if (type == route.type) all.push_back(Plan::make(Plan::Kind::not_, {is_focus(route)}));
    parts.push_back(make_query(context, asked, type, std::move(all)));
  }
  return parts;
}

// The types of which resources are added where others refer to them.
std::set<TypeId> types_drawn_in(const Context& context, const Route& route, const Everything& asked) {
  const std::vector<TypeId> members = search::types_of_compartment(context.definitions, route.type);
  const bool is_person = context.definitions.type(route.type).name == "Patient";
  std::set<TypeId> types;
  for (TypeId type = 0; type < context.definitions.types().size(); ++type) {
    const fhir::Type& each = context.definitions.type(type);
    if (each.kind != fhir::TypeKind::resource || each.is_abstract || !asked.shows(type)) continue;
    if (is_person && std::ranges::binary_search(members, type)) continue;
    types.insert(type);
  }
  return types;
}

// One page in the making.
struct Page {
  Everything asked;
  PagingState state;  // in: the start; out: where the next page starts
  bool is_first = true;
  bool has_next = false;
  std::vector<http::Parameter> applied;
  std::vector<store::Version> matches, included;
  std::set<std::pair<TypeId, std::string>> seen;  // among `included`
  std::size_t bytes = 0;
};

Result<Page> start_page(const Context& context, const Call& call) {
  Page page;
  const std::string scope = operation_scope(context, call.route);
  VESTA_TRY(std::optional<PagingState> state, take_page(context, call, PagingState::Kind::search, scope));
  if (state) {
    page.is_first = false;
    page.state = std::move(*state);
    auto parameters = http::parse_query(page.state.query);
    if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
    page.applied = std::move(*parameters);
  } else {
    page.applied = call.parameters;
    // Unknown ones may be left out, as of a search. https://hl7.org/fhir/R4/search.html#errors
    if (call.handling == search::Handling::lenient) {
      std::erase_if(page.applied, [](const http::Parameter& each) {
        return each.name != "start" && each.name != "end" && each.name != "_since" && each.name != "_type" &&
               each.name != "_count";
      });
    }
    page.state.scope = scope;
    page.state.started = context.clock.now();
    page.state.query = query_text(page.applied);
  }
  VESTA_TRY(page.asked, parse(context, page.applied));
  return page;
}

// Those of `found` that are in the compartment themselves: they come, or are left out by their dates, in their own
// place. `found` are of one type.
Result<std::set<std::string>> members_among(const Context& context, const Route& route, TypeId type,
                                            std::span<const std::string> found) {
  std::set<std::string> members;
  for (std::size_t begin = 0; begin < found.size(); begin += kMaxIdsPerLookup) {
    const std::size_t count = std::min(kMaxIdsPerLookup, found.size() - begin);
    VESTA_TRY(Plan inside, is_member(context, route, type));
    std::vector<Plan> ids;
    for (const std::string& id : found.subspan(begin, count)) {
      ids.push_back(Plan::make_leaf({nullptr, search::IdMatch{id}}));
    }
    std::vector<Plan> both;
    both.push_back(Plan::make(Plan::Kind::or_, std::move(ids)));
    both.push_back(std::move(inside));
    store::SearchOptions options;
    options.count = kMaxIdsPerLookup;
    while (true) {
      const search::Query query{type, Plan::make(Plan::Kind::and_, both), {}, context.base_url};
      VESTA_TRY(store::SearchPage page, context.store.search(query, options));
      for (store::Version& version : page.entries) members.insert(std::move(version.id));
      if (!page.next) break;
      options.from = std::move(*page.next);
    }
  }
  return members;
}

Status add_included(const Context& context, const Route& route, std::vector<store::Version> found, Page& page) {
  const std::vector<TypeId> member_types = search::types_of_compartment(context.definitions, route.type);
  std::set<std::pair<TypeId, std::string>> inside;
  for (const TypeId type : member_types) {
    std::vector<std::string> ids;
    for (const store::Version& version : found) {
      if (version.type == type && !page.seen.contains({type, version.id})) ids.push_back(version.id);
    }
    if (ids.empty()) continue;
    VESTA_TRY(const std::set<std::string> members, members_among(context, route, type, ids));
    for (const std::string& id : members) inside.emplace(type, id);
  }
  for (store::Version& version : found) {
    if (!page.asked.shows(version.type) || inside.contains({version.type, version.id})) continue;
    if (page.asked.since && version.last_updated.value < *page.asked.since) continue;
    if (!page.seen.emplace(version.type, version.id).second) continue;
    page.bytes += version.tail.size();
    page.included.push_back(std::move(version));
  }
  return kOk;
}

// Reads what the matches refer to. OPTIMIZATION: not by includes of the store, which would need a step for each type,
// and follow no reference that is of no search parameter, MedicationRequest.reasonReference say.
Status add_referred(const Context& context, const std::set<TypeId>& types, store::SearchPage& found) {
  VESTA_TRY(ReferredNames names, referred_by(context, found.entries));
  for (const store::Version& version : found.entries) names.erase({version.type, version.id});
  std::erase_if(names, [&](const auto& name) { return !types.contains(name.first); });
  const Error too_many = make_error(Category::too_large, "A resource refers to more than a page holds.");
  if (names.size() > search::kMaxIncluded) return too_many;
  std::size_t bytes = 0;
  for (const auto& [type, id] : names) {
    VESTA_TRY(std::optional<store::Version> version, context.store.read(type, id));
    if (!version || version->deleted) continue;
    bytes += version->tail.size();
    found.included.push_back(std::move(*version));
    if (bytes > store::kMaxPageBytes) return too_many;
  }
  return kOk;
}

// Fewer matches than asked for, where they refer to more than fits: one at least.
Result<store::SearchPage> search_some(const Context& context, std::span<const search::Query> queries,
                                      const std::set<TypeId>& types, store::SearchOptions& options) {
  while (true) {
    VESTA_TRY(store::SearchPage found, context.store.search(queries, options));
    const Status added = add_referred(context, types, found);
    if (added.ok()) return found;
    if (added.error().category != Category::too_large || options.count <= 1) return added.error();
    options.count /= 2;
  }
}

Status fill(const Context& context, const Route& route, Page& page) {
  VESTA_TRY(const std::vector<search::Query> parts, make_parts(context, route, page.asked));
  const std::set<TypeId> types = types_drawn_in(context, route, page.asked);
  store::SearchOptions options;
  options.from = page.state.position;
  std::uint32_t walked = 0;
  while (walked < page.asked.count && page.bytes < store::kMaxPageBytes) {
    options.count = page.asked.count - walked;
    options.max_bytes = store::kMaxPageBytes - page.bytes;
    VESTA_TRY(store::SearchPage found, search_some(context, parts, types, options));
    walked += static_cast<std::uint32_t>(found.entries.size());
    for (store::Version& version : found.entries) {
      page.bytes += version.tail.size();
      if (page.asked.shows(version.type)) page.matches.push_back(std::move(version));
    }
    VESTA_CHECK_OK(add_included(context, route, std::move(found.included), page));
    page.has_next = found.next.has_value();
    if (!page.has_next) return kOk;
    options.from = std::move(*found.next);
  }
  page.state.position = std::move(options.from);
  return kOk;
}

Status check_focus(const Context& context, const Route& route) {
  VESTA_TRY(const auto focus, context.store.read(route.type, route.id));
  if (!focus) return not_known(context, route);
  if (!focus->deleted) return kOk;
  return make_error(Category::gone,
                    std::string(context.definitions.type(focus->type).name) + "/" + focus->id + " was deleted.");
}

}  // namespace

// 1. The focal resource must be there. 2. A page of the parts, with what they refer to. 3. The Bundle.
Result<http::Response> everything(Context& context, Call& call) {
  VESTA_TRY(Page page, start_page(context, call));
  if (!call.route.id.empty()) VESTA_CHECK_OK(check_focus(context, call.route));
  VESTA_CHECK_OK(fill(context, call.route, page));
  // The store names no order of what it includes.
  std::ranges::sort(page.included, {}, [](const store::Version& each) { return std::tie(each.type, each.id); });
  http::Response response;
  response.body.reserve(page.bytes + (page.matches.size() + page.included.size()) * 384 + 1024);
  BundleWriter writer("searchset", response.body);
  writer.link("self", page_url(context, call, page.state.scope,
                               page.is_first ? std::span<const http::Parameter>(page.applied) : call.parameters));
  if (page.has_next) {
    VESTA_TRY(const std::string next, token_url(context, call, page.state));
    writer.link("next", next);
  }
  ScratchLease scratch(context.definitions);
  for (const store::Version& version : page.matches) {
    VESTA_CHECK_OK(append_found(context, version, View{}, "match", *scratch, writer, response.body));
  }
  for (const store::Version& version : page.included) {
    VESTA_CHECK_OK(append_found(context, version, View{}, "include", *scratch, writer, response.body));
  }
  writer.finish();
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
