// RulePlans: from the texts of rules and scopes to plans.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/consent_guards.h"
#include "access/grant.h"
#include "access/owners.h"
#include "access/records.h"
#include "access/scope.h"
#include "access/variables.h"
#include "base/result.h"
#include "search/query_text.h"

namespace vesta::access {

// The interactions of rules: read, search, create, update, delete, count. nullopt: it is none of these.
std::optional<Action> action_of(std::string_view name);
std::string_view name_of(Action action);

// For one principal, at one time. Borrows everything.
class RulePlans {
 public:
  struct Granted {
    Actions actions;
    std::map<fhir::TypeId, std::shared_ptr<const search::Plan>>
        guards;                                                   // empty: nothing, since a variable has no value
    std::map<fhir::TypeId, search::ElementPaths> hidden = {};     // and then the narrative too
    std::map<fhir::TypeId, search::ElementPaths> read_only = {};  // beside those
    std::optional<std::uint64_t> min_cell_size = {};              // of de-identified resources; absent: as they are
    ConsentUse consent = ConsentUse::ignored;                     // Consents are no part of the guards
    std::vector<std::string> purposes = {};
  };

  // `owners`: looks up whose compartments rules are about; null: guards lead to them by chains.
  RulePlans(const search::ParseContext& context, const Variables& variables, Owners* owners = nullptr)
      : context_(context), variables_(variables), owners_(owners) {}

  // All that the rule says, or nothing of it. Errors: invalid (unknown types, interactions, compartments, parameters,
  // variables, elements; no criteria in what should be some), those of search::parse_search.
  Result<Granted> rule(const Rule& rule) const;

  // The types that the scope is about and that its query is one of, without chains and `_has`; a type that it says
  // nothing of is left out, and a patient's scope is about what is in the compartment of `patient` (an id) alone.
  // Errors: of the context's sources, which may be gone later.
  Result<Granted> scope(const Scope& scope, std::string_view patient) const;

 private:
  const search::ParseContext& context_;
  const Variables& variables_;
  Owners* owners_;
};

// May a later attempt succeed, with all that is written the same?
bool is_passing(const Error& error);

}  // namespace vesta::access
