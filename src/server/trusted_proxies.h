// TrustedProxies: from which address a request comes that proxies have passed on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace vesta::server {

inline constexpr std::size_t kMaxTrustedProxies = 256;

class TrustedProxies {
 public:
  // "10.0.0.0/8", "2001:db8::/32", "127.0.0.1". Errors (invalid): one of them is no network.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool empty() const { return networks_.empty(); }

  // What stands right-most in Forwarded or X-Forwarded-For and is not one of these proxies: everything left of it is
  // what somebody else says. The connection's address, if that is no such proxy, nothing stands there, or the two
  // fields say different things: a proxy that writes one of them passes on what a client writes into the other.
  // https://www.rfc-editor.org/rfc/rfc7239#section-5.2
  std::string client_of(const http::Request& request) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Address address;
    unsigned bits;
  };

  bool contains(const Address& address) const;
  Address right_most(const Address& peer, const std::vector<std::string>& hops) const;

  std::vector<Network> networks_;
};

// Whether somebody says that the request was passed on.
bool is_passed_on(const http::Request& request);

}  // namespace vesta::server
