// Ids as types of their own, so that one cannot be handed where another is meant.
#pragma once

#include <compare>
#include <cstdint>

namespace vesta {

template <class Tag, class Value>
struct Named {
  Value value{};
  constexpr auto operator<=>(const Named&) const = default;
};

// The number of a version of one resource: 1, 2, 3 … Zero means that the resource does not exist.
using VersionId = Named<struct VersionIdTag, std::uint64_t>;
// The position of a version in the commit order of one store; strictly increasing, gaps are allowed.
using CommitSeq = Named<struct CommitSeqTag, std::uint64_t>;

// A point in time: microseconds since 1970-01-01T00:00:00Z.
using Instant = Named<struct InstantTag, std::int64_t>;

}  // namespace vesta
