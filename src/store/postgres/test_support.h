// For the tests of the PostgreSQL engine: what the contract's suites open.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "base/clock.h"
#include "search/parameter.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_server.h"
#include "store/store.h"

namespace vesta::store::postgres::test {

// As the contract's suites want it.
struct PostgresEngine {
  static constexpr bool kIsDurable = true;
  TemporaryDatabase database;

  std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock) const {
    auto store = postgres::open({.url = database.serving_url(), .registry = &registry, .clock = &clock});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
};

}  // namespace vesta::store::postgres::test
