// The hash of one link.
#include "store/audit_chain.h"

#include <array>
#include <cstddef>

#include "identity/digest.h"

namespace vesta::store {

std::string audit_hash(std::string_view previous, std::uint64_t number, std::string_view record) {
  constexpr std::size_t kBits = 64;
  std::array<char, sizeof(number)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (kBits - 8 * (i + 1)));
  return identity::sha256(std::array{previous, std::string_view(bytes.data(), bytes.size()), record});
}

}  // namespace vesta::store
