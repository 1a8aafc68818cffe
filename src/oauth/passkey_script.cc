// JavaScript as a constant.
#include "oauth/passkey_script.h"

#include "json/document.h"
#include "oauth/answers.h"

namespace vesta::oauth {
namespace {

// It fills a form with what the browser answers, and sends it. Without it, or where the browser cannot, the form stays
// hidden, and the page says so.
constexpr std::string_view kScript = R"js("use strict";
const bytesOf = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
const textOf = buffer => buffer ? btoa(Array.from(new Uint8Array(buffer), b => String.fromCharCode(b)).join(""))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : "";
const known = ids => ids.map(id => ({type: "public-key", id: bytesOf(id)}));

async function create(options) {
  const made = await navigator.credentials.create({publicKey: {
    challenge: bytesOf(options.challenge),
    rp: {id: options.site, name: options.site},
    user: {id: bytesOf(options.user), name: options.name, displayName: options.name},
    pubKeyCredParams: options.algorithms.map(alg => ({type: "public-key", alg})),
    excludeCredentials: known(options.credentials),
    authenticatorSelection: {residentKey: "preferred", userVerification: "preferred"},
    attestation: "none"}});
  return {client_data: textOf(made.response.clientDataJSON),
          authenticator_data: textOf(made.response.getAuthenticatorData())};
}

async function sign(options) {
  const made = await navigator.credentials.get({publicKey: {
    challenge: bytesOf(options.challenge),
    rpId: options.site,
    allowCredentials: known(options.credentials),
    userVerification: options.verification}});
  return {credential: textOf(made.rawId), client_data: textOf(made.response.clientDataJSON),
          authenticator_data: textOf(made.response.authenticatorData), signature: textOf(made.response.signature),
          user_handle: textOf(made.response.userHandle)};
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const problem = form.querySelector("[role=alert]");
  const tell = text => { problem.textContent = text; problem.hidden = false; };
  const options = JSON.parse(form.dataset.passkey);
  form.hidden = false;
  if (!window.PublicKeyCredential) {
    form.querySelector("button").disabled = true;
    tell("This browser cannot use passkeys here.");
    continue;
  }
  form.addEventListener("submit", async event => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const fields = await (options.user ? create : sign)(options);
      for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
      form.submit();
    } catch (error) {
      tell(error.name == "InvalidStateError" ? "This device has a passkey of yours already."
                                             : "That did not work, or was cancelled. Try again.");
    }
  });
}
)js";

json::Value options_of(const identity::PasskeyRequest& request, const std::vector<std::string>& credentials) {
  const bool is_needed = request.verification == identity::UserVerification::needed;
  return object({{"challenge", text(request.challenge)},
                 {"site", text(request.party.id)},
                 {"verification", text(is_needed ? "required" : "discouraged")},
                 {"credentials", texts(credentials)}});
}

std::string text_of(const json::Value& value) {
  std::string out;
  json::append_value(value, out);
  return out;
}

}  // namespace

http::Response passkey_script() {
  http::Response response;
  response.headers.add("Content-Type", "text/javascript; charset=utf-8");
  response.headers.add("Cache-Control", "no-cache");  // with the next version of the server another one
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = kScript;
  return response;
}

std::string options_to_sign(const identity::PasskeyRequest& request, const std::vector<std::string>& credentials) {
  return text_of(options_of(request, credentials));
}

std::string options_to_create(const identity::PasskeyRequest& request, const std::vector<std::string>& credentials,
                              std::string_view handle, std::string_view user_name) {
  json::Value value = options_of(request, credentials);
  json::Value algorithms;
  algorithms.kind = json::Value::Kind::array;
  for (const auto each :
       {identity::PasskeyAlgorithm::es256, identity::PasskeyAlgorithm::eddsa, identity::PasskeyAlgorithm::rs256}) {
    algorithms.items.push_back(number(identity::cose_number_of(each)));
  }
  value.members.push_back({"algorithms", std::move(algorithms)});
  value.members.push_back({"user", text(handle)});
  value.members.push_back({"name", text(user_name)});
  return text_of(value);
}

}  // namespace vesta::oauth
