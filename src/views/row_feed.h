// RowFeed: resources in, their rows as text out, until so many rows are written.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/node.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace vesta::views {

inline constexpr std::uint64_t kAllRows = std::numeric_limits<std::uint64_t>::max();

struct RowFeedOptions {
  RowFormat format = RowFormat::ndjson;
  CsvHeader header = CsvHeader::present;
  std::uint64_t max_rows = kAllRows;
  std::optional<Instant> now = {};  // of now(), today() and timeOfDay(), the same for all rows; without it: errors
};

// A clock that stands still.
class StandingClock : public Clock {
 public:
  explicit StandingClock(Instant now) : now_(now) {}
  Instant now() override { return now_; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }

 private:
  const Instant now_;
};

// Appends to the caller's text, which the caller may send and clear between any two calls. The view outlives it.
class RowFeed {
 public:
  RowFeed(const View& view, const RowFeedOptions& options);

  void begin(std::string& out) const { writer_.begin(out); }  // once, before the first resource
  // Errors: those of Runner::run, with the resource's type and id behind what they say; nothing is appended then.
  Status add(const fhir::Node& resource, fhir::Arena& arena, std::string& out);
  // No further row is wanted.
  bool is_full() const { return rows_ >= max_rows_; }
  void end(std::string& out) const { writer_.end(out); }  // once, behind the last resource

 private:
  const fhir::Definitions& definitions_;
  std::optional<StandingClock> clock_;
  Runner runner_;
  RowWriter writer_;
  const std::uint64_t max_rows_;
  std::uint64_t rows_ = 0;
};

}  // namespace vesta::views
