// The pages that people see while they sign in: HTML, with a script on those that ask for a passkey. What others wrote
// is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "oauth/choices.h"

namespace vesta::oauth {

// A form that a script fills, see passkey_script.h.
struct PasskeyForm {
  std::string action;   // path that the form is sent to
  std::string script;   // URL; empty: there is no such form
  std::string options;  // JSON
};

// Leads to an OpenID provider.
struct ExternalForm {
  std::string action;  // path that the form is sent to
  std::string name;    // of the provider; empty: there is no such form
  std::string issuer;
};

struct SignInPage {
  std::string action;               // path that the form is sent to
  std::string sealed;               // the state that it carries
  std::string client;               // the application's name
  bool is_self_registered = false;  // nobody has looked at the client
  std::string name;                 // typed before
  std::string problem;              // empty: none
  bool has_password = true;         // else neither a password nor a passkey is asked for
  PasskeyForm passkey;              // instead of name and password; it carries the same state
  ExternalForm external;            // instead of both; the same
};
http::Response sign_in_page(int status, const SignInPage& page);

struct SecondFactorPage {
  std::string action;
  std::string sealed;
  std::string client;
  std::string problem;
  bool has_code = false;  // of an app
  PasskeyForm passkey;    // its action is the page's
};
http::Response second_factor_page(int status, const SecondFactorPage& page);

// Two pages to set up a passkey: by the password, and then with the browser.
struct PasskeyPage {
  std::string action;
  std::string sealed;
  std::string user;  // name
  std::string problem;
  PasskeyForm passkey;  // none: the password is asked for
};
http::Response passkey_page(int status, const PasskeyPage& page);
http::Response passkey_done_page();

struct ConsentPage {
  std::string action;
  std::string sealed;
  std::string client;
  bool is_self_registered = false;  // nobody has looked at the client
  std::string user;
  std::string redirect_uri;            // where the form leads in the end
  std::vector<std::string> sentences;  // what is allowed, each one thing
  bool asks_for_patient = false;       // whose record
  std::vector<Choice> choices;         // whom to choose from; empty: an id is typed
  std::string chosen;                  // id of the one that is chosen before
  std::string problem;
};
http::Response consent_page(int status, const ConsentPage& page);

struct EncounterPage {
  std::string action;
  std::string sealed;
  std::string client;
  std::string redirect_uri;     // where the form leads in the end
  std::vector<Choice> choices;  // whom to choose from, beside none of them
  std::string problem;
};
http::Response encounter_page(int status, const EncounterPage& page);

inline constexpr int kPage = 200;  // statuses
inline constexpr int kRedirected = 303;
http::Response redirect(std::string address);

// For what must not lead back to a client: its address is not known to be its own.
http::Response problem_page(int status, std::string_view problem);

}  // namespace vesta::oauth
