// Fuzzes what a client writes into the fields of proxies: it never gets to be another address than its proxy says.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "server/trusted_proxies.h"

namespace {

using namespace vesta;

std::string client(const std::string& field, std::string value) {
  static const auto proxies = server::TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/32"});
  http::Request request;
  request.remote_address = "10.0.0.1";
  request.headers.add(field, std::move(value));
  return proxies->client_of(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)client("Forwarded", text);
  (void)client("X-Forwarded-For", text);
  (void)server::TrustedProxies::parse({text});
  CHECK(client("X-Forwarded-For", text + ", 192.0.2.1") == "192.0.2.1");
  // A quotation mark that is not closed hides what follows: then it is the proxy's.
  const std::string forwarded = client("Forwarded", text + ", for=192.0.2.1");
  CHECK(forwarded == "192.0.2.1" || forwarded == "10.0.0.1");
  const std::string quoted = client("Forwarded", text + R"(, for="[2001:db9::1]:80";host="a,b";proto=https)");
  CHECK(quoted == "2001:db9::1" || quoted == "10.0.0.1");
  return 0;
}
