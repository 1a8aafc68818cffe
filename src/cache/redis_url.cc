// URLs as redis-cli reads them, and of Unix sockets.
#include "cache/redis_url.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace vesta::cache {
namespace {

Error wrong(std::string_view what) {
  return make_error(Category::invalid, "The URL of the cache " + std::string(what) +
                                           ": it is to be redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], rediss://…, "
                                           "or redis+unix:///PATH.");
}

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <class Number>
std::optional<Number> number(std::string_view text, Number most) {
  Number read = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error != std::errc() || end != text.data() + text.size() || read > most) return std::nullopt;
  return read;
}

// None: a % without two digits behind it, or a NUL.
std::optional<std::string> decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const last = text.data() + i + 3;
    const auto [end, error] = std::from_chars(text.data() + i + 1, last, byte, 16);
    if (error != std::errc() || end != last || byte == 0) return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

Status read_account(std::string_view& rest, RedisUrl& url) {
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at == std::string_view::npos) return kOk;
  const std::string_view account = rest.substr(0, at);
  const std::size_t colon = account.find(':');
  if (colon == std::string_view::npos) return wrong("has a user without a password");
  const auto user = decode(account.substr(0, colon)), password = decode(account.substr(colon + 1));
  if (!user || !password || password->empty()) return wrong("has no password where one must be");
  url.user = *user;
  url.password = *password;
  rest.remove_prefix(at + 1);
  return kOk;
}

Status read_place(std::string_view place, RedisUrl& url) {
  std::size_t colon = place.rfind(':');
  if (place.starts_with('[')) {  // an address of IPv6
    const std::size_t close = place.find(']');
    if (close == std::string_view::npos) return wrong("has no ] behind its address");
    url.host = place.substr(1, close - 1);
    colon = close + 1 < place.size() ? close + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && place[colon] != ':') return wrong("has no port behind its address");
  } else {
    url.host = place.substr(0, colon);
  }
  if (url.host.empty() || url.host.find('%') != std::string::npos) return wrong("has no host");
  if (colon == std::string_view::npos) return kOk;
  const auto port = number<std::uint16_t>(place.substr(colon + 1), 65'535);
  if (!port || *port == 0) return wrong("has a port that is none");
  url.port = *port;
  return kOk;
}

}  // namespace

std::string RedisUrl::place() const {
  if (!socket.empty()) return socket;
  return host + ":" + std::to_string(port) + "/" + std::to_string(database);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  RedisUrl url;
  const bool is_socket = drop_prefix(text, "redis+unix://");
  if (!is_socket) {
    url.has_tls = drop_prefix(text, "rediss://");
    if (!url.has_tls && !drop_prefix(text, "redis://")) return wrong("has another scheme");
  }
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) {
    std::string_view parameter = text.substr(question + 1);
    const auto file = drop_prefix(parameter, "ca=") ? decode(parameter) : std::nullopt;
    if (!url.has_tls || !file || file->empty()) return wrong("has parameters other than ca=FILE of rediss://");
    url.ca_file = *file;
    text = text.substr(0, question);
  }
  VESTA_CHECK_OK(read_account(text, url));
  const std::size_t slash = text.find('/');
  if (is_socket) {
    const auto path = decode(text);
    if (slash != 0 || !path || path->size() < 2) return wrong("has no path of a socket");
    url.socket = *path;
    return url;
  }
  VESTA_CHECK_OK(read_place(text.substr(0, slash), url));
  if (slash == std::string_view::npos || slash + 1 == text.size()) return url;
  const auto database = number<std::uint32_t>(text.substr(slash + 1), kMaxRedisDatabase);
  if (!database) return wrong("has a database that is no number");
  url.database = *database;
  return url;
}

}  // namespace vesta::cache
