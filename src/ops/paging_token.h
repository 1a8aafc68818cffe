// Paging tokens: the encrypted and authenticated text of a link to another page. Format: docs/formats/paging-token.md
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::chrono::microseconds kMaxTokenAge = std::chrono::hours(24);  // an older one is refused
inline constexpr std::size_t kMaxTokenBytes = 48 * 1024;  // of its text; the listener's URI limit must be above

// The secret that tokens are sealed with: nobody makes, alters or reads one without it. Of identity::kSivKeyBytes.
using PagingKey = std::string;

// The key of this store: kept in its properties, made by the first who asks. If it can be neither read nor written, it
// is a random one of this process.
PagingKey load_paging_key(store::Store& store, Random& random);

// Where a search or a history goes on. A search's `query` is the text of its first page.
struct PagingState {
  enum class Kind : std::uint8_t { search = 1, history = 2 };
  Kind kind = Kind::search;
  std::string scope;  // the path below the base that the link belongs to: "Patient", "Patient/1/_history"
  std::string query;  // percent-encoded parameters
  Instant started;    // the time of the first page: what `ap` is relative to
  std::optional<std::uint64_t> total;  // as counted on the first page
  std::string position;                // store::Position; empty: the start, which only a history has
  CommitSeq before;                    // history
  Instant issued;                      // when this link was made: it expires
  // A search: whether the page begins behind `position` or ends before it.
  store::SearchOptions::Direction direction = store::SearchOptions::Direction::forward;

  bool operator==(const PagingState&) const = default;
};

// `holder` (access::Grant::key): who alone can follow it. A position tells what else is in the store, and what of it is
// new: so nobody can read a token, and its length tells nothing but about how long its parts are.
std::string encode_token(const PagingKey& key, std::string_view holder, const PagingState& state);
// Errors (invalid): not a token, altered, of another server or holder, or of a format that this one does not know.
Result<PagingState> decode_token(const PagingKey& key, std::string_view holder, std::string_view token);

}  // namespace vesta::ops
