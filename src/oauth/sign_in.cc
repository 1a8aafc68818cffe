// The flow: authorize → sign-in → consent → back to the client.
#include "oauth/sign_in.h"

#include <algorithm>
#include <utility>

#include "audit/own_events.h"
#include "audit/request_audit.h"
#include "base/log.h"
#include "identity/tokens.h"
#include "json/document.h"
#include "oauth/answers.h"
#include "oauth/cookies.h"
#include "oauth/external_identity.h"
#include "oauth/flow.h"
#include "oauth/pages.h"
#include "oauth/passkey_script.h"
#include "oauth/scope_sentences.h"
#include "oauth/users.h"
#include "ops/context.h"
#include "ops/route.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kDeviceCookie = "vesta_device";
constexpr std::string_view kCodePurpose = "second factor";
constexpr std::string_view kConsentPurpose = "consent";
constexpr std::string_view kEncounterPurpose = "encounter";
constexpr std::string_view kDevicePurpose = "device";

// The id of the patient who the user is; empty: none.
std::string own_record(const access::User& user) {
  const std::string prefix = std::string(access::kPatientType) + "/";
  return user.fhir_user.starts_with(prefix) ? user.fhir_user.substr(prefix.size()) : std::string();
}

}  // namespace

// Never the name: a password is typed in its field now and then.
void SignIn::log_refusal(std::string_view reason, const Flow& flow, const http::Request& request) {
  log::info("sign-in refused",
            {{"reason", reason}, {"client", flow.request.client}, {"address", request.remote_address}});
}

Result<http::Response> SignIn::authorize(const Form& form) const {
  VESTA_TRY(const auto client, parts_.records.client(form.get("client_id")));
  if (client == nullptr || !client->is_active) return problem_page(400, "The application is not registered here.");
  if (!is_registered(*client, form.get("redirect_uri"))) {
    return problem_page(400, "The application asks to be answered at an address that is not registered for it.");
  }
  auto request = read_authorization_request(form, *client, parts_.addresses, parts_.box);
  if (!request.ok()) {
    const Error& error = request.error();
    if (!is_oauth_error(error)) return error;
    return redirect(with_parameters(form.get("redirect_uri"), {{"error", error.issues.front().code},
                                                               {"error_description", error.message},
                                                               {"state", form.get("state")},
                                                               {"iss", parts_.addresses.issuer}}));
  }
  Flow flow;
  flow.id = identity::new_secret(parts_.random).substr(0, kFlowIdBytes);
  flow.request = *std::move(request);
  flow.secret = identity::new_secret(parts_.random);
  return ask_for_name(200, flow, {}, {});
}

Result<http::Response> SignIn::ask_for_name(int status, Flow& flow, std::string_view name, std::string problem) const {
  VESTA_TRY(const auto client, parts_.records.client(flow.request.client));
  flow.challenge = identity::new_secret(parts_.random);
  VESTA_TRY(std::string sealed, parts_.box.seal(kNamePurpose, flow.text(), kSignInTime));
  SignInPage page;
  page.action = parts_.addresses.path + std::string(kSignInPath);
  page.sealed = std::move(sealed);
  page.client = client == nullptr ? std::string() : client->name;
  page.is_self_registered = client != nullptr && client->is_self_registered;
  page.name = name;
  page.problem = std::move(problem);
  page.has_password = has_passwords();
  if (parts_.external != nullptr) {
    const ExternalSettings& settings = parts_.external->settings();
    page.external = {parts_.addresses.path + std::string(kExternalPath), settings.name, settings.issuer};
  }
  page.passkey = {parts_.addresses.path + std::string(kPasskeyPath), parts_.addresses.url(kPasskeyScriptPath),
                  options_to_sign(passkey_request(flow, identity::UserVerification::needed), {})};
  http::Response response = sign_in_page(status, page);
  set_cookie(parts_.addresses, flow.cookie_name(), flow.secret, kSignInTime, response);
  return response;
}

Result<Flow> SignIn::open_flow(Asked& asked, std::string_view purpose) const {
  return open_flow(asked, purpose, asked.form.get("state"));
}

Result<Flow> SignIn::open_flow(Asked& asked, std::string_view purpose, std::string_view sealed) const {
  const auto text = parts_.box.open(purpose, sealed);
  if (!text.ok()) return page_expired();
  VESTA_TRY(const json::Value value, json::parse_value(*text));
  VESTA_TRY(Flow flow, Flow::read(value));
  flow.secret = cookie(asked.request, flow.cookie_name(), [&](std::string_view secret) {
    return identity::is_digest_of(secret, member_text(value, "cookie"));
  });
  if (flow.secret.empty()) return page_expired();
  asked.about.client = flow.request.client;
  asked.about.user = flow.user;
  return flow;
}

Result<http::Response> SignIn::sign_in(Asked& asked) const {
  if (!has_passwords()) return no_passwords();
  const http::Request& request = asked.request;
  const Form& form = asked.form;
  VESTA_TRY(Flow flow, open_flow(asked, kNamePurpose));
  const std::string name(form.get("name").substr(0, kMaxUserNameBytes));
  VESTA_TRY(const std::string device, known_device(request, name));
  const identity::SignInAttempt attempt{name, request.remote_address, device};
  if (const auto wait = parts_.throttle.begin(attempt)) {
    log_refusal("too many tries", flow, request);
    VESTA_TRY(http::Response page, ask_for_name(429, flow, name, too_many_tries(*wait)));
    return has_to_wait(std::move(page), *wait);
  }
  VESTA_TRY(const auto user, user_of_name(parts_.store, parts_.service.registry, parts_.records, name));
  if (user != nullptr) asked.is_of(*user);
  const auto is_right = parts_.passwords.check(user == nullptr ? std::string_view() : user->id, form.get("password"));
  if (!is_right.ok()) {
    parts_.throttle.abandoned(attempt);
    return is_right.error();
  }
  if (!*is_right) {
    log_refusal("wrong name or password", flow, request);
    return ask_for_name(403, flow, name, "The name or the password is wrong.");
  }
  parts_.throttle.succeeded(attempt);
  VESTA_TRY(const auto password, parts_.passwords.mark(user->id));
  if (!password) return page_expired();
  flow.user = user->id;
  flow.password = *password;
  return after_first_factor(flow, *user, asked);
}

Result<http::Response> SignIn::after_first_factor(Flow& flow, const access::User& user, Asked& asked) const {
  VESTA_TRY(const std::string code, parts_.second_factors.mark(user));
  VESTA_TRY(const Passkeys::Known passkeys, parts_.passkeys.known(user));
  const bool has_factor = !code.empty() || !passkeys.ids.empty();
  if (!has_factor && user.needs_second_factor) {
    log_refusal("no second factor was set up", flow, asked.request);
    return problem_page(403, "This account needs a second factor, and has none yet. Ask those who run this server.");
  }
  if (!has_factor) return admit(flow, user, asked);
  asked.about.interaction = audit::kFirstFactor;
  flow.secret = identity::new_secret(parts_.random);  // as in admit
  return ask_for_factor(200, flow, user, {});
}

Result<http::Response> SignIn::ask_for_factor(int status, Flow& flow, const access::User& user,
                                              std::string problem) const {
  VESTA_TRY(const auto client, parts_.records.client(flow.request.client));
  VESTA_TRY(const std::string code, parts_.second_factors.mark(user));
  VESTA_TRY(const Passkeys::Known passkeys, parts_.passkeys.known(user));
  flow.challenge = identity::new_secret(parts_.random);
  SecondFactorPage page;
  page.action = parts_.addresses.path + std::string(kSecondFactorPath);
  VESTA_TRY(page.sealed, parts_.box.seal(kCodePurpose, flow.text(), kSignInTime));
  page.client = client == nullptr ? std::string() : client->name;
  page.problem = std::move(problem);
  page.has_code = !code.empty();
  if (!passkeys.ids.empty()) {
    page.passkey = {page.action, parts_.addresses.url(kPasskeyScriptPath),
                    options_to_sign(passkey_request(flow, identity::UserVerification::not_needed), passkeys.ids)};
  }
  http::Response response = second_factor_page(status, page);
  set_cookie(parts_.addresses, flow.cookie_name(), flow.secret, kSignInTime, response);
  return response;
}

Result<http::Response> SignIn::second_factor(Asked& asked) const {
  VESTA_TRY(Flow flow, open_flow(asked, kCodePurpose));
  VESTA_TRY(const auto user, parts_.records.user(flow.user));
  if (user == nullptr || !user->is_active) return page_expired();
  VESTA_TRY(const bool still_holds, is_first_factor(parts_.passwords, *user, flow.password));
  if (!still_holds) return page_expired();
  asked.is_of(*user);
  return asked.form.find("credential") == nullptr ? second_code(flow, *user, asked)
                                                  : second_passkey(flow, *user, asked);
}

Result<http::Response> SignIn::second_code(Flow& flow, const access::User& user, Asked& asked) const {
  const http::Request& request = asked.request;
  VESTA_TRY(const std::string factor, parts_.second_factors.mark(user));
  if (factor.empty()) return page_expired();
  // Counted by the user, not by the address: who knows a password has it from somewhere, and may have many addresses.
  // A device is known that has proved this second factor: by the password alone anybody who has it makes many.
  const std::string counted = "second factor of " + user.id;
  const auto devices = devices_of(request, user.name);
  const auto known = std::ranges::find_if(
      devices, [&](const Device& each) { return each.password == flow.password && each.second_factor == factor; });
  const identity::SignInAttempt attempt{counted, counted, known == devices.end() ? std::string() : known->id};
  if (const auto wait = parts_.throttle.begin(attempt)) {
    log_refusal("too many codes", flow, request);
    VESTA_TRY(http::Response page, ask_for_factor(429, flow, user, too_many_tries(*wait)));
    return has_to_wait(std::move(page), *wait);
  }
  const auto is_right = parts_.second_factors.use(user, asked.form.get("code"), record_of_page(asked));
  if (!is_right.ok()) {
    parts_.throttle.abandoned(attempt);
    return is_right.error();
  }
  if (!*is_right) {
    log_refusal("wrong code", flow, request);
    return ask_for_factor(403, flow, user, "The code is wrong, or was used before. Wait for the next one.");
  }
  asked.is_recorded = true;
  parts_.throttle.succeeded(attempt);
  flow.second_factor = factor;  // from before the code was looked at: if it is another now, that one was not proved
  return admit(flow, user, asked);
}

// For the commit that uses a second factor up.
std::string SignIn::record_of_page(Asked& asked) const {
  if (parts_.trail == nullptr) return {};
  asked.about.at = parts_.clock.now();
  asked.about.status = kPage;
  return audit::head_text(asked.about);
}

std::string SignIn::too_many_tries(std::chrono::nanoseconds wait) {
  return "Too many tries. Wait " + std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s.";
}

http::Response SignIn::has_to_wait(http::Response page, std::chrono::nanoseconds time) {
  page.headers.add("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()));
  return page;
}

Result<http::Response> SignIn::admit(Flow& flow, const access::User& user, Asked& asked) const {
  log::info("signed in",
            {{"user", user.id}, {"client", flow.request.client}, {"address", asked.request.remote_address}});
  if (!is_external_mark(flow.password)) flow.signed_in = parts_.clock.now();
  flow.secret = identity::new_secret(parts_.random);  // who has seen the one before goes no further with it
  VESTA_TRY(const bool may_go_on, may_launch(flow, user));
  if (!may_go_on) return launch_refused(flow, asked);
  VESTA_TRY(http::Response response, ask_for_consent(200, flow, user, asked, {}));
  const bool has_our_factor = !flow.second_factor.empty() && flow.second_factor != kExternalFactor;
  if (!is_external_mark(flow.password) || has_our_factor) remember_device(flow, user, response);
  return response;
}

Result<bool> SignIn::may_launch(const Flow& flow, const access::User& user) const {
  const LaunchContext& launch = flow.request.launch;
  if (!launch.is_there()) return true;
  if (launch.user != user.id || parts_.clock.now() >= launch.expires) return false;
  VESTA_TRY(const auto grant, grant_of(flow, user));
  return is_visible(parts_.service.as(grant), launch);
}

// https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
http::Response SignIn::launch_refused(const Flow& flow, Asked& asked) const {
  log_refusal("the launch is not theirs, or not good any more", flow, asked.request);
  asked.about.interaction = audit::kLaunchRefused;
  asked.is_recorded = false;  // as something else at most
  return redirect(with_parameters(flow.request.redirect_uri,
                                  {{"error", kInvalidRequest},
                                   {"error_description", "The launch is not valid for who has signed in."},
                                   {"state", flow.request.state},
                                   {"iss", parts_.addresses.issuer}}));
}

Result<http::Response> SignIn::ask_for_consent(int status, const Flow& flow, const access::User& user,
                                               const Asked& asked, std::string problem) const {
  VESTA_TRY(const auto client, parts_.records.client(flow.request.client));
  if (client == nullptr) return page_expired();
  VESTA_TRY(std::string sealed, parts_.box.seal(kConsentPurpose, flow.text(), kSignInTime));
  ConsentPage page;
  page.action = parts_.addresses.path + std::string(kConsentPath);
  page.sealed = std::move(sealed);
  page.client = client->name;
  page.is_self_registered = client->is_self_registered;
  page.user = user.name;
  page.redirect_uri = flow.request.redirect_uri;
  page.chosen = own_record(user);
  const auto audit = audit_of(asked);
  VESTA_TRY(page.choices, choices_of(flow, user, audit));
  const bool has_others = std::ranges::any_of(page.choices, [&](const auto& each) { return each.id != page.chosen; });
  const bool is_launched = flow.request.launch.is_there();
  page.asks_for_patient = is_launched || (flow.request.needs_patient() && (page.chosen.empty() || has_others));
  // Whom a page names is recorded before it is told, as an answer of the FHIR base is.
  if (page.asks_for_patient && !page.choices.empty() && audit != nullptr) {
    VESTA_CHECK_OK(audit->answered(audit::kChoosePatient, status));
  }
  if (page.choices.size() == 1) page.chosen = page.choices.front().id;
  page.sentences =
      sentences_of(flow.request.scopes, page.asks_for_patient || page.chosen.empty() ? Whose::chosen : Whose::own);
  page.problem = std::move(problem);
  http::Response response = consent_page(status, page);
  set_cookie(parts_.addresses, flow.cookie_name(), flow.secret, kSignInTime, response);
  return response;
}

// Null: nobody asks.
std::shared_ptr<audit::RequestAudit> SignIn::audit_of(const Asked& asked) const {
  if (parts_.trail == nullptr) return nullptr;
  return std::make_shared<audit::RequestAudit>(*parts_.trail, nullptr, parts_.service.definitions, parts_.clock,
                                               asked.about);
}

// What the user may do through the client, before anything was allowed: to find whose record it is about.
Result<std::shared_ptr<const access::Grant>> SignIn::grant_of(const Flow& flow, const access::User& user) const {
  access::Principal principal;
  principal.client = flow.request.client;
  principal.policies = user.policies;
  principal.scopes = {"user/*.rs"};
  principal.fhir_user = user.fhir_user;
  return parts_.grants.of(principal);
}

// Nobody has seen them yet: a page may name none of them.
Result<std::vector<Choice>> SignIn::choices_of(const Flow& flow, const access::User& user,
                                               std::shared_ptr<access::Witness> witness) const {
  const LaunchContext& launch = flow.request.launch;
  if (!flow.request.needs_patient() && !launch.is_there()) return std::vector<Choice>();
  VESTA_TRY(const auto grant, grant_of(flow, user));
  const ops::Context context = parts_.service.as(grant, std::move(witness));
  return launch.is_there() ? patient_choice(context, launch.patient) : patient_choices(context);
}

// The one that they name and may read; of a patient who names none their own.
Result<std::string> SignIn::patient_of(const Flow& flow, const access::User& user, const Form& form) const {
  if (flow.request.launch.is_there()) return flow.request.launch.patient;
  if (!flow.request.needs_patient()) return std::string();
  const std::string id(form.find("patient") == nullptr ? own_record(user) : form.get("patient"));
  if (id == own_record(user) || !ops::is_id(id)) return ops::is_id(id) ? id : std::string();
  VESTA_TRY(const auto grant, grant_of(flow, user));
  const ops::Context context = parts_.service.as(grant);
  VESTA_TRY(const auto version, context.store.read(*context.definitions.find_resource_type(access::kPatientType), id));
  return version && !version->deleted ? id : std::string();
}

Result<std::shared_ptr<const access::User>> SignIn::still_signed_in(const Flow& flow) const {
  VESTA_TRY(auto user, parts_.records.user(flow.user));
  VESTA_TRY(const auto client, parts_.records.client(flow.request.client));
  bool is_good = user != nullptr && user->is_active && client != nullptr && client->is_active &&
                 is_registered(*client, flow.request.redirect_uri);
  if (is_good) {
    VESTA_TRY(is_good, is_first_factor(parts_.passwords, *user, flow.password));
  }
  if (is_good) {
    VESTA_TRY(is_good, parts_.second_factors.is_proved(*user, flow.second_factor));
  }
  return is_good ? std::move(user) : nullptr;
}

Result<http::Response> SignIn::consent(Asked& asked) const {
  const Form& form = asked.form;
  VESTA_TRY(Flow flow, open_flow(asked, kConsentPurpose));
  VESTA_TRY(const auto user, still_signed_in(flow));
  if (user == nullptr) return page_expired();
  asked.is_of(*user);
  VESTA_TRY(const bool may_go_on, may_launch(flow, *user));
  if (!may_go_on) return launch_refused(flow, asked);
  if (form.get("decision") != "allow") {
    asked.about.interaction = audit::kConsentDenied;
    return redirect(
        with_parameters(flow.request.redirect_uri,
                        {{"error", "access_denied"}, {"state", flow.request.state}, {"iss", parts_.addresses.issuer}}));
  }
  VESTA_TRY(flow.patient, patient_of(flow, *user, form));
  if (flow.request.needs_patient() && flow.patient.empty()) {
    return ask_for_consent(403, flow, *user, asked, "There is no such patient whose record you may see.");
  }
  if (flow.request.needs_encounter()) {
    VESTA_TRY(auto page, ask_for_encounter(kPage, flow, *user, asked, {}));
    if (page) {
      asked.about.interaction = {};  // it is allowed with the choice
      return *std::move(page);
    }
  }
  return lead_back(flow, asked, {});
}

// https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#requesting-context-with-scopes
Result<std::optional<http::Response>> SignIn::ask_for_encounter(int status, const Flow& flow, const access::User& user,
                                                                const Asked& asked, std::string problem) const {
  VESTA_TRY(const auto client, parts_.records.client(flow.request.client));
  VESTA_TRY(const auto grant, grant_of(flow, user));
  const auto audit = audit_of(asked);
  EncounterPage page;
  VESTA_TRY(page.choices, encounter_choices(parts_.service.as(grant, audit), flow.patient));
  if (client == nullptr || page.choices.empty()) return std::optional<http::Response>();
  if (audit != nullptr) VESTA_CHECK_OK(audit->answered(audit::kChoosePatient, status));
  VESTA_TRY(page.sealed, parts_.box.seal(kEncounterPurpose, flow.text(), kSignInTime));
  page.action = parts_.addresses.path + std::string(kEncounterPath);
  page.client = client->name;
  page.redirect_uri = flow.request.redirect_uri;
  page.problem = std::move(problem);
  http::Response response = encounter_page(status, page);
  set_cookie(parts_.addresses, flow.cookie_name(), flow.secret, kSignInTime, response);
  return std::optional(std::move(response));
}

Result<http::Response> SignIn::encounter(Asked& asked) const {
  VESTA_TRY(const Flow flow, open_flow(asked, kEncounterPurpose));
  VESTA_TRY(const auto user, still_signed_in(flow));
  if (user == nullptr) return page_expired();
  asked.is_of(*user);
  const std::string id(asked.form.get(kEncounterMember));
  if (id == kNoChoice) return lead_back(flow, asked, {});
  VESTA_TRY(const auto grant, grant_of(flow, *user));
  VESTA_TRY(const bool is_theirs, is_encounter_of(parts_.service.as(grant), id, flow.patient));
  if (is_theirs) return lead_back(flow, asked, id);
  VESTA_TRY(auto page, ask_for_encounter(403, flow, *user, asked, "There is no such visit that you may see."));
  return page ? Result<http::Response>(*std::move(page)) : page_expired();
}

Result<http::Response> SignIn::lead_back(const Flow& flow, Asked& asked, std::string encounter) const {
  AuthorizationCode code;
  code.request = flow.request;
  code.user = flow.user;
  code.patient = flow.patient;
  code.encounter = std::move(encounter);
  code.session = parts_.service.uuids.next();
  code.password = flow.password;
  code.second_factor = flow.second_factor;
  code.has_password = flow.has_password;
  code.methods = flow.methods;
  code.signed_in = flow.signed_in;
  asked.about.patient = flow.patient;
  VESTA_CHECK_OK(asked.record(parts_.trail, parts_.clock, kRedirected));  // before the launch is used up
  if (const LaunchContext& launch = flow.request.launch; launch.is_there()) {
    VESTA_TRY(const bool is_first, parts_.used_launches.use(launch.client, launch.id, launch.expires));
    if (!is_first) return launch_refused(flow, asked);
  }
  VESTA_TRY(const std::string sealed, seal_code(parts_.box, std::move(code), parts_.clock.now()));
  http::Response response = redirect(with_parameters(
      flow.request.redirect_uri, {{"code", sealed}, {"state", flow.request.state}, {"iss", parts_.addresses.issuer}}));
  set_cookie(parts_.addresses, flow.cookie_name(), "", std::chrono::seconds(0), response);
  return response;
}

// Those that have signed in by this name, as the cookies say.
std::vector<Device> SignIn::devices_of(const http::Request& request, std::string_view name) const {
  std::vector<Device> devices;
  cookie(request, kDeviceCookie, [&](std::string_view value) {
    const auto opened = parts_.box.open(kDevicePurpose, value);
    if (!opened.ok()) return false;
    const auto device = json::parse_value(*opened);
    if (!device.ok() || member_text(*device, "name") != name) return false;
    devices.push_back({std::string(member_text(*device, "id")), std::string(name),
                       std::string(member_text(*device, "password")),
                       std::string(member_text(*device, "second_factor"))});
    return false;  // one behind it may be known where it is not
  });
  return devices;
}

// The id of the device, if it has signed in by this name and its present password before. Without a device nobody is
// looked up: a name takes as long whether or not there is such a user.
Result<std::string> SignIn::known_device(const http::Request& request, std::string_view name) const {
  const auto devices = devices_of(request, name);
  if (devices.empty()) return std::string();
  VESTA_TRY(const auto user, user_of_name(parts_.store, parts_.service.registry, parts_.records, name));
  if (user == nullptr) return std::string();
  VESTA_TRY(const auto password, parts_.passwords.mark(user->id));
  const auto known = std::ranges::find_if(devices, [&](const Device& each) { return password == each.password; });
  return known == devices.end() ? std::string() : known->id;
}

void SignIn::remember_device(const Flow& flow, const access::User& user, http::Response& response) const {
  const Device device{identity::new_secret(parts_.random), user.name, flow.password, flow.second_factor};
  const auto sealed = parts_.box.seal(kDevicePurpose, device.text(), identity::kMaxSealLifetime);
  if (sealed.ok()) set_cookie(parts_.addresses, kDeviceCookie, *sealed, identity::kMaxSealLifetime, response);
}

}  // namespace vesta::oauth
