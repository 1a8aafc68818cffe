// IndexJob: one piece of background indexing, as it stands in the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::ops {

// Goes over all current resources of its types until one pass finds nothing to change: only that one is `completed`.
struct IndexJob {
  enum class Kind : std::uint8_t { parameters, reindex };
  enum class State : std::uint8_t { running, completed, failed, superseded };

  std::string id;
  Kind kind = Kind::reindex;
  State state = State::running;
  std::vector<fhir::TypeId> types;
  std::vector<std::string> digests;  // kind parameters: of what is being indexed

  // Where it is.
  std::uint32_t pass = 1;      // 0: has yet to begin; of parameters, old rows are taken away first
  std::uint32_t type = 0;      // index into `types`
  store::Position cursor;      // within that type
  std::uint64_t in_type = 0;   // resources looked at of that type
  std::uint64_t pass_seq = 0;  // the store's last seq when the pass began
  std::uint64_t epoch = 0;     // of the store's index

  // Of the pass at hand.
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t changed = 0;
  std::uint64_t failed = 0;   // could not be indexed, or not by some custom parameter
  std::uint64_t indexed = 0;  // changed in all passes
  std::int64_t started = 0;   // microseconds since 1970
  std::int64_t ended = 0;

  bool operator==(const IndexJob&) const = default;
};

std::string_view to_string(IndexJob::Kind kind);
std::string_view to_string(IndexJob::State state);

// Format: docs/formats/store.md. What cannot be read is left out.
std::string encode_jobs(const fhir::Definitions& definitions, const std::vector<IndexJob>& jobs);
std::vector<IndexJob> decode_jobs(const fhir::Definitions& definitions, std::string_view text);

}  // namespace vesta::ops
