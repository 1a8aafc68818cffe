// Cors: which web pages of other origins may send requests and read the answers.
// https://fetch.spec.whatwg.org/#http-cors-protocol
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace vesta::server {

inline constexpr std::size_t kMaxCorsOrigins = 256;

// No answer lets a page send cookies along: what it may do stands in its token.
class Cors {
 public:
  // "https://app.example", "http://localhost:3000", as browsers send them; "*": all. Errors (invalid): one of them is
  // no origin.
  static Result<Cors> parse(const std::vector<std::string>& origins);

  // What a browser that asks before it sends is told; nullopt: this is no such question, or not of a page that may.
  std::optional<http::Response> preflight(const http::Request& request) const;
  // Lets the page read the answer, if it may. What tells how to sign in, every page may read:
  // https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
  void allow(const http::Request& request, http::Response& response) const;

 private:
  // What the field Access-Control-Allow-Origin says; empty: nothing.
  std::string allowed(const http::Request& request) const;

  bool is_any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace vesta::server
