// Tests of tables of views that several nodes could keep, on PostgreSQL.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "ops/materialised_views.h"
#include "ops/test_support.h"
#include "store/postgres/test_server.h"
#include "store/postgres/view_tables.h"

namespace vesta::ops {
namespace {

constexpr const char* kView =
    R"json({"resourceType":"ViewDefinition","id":"v","meta":{"tag":[{"system":"urn:vesta:view","code":"materialised"}]},
    "name":"patients","status":"active","resource":"Patient","select":[
    {"column":[{"name":"id","path":"getResourceKey()"}]}]})json";

class NodesTest : public ::testing::Test {
 protected:
  std::unique_ptr<MaterialisedViews> node() {
    return std::make_unique<MaterialisedViews>(server_.service, *server_.store, [this](bool may_create) {
      return store::postgres::open_view_tables(database_.url(), may_create);
    });
  }
  void put_patient(const std::string& id) {
    ASSERT_LT(server_.put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"("})").status, 300);
  }
  static void settle(MaterialisedViews& views) {
    for (int i = 0; i < 100; ++i) {
      const auto stepped = views.step();
      ASSERT_TRUE(stepped.ok()) << stepped.error().message;
      if (!*stepped) return;
    }
    FAIL() << "it never ends";
  }
  std::int64_t count() const { return database_.run_sql("SELECT count(*) FROM views.patients"); }

  testing::TestServer server_;
  store::postgres::test::TemporaryDatabase database_;
};

TEST_F(NodesTest, OneKeepsThemAndAnotherTakesThemOver) {
  std::unique_ptr<MaterialisedViews> first = node(), second = node();
  put_patient("a");
  ASSERT_LT(server_.put("/ViewDefinition/v", kView).status, 300);
  settle(*first);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(first->progress().tables, 1u);
  put_patient("b");
  settle(*second);
  EXPECT_EQ(count(), 1) << "the first has them";
  EXPECT_EQ(second->progress().tables, 0u);
  settle(*first);
  EXPECT_EQ(count(), 2);
  put_patient("c");
  first.reset();  // its connection is gone, as when it had died; the server notices soon
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (count() < 3 && std::chrono::steady_clock::now() < deadline) settle(*second);
  EXPECT_EQ(count(), 3);
  EXPECT_EQ(second->progress().tables, 1u);
}

TEST_F(NodesTest, ALostConnectionIsALostTurn) {
  const std::unique_ptr<MaterialisedViews> views = node();
  ASSERT_LT(server_.put("/ViewDefinition/v", kView).status, 300);
  settle(*views);
  put_patient("a");
  database_.cut_connections();
  EXPECT_EQ(views->step().error().category, Category::unavailable);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (count() < 1 && std::chrono::steady_clock::now() < deadline) settle(*views);
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace vesta::ops
