// Reading of addresses and of the two header fields.
#include "server/trusted_proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <ranges>
#include <string_view>

#include "base/check.h"
#include "http/ascii.h"
#include "oauth/form.h"

namespace vesta::server {
namespace {

using Address = std::array<std::uint8_t, 16>;

constexpr std::string_view kForwarded = "Forwarded";
constexpr std::string_view kForwardedFor = "X-Forwarded-For";
constexpr unsigned kMappedBits = 96;  // before an IPv4 address

bool is_ipv4(const Address& address) {
  constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(address.begin(), address.begin() + kMappedBits / 8, kMapped.begin());
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string plain(text);
  Address address{};
  if (inet_pton(AF_INET6, plain.c_str(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (inet_pton(AF_INET, plain.c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

std::string text_of(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_short = is_ipv4(address);
  CHECK(inet_ntop(is_short ? AF_INET : AF_INET6, address.data() + (is_short ? 12 : 0), text.data(), text.size()) !=
        nullptr);
  return text.data();
}

bool is_port(std::string_view text) {
  return text.size() > 1 && text.front() == ':' && std::ranges::all_of(text.substr(1), http::is_digit);
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1", and nothing beside it.
std::optional<Address> parse_node(std::string_view node) {
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view port = node.substr(end + 1);
    return port.empty() || is_port(port) ? parse_address(node.substr(1, end - 1)) : std::nullopt;
  }
  const std::size_t colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && is_port(node.substr(colon));
  return parse_address(has_port ? node.substr(0, colon) : node);
}

// Each address of X-Forwarded-For, from left to right; several fields are one list.
std::vector<std::string> hops_of_forwarded_for(const http::Request& request) {
  std::vector<std::string> hops;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!http::equals_ignoring_case(name, kForwardedFor)) continue;
    oauth::for_each_between(value, ',', [&](std::string_view part) { hops.emplace_back(http::trim(part)); });
  }
  return hops;
}

// The `for` of a part of Forwarded; empty: it does not say. https://www.rfc-editor.org/rfc/rfc7239#section-4
std::string node_of(std::string_view part) {
  constexpr std::string_view kFor = "for=";
  std::string node;
  http::for_each_part(part, ';', [&](std::string_view pair) {
    if (http::equals_ignoring_case(pair.substr(0, kFor.size()), kFor)) node = pair.substr(kFor.size());
  });
  std::erase(node, '"');
  return node;
}

// A quotation mark of a client that is not closed would take in what its proxy wrote behind it.
bool is_readable(std::string_view forwarded) {
  return forwarded.find('\\') == std::string_view::npos && std::ranges::count(forwarded, '"') % 2 == 0;
}

// The same of Forwarded. Of one that cannot be read nothing is known, not even its right end.
std::vector<std::string> hops_of_forwarded(const http::Request& request) {
  std::vector<std::string> hops;
  bool is_known = true;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!http::equals_ignoring_case(name, kForwarded)) continue;
    is_known = is_known && is_readable(value);
    http::for_each_part(value, ',', [&](std::string_view part) { hops.push_back(node_of(part)); });
  }
  if (!is_known) hops.emplace_back();
  return hops;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  if (networks.size() > kMaxTrustedProxies) return make_error(Category::invalid, "There are too many trusted proxies.");
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(std::string_view(text).substr(0, slash));
    const unsigned most = address && is_ipv4(*address) && text.find(':') == std::string::npos ? 32 : 128;
    unsigned bits = most;
    bool is_good = address.has_value();
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, bits);
      is_good = is_good && error == std::errc() && stopped == end && bits <= most;
    }
    if (!is_good) return make_error(Category::invalid, "'" + text + "' is no address of a proxy, or of a network.");
    proxies.networks_.push_back({*address, most == 32 ? kMappedBits + bits : bits});
  }
  return proxies;
}

bool TrustedProxies::contains(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const unsigned whole = network.bits / 8;
    const unsigned rest = network.bits % 8;
    if (!std::equal(address.begin(), address.begin() + whole, network.address.begin())) return false;
    return rest == 0 || (address[whole] ^ network.address[whole]) >> (8 - rest) == 0;
  });
}

// What a trusted proxy calls by no address came to that proxy: it is the last that is known.
Address TrustedProxies::right_most(const Address& peer, const std::vector<std::string>& hops) const {
  Address known = peer;
  for (const std::string& hop : std::views::reverse(hops)) {
    const auto address = parse_node(hop);
    if (!address) return known;
    known = *address;
    if (!contains(known)) return known;
  }
  return known;
}

std::string TrustedProxies::client_of(const http::Request& request) const {
  const std::string_view remote = request.remote_address;
  const auto peer = parse_address(remote.substr(0, remote.find('%')));  // without the zone of a link-local one
  if (!peer || !contains(*peer)) return request.remote_address;
  const std::vector<std::string> forwarded = hops_of_forwarded(request);
  const std::vector<std::string> forwarded_for = hops_of_forwarded_for(request);
  if (forwarded.empty()) return text_of(right_most(*peer, forwarded_for));
  const Address found = right_most(*peer, forwarded);
  if (!forwarded_for.empty() && right_most(*peer, forwarded_for) != found) return request.remote_address;
  return text_of(found);
}

bool is_passed_on(const http::Request& request) {
  return request.headers.find(kForwarded) != nullptr || request.headers.find(kForwardedFor) != nullptr;
}

}  // namespace vesta::server
