// The worker's side of a request: gzip both ways, the handler behind a net, and the head of the answer.
#include "net/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <exception>
#include <utility>

#include "base/deadline.h"
#include "base/gzip.h"
#include "base/log.h"
#include "http/ascii.h"
#include "http/date.h"
#include "http/media_type.h"

namespace vesta::net {
namespace {

constexpr std::size_t kMaxRequestId = 128;
constexpr std::string_view kRetryAfterSeconds = "1";
constexpr std::size_t kHeadReserve = 512;

// https://www.iana.org/assignments/http-status-codes
constexpr std::pair<int, std::string_view> kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

std::string_view reason(int status) {
  for (const auto& [known, phrase] : kReasons) {
    if (known == status) return phrase;
  }
  return "Status";  // the phrase has no meaning, but some clients want one
}

// The Date header changes once a second; each thread keeps the last.
std::string_view cached_date(Clock& clock) {
  thread_local std::int64_t cached_second = -1;
  thread_local std::string text;
  const Instant now = clock.now();
  const std::int64_t second = now.value / 1'000'000;
  if (second != cached_second) {
    text = http::format_date(now);
    cached_second = second;
  }
  return text;
}

bool has_no_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

bool written_by_net(std::string_view name) {
  for (std::string_view own : {"Content-Length", "Date", "Connection", "Transfer-Encoding", "X-Request-Id"}) {
    if (http::equals_ignoring_case(name, own)) return true;
  }
  return false;
}

// No header may end early, wherever its value came from.
void append_value(std::string& head, std::string_view value) {
  const auto begin = static_cast<std::ptrdiff_t>(head.size());
  head.append(value);
  std::replace_if(head.begin() + begin, head.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  append_value(head, value);
  head.append("\r\n");
}

bool is_vary(std::string_view name) {
  return http::equals_ignoring_case(name, "Vary");
}

// In one field, whoever added to it: some caches look at one alone.
void append_vary(std::string& head, const http::Headers& headers) {
  std::string_view before = "Vary: ";
  for (const auto& [name, value] : headers.fields()) {
    if (!is_vary(name)) continue;
    head.append(std::exchange(before, ", "));
    append_value(head, value);
  }
  if (before == ", ") head.append("\r\n");
}

void append_number(std::string& head, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  head.append(digits.data(), end);
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = http::trim(content_type.substr(0, content_type.find(';')));
  if (http::equals_ignoring_case(type.substr(0, 5), "text/")) return true;
  const std::string lower = http::lower_case(type);
  return lower.find("json") != std::string::npos || lower.find("xml") != std::string::npos ||
         lower.find("javascript") != std::string::npos;
}

// A compressed answer tells, by its length, whether what the request brings stands in it too (BREACH): pages and tokens
// of sign-in, which no cache may store, go out as they are.
bool is_secret(const http::Response& response) {
  return response.headers.get("Cache-Control") == "no-store";
}

}  // namespace

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestId && std::all_of(id.begin(), id.end(), [](char c) {
    return http::is_alpha(c) || http::is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

Exchanger::Exchanger(const ServerOptions& options, const Handler& handler, const std::atomic<bool>& is_draining,
                     Metrics& metrics, Clock& clock, Random& random)
    : options_(options),
      handler_(handler),
      is_draining_(is_draining),
      clock_(clock),
      uuids_(clock, random),
      queue_seconds_(metrics.histogram("vesta_http_queue_seconds", "Time that requests wait for a worker.",
                                       {0.0001, 0.001, 0.01, 0.1, 1, 10})),
      broken_(metrics.counter("vesta_http_broken_answers_total", "Answers that broke off while they were sent.")) {
  constexpr std::array<const char*, 6> kClasses = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    responses_[i] = &metrics.counter("vesta_http_responses_total", "Answers, by the class of their status.",
                                     {{"status", kClasses[i]}});
  }
}

void Exchanger::assign_id(http::Request& request) {
  const std::string_view sent = request.headers.get("X-Request-Id");
  request.id = is_sane_request_id(sent) ? std::string(sent) : uuids_.next();
}

void Exchanger::answer(Exchange& exchange) {
  http::Request& request = exchange.request;
  assign_id(request);
  const log::RequestScope scope(request.id);
  const DeadlineScope deadline(request.deadline);
  const ArrivalScope arrival(request.received);
  const auto now = clock_.monotonic();
  queue_seconds_.observe(std::chrono::duration<double>(now - request.received).count());
  http::Response response;
  if (now >= request.deadline) {
    response = error(503, "The request waited too long for its turn.", request.id);
  } else if (decode(exchange, response)) {
    response = handle(request);
  }
  encode(exchange, std::move(response));
  request = {};  // here, not on the thread that serves the sockets: freeing a large body takes time
}

void Exchanger::refuse(Exchange& exchange, int status, const std::string& message) {
  assign_id(exchange.request);
  encode(exchange, error(status, message, exchange.request.id));
  exchange.request = {};
}

http::Response Exchanger::handle(http::Request& request) {
  try {
    return handler_(request);
  } catch (const std::exception& exception) {
    log::error("a handler threw", {{"what", exception.what()}, {"path", request.path}});
  } catch (...) {
    log::error("a handler threw something unknown", {{"path", request.path}});
  }
  return error(500, "The server failed to answer. The request id helps its operators to find the cause.", request.id);
}

http::Response Exchanger::error(int status, const std::string& message, const std::string& request_id) {
  http::Response response;
  if (options_.error_response) {
    try {
      response = options_.error_response(status, message, request_id);
    } catch (const std::exception& exception) {
      log::error("the error renderer threw", {{"what", exception.what()}});
      response = {};
    }
  }
  if (response.body.empty()) {
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.body = message + "\n";
  }
  response.status = status;
  if (status == 503) response.headers.set("Retry-After", std::string(kRetryAfterSeconds));
  return response;
}

// Undoes Content-Encoding. https://www.rfc-editor.org/rfc/rfc9110#section-8.4
bool Exchanger::decode(Exchange& exchange, http::Response& refusal) {
  http::Request& request = exchange.request;
  const std::string_view encoding = http::trim(request.headers.get("Content-Encoding"));
  if (encoding.empty() || http::equals_ignoring_case(encoding, "identity")) return true;
  if (!http::equals_ignoring_case(encoding, "gzip") && !http::equals_ignoring_case(encoding, "x-gzip")) {
    refusal = error(415, "The only Content-Encoding understood is gzip.", request.id);
    refusal.headers.set("Accept-Encoding", "gzip");
    return false;
  }
  Result<std::string> decoded = gzip_decompress(request.body, options_.max_body_bytes);
  if (!decoded.ok()) {
    const bool is_large = decoded.error().category == Category::too_large;
    refusal = error(is_large ? 413 : 400,
                    is_large ? "The request's body is too large when it is decompressed."
                             : "The request's body is not well-formed gzip.",
                    request.id);
    return false;
  }
  request.body = std::move(*decoded);
  return true;
}

void Exchanger::compress(const http::Request& request, http::Response& response, AnswerStream* stream) {
  if ((stream == nullptr && response.body.size() < options_.min_gzip_bytes) || response.status == 206 ||
      response.headers.find("Content-Encoding") != nullptr || is_secret(response) ||
      !is_compressible(response.headers.get("Content-Type"))) {
    return;
  }
  response.headers.add("Vary", "Accept-Encoding");
  if (!http::accepts_encoding(request.headers.get("Accept-Encoding"), "gzip")) return;
  if (stream != nullptr) {
    stream->compress(options_.gzip_level);
  } else {
    response.body = gzip_compress(response.body, options_.gzip_level);
  }
  response.headers.set("Content-Encoding", "gzip");
}

void Exchanger::begin_stream(Exchange& exchange, http::Response& response) {
  if (exchange.is_http_1_0) exchange.keep_alive = KeepAlive::no;
  const Framing framing = exchange.is_http_1_0 ? Framing::until_close : Framing::chunks;
  exchange.stream = std::make_unique<AnswerStream>(std::move(response.rest), framing, exchange.request.id);
}

void Exchanger::append_head(const Exchange& exchange, const http::Response& response, std::string& head) {
  head.append("HTTP/1.1 ");
  append_number(head, static_cast<std::size_t>(std::clamp(response.status, 100, 999)));
  head.append(" ").append(reason(response.status)).append("\r\nDate: ").append(cached_date(clock_)).append("\r\n");
  if (exchange.keep_alive == KeepAlive::no) {
    head.append("Connection: close\r\n");
  } else if (exchange.is_http_1_0) {
    head.append("Connection: keep-alive\r\n");
  }
  if (exchange.stream != nullptr) {
    if (!exchange.is_http_1_0) head.append("Transfer-Encoding: chunked\r\n");
  } else if (!has_no_body(response.status)) {
    head.append("Content-Length: ");
    append_number(head, response.body.size());
    head.append("\r\n");
  }
  append_field(head, "X-Request-Id", exchange.request.id);
  for (const auto& [name, value] : response.headers.fields()) {
    if (!is_vary(name) && !written_by_net(name)) append_field(head, name, value);
  }
  append_vary(head, response.headers);
  head.append("\r\n");
}

void Exchanger::encode(Exchange& exchange, http::Response&& response) {
  const bool is_error_class = response.status < 100 || response.status > 599;
  responses_[is_error_class ? 0 : response.status / 100]->add();
  if (has_no_body(response.status)) {
    response.body.clear();
    response.rest = nullptr;
  }
  if (is_draining_) exchange.keep_alive = KeepAlive::no;
  if (response.rest != nullptr) begin_stream(exchange, response);
  compress(exchange.request, response, exchange.stream.get());

  std::string head;
  head.reserve(kHeadReserve);
  append_head(exchange, response, head);
  // https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2: HEAD has the fields of GET, and no body.
  if (exchange.request.method == http::Method::head) {
    response.body.clear();
    exchange.stream = nullptr;
  }
  if (exchange.stream != nullptr) exchange.stream->frame(head, response.body);
  exchange.head = std::move(head);
  exchange.body = std::move(response.body);
}

void Exchanger::go_on(Exchange& exchange) {
  const AnswerStream::State state = exchange.stream->next(exchange.head, exchange.body);
  if (state == AnswerStream::State::has_more) return;
  exchange.stream = nullptr;
  if (state == AnswerStream::State::whole) return;
  exchange.keep_alive = KeepAlive::no;
  exchange.must_reset = exchange.is_http_1_0;
  broken_.add();
}

}  // namespace vesta::net
