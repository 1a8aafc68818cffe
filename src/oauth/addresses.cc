// Taking a base URL apart.
#include "oauth/addresses.h"

namespace vesta::oauth {

Addresses::Addresses(std::string_view base_url) : fhir_base(base_url) {
  const std::size_t scheme = base_url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t first = base_url.find('/', host);
  const std::size_t last = first == std::string_view::npos ? first : base_url.rfind('/');
  issuer = base_url.substr(0, last);
  if (first == std::string_view::npos) return;
  fhir_path = base_url.substr(first);
  path = base_url.substr(first, last - first);
}

}  // namespace vesta::oauth
