// What a call of $everything asks for, and the queries that find it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "fhir/datetime.h"
#include "fhir/definitions.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/route.h"
#include "search/plan.h"

namespace vesta::ops {

struct Everything {
  std::optional<fhir::TimeRange> start, end;
  std::optional<std::int64_t> since;
  std::vector<fhir::TypeId> types;     // sorted; empty: all
  std::optional<std::uint32_t> count;  // resources per page, what they refer to not counted

  bool shows(fhir::TypeId type) const;
};

bool is_everything_parameter(std::string_view name);
// Errors (invalid): an unknown parameter, a bad value, one that is repeated.
Result<Everything> parse_everything(const Context& context, std::span<const http::Parameter> parameters);

// The queries whose answers, one after the other, are the focal resource and its compartment.
Result<std::vector<search::Query>> make_parts(const Context& context, const Route& route, const Everything& asked);
// The types of which resources are added where others refer to them.
std::set<fhir::TypeId> types_drawn_in(const Context& context, const Route& route, const Everything& asked);
// Of a resource of `type`: being in the compartment of the focal resource, or of any one of the focal type.
Result<search::Plan> is_member(const Context& context, const Route& route, fhir::TypeId type);

}  // namespace vesta::ops
