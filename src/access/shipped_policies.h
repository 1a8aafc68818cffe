// The policies that come with the server: where a site begins.
#pragma once

#include <span>
#include <string_view>

namespace vesta::access {

// In src/access/policies/ID.json, packed in the binary.
struct ShippedPolicy {
  std::string_view id;
  std::string_view text;  // the AccessPolicy as JSON, with this id
};
std::span<const ShippedPolicy> shipped_policies();  // in the order of their ids

}  // namespace vesta::access
