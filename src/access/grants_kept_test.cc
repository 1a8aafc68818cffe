// How long grants are kept: as long as all that they were made of is as it was.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "access/policy_test_support.h"
#include "search/codes.h"

namespace vesta::access {
namespace {

using testing::Ids;

// A value set with one code, as somebody sets it; counts how often it is asked for.
class OneCode final : public search::CodeSource {
 public:
  using Set = Result<std::shared_ptr<const search::TokenSet>>;

  Set value_set(std::string_view) const override {
    ++asked;
    if (failure) return make_error(*failure, "no set");
    return std::make_shared<const search::TokenSet>(search::TokenSet{{{"", code}}, {}});
  }
  Set subsumed_by(std::string_view, std::string_view) const override { return value_set(""); }
  Set subsuming(std::string_view, std::string_view) const override { return value_set(""); }

  std::string code = "a";
  std::optional<Category> failure;
  mutable int asked = 0;
};

class GrantsKeptTest : public testing::GrantsEngineTest {
 protected:
  GrantsKeptTest()
      : with_codes_(*store_, search::testing::registry(), clock_, testing::kBase, records_, &codes_, nullptr) {
    for (const std::string code : {"a", "b"}) {
      put_ok("Observation", code,
             R"(,"status":"final","code":{"text":"c"},"category":[{"coding":[{"code":")" + code + "\"}]}]");
    }
  }
  Ids seen_with_codes() {
    const auto grant = with_codes_.of(with_policy());
    EXPECT_TRUE(grant.ok());
    const GuardedStore store(*store_, search::testing::registry(), testing::kBase, *grant);
    return found(store, store::test::all_query("Observation"));
  }
  void put_policy_of_codes() {
    put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":"category:in=http://a.b/c")"));
  }

  OneCode codes_;
  Grants with_codes_;
};
INSTANTIATE_TEST_SUITE_P(Engines, GrantsKeptTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(GrantsKeptTest, CodesAreAskedForAgainWhenTheStoreHasChanged) {
  put_policy_of_codes();
  EXPECT_EQ(seen_with_codes(), Ids{"a"});
  EXPECT_EQ(seen_with_codes(), Ids{"a"});
  EXPECT_EQ(codes_.asked, 1) << "kept";
  codes_.code = "b";
  put_ok("ValueSet", "any", R"(,"status":"active")");
  EXPECT_EQ(seen_with_codes(), Ids{"b"});
  EXPECT_EQ(codes_.asked, 2);
}

TEST_P(GrantsKeptTest, WhatFailsForNowIsTriedAgain) {
  put_policy_of_codes();
  codes_.failure = Category::unavailable;
  logged([&] { EXPECT_EQ(seen_with_codes(), Ids{}); });
  codes_.failure.reset();
  EXPECT_EQ(seen_with_codes(), Ids{"a"});
}

TEST_P(GrantsKeptTest, WhatFailsForGoodIsKept) {
  put_policy_of_codes();
  codes_.failure = Category::not_found;
  logged([&] { EXPECT_EQ(seen_with_codes(), Ids{}); });
  EXPECT_EQ(seen_with_codes(), Ids{});
  EXPECT_EQ(codes_.asked, 1);
}

TEST_P(GrantsKeptTest, OthersAreKeptWhateverIsWritten) {
  put_policy("p", rule(R"("Observation")", kRead));
  const auto first = grant(with_policy());
  put_ok("ValueSet", "any", R"(,"status":"active")");
  EXPECT_EQ(grant(with_policy()), first);
}

// Scopes are not the server's: what cannot be decided for now is nothing, and is tried again.
TEST_P(GrantsKeptTest, ScopesMayHaveCodesToo) {
  put_policy("p", rule(R"("Observation")", kRead));
  Principal who = with_policy();
  who.scopes = {"user/Observation.rs?category:in=http://a.b/c"};
  codes_.failure = Category::busy;
  const auto nothing = *with_codes_.of(who);
  EXPECT_TRUE(nothing->of(Action::search).sees_none(type("Observation")));
  codes_.failure.reset();
  const auto something = *with_codes_.of(who);
  EXPECT_FALSE(something->of(Action::search).sees_none(type("Observation")));
}

// What was found to be seen is not decided again, until what it was decided by changes.
TEST_P(GrantsKeptTest, DecisionsFollowWhatTheyWereDecidedBy) {
  const auto observation = [this](const std::string& status) {
    put_ok("Observation", "o",
           R"(,"status":")" + status + R"(","code":{"text":"c"},"subject":{"reference":"Patient/x"})");
  };
  const auto patient = [this](const std::string& gender) { put_ok("Patient", "x", R"(,"gender":")" + gender + "\""); };
  patient("female");
  observation("final");
  put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":"status=final&subject:Patient.gender=female")"));
  const auto reads_twice = [this] {
    const bool first = reads(with_policy(), "Observation", "o");
    EXPECT_EQ(reads(with_policy(), "Observation", "o"), first);
    return first;
  };
  EXPECT_TRUE(reads_twice());
  const auto held = as(with_policy());  // a grant that goes on while others write
  patient("male");
  EXPECT_FALSE(reads_twice()) << "by what it refers to";
  EXPECT_FALSE(held.read(type("Observation"), "o")->has_value());
  patient("female");
  EXPECT_TRUE(reads_twice());
  observation("preliminary");
  EXPECT_FALSE(reads_twice()) << "by what it says itself";
  observation("final");
  EXPECT_TRUE(reads_twice());
  ASSERT_TRUE(remove(as_system(), "Patient", "x").ok());
  EXPECT_FALSE(reads_twice()) << "what it refers to is gone";
  put_policy("other", rule(R"("Observation")", kRead, R"(,"criteria":"status=amended")"));
  patient("female");
  EXPECT_TRUE(reads_twice());
  Principal another = with_policy();
  another.policies = {"other"};
  EXPECT_FALSE(reads(another, "Observation", "o")) << "what one is found to see is nothing to another";
}

TEST_P(GrantsKeptTest, WhatWasGivenHoldsAsLongAsItIsMadeOfTheSame) {
  put_policy("p", rule(R"("Observation","Patient")", kRead));
  put_policy("other", rule(R"("Patient")", kRead));
  Grants::Origin origin;
  EXPECT_EQ(grants_.again(origin), nullptr) << "of nothing";
  origin = grants_.begin();
  EXPECT_TRUE(grants_.of(with_policy(), &origin).ok());
  const auto holds = [&] {
    const bool is_held = grants_.again(origin) != nullptr;
    origin = grants_.begin();
    const auto made = grants_.of(with_policy(), &origin);
    EXPECT_EQ(grants_.again(origin), *made);
    return is_held;
  };
  EXPECT_TRUE(holds());
  put_ok("Observation", "one-more", R"(,"status":"final","code":{"text":"c"})");
  EXPECT_TRUE(holds()) << "it is not made of Observations";
  put_policy("p", rule(R"("Observation")", kRead));
  EXPECT_FALSE(holds()) << "its policy is another one";
  put_ok("Patient", "x", "");
  EXPECT_TRUE(holds());
  put_ok("Consent", "c",
         R"(,"status":"active","scope":{"text":"s"},"category":[{"text":"c"}],"patient":{"reference":"Patient/x"},)"
         R"("policyRule":{"coding":[{"code":"OPTOUT"}]})");
  EXPECT_FALSE(holds()) << "there is a Consent";
  constexpr std::chrono::microseconds kDay = std::chrono::days(1);
  clock_.set(clock_.now().value + kDay.count() - 1);
  EXPECT_TRUE(holds()) << "it is the last moment of the day";
  clock_.set(clock_.now().value + 1);
  EXPECT_FALSE(holds()) << "it is another day";
}

TEST_P(GrantsKeptTest, WhatCouldNotBeDecidedDoesNotHold) {
  put_policy_of_codes();
  codes_.failure = Category::unavailable;
  Grants::Origin origin = with_codes_.begin();
  logged([&] { EXPECT_TRUE(with_codes_.of(with_policy(), &origin).ok()); });
  EXPECT_EQ(with_codes_.again(origin), nullptr);
  codes_.failure.reset();
  origin = with_codes_.begin();
  EXPECT_TRUE(with_codes_.of(with_policy(), &origin).ok());
  EXPECT_NE(with_codes_.again(origin), nullptr);
  put_ok("Observation", "c", R"(,"status":"final","code":{"text":"c"})");
  EXPECT_EQ(with_codes_.again(origin), nullptr) << "a value set may be another one after any commit";
}

TEST(DecisionTableTest, LaterDecisionsTakeThePlacesOfEarlierOnes) {
  DecisionTable table;
  constexpr std::uint64_t kAll = 2 * kMaxDecisions;
  for (std::uint64_t seq = 1; seq <= kAll; ++seq) table.keep({1, seq, 7});
  std::size_t kept = 0;
  for (std::uint64_t seq = 1; seq <= kAll; ++seq) kept += table.has({1, seq, 7});
  EXPECT_GT(kept, kMaxDecisions / 2);
  EXPECT_LE(kept, kMaxDecisions);
  EXPECT_TRUE(table.has({1, kAll, 7}));
  EXPECT_FALSE(table.has({2, kAll, 7}));
  EXPECT_FALSE(table.has({1, kAll, 8}));
}

TEST(GrantsOfARegistry, FollowItsParameters) {
  search::Registry registry(fhir::r4());
  store::test::FakeClock clock;
  const auto store = store::memory::open(registry, clock);
  const search::testing::Extracted policy(
      R"({"resourceType":"AccessPolicy","id":"p","name":"n","status":"active","rule":[
          {"resourceType":["Patient"],"interaction":["search"],"criteria":"nickname=a"}]})");
  ASSERT_FALSE(policy.error);
  store::Write write;
  write.type = policy.root->type;
  write.id = "p";
  fhir::write_tail(fhir::r4(), *policy.root, write.tail);
  store::WriteSet set;
  set.writes.push_back(std::move(write));
  ASSERT_TRUE(store->commit(set).ok());

  Records records(*store, fhir::r4());
  Grants grants(*store, registry, clock, testing::kBase, records, nullptr, nullptr);
  log::set_sink([](std::string_view) {});
  const auto sees_none = [&] {
    const auto grant = grants.of({"c", {"p"}, {"user/*.rs"}, "", ""});
    return (*grant)->of(Action::search).sees_none(search::testing::type("Patient"));
  };
  EXPECT_TRUE(sees_none()) << "there is no such parameter";
  search::CustomParameter nickname;
  nickname.url = "http://a.b/nickname";
  nickname.code = "nickname";
  nickname.expression = "Patient.name.given";
  nickname.type = fhir::SearchParamType::string;
  nickname.base = {search::testing::type("Patient")};
  ASSERT_TRUE(registry.add(nickname).ok());
  EXPECT_TRUE(sees_none()) << "it is not ready";
  registry.set_ready(registry.digest_of(nickname));
  EXPECT_FALSE(sees_none());
  registry.retire(registry.digest_of(nickname));
  EXPECT_TRUE(sees_none());
  log::set_sink(nullptr);
}

}  // namespace
}  // namespace vesta::access
