// The chain of the audit log: each entry's hash is made of the one before it, so a change shows in all that follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::store {

// SHA-256 of `previous` (empty before the first entry), the number as 8 bytes big-endian, and the record.
std::string audit_hash(std::string_view previous, std::uint64_t number, std::string_view record);

}  // namespace vesta::store
