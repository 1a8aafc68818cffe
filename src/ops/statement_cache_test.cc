// When a statement is made anew.
#include "ops/statement_cache.h"

#include <gtest/gtest.h>

#include "ops/host.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

TEST(StatementCache, MakesOnePerModeAndEdition) {
  StatementCache cache;
  int made = 0;
  const auto get = [&](StatementMode mode, std::uint64_t edition) {
    return *cache.get(mode, edition, [&] { return std::to_string(++made); });
  };
  EXPECT_EQ(get(StatementMode::full, 0), "1");
  EXPECT_EQ(get(StatementMode::full, 0), "1");
  EXPECT_EQ(get(StatementMode::normative, 0), "2");
  EXPECT_EQ(get(StatementMode::terminology, 0), "3");
  EXPECT_EQ(get(StatementMode::full, 2), "4");
  EXPECT_EQ(get(StatementMode::full, 2), "4");
  EXPECT_EQ(get(StatementMode::full, 1), "4") << "who read the edition before the change gets what is newer";
  EXPECT_EQ(get(StatementMode::normative, 2), "5");
}

TEST(StatementCache, FollowsTheRegistry) {
  search::Registry registry(fhir::r4());
  TestClock clock;
  TestRandom random;
  const auto store = store::memory::open(registry, clock);
  Host service(fhir::r4(), registry, *store, clock, random, "http://test/fhir");
  Application application(service, nullptr);
  const auto names_it = [&] {
    http::Request request;
    request.path = "/fhir/metadata";
    return contains(application.handle(request).body, R"("name":"nick")");
  };
  search::CustomParameter nick;
  nick.url = "http://test/nick";
  nick.code = "nick";
  nick.type = fhir::SearchParamType::string;
  nick.expression = "Patient.name.given";
  nick.base = {*fhir::r4().find_type("Patient")};
  EXPECT_FALSE(names_it());
  ASSERT_TRUE(registry.add(nick).ok());
  EXPECT_FALSE(names_it()) << "not before it is ready";
  registry.set_ready(registry.digest_of(nick));
  EXPECT_TRUE(names_it());
  registry.retire(registry.digest_of(nick));
  EXPECT_FALSE(names_it());
}

}  // namespace
}  // namespace vesta::ops::testing
