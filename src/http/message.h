// An HTTP request and its response as the application sees them: without sockets, the request complete.
#pragma once

#include <any>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace vesta::http {

enum class Method { get, head, post, put, delete_, patch, options, other };
std::string_view to_string(Method method);
Method parse_method(std::string_view name);  // methods are case-sensitive; an unknown one is `other`

// Header fields in their order; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) {
    if (fields_.empty()) fields_.reserve(kUsual);
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  // replaces all of that name
  // The first value of this name, or null.
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;  // empty if there is none
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  static constexpr std::size_t kUsual = 8;  // fields of a request or an answer, which most have no more than
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  Method method = Method::get;
  std::string path;   // percent-encoded, as sent, without the query: "/fhir/Patient/1"
  std::string query;  // without '?', percent-encoded, as sent
  Headers headers;
  std::string body;  // decoded (Content-Encoding: gzip is undone), with capacity() >= size() + fhir::kJsonPadding
  std::string id;    // request id: X-Request-Id of the client if it is sane, else made by `net`
  std::string remote_address;
  bool is_tls = false;
  std::chrono::steady_clock::time_point received;  // when the request was complete
  std::chrono::steady_clock::time_point deadline;  // an answer after it is of no use
  // What `oauth` keeps of a request for the next one of the same connection; null: nothing is kept. Requests of a
  // connection come one after the other.
  std::any* kept = nullptr;
};

// The rest of a body, made while it is sent. One thread at a time calls it, not always the same; it outlives the
// request.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // Appends the next piece to `out`. False: it was the last. An error cuts the answer off, and the client sees that it
  // is not whole.
  virtual Result<bool> append(std::string& out) = 0;
};

struct Response {
  int status = 200;
  Headers headers;  // without Content-Length, Date, Connection: `net` writes these
  std::string body;
  std::unique_ptr<BodyStream> rest = nullptr;  // what comes behind `body`; null: it is whole
  std::optional<Instant> last_modified;        // what Last-Modified, which has whole seconds, was made from
};

// Takes what is still to come into the body, for those who need it whole.
Status gather(Response& response);

// One name=value of a query or form, percent-decoded ('+' is a space), in the order of the text.
struct Parameter {
  std::string name;
  std::string value;
};
inline constexpr std::size_t kMaxQueryParameters = 256;
// nullopt: a broken percent escape, invalid UTF-8, a NUL, or more than kMaxQueryParameters.
// Empty parts ("a=1&&b=2") are skipped; a part without '=' has an empty value.
std::optional<std::vector<Parameter>> parse_query(std::string_view query);
// Why parse_query refuses `query`, naming the part: "parameter 2 'family' has a broken percent escape, …".
std::string query_defect(std::string_view query);
std::string percent_encode(std::string_view text);  // everything but unreserved characters (RFC 3986)
// nullopt as in parse_query; '+' stays '+'. For paths.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace vesta::http
