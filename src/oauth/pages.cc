// HTML, and the headers that keep the pages out of frames and caches, and other scripts out of the pages.
#include "oauth/pages.h"

#include <array>
#include <span>
#include <utility>

#include "oauth/launch.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem;color:#1a2b3c}"
    "h1{font-size:1.4rem}label{display:block;margin:1rem 0 .2rem}"
    "input{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #7a8a99;border-radius:4px}"
    "button{margin:1.2rem .6rem 0 0;padding:.6rem 1.2rem;font:inherit;border-radius:4px;border:1px solid #0b5cad;"
    "background:#0b5cad;color:#fff}button.second{background:#fff;color:#0b5cad}"
    "fieldset{margin:0;border:1px solid #7a8a99;border-radius:4px}.choice{margin:.4rem 0}.choice "
    "input{width:auto;margin:0 "
    ".6rem 0 0}"
    ".problem{border-left:4px solid #b3261e;padding:.4rem .8rem;background:#fdecea}";

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(text, out);
  return out;
}

// What a form may lead to in the end: any address of the scheme, as the application may lead on to others. Web pages
// may go from plain addresses on to those with TLS.
std::string sources_of(std::string_view address) {
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string source(address.substr(0, colon + 1));
  return source == "http:" ? " http: https:" : " " + source;
}

// "app.example:8443" of the address of a web page, empty of others: whoever signs in knows the place, or does not.
std::string_view host_of(std::string_view address) {
  const std::size_t begin = address.find("://");
  if (!address.starts_with("http://") && !address.starts_with("https://")) return {};
  const std::string_view rest = address.substr(begin + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  return authority.substr(authority.rfind('@') + 1);
}

// `script`: the URL of the only one that runs.
http::Response html(int status, std::string_view title, std::string_view body, std::string_view leads_to = {},
                    std::string_view script = {}) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("X-Frame-Options", "DENY");
  // All redirects that follow a form count as where it is sent. https://www.w3.org/TR/CSP3/#directive-form-action
  response.headers.add("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
                       "form-action 'self'" +
                           sources_of(leads_to) + (script.empty() ? "" : "; script-src " + std::string(script)));
  response.body =
      "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
      escaped(title) + "</title><style>" + std::string(kStyle) + "</style></head><body><main><h1>" + escaped(title) +
      "</h1>" + std::string(body) + "</main>" +
      (script.empty() ? "" : "<script src=\"" + escaped(script) + "\"></script>") + "</body></html>";
  return response;
}

std::string problem_text(std::string_view problem) {
  if (problem.empty()) return {};
  return "<p class=\"problem\" role=\"alert\">" + escaped(problem) + "</p>";
}

std::string warning_of(bool is_self_registered) {
  if (!is_self_registered) return {};
  return "<p class=\"problem\">This application has registered itself: nobody here has checked who it is from.</p>";
}

std::string form_begin(std::string_view action, std::string_view sealed) {
  return "<form method=\"post\" action=\"" + escaped(action) + "\"><input type=\"hidden\" name=\"state\" value=\"" +
         escaped(sealed) + "\">";
}

std::string radio(std::string_view name, const Choice& choice, bool is_chosen) {
  return "<label class=\"choice\"><input type=\"radio\" name=\"" + std::string(name) + "\" required value=\"" +
         escaped(choice.id) + "\"" + (is_chosen ? " checked>" : ">") + escaped(choice.label) + "</label>";
}

// Hidden until the script is there.
std::string passkey_form(const PasskeyForm& form, std::string_view sealed, std::string_view label,
                         std::span<const std::string_view> fields) {
  if (form.script.empty()) return {};
  std::string body = "<form method=\"post\" action=\"" + escaped(form.action) + "\" hidden data-passkey=\"" +
                     escaped(form.options) + "\"><input type=\"hidden\" name=\"state\" value=\"" + escaped(sealed) +
                     "\">";
  for (const std::string_view field : fields) {
    body += "<input type=\"hidden\" name=\"" + std::string(field) + "\">";
  }
  body += "<p class=\"problem\" role=\"alert\" hidden></p><button class=\"second\" type=\"submit\">" +
          std::string(label) +
          "</button></form><noscript><p>Passkeys need JavaScript: turn it on for this site to use " +
          "yours.</p></noscript>";
  return body;
}

constexpr std::array<std::string_view, 5> kSignedFields{"credential", "client_data", "authenticator_data", "signature",
                                                        "user_handle"};
constexpr std::array<std::string_view, 2> kCreatedFields{"client_data", "authenticator_data"};

}  // namespace

http::Response sign_in_page(int status, const SignInPage& page) {
  std::string body = "<p>to go on to <strong>" + escaped(page.client) + "</strong></p>" +
                     warning_of(page.is_self_registered) + problem_text(page.problem);
  if (!page.external.name.empty()) {
    body += form_begin(page.external.action, page.sealed) + "<button " +
            (page.has_password ? "class=\"second\" " : "") + "type=\"submit\">Sign in with " +
            escaped(page.external.name) + "</button></form>";
  }
  if (!page.has_password) return html(status, "Sign in", body, page.external.issuer);
  body += form_begin(page.action, page.sealed);
  body += "<label for=\"name\">Name</label><input id=\"name\" name=\"name\" autocomplete=\"username\" required" +
          (page.name.empty() ? std::string(" autofocus") : std::string()) + " value=\"" + escaped(page.name) +
          "\"><label for=\"password\">Password</label><input id=\"password\" name=\"password\" " +
          "type=\"password\" autocomplete=\"current-password\" required" + (page.name.empty() ? "" : " autofocus") +
          "><button type=\"submit\">Sign in</button></form>" +
          passkey_form(page.passkey, page.sealed, "Sign in with a passkey", kSignedFields);
  return html(status, "Sign in", body, page.external.issuer, page.passkey.script);
}

http::Response second_factor_page(int status, const SecondFactorPage& page) {
  std::string body = "<p>to go on to <strong>" + escaped(page.client) + "</strong></p>" + problem_text(page.problem);
  body += passkey_form(page.passkey, page.sealed, "Use your passkey", kSignedFields);
  if (page.has_code) {
    body += form_begin(page.action, page.sealed) +
            "<label for=\"code\">Code of your authenticator app, or one of your recovery codes</label>"
            "<input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" spellcheck=\"false\" required autofocus>"
            "<button type=\"submit\">Go on</button></form>";
  }
  return html(status, page.has_code ? "Your code" : "Your passkey", body, {}, page.passkey.script);
}

http::Response passkey_page(int status, const PasskeyPage& page) {
  std::string body = "<p>for <strong>" + escaped(page.user) + "</strong></p>" + problem_text(page.problem);
  if (page.passkey.script.empty()) {
    body += form_begin(page.action, page.sealed) +
            "<label for=\"password\">Your password</label><input id=\"password\" name=\"password\" type=\"password\" "
            "autocomplete=\"current-password\" required autofocus><button type=\"submit\">Go on</button></form>";
  } else {
    body +=
        "<p>Your device will ask you to confirm. From then on you sign in with it, and what you have signed in to "
        "until now asks you to sign in again.</p>" +
        passkey_form(page.passkey, page.sealed, "Set up a passkey", kCreatedFields);
  }
  return html(status, "Set up a passkey", body, {}, page.passkey.script);
}

http::Response passkey_done_page() {
  return html(200, "Your passkey is set up",
              "<p>You can close this page, and sign in with it where you want to go.</p>");
}

http::Response consent_page(int status, const ConsentPage& page) {
  std::string body = "<p>You are signed in as <strong>" + escaped(page.user) + "</strong>. <strong>" +
                     escaped(page.client) + "</strong> asks to:</p><ul>";
  for (const std::string& sentence : page.sentences) body += "<li>" + escaped(sentence) + "</li>";
  body += "</ul><p>It never gets more than you may see and do yourself.";
  if (const std::string_view host = host_of(page.redirect_uri); !host.empty()) {
    body += " You then go back to <strong>" + escaped(host) + "</strong>.";
  }
  body += "</p>";
  body += warning_of(page.is_self_registered);
  body += problem_text(page.problem);
  body += form_begin(page.action, page.sealed);
  if (page.asks_for_patient && !page.choices.empty()) {
    body += "<fieldset><legend>Whose health record?</legend>";
    for (const Choice& each : page.choices) body += radio("patient", each, each.id == page.chosen);
    body += "</fieldset>";
  } else if (page.asks_for_patient) {
    body += "<label for=\"patient\">For which patient? (id)</label><input id=\"patient\" name=\"patient\" required>";
  }
  body +=
      "<button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>"
      "<button class=\"second\" type=\"submit\" name=\"decision\" value=\"deny\" formnovalidate>Deny</button></form>";
  return html(status, "Allow access?", body, page.redirect_uri);
}

http::Response encounter_page(int status, const EncounterPage& page) {
  std::string body = "<p><strong>" + escaped(page.client) + "</strong> asks which visit this is about.</p>" +
                     problem_text(page.problem) + form_begin(page.action, page.sealed);
  body += "<fieldset><legend>Which visit?</legend>";
  for (const Choice& each : page.choices) body += radio(kEncounterMember, each, false);
  body += radio(kEncounterMember, {std::string(kNoChoice), "None of these"}, false);
  body += "</fieldset><button type=\"submit\">Go on</button></form>";
  return html(status, "Which visit?", body, page.redirect_uri);
}

http::Response redirect(std::string address) {
  http::Response response;
  response.status = kRedirected;
  response.headers.add("Location", std::move(address));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  return response;
}

http::Response problem_page(int status, std::string_view problem) {
  return html(status, "This does not work", problem_text(problem));
}

}  // namespace vesta::oauth
