// Digest: what everything in a store adds up to, so that two stores can be held against each other, or one against
// what it was. Its index is not in it: Store::verify holds that against the resources.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::store {

// A property that says of a copy that it is not finished: "" or absent: it is no copy, or is finished. No part of a
// digest, and not copied.
inline constexpr std::string_view kCopyProperty = "store.copy";

// Each is a chain of SHA-256 over its entries in their order: h(0) is empty, h(n) = SHA-256(h(n-1) + entry n), where
// an entry is its fields, texts behind their lengths and numbers with 8 bytes, big-endian:
//   versions    "Type/id", version, seq, last_updated (microseconds), whether it is a deletion, tail; by seq
//   places      key, "Type/id"; by key
//   audit       number, record, hash; by number
//   properties  key, value; by key
struct Digest {
  struct Part {
    std::uint64_t entries = 0;
    std::string hash;  // bytes; empty: there are no entries
    bool operator==(const Part&) const = default;
  };
  static constexpr std::array<const char*, 4> kNames = {"versions", "places", "audit", "properties"};
  std::array<Part, 4> parts;  // in the order of kNames

  // SHA-256 over the counts and hashes of all parts, in hexadecimal digits.
  std::string total() const;
  bool operator==(const Digest&) const = default;
};

// What was there at some time: of what only grows, the beginning. Places and properties are not looked at then.
struct DigestLimits {
  std::uint64_t seq = UINT64_MAX;
  std::uint64_t audit = UINT64_MAX;
};

Result<Digest> digest(Store& store, const fhir::Definitions& definitions,
                      const std::optional<DigestLimits>& limits = std::nullopt);

// The digest of both, entry by entry. Category::conflict: they differ, and where they do first.
Result<Digest> compare(Store& from, Store& to, const fhir::Definitions& definitions);

}  // namespace vesta::store
