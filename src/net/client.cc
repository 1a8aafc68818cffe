// One exchange: each step runs to its end on a context of its own, and all of them have one deadline.
#include "net/client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/none.hpp>
#include <boost/optional/optional.hpp>
#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"

namespace vesta::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using AsioError = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Deadline = std::chrono::steady_clock::time_point;

constexpr std::string_view kLocalhost = "localhost";

struct Url {
  bool is_secure = false;
  std::string host;       // without brackets
  std::string authority;  // as it stands in Host
  std::uint16_t port = 0;
  std::string target;
};

bool is_loopback(const std::string& host) {
  AsioError error;
  const auto address = asio::ip::make_address(host, error);
  return host == kLocalhost || (!error && address.is_loopback());
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// False: it is neither a name nor an address.
bool read_authority(std::string_view authority, Url& url) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    url.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
    AsioError error;
    asio::ip::make_address_v6(url.host, error);
    if (error) return false;
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, end);
    rest = authority.substr(end);
    if (url.host.empty() || !std::ranges::all_of(url.host, is_host_character)) return false;
  }
  url.port = url.is_secure ? 443 : 80;
  if (rest.empty()) return true;
  const char* const last = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + 1, last, url.port);
  return rest.starts_with(':') && error == std::errc() && at == last && url.port != 0;
}

Result<Url> parse_url(std::string_view text) {
  const auto invalid = [](const char* what) { return make_error(Category::invalid, what); };
  if (text.size() > kMaxFetchUrlBytes) return invalid("the URL is too long");
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#' && c != '\\'; });
  if (!is_plain) return invalid("the URL has a fragment, or characters that must be encoded");
  Url url;
  url.is_secure = text.starts_with("https://");
  if (!url.is_secure && !text.starts_with("http://")) return invalid("the URL must be https");
  text.remove_prefix(text.find("//") + 2);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  url.authority = text.substr(0, end);
  if (!read_authority(url.authority, url)) return invalid("the URL has no host, or a user, or another port than one");
  if (!url.is_secure && !is_loopback(url.host)) return invalid("the URL must be https beyond the loopback");
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

// Runs one step to its end: `begin` starts it with a handler.
template <class Begin>
AsioError run(asio::io_context& context, Begin begin) {
  AsioError result = asio::error::operation_aborted;
  begin([&result](AsioError error, const auto&...) { result = error; });
  context.restart();
  context.run();
  return result;
}

Error failure(const char* step, const AsioError& error) {
  namespace http = beast::http;
  if (error == http::error::body_limit || error == http::error::header_limit || error == http::error::buffer_overflow) {
    return make_error(Category::too_large, "the answer is too large");
  }
  if (error == beast::error::timeout) return make_error(Category::unavailable, std::string(step) + ": too slow");
  return make_error(Category::unavailable, std::string(step) + ": " + error.message());
}

Result<std::vector<Tcp::endpoint>> look_up(asio::io_context& context, const Url& url) {
  AsioError error;
  if (const auto address = asio::ip::make_address(url.host, error); !error) {
    return std::vector<Tcp::endpoint>{{address, url.port}};
  }
  Tcp::resolver resolver(context);
  const auto found = resolver.resolve(url.host, std::to_string(url.port), Tcp::resolver::numeric_service, error);
  if (error) return failure("the name cannot be found", error);
  std::vector<Tcp::endpoint> endpoints;
  for (const auto& each : found) {
    // What a name means is up to others: without TLS nothing leaves this machine.
    if (url.is_secure || each.endpoint().address().is_loopback()) endpoints.push_back(each.endpoint());
  }
  if (endpoints.empty()) return make_error(Category::unavailable, "the name is of no loopback address");
  return endpoints;
}

Status connect(asio::io_context& context, beast::tcp_stream& stream, const Url& url, Deadline deadline) {
  VESTA_TRY(const auto endpoints, look_up(context, url));
  stream.expires_at(deadline);
  const AsioError error = run(context, [&](auto handler) { stream.async_connect(endpoints, std::move(handler)); });
  if (error) return failure("cannot connect", error);
  return kOk;
}

using Request = beast::http::request<beast::http::string_body>;

// Others come before the answer; behind 101, which nobody has asked for, is no HTTP any more.
// https://www.rfc-editor.org/rfc/rfc9110#section-15.2
bool is_interim(unsigned status) {
  return status >= 100 && status < 200 && status != 101;
}

template <class Stream>
Result<Fetched> exchange(asio::io_context& context, Stream& stream, const Request& request,
                         const FetchOptions& options) {
  namespace http = beast::http;
  AsioError error = run(context, [&](auto handler) { http::async_write(stream, request, std::move(handler)); });
  if (error) return failure("cannot send", error);
  const bool has_body = options.wanted == FetchOptions::Wanted::whole_answer;
  beast::flat_buffer buffer;
  std::optional<http::response_parser<http::string_body>> parser;  // of one head and what belongs to it
  int interim = 0;
  do {
    if (interim++ > kMaxInterimAnswers) return make_error(Category::unavailable, "too many interim answers");
    parser.emplace();
    parser->header_limit(kMaxFetchedHeaderBytes);
    parser->body_limit(has_body ? boost::optional<std::uint64_t>(options.max_body_bytes) : boost::none);
    error = run(context, [&](auto handler) { http::async_read_header(stream, buffer, *parser, std::move(handler)); });
    if (error) return failure("no whole answer", error);
  } while (is_interim(parser->get().result_int()));
  if (has_body) {
    error = run(context, [&](auto handler) { http::async_read(stream, buffer, *parser, std::move(handler)); });
    if (error) return failure("no whole answer", error);
  }
  return Fetched{static_cast<int>(parser->get().result_int()), std::move(parser->get().body())};
}

Status believe(const std::string& ca_file, asio::ssl::context& tls) {
  AsioError error;
  if (ca_file.empty()) {
    tls.set_default_verify_paths(error);
  } else {
    tls.load_verify_file(ca_file, error);
  }
  if (error) return make_error(Category::invalid, "the authorities cannot be used: " + error.message());
  CHECK(SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) == 1);
  tls.set_verify_mode(asio::ssl::verify_peer, error);
  CHECK(!error);
  return kOk;
}

Result<Fetched> ask_securely(asio::io_context& context, const Url& url, const Request& request,
                             const FetchOptions& options, Deadline deadline) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  VESTA_CHECK_OK(believe(options.ca_file, tls));
  beast::ssl_stream<beast::tcp_stream> stream(context, tls);
  AsioError error;
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host), error);
  CHECK(!error);
  asio::ip::make_address(url.host, error);
  const bool is_name = bool(error);  // addresses are not told: https://www.rfc-editor.org/rfc/rfc6066#section-3
  if (is_name && SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1) {
    return make_error(Category::invalid, "the name of the host is too long");
  }
  VESTA_CHECK_OK(connect(context, beast::get_lowest_layer(stream), url, deadline));
  error =
      run(context, [&](auto handler) { stream.async_handshake(asio::ssl::stream_base::client, std::move(handler)); });
  if (error) return failure("no TLS", error);
  return exchange(context, stream, request, options);
}

Result<Fetched> ask(const std::string& text, Request request, const FetchOptions& options) {
  const Deadline deadline = std::chrono::steady_clock::now() + options.timeout;
  VESTA_TRY(const Url url, parse_url(text));
  try {
    namespace http = beast::http;
    request.target(url.target);
    request.set(http::field::host, url.authority);
    request.set(http::field::user_agent, "vesta");
    request.keep_alive(false);
    request.prepare_payload();
    asio::io_context context;
    if (url.is_secure) return ask_securely(context, url, request, options, deadline);
    beast::tcp_stream stream(context);
    VESTA_CHECK_OK(connect(context, stream, url, deadline));
    return exchange(context, stream, request, options);
  } catch (const std::exception& exception) {  // the library's, where it cannot even begin
    return make_error(Category::unavailable, exception.what());
  }
}

}  // namespace

Status check_fetch_url(std::string_view url) {
  VESTA_TRY(const Url parsed, parse_url(url));
  (void)parsed;
  return kOk;
}

Result<Fetched> get(const std::string& url, const FetchOptions& options) {
  Request request;
  request.method(beast::http::verb::get);
  return ask(url, std::move(request), options);
}

Result<Fetched> post(const std::string& url, const Posted& posted, const FetchOptions& options) {
  namespace http = beast::http;
  Request request;
  request.method(http::verb::post);
  request.set(http::field::content_type, posted.content_type);
  if (!posted.authorization.empty()) request.set(http::field::authorization, posted.authorization);
  for (const auto& [name, value] : posted.headers) request.set(name, value);
  request.body() = posted.body;
  return ask(url, std::move(request), options);
}

}  // namespace vesta::net
