// A launch is JSON in a sealed box.
#include "oauth/launch.h"

#include <utility>

#include "access/records.h"
#include "base/check.h"
#include "fhir/json.h"
#include "oauth/answers.h"
#include "ops/route.h"
#include "store/version_text.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kLaunchPurpose = "launch";

Result<bool> is_about(const ops::Context& context, const store::Version& version, const std::string& patient) {
  const fhir::Definitions& definitions = context.definitions;
  std::string text;
  store::append_text(definitions, version, text);
  fhir::Arena arena;
  fhir::JsonReader reader(definitions);
  VESTA_TRY(const fhir::Node* const root, reader.read(text, arena));
  for (const fhir::Node& element : root->children()) {
    if (definitions.name(element.name) != "subject") continue;
    for (const fhir::Node& part : element.children()) {
      const bool is_reference = definitions.name(part.name) == "reference";
      if (is_reference && part.value == std::string(access::kPatientType) + "/" + patient) return true;
    }
  }
  return false;
}

Result<bool> is_there(const ops::Context& context, std::string_view member, const std::string& id) {
  VESTA_TRY(const auto version, context.store.read(type_in_context(context.definitions, member), id));
  return version && !version->deleted;
}

Error invalid_launch() {
  return oauth_error(kInvalidRequest, "The launch is not valid (any more).");
}

}  // namespace

json::Value to_json(const LaunchContext& launch) {
  return object({{"id", text(launch.id)},
                 {"client", text(launch.client)},
                 {"user", text(launch.user)},
                 {"patient", text(launch.patient)},
                 {"encounter", text(launch.encounter)},
                 {"intent", text(launch.intent)},
                 {"needs_banner", truth(launch.needs_banner)},
                 {"expires", text(std::to_string(launch.expires.value))}});
}

LaunchContext read_launch(const json::Value& value) {
  LaunchContext launch;
  launch.id = member_text(value, "id");
  launch.client = member_text(value, "client");
  launch.user = member_text(value, "user");
  launch.patient = member_text(value, "patient");
  launch.encounter = member_text(value, "encounter");
  launch.intent = member_text(value, "intent");
  launch.needs_banner = member_truth(value, "needs_banner");
  launch.expires = member_instant(value, "expires");
  return launch;
}

Result<LaunchContext> read_launch_form(const Form& form) {
  LaunchContext launch;
  VESTA_TRY(launch.client, form.need("client_id"));
  VESTA_TRY(launch.patient, form.need(kPatientMember));
  launch.encounter = form.get(kEncounterMember);
  launch.intent = form.get("intent");
  launch.needs_banner = form.get("need_patient_banner") != "false";
  const bool are_ids = ops::is_id(launch.patient) && (launch.encounter.empty() || ops::is_id(launch.encounter));
  if (!are_ids) return oauth_error(kInvalidRequest, "patient and encounter must be ids.");
  if (launch.intent.size() > kMaxIntentBytes) {
    return oauth_error(kInvalidRequest, "intent must have at most " + std::to_string(kMaxIntentBytes) + " bytes.");
  }
  return launch;
}

Result<bool> is_visible(const ops::Context& context, const LaunchContext& launch) {
  VESTA_TRY(const bool has_patient, is_there(context, kPatientMember, launch.patient));
  if (!has_patient || launch.encounter.empty()) return has_patient;
  return is_encounter_of(context, launch.encounter, launch.patient);
}

Result<bool> is_encounter_of(const ops::Context& context, const std::string& encounter, const std::string& patient) {
  if (!ops::is_id(encounter)) return false;
  VESTA_TRY(const auto found, context.store.read(type_in_context(context.definitions, kEncounterMember), encounter));
  if (!found || found->deleted) return false;
  return is_about(context, *found, patient);
}

fhir::TypeId type_in_context(const fhir::Definitions& definitions, std::string_view member) {
  std::string name(member);
  name.front() = static_cast<char>(name.front() - 'a' + 'A');
  const auto type = definitions.find_resource_type(name);
  CHECK(type.has_value());
  return *type;
}

Result<std::string> seal_launch(const identity::SealedBox& box, const LaunchContext& launch) {
  std::string content;
  json::append_value(to_json(launch), content);
  return box.seal(kLaunchPurpose, content, kLaunchLifetime);
}

Result<LaunchContext> open_launch(const identity::SealedBox& box, std::string_view sealed, std::string_view client) {
  const auto content = box.open(kLaunchPurpose, sealed);
  if (!content.ok()) return invalid_launch();
  VESTA_TRY(const json::Value value, json::parse_value(*content));
  LaunchContext launch = read_launch(value);
  if (launch.client != client) return invalid_launch();
  return launch;
}

// https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
void add_launch(const LaunchContext& launch, std::vector<json::Member>& members) {
  if (!launch.is_there()) return;
  if (!launch.encounter.empty()) members.push_back({std::string(kEncounterMember), text(launch.encounter)});
  if (!launch.intent.empty()) members.push_back({"intent", text(launch.intent)});
  members.push_back({"need_patient_banner", truth(launch.needs_banner)});
}

}  // namespace vesta::oauth
