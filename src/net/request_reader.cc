// The only file that includes Boost.Beast: its basic_parser does the grammar of HTTP/1.1; the rules on top of it
// (limits, framing that could be read in two ways, the form of the target) are here.
// https://www.rfc-editor.org/rfc/rfc9112
#include "net/request_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "http/ascii.h"

namespace vesta::net {
namespace {

namespace beast = boost::beast;
using BeastError = beast::error_code;
using BeastField = beast::http::field;
using BeastText = beast::string_view;
using BeastParser = beast::http::basic_parser<true>;

std::string_view view(BeastText text) {
  return {text.data(), text.size()};
}

// Sets any error, to stop the parser; the refusal tells the reason.
void stop(BeastError& error) {
  error = beast::http::error::bad_value;
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), http::is_digit);
}

// What the parser's callbacks fill in.
struct Reading {
  http::Request request;
  Refusal refusal;
  std::size_t body_received = 0;
  std::size_t field_count = 0;
  std::size_t host_count = 0;
  std::size_t length_count = 0;
  std::size_t encoding_count = 0;
  bool has_request_line = false;
  bool has_head = false;
  bool is_http_1_0 = false;
  bool expects_continue = false;
};

class Parser final : public BeastParser {
 public:
  Parser(const ReaderLimits& limits, Reading& reading) : limits_(limits), reading_(reading) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
    eager(true);
  }

  std::size_t put_bytes(std::string_view bytes, BeastError& error) {
    input_ = bytes;
    return put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  }

 private:
  void refuse(int status, std::string message, BeastError& error) {
    reading_.refusal = {status, std::move(message)};
    stop(error);
  }

  void on_request_impl(beast::http::verb, BeastText method, BeastText target, int version, BeastError& error) override {
    reading_.has_request_line = true;
    reading_.is_http_1_0 = version == 10;
    if (target.size() > limits_.uri_bytes) return refuse(414, "The request's URI is too long.", error);
    reading_.request.method = http::parse_method(view(method));
    if (!set_target(view(target))) refuse(400, "The request's target is malformed.", error);
  }

  // https://www.rfc-editor.org/rfc/rfc9112#section-3.2: origin-form, absolute-form, and "*" for OPTIONS.
  bool set_target(std::string_view target) {
    for (std::string_view scheme : {"http://", "https://"}) {
      if (!http::equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
      target.remove_prefix(scheme.size());
      const std::size_t end = target.find_first_of("/?");
      if (end == 0 || target.empty()) return false;
      target.remove_prefix(std::min(end, target.size()));
      if (target.empty() || target.front() == '?') {
        reading_.request.path = "/";
        reading_.request.query = target.substr(std::min<std::size_t>(1, target.size()));
        return reading_.request.query.find('#') == std::string::npos;
      }
    }
    const bool is_asterisk = target == "*" && reading_.request.method == http::Method::options;
    if (!is_asterisk && !target.starts_with('/')) return false;
    if (target.find('#') != std::string_view::npos) return false;
    const std::size_t question = std::min(target.find('?'), target.size());
    reading_.request.path = target.substr(0, question);
    reading_.request.query = target.substr(std::min(question + 1, target.size()));
    return true;
  }

  void on_field_impl(BeastField field, BeastText name, BeastText value, BeastError& error) override {
    if (++reading_.field_count > limits_.header_count) {
      return refuse(431, "The request has too many header fields.", error);
    }
    // Trailers are counted and dropped: none has a meaning here, and as headers they could change what was decided.
    if (reading_.has_head) return;
    if (is_folded(value)) return refuse(400, "A header field spans several lines.", error);
    switch (field) {
      case BeastField::host:
        ++reading_.host_count;
        break;
      case BeastField::content_length:
        ++reading_.length_count;
        if (!is_decimal(view(value))) return refuse(400, "Content-Length is malformed.", error);
        break;
      case BeastField::transfer_encoding:
        ++reading_.encoding_count;
        if (!http::equals_ignoring_case(view(value), "chunked")) {
          return refuse(501, "The only Transfer-Encoding understood is chunked.", error);
        }
        break;
      case BeastField::expect:
        if (!http::equals_ignoring_case(view(value), "100-continue")) {
          return refuse(417, "The only expectation understood is 100-continue.", error);
        }
        reading_.expects_continue = true;
        break;
      default:
        break;
    }
    reading_.request.headers.add(std::string(view(name)), std::string(view(value)));
  }

  // https://www.rfc-editor.org/rfc/rfc9112#section-5.2: obsolete line folding is refused, as others may take its second
  // line for a field. The parser unfolds a value into a buffer of its own, so that it is no part of the input any more.
  bool is_folded(BeastText value) const {
    const std::less_equal<const char*> not_behind;
    return !not_behind(input_.data(), value.data()) ||
           !not_behind(value.data() + value.size(), input_.data() + input_.size());
  }

  // https://www.rfc-editor.org/rfc/rfc9112#section-6.3: a message that two readers could cut at different places is
  // refused rather than repaired.
  void on_header_impl(BeastError& error) override {
    if (reading_.length_count > 1) return refuse(400, "Content-Length occurs more than once.", error);
    if (reading_.encoding_count > 0 && reading_.length_count > 0) {
      return refuse(400, "Content-Length and Transfer-Encoding exclude each other.", error);
    }
    if (reading_.encoding_count > 1) return refuse(400, "Transfer-Encoding occurs more than once.", error);
    if (reading_.is_http_1_0 && reading_.encoding_count > 0) {
      return refuse(400, "HTTP/1.0 has no Transfer-Encoding.", error);
    }
    // Section 3.2: exactly one Host in HTTP/1.1.
    if (reading_.host_count > 1 || (!reading_.is_http_1_0 && reading_.host_count == 0)) {
      return refuse(400, "The request must have one Host header.", error);
    }
    // https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1: an expectation of HTTP/1.0 is ignored.
    if (reading_.is_http_1_0) reading_.expects_continue = false;
    reading_.has_head = true;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, BeastError&) override {
    if (!content_length) return;
    const std::size_t declared = static_cast<std::size_t>(*content_length) + kReadPadding;
    reading_.request.body.reserve(std::min(declared, kFirstBodyReserve));
  }

  std::size_t append(BeastText bytes) {
    std::string& body = reading_.request.body;
    const std::size_t needed = body.size() + bytes.size() + kReadPadding;
    if (needed > body.capacity()) body.reserve(std::max(needed, body.capacity() * 2));
    body.append(bytes.data(), bytes.size());
    reading_.body_received += bytes.size();
    return bytes.size();
  }

  std::size_t on_body_impl(BeastText bytes, BeastError&) override { return append(bytes); }
  void on_chunk_header_impl(std::uint64_t, BeastText, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, BeastError&) override { return append(bytes); }
  void on_finish_impl(BeastError&) override {
    std::string& body = reading_.request.body;
    body.reserve(body.size() + kReadPadding);
  }
  void on_response_impl(int, BeastText, int, BeastError&) override {}

  const ReaderLimits& limits_;
  Reading& reading_;
  std::string_view input_;  // of the call of put_bytes that runs
};

// Whether a request line ends in "HTTP/2.0" or the like.
bool names_a_version(std::string_view line) {
  constexpr std::string_view kForm = " HTTP/d.d";
  if (line.size() < kForm.size()) return false;
  line.remove_prefix(line.size() - kForm.size());
  return line.starts_with(" HTTP/") && http::is_digit(line[6]) && line[7] == '.' && http::is_digit(line[8]);
}

// The parser does not look into a head before it is whole, so the request line may still stand in `pending`.
Refusal explain(const BeastError& error, const Reading& reading, const ReaderLimits& limits, std::string_view pending) {
  using E = beast::http::error;
  constexpr std::size_t kMethodAndVersionBytes = 32;
  if (error == E::header_limit) {
    const std::size_t line = std::min(pending.find("\r\n"), pending.size());
    if (!reading.has_request_line && line > limits.uri_bytes + kMethodAndVersionBytes)
      return {414, "The request's URI is too long."};
    return {431, "The request's header is too large."};
  }
  if (error == E::body_limit) return {413, "The request's body is too large."};
  if (error == E::bad_version && names_a_version(pending.substr(0, pending.find("\r\n"))))
    return {505, "The only versions understood are HTTP/1.1 and HTTP/1.0."};
  return {400, "The request is malformed: " + error.message() + "."};
}

}  // namespace

struct RequestReader::Impl {
  ReaderLimits limits;
  Reading reading;
  std::optional<Parser> parser;
};

RequestReader::RequestReader(const ReaderLimits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  reset();
}
RequestReader::~RequestReader() = default;

void RequestReader::reset() {
  impl_->reading = Reading();
  impl_->parser.emplace(impl_->limits, impl_->reading);
}

// What every chunked message still has to come: Beast asserts that it has them when it comes back to the last chunk.
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// A head must be whole before it is parsed, and so must the line of a chunk's size and the trailers.
std::size_t RequestReader::max_pending_bytes() const {
  return impl_->limits.header_bytes + 1024;
}

RequestReader::State RequestReader::read(std::string_view bytes, std::size_t& consumed) {
  Reading& reading = impl_->reading;
  consumed = 0;
  // RFC 9112, 2.2: empty lines before a request are ignored.
  while (!has_started() && bytes.substr(consumed).starts_with("\r\n")) consumed += 2;
  while (consumed < bytes.size()) {
    if (!has_started() && bytes.substr(consumed) == "\r") return State::need_more;
    const bool is_in_chunks = reading.has_head && reading.encoding_count > 0;
    if (is_in_chunks && bytes.size() - consumed < kLastChunk.size()) return State::need_more;
    BeastError error;
    consumed += impl_->parser->put_bytes(bytes.substr(consumed), error);
    if (error == beast::http::error::need_more) break;
    if (error) {
      if (reading.refusal.message.empty()) reading.refusal = explain(error, reading, impl_->limits, bytes);
      return State::failed;
    }
    if (impl_->parser->is_done()) return State::complete;
  }
  if (bytes.size() - consumed >= max_pending_bytes()) {
    reading.refusal = {reading.has_head ? 400 : 431, "The request has a line that is too long."};
    return State::failed;
  }
  return State::need_more;
}

bool RequestReader::has_started() const {
  return impl_->parser->got_some();
}
bool RequestReader::has_head() const {
  return impl_->reading.has_head;
}
bool RequestReader::expects_continue() const {
  return impl_->reading.expects_continue;
}
bool RequestReader::keeps_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestReader::is_http_1_0() const {
  return impl_->reading.is_http_1_0;
}
std::size_t RequestReader::body_received() const {
  return impl_->reading.body_received;
}
http::Request& RequestReader::request() {
  return impl_->reading.request;
}
const Refusal& RequestReader::refusal() const {
  return impl_->reading.refusal;
}

}  // namespace vesta::net
