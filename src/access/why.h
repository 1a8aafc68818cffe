// Why: what each rule and each scope of a principal says of one interaction, for those who write policies.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/grant.h"
#include "access/grants.h"
#include "access/records.h"
#include "search/codes.h"
#include "search/hierarchy.h"

namespace vesta::access {

// What a rule or a scope says.
struct Saying {
  std::string name;  // "policy provider, rule[2], Clinical work about patients in care"; "scope user/*.rs"
  bool grants = false;
  std::string reason;  // "grants every Observation", "is about search, not about update"
};

struct Why {
  bool allowed = false;     // by the grant, which is made of all of them
  bool needs_read = false;  // nobody updates or deletes what they may not read: that is why not
  std::vector<Saying> rules, scopes;
};

// What is asked about.
struct Question {
  Action action = Action::read;
  fhir::TypeId type = fhir::kNoType;
  // Whether the resource satisfies a plan: as it is, and of an update as it will be too. None: is there any resource
  // that may be?
  std::vector<std::function<Result<bool>(const search::Plan&)>> resources;
};

// What grants are made with; all of it outlives the question.
struct PlanSources {
  Grants& grants;
  const search::Registry& registry;
  Records& records;
  std::string_view base_url;
  Instant now;
  const search::CodeSource* codes = nullptr;
  const search::Hierarchy* hierarchy = nullptr;
};

// Errors: those of the store, and of what the question asks.
Result<Why> why(const PlanSources& sources, const Principal& principal, const Question& question);

// Scopes that take nothing of what the policies grant.
std::vector<std::string> every_scope(const fhir::Definitions& definitions);
}  // namespace vesta::access
