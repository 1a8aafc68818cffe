// Parameters of $everything, and the queries that they make.
#include "ops/everything_query.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "ops/call.h"
#include "search/combine.h"
#include "search/compartment.h"

namespace vesta::ops {
namespace {

using fhir::TypeId;
using search::Plan;

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

}  // namespace

bool Everything::shows(TypeId type) const {
  return types.empty() || std::ranges::binary_search(types, type);
}

bool is_everything_parameter(std::string_view name) {
  return name == "start" || name == "end" || name == "_since" || name == "_type" || name == "_count";
}

Result<Everything> parse_everything(const Context& context, std::span<const http::Parameter> parameters) {
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
      if (context.store.grant().deidentification() != nullptr) {
        return make_error(Category::forbidden, name + " of $everything is for those who are shown dates as they are.");
      }
      VESTA_CHECK_OK(take_time(parameter, asked));
    } else {
      return unknown_parameter(name, "$everything");
    }
    if (asked.start && asked.end && asked.start->low >= asked.end->high) {
      return bad_value(parameter, "a time span that does not end before it starts");
    }
  }
  return asked;
}

namespace {

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
  return {type, search::all_of(std::move(all)), {}, context.base_url};
}

// The focal resource; of a type: each one.
Plan is_focus(const Route& route) {
  return route.id.empty() ? Plan::make_all() : Plan::make_leaf({nullptr, search::IdMatch{route.id}});
}

}  // namespace

Result<Plan> is_member(const Context& context, const Route& route, TypeId type) {
  return route.id.empty() ? search::any_compartment_plan(context.registry, route.type, type)
                          : search::compartment_plan(context.registry, route.type, route.id, type, context.base_url);
}

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

}  // namespace vesta::ops
