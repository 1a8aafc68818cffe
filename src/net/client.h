// A blocking HTTP/1.1 client for what the server itself must ask of others: small documents, over TLS.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vesta::net {

inline constexpr std::size_t kMaxFetchUrlBytes = 2048;
inline constexpr std::size_t kMaxFetchedHeaderBytes = 16 * 1024;
inline constexpr int kMaxInterimAnswers = 8;  // that come before the answer

struct FetchOptions {
  enum class Wanted { whole_answer, status };

  std::chrono::milliseconds timeout{5'000};  // of all of it but the look-up of the name, which has the system's
  std::size_t max_body_bytes = 1024 * 1024;
  Wanted wanted = Wanted::whole_answer;  // status: no body is read, however long or broken it is
  std::string ca_file = {};              // PEM; whose servers are believed. Empty: the system's authorities
};

// What a POST sends.
struct Posted {
  std::string content_type;
  std::string body;
  std::string authorization = {};                                 // the header's value; empty: none
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones: name, value
};

struct Fetched {
  int status = 0;
  std::string body;
};

// Is it one that may be asked? https://host[:port][/path][?query], or http of a loopback address or localhost, without
// a user and a fragment. Errors: invalid.
Status check_fetch_url(std::string_view url);

// GET, on the caller's thread: TLS 1.2 or 1.3, the certificate is verified, for this host. Any status is an answer: no
// redirect is followed; interim ones (1xx) are passed over. No proxy, no compression, and the connection is not kept.
// Errors: invalid: the URL, or the file of authorities; too_large: the answer; unavailable: the name is not known,
// refused, reset, cut off, too slow, a certificate that is not to be believed, or what comes is not HTTP.
Result<Fetched> get(const std::string& url, const FetchOptions& options = {});

// POST, else as `get`. An error does not tell whether the other server has seen it.
Result<Fetched> post(const std::string& url, const Posted& posted, const FetchOptions& options = {});

}  // namespace vesta::net
