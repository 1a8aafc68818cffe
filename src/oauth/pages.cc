// HTML, and the headers that keep the pages out of frames, caches and scripts.
#include "oauth/pages.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem;color:#1a2b3c}"
    "h1{font-size:1.4rem}label{display:block;margin:1rem 0 .2rem}"
    "input{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #7a8a99;border-radius:4px}"
    "button{margin:1.2rem .6rem 0 0;padding:.6rem 1.2rem;font:inherit;border-radius:4px;border:1px solid #0b5cad;"
    "background:#0b5cad;color:#fff}button.second{background:#fff;color:#0b5cad}"
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

// The scheme and host of an address, or its scheme where it has no host: what a form may lead to.
std::string origin_of(std::string_view address) {
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos) return {};
  if (address.substr(colon, 3) != "://") return std::string(address.substr(0, colon + 1));
  const std::size_t path = address.find_first_of("/?#", colon + 3);
  const std::string_view host = address.substr(colon + 3, path == std::string_view::npos ? path : path - colon - 3);
  const std::string_view scheme = address.substr(0, colon);
  // Of a scheme of an app's own, "com.example.app://callback", a host means nothing.
  return scheme == "https" || scheme == "http" ? std::string(scheme) + "://" + std::string(host)
                                               : std::string(scheme) + ":";
}

// True if it can stand in a header's list of sources: an origin has no blanks and no separators.
bool is_plain(std::string_view origin) {
  return origin.find_first_of(" ;,'\"\r\n\t") == std::string_view::npos;
}

http::Response html(int status, std::string_view title, std::string_view body, std::string_view leads_to = {}) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("X-Frame-Options", "DENY");
  // A form's redirect counts as where the form is sent. https://www.w3.org/TR/CSP3/#directive-form-action
  const std::string origin = origin_of(leads_to);
  response.headers.add("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
                       "form-action 'self'" +
                           (origin.empty() || !is_plain(origin) ? std::string() : " " + origin));
  response.body =
      "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
      escaped(title) + "</title><style>" + std::string(kStyle) + "</style></head><body><main><h1>" + escaped(title) +
      "</h1>" + std::string(body) + "</main></body></html>";
  return response;
}

std::string problem_text(std::string_view problem) {
  if (problem.empty()) return {};
  return "<p class=\"problem\" role=\"alert\">" + escaped(problem) + "</p>";
}

std::string form_begin(std::string_view action, std::string_view sealed) {
  return "<form method=\"post\" action=\"" + escaped(action) + "\"><input type=\"hidden\" name=\"state\" value=\"" +
         escaped(sealed) + "\">";
}

}  // namespace

http::Response sign_in_page(int status, const SignInPage& page) {
  std::string body = "<p>to go on to <strong>" + escaped(page.client) + "</strong></p>" + problem_text(page.problem);
  body += form_begin(page.action, page.sealed);
  body +=
      "<label for=\"name\">Name</label><input id=\"name\" name=\"name\" autocomplete=\"username\" required value=\"" +
      escaped(page.name) + "\"><label for=\"password\">Password</label><input id=\"password\" name=\"password\" " +
      "type=\"password\" autocomplete=\"current-password\" required><button type=\"submit\">Sign in</button></form>";
  return html(status, "Sign in", body);
}

http::Response consent_page(int status, const ConsentPage& page) {
  std::string body = "<p>You are signed in as <strong>" + escaped(page.user) + "</strong>. <strong>" +
                     escaped(page.client) + "</strong> asks to:</p><ul>";
  for (const std::string& sentence : page.sentences) body += "<li>" + escaped(sentence) + "</li>";
  body += "</ul><p>It never gets more than you may see and do yourself.</p>" + problem_text(page.problem);
  body += form_begin(page.action, page.sealed);
  if (page.asks_for_patient) {
    body += "<label for=\"patient\">For which patient? (id)</label><input id=\"patient\" name=\"patient\" required>";
  }
  body +=
      "<button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>"
      "<button class=\"second\" type=\"submit\" name=\"decision\" value=\"deny\" formnovalidate>Deny</button></form>";
  return html(status, "Allow access?", body, page.redirect_uri);
}

http::Response problem_page(int status, std::string_view problem) {
  return html(status, "This does not work", problem_text(problem));
}

}  // namespace vesta::oauth
