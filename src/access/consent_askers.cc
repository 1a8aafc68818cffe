// Roles are searched for, as a policy would search for them.
#include "access/consent_askers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "access/records.h"
#include "access/state_of.h"
#include "access/variables.h"
#include "fhir/json.h"
#include "http/message.h"
#include "search/chains.h"
#include "store/version_text.h"

namespace vesta::access {
namespace {

constexpr std::string_view kRole = "PractitionerRole";
constexpr std::string_view kWhose = "practitioner";
constexpr std::string_view kWhere = "organization";
constexpr std::string_view kPartOf = "partOf";
constexpr std::string_view kActiveToday =
    "practitioner=%user&_filter=not+(active+eq+false+or+date+eb+%today+or+date+sa+%today)";

bool is_any_of(const std::vector<fhir::TypeId>& types, std::optional<fhir::TypeId> type) {
  return type && std::ranges::find(types, *type) != types.end();
}

}  // namespace

ConsentAskers::ConsentAskers(store::Store& store, const search::Registry& registry, std::string_view base_url)
    : store_(store),
      registry_(registry),
      base_url_(base_url),
      role_type_(registry.definitions().find_resource_type(kRole).value_or(fhir::kNoType)) {
  if (role_type_ == fhir::kNoType) return;
  named_by_roles_ = search::targets_of(registry, *registry.find_core(role_type_, kWhere));
  named_by_roles_.push_back(role_type_);
}

std::uint64_t ConsentAskers::state() const {
  return state_of(store_, named_by_roles_);
}

// Whom a Consent names otherwise, by a group or a team, may be anybody: nobody looks that up.
Result<Asker> ConsentAskers::asker(const ConsentState& state, std::string_view client, std::string_view fhir_user,
                                   Instant now) const {
  const fhir::Definitions& definitions = registry_.definitions();
  Asker asker;
  asker.now = now;
  asker.names = {std::string(kClient) + "/" + std::string(client)};
  asker.types = {std::string(kClient)};
  const auto add_people = [&] {
    for (const fhir::Compartment& each : definitions.compartments()) {
      asker.types.emplace_back(definitions.type(each.type).name);
    }
  };
  if (fhir_user.empty()) {  // a program is none of them, but for whom it works is not known
    add_people();
    return asker;
  }
  const std::size_t slash = fhir_user.find('/');
  const auto type = definitions.find_resource_type(fhir_user.substr(0, slash));
  if (!type || slash == std::string_view::npos || !fhir::is_id(fhir_user.substr(slash + 1))) return asker;
  asker.names.emplace_back(fhir_user);
  asker.types.emplace_back(fhir_user.substr(0, slash));
  // As what a patient acts for others, nobody looks up.
  if (definitions.type(*type).name == kPatientType) return asker;
  add_people();
  const bool names_roles = std::ranges::any_of(named_by_roles_, [&](fhir::TypeId role) {
    return state.actor_types.contains(std::string(definitions.type(role).name));
  });
  if (names_roles) VESTA_CHECK_OK(add_roles(fhir_user, now, asker));
  return asker;
}

// Adds what the version refers to by the element, each once. False: not all of it is known here.
Result<bool> ConsentAskers::add_references(const store::Version& version, std::string_view element,
                                           std::vector<std::string>& references) const {
  const fhir::Definitions& definitions = registry_.definitions();
  std::string text;
  store::append_text(definitions, version, text);
  fhir::Arena arena;
  fhir::JsonReader reader(definitions);
  VESTA_TRY(const fhir::Node* const root, reader.read(text, arena));
  bool knows_all = true;
  for (const fhir::Node& child : root->children()) {
    if (definitions.name(child.name) != element) continue;
    std::string reference = local_reference(definitions, base_url_, child);
    if (reference.empty()) knows_all = false;
    if (!reference.empty() && std::ranges::find(references, reference) == references.end()) {
      references.push_back(std::move(reference));
    }
  }
  return knows_all;
}

Status ConsentAskers::add_roles(std::string_view fhir_user, Instant now, Asker& asker) const {
  const fhir::Definitions& definitions = registry_.definitions();
  const auto whose = search::targets_of(registry_, *registry_.find_core(role_type_, kWhose));
  store::SearchPage page;
  if (is_any_of(whose, definitions.find_resource_type(fhir_user.substr(0, fhir_user.find('/'))))) {
    VESTA_TRY(const auto query, put_variables(kActiveToday, Variables(definitions, fhir_user, now)));
    if (!query) return kOk;
    VESTA_TRY(const search::Search search,
              search::parse_search({registry_, base_url_, now}, role_type_, *http::parse_query(*query)));
    VESTA_TRY(page, store_.search(search.queries, {.count = kMaxRoles}));
  }
  bool knows_all = !page.next;
  std::vector<std::string> where;
  for (const store::Version& each : page.entries) {
    asker.names.push_back(std::string(kRole) + "/" + each.id);
    VESTA_TRY(const bool is_local, add_references(each, kWhere, where));
    knows_all = knows_all && is_local;
  }
  // An organization is a part of others: whoever works there works for these too.
  for (std::size_t i = 0; i < where.size() && knows_all; ++i) {
    const std::size_t slash = where[i].find('/');
    const auto type = definitions.find_resource_type(where[i].substr(0, slash));
    VESTA_TRY(const auto found, store_.read(*type, where[i].substr(slash + 1)));
    if (found && !found->deleted) {
      VESTA_TRY(knows_all, add_references(*found, kPartOf, where));
    }
    knows_all = knows_all && where.size() <= kMaxOrganizations;
  }
  asker.names.insert(asker.names.end(), where.begin(), where.end());
  if (!knows_all) return kOk;
  for (const fhir::TypeId type : named_by_roles_) asker.types.emplace_back(definitions.type(type).name);
  return kOk;
}

}  // namespace vesta::access
