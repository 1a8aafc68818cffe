// Tuning: the thresholds between ways to execute a search, and when the log is folded into the file. Any values give
// the same answers; tests use tiny ones, so that few resources take every way.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vesta::store::sqlite {

struct Tuning {
  std::int64_t small_estimate = 64;            // first look at each child of an And: who has fewer candidates leads
  std::int64_t large_estimate = 2'048;         // second look
  std::int64_t first_page_gather = 32;         // page_limit of `large_estimate`: rows of a range
  std::int64_t max_gathered_rows = 1'000'000;  // index rows of one range held in memory: 8 MB
  std::int64_t min_probes = 64;                // resources that are tested one by one before a range is gathered
  std::int64_t rows_per_probe = 3;             // looking at so many index rows costs as much as testing one resource
  std::int64_t count_chunk = 16'384;           // candidates at a time when all are wanted
  std::int64_t pass_chunk = 262'144;           // the same when each chunk costs a pass over an index
  std::int64_t estimated_from = 16'384;        // after so many candidates an estimated total is no longer counted
  std::int64_t first_chunk = 1;                // candidates of a first page, at least
  std::int64_t link_probes = 512;              // resources of a link that are looked up to estimate it
  std::int64_t max_linked = 100'000;           // resources on the other side of a link held in memory
  std::int64_t first_page_links = 32;          // the same: resources on the other side of a link
  std::int64_t link_batch = 65'536;            // targets of references that are decided at a time
  std::int64_t max_decided = 262'144;          // targets whose decision is remembered: some 10 MB
  std::int64_t pass_from = 2'048;              // more candidates than that get the values of a token by a pass
  std::int64_t walk_from = 8;                  // page_limit: fewer candidates are sorted, more are met in sorted order
  std::int64_t walk_patience = 8;              // so many rows of a walk cost as much as sorting one candidate
  std::int64_t first_batch = 64;               // index rows of a walk at a time, growing
  std::int64_t last_batch = 4'096;
  bool keeps_values = true;                    // keys and counts of values, between searches
  std::int64_t noted_rows = 16;                // that are read of a value, at a time; smaller ones are not kept
  std::int64_t max_kept_keys = 16'384;         // of one value: 128 KB; more are counted only
  std::int64_t max_grown_keys = 1'024;         // that have come to a value since it was kept; for more it is read anew
  std::int64_t max_kept_set_keys = 131'072;    // of all sources of a set of targets: 1 MB
  std::vector<std::string> rewrites_off = {};  // names of search/rewrite/
  // Nothing was committed for so long: then what the log has is written into the file. None: when it is long, and when
  // the store is closed.
  std::optional<std::chrono::milliseconds> fold_delay = std::chrono::milliseconds(5);
};

}  // namespace vesta::store::sqlite
