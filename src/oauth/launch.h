// Launches from an EHR: what somebody looks at there, on its way to the application that they start.
// https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/sealed_box.h"
#include "json/document.h"
#include "oauth/form.h"
#include "ops/context.h"

namespace vesta::oauth {

inline constexpr std::chrono::minutes kLaunchLifetime{10};  // until the user has allowed it
inline constexpr std::size_t kMaxIntentBytes = 200;
// Of the application that asks for what was launched; of whom may launch others.
inline constexpr std::string_view kLaunchScope = "launch";
inline constexpr std::string_view kStartLaunchScope = "start-launch";
// Of applications that are started by themselves, and want to know of one encounter.
inline constexpr std::string_view kEncounterScope = "launch/encounter";
// What is in context, in the answer with a token.
inline constexpr std::string_view kPatientMember = "patient";
inline constexpr std::string_view kEncounterMember = "encounter";

struct LaunchContext {
  std::string id;      // of the launch, which is good once; empty: there is none
  std::string client;  // that is launched
  std::string user;    // who has launched it, and is to sign in
  std::string patient;
  std::string encounter;  // empty: none
  std::string intent;     // empty: none
  bool needs_banner = true;
  Instant expires;  // of the launch; what carries it further may end later

  bool is_there() const { return !id.empty(); }
};

json::Value to_json(const LaunchContext& launch);
LaunchContext read_launch(const json::Value& value);

// What an EHR says of it, beside who it is. Errors (oauth_error): invalid_request.
Result<LaunchContext> read_launch_form(const Form& form);

// Does the context show what the launch names, and is the encounter the patient's? Errors: those of the store.
Result<bool> is_visible(const ops::Context& context, const LaunchContext& launch);

// Is there such an encounter of the patient, which the context shows? Errors: those of the store.
Result<bool> is_encounter_of(const ops::Context& context, const std::string& encounter, const std::string& patient);
// SMART names what is in context by its type, with a small letter.
fhir::TypeId type_in_context(const fhir::Definitions& definitions, std::string_view member);

// The value of the parameter `launch`. Errors: too_large.
Result<std::string> seal_launch(const identity::SealedBox& box, const LaunchContext& launch);
// Errors (oauth_error): invalid_request: altered, expired, or another client's.
Result<LaunchContext> open_launch(const identity::SealedBox& box, std::string_view sealed, std::string_view client);

// What the token's answer says beside the patient.
void add_launch(const LaunchContext& launch, std::vector<json::Member>& members);

}  // namespace vesta::oauth
