// For the tests of the PostgreSQL engine: what the contract's suites open.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "search/parameter.h"
#include "store/contract_test_support.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_server.h"
#include "store/store.h"

namespace vesta::store::postgres::test {

// The value of a counter as /metrics has it, by its whole name with labels.
inline double counted(Metrics& metrics, const std::string& name) {
  const std::string text = metrics.render(), line = "\n" + name + " ";
  const std::size_t at = text.find(line);
  CHECK(at != std::string::npos);
  return std::stod(text.substr(at + line.size()));
}

// What a read of a Patient finds: its tail, or a word.
inline std::string tail_read(Store& store, const std::string& id) {
  const auto read = store.read(store::test::type_of("Patient"), id);
  if (!read.ok()) return "error: " + read.error().message;
  if (!*read) return "none";
  EXPECT_EQ((*read)->id, id);
  EXPECT_EQ((*read)->type, store::test::type_of("Patient"));
  return (*read)->deleted ? "deleted" : (*read)->tail;
}

// A write of a Patient, behind `expected` versions.
inline Status put_tail(Store& store, const std::string& id, std::uint64_t expected, const std::string& tail) {
  WriteSet set;
  set.writes.push_back(store::test::make_put("Patient", id, expected, tail, {}, {}));
  VESTA_CHECK_OK(store.commit(set));
  return kOk;
}

// Some, or none.
inline std::int64_t any_max_walked(const std::function<int(int)>& below) {
  constexpr std::int64_t kSome[] = {0, 1, 3, 20, kDefaultMaxWalked};
  return below ? kSome[below(std::size(kSome))] : kDefaultMaxWalked;
}

// As the contract's suites want it.
struct PostgresEngine {
  static constexpr bool kIsDurable = true;
  TemporaryDatabase database;

  std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock,
                              std::int64_t max_walked = kDefaultMaxWalked) const {
    auto store = postgres::open(
        {.url = database.serving_url(), .registry = &registry, .clock = &clock, .max_walked = max_walked});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
};

}  // namespace vesta::store::postgres::test
