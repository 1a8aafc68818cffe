// For the tests of the SQLite engine: temporary folders, and opening in them.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/check.h"
#include "search/rewrite/rewrite.h"
#include "store/sqlite/sqlite_store.h"

namespace vesta::store::sqlite::test {

// A folder that goes away with its object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "vesta-store-XXXXXX").string()) {
    CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs SQL on the closed file of a store; gives the first number of the last row, or -1 if there is none.
inline std::int64_t run_sql(const std::string& folder, const std::string& sql) {
  std::int64_t number = -1;
  sqlite3* handle = nullptr;
  CHECK(sqlite3_open((folder + "/vesta.db").c_str(), &handle) == SQLITE_OK);
  const auto keep = [](void* out, int, char** values, char**) {
    if (values[0] != nullptr) *static_cast<std::int64_t*>(out) = std::stoll(values[0]);
    return 0;
  };
  char* message = nullptr;
  const int result = sqlite3_exec(handle, sql.c_str(), keep, &number, &message);
  EXPECT_EQ(result, SQLITE_OK) << message;
  sqlite3_free(message);
  sqlite3_close(handle);
  return number;
}

// Each rewrite with one chance in three.
template <class Below>
std::vector<std::string> some_rewrites(const Below& below) {
  std::vector<std::string> names;
  for (const search::Rewrite& each : search::all_rewrites()) {
    if (below(3) == 0) names.emplace_back(each.name);
  }
  return names;
}

// Thresholds of any size, mostly tiny: every way to execute is taken, and none changes an answer. `below` draws a
// number under its argument.
template <class Below>
Tuning any_tuning(const Below& below) {
  const auto any = [&](int most) { return std::int64_t{1} + below(most); };
  return {.small_estimate = any(20),
          .large_estimate = any(100),
          .first_page_gather = any(200),
          .max_gathered_rows = any(300),
          .min_probes = any(30),
          .rows_per_probe = any(8),
          .count_chunk = any(50),
          .pass_chunk = any(200),
          .estimated_from = any(60),
          .first_chunk = any(20),
          .link_probes = any(30),
          .max_linked = any(40),
          .first_page_links = any(10),
          .link_batch = any(20),
          .max_decided = any(30),
          .pass_from = any(60),
          .walk_from = any(60),
          .walk_patience = any(8),
          .first_batch = any(10),
          .last_batch = any(40),
          .keeps_values = below(4) > 0,
          .noted_rows = any(6),
          .max_kept_keys = below(60),
          .max_grown_keys = any(20),
          .max_kept_set_keys = below(90),
          .rewrites_off = some_rewrites(below)};
}

}  // namespace vesta::store::sqlite::test
