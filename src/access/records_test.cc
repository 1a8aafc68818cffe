// Records: what AccessPolicy and Client say, as the store has them now.
#include "access/records.h"

#include <gtest/gtest.h>

#include "access/policy_test_support.h"

namespace vesta::access {
namespace {

class RecordsTest : public testing::GrantsEngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, RecordsTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(RecordsTest, ReadsAClient) {
  put_ok("Client", "c", R"(,"name":"App","status":"active","secretDigest":["a","b"],"jwks":"{\"keys\":[]}",
      "scope":["system/*.rs"],"policy":[{"reference":"AccessPolicy/p"},{"display":"none"},
      {"reference":"https://elsewhere/AccessPolicy/q"},{"reference":"Patient/r"}])");
  const auto client = *records_.client("c");
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->id, "c");
  EXPECT_EQ(client->version.value, 1U);
  EXPECT_EQ(client->name, "App");
  EXPECT_TRUE(client->is_active);
  EXPECT_EQ(client->secret_digests, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(client->jwks, R"({"keys":[]})");
  EXPECT_EQ(client->scopes, std::vector<std::string>{"system/*.rs"});
  EXPECT_EQ(client->policies, std::vector<std::string>{"p"});
}

TEST_P(RecordsTest, AClientIsPublicWithoutSecretAndKeys) {
  put_ok("Client", "p", R"(,"name":"App","status":"active")");
  put_ok("Client", "s", R"(,"name":"App","status":"active","secretDigest":["a"])");
  put_ok("Client", "k", R"(,"name":"App","status":"active","jwks":"{}")");
  put_ok("Client", "u", R"(,"name":"App","status":"active","jwksUri":"https://app.example/jwks")");
  EXPECT_TRUE((*records_.client("p"))->is_public());
  for (const char* const id : {"s", "k", "u"}) EXPECT_FALSE((*records_.client(id))->is_public()) << id;
  EXPECT_EQ((*records_.client("u"))->jwks_uri, "https://app.example/jwks");
}

TEST_P(RecordsTest, AUserSaysWhoItIsAtAnOpenIdProvider) {
  put_ok("User", "u",
         R"(,"name":"ada","status":"active","identity":[{"system":"https://a.example","value":"1"},)"
         R"({"system":"https://b.example/","value":"2"}])");
  const auto user = *records_.user("u");
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->identities, (std::vector<Identity>{{"https://a.example", "1"}, {"https://b.example/", "2"}}));
}

TEST_P(RecordsTest, ReadsAPolicy) {
  put_policy("p", rule(R"("Patient","Observation")", R"("read","search")",
                       R"(,"compartment":"Patient","compartmentCriteria":["active=true","gender=male"],
                       "criteria":"_id=1","description":"d")"));
  const auto policy = *records_.policy("p");
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(policy->name, "n");
  EXPECT_TRUE(policy->is_active);
  ASSERT_EQ(policy->rules.size(), 1U);
  const Rule& rule = policy->rules.front();
  EXPECT_EQ(rule.types, (std::vector<std::string>{"Patient", "Observation"}));
  EXPECT_EQ(rule.interactions, (std::vector<std::string>{"read", "search"}));
  EXPECT_EQ(rule.compartment, "Patient");
  EXPECT_EQ(rule.compartment_criteria, (std::vector<std::string>{"active=true", "gender=male"}));
  EXPECT_EQ(rule.criteria, "_id=1");
}

TEST_P(RecordsTest, FollowsTheStore) {
  EXPECT_EQ(*records_.policy("p"), nullptr) << "never was";
  put_policy("p", "");
  const auto first = *records_.policy("p");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(*records_.policy("p"), first) << "kept";
  put_policy("p", "", "off");
  const auto second = *records_.policy("p");
  EXPECT_EQ(second->version.value, 2U);
  EXPECT_FALSE(second->is_active);
  EXPECT_TRUE(first->is_active) << "whoever holds it keeps it";
  ASSERT_TRUE(remove(as_system(), "AccessPolicy", "p").ok());
  EXPECT_EQ(*records_.policy("p"), nullptr) << "deleted";
  put_policy("p", "");
  EXPECT_EQ((*records_.policy("p"))->version.value, 4U);
  put_ok("Client", "c", R"(,"name":"App","status":"of no kind")");
  EXPECT_FALSE((*records_.client("c"))->is_active);
}

TEST(Kept, ForgetsWhatIsTooMuch) {
  Kept<int> kept(3);
  kept.put("a", std::make_shared<int>(1), 2);
  kept.put("b", std::make_shared<int>(2));
  EXPECT_NE(kept.find("a"), nullptr);
  kept.put("c", std::make_shared<int>(3));
  EXPECT_EQ(kept.find("a"), nullptr);
  EXPECT_EQ(*kept.find("c"), 3);
  kept.put("d", std::make_shared<int>(4), 4);
  EXPECT_EQ(kept.find("d"), nullptr) << "more than all may be";
  EXPECT_EQ(kept.size(), 1U);
}

}  // namespace
}  // namespace vesta::access
