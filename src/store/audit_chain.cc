// The hash of one link.
#include "store/audit_chain.h"

#include "identity/digest.h"

namespace vesta::store {

std::string audit_hash(std::string_view previous, std::uint64_t number, std::string_view record) {
  constexpr int kBits = 64;
  std::string bytes;
  bytes.reserve(previous.size() + sizeof(number) + record.size());
  bytes += previous;
  for (int shift = kBits - 8; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  bytes += record;
  return identity::sha256(bytes);
}

}  // namespace vesta::store
