// Tests of shared plans: what was decided by them is used again, and is what would be decided now.
#include "store/sqlite/shared_plans.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "search/combine.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/kept_values_test_support.h"

namespace vesta::store {
namespace {

using search::Plan;
using sqlite::SharedPlan;
using sqlite::SharedPlans;
using sqlite::ValueStamps;

const search::Parameter& param_of_observation(const char* code) {
  return test::parameter("Observation", code);
}
Plan leaf(search::Leaf leaf) {
  return Plan::make_leaf(std::move(leaf));
}
Plan has_code(const std::string& code) {
  return leaf({&param_of_observation("code"), search::TokenMatch{"http://loinc.org", code}});
}
Plan is_male() {
  return leaf({&test::parameter("Patient", "gender"), search::TokenMatch{std::nullopt, "male"}});
}
Plan of_male() {
  return Plan::make_link(Plan::Kind::chain, {&param_of_observation("subject"), test::type_of("Patient")}, is_male());
}
Plan without(Plan plan) {
  std::vector<Plan> child;
  child.push_back(std::move(plan));
  return Plan::make(Plan::Kind::not_, std::move(child));
}
std::shared_ptr<const Plan> share(Plan plan) {
  return std::make_shared<const Plan>(std::move(plan));
}

class SharedPlansTest : public ::testing::Test {
 protected:
  std::shared_ptr<const SharedPlan> find(const std::shared_ptr<const Plan>& plan, std::uint64_t state) {
    return plans_.find(test::type_of("Observation"), "", plan, state);
  }
  std::shared_ptr<const SharedPlan> find(const std::shared_ptr<const Plan>& plan) {
    return find(plan, stamps_.ended());
  }
  // A whole group.
  void write(const char* type, bool had_row) {
    stamps_.touch(test::type_of(type), had_row);
    stamps_.begin();
    stamps_.end();
  }

  sqlite::Tuning tuning_;
  ValueStamps stamps_;
  sqlite::IdKeys ids_;
  SharedPlans plans_{test::registry(), tuning_, stamps_, ids_};
};

TEST_F(SharedPlansTest, WhatWasDecidedHoldsUntilAResourceThatHasARowIsWritten) {
  const auto plan = share(has_code("x"));
  const auto first = find(plan);
  EXPECT_NE(first->edition, 0u);
  EXPECT_EQ(find(plan), first);
  write("Observation", false);
  write("Patient", true);
  EXPECT_EQ(find(plan), first);
  write("Observation", true);
  EXPECT_NE(find(plan)->edition, first->edition);
}

TEST_F(SharedPlansTest, OrOneOfTheTypesThatThePlanLeadsTo) {
  const auto plan = share(of_male());
  const auto first = find(plan);
  write("Observation", false);
  EXPECT_EQ(find(plan), first);
  write("Patient", false);
  EXPECT_NE(find(plan)->edition, first->edition);
}

TEST_F(SharedPlansTest, AnOlderSnapshotAndANewerOneDoNotShareWhatWasChangedBetween) {
  const auto plan = share(has_code("x"));
  const std::uint64_t before = stamps_.ended();
  write("Observation", true);
  const auto now = find(plan);
  EXPECT_NE(now->edition, 0u);
  EXPECT_EQ(find(plan, before)->edition, 0u) << "it may have the group or not";
  write("Observation", false);
  const std::uint64_t later = stamps_.ended();
  EXPECT_NE(find(plan, later)->edition, 0u);
  EXPECT_EQ(find(plan, later - 1), find(plan, later)) << "nothing was changed between";
}

TEST_F(SharedPlansTest, AreKnownAsLongAsTheyLive) {
  auto plan = share(has_code("x"));
  const std::uint64_t edition = find(plan)->edition;
  const auto other = share(has_code("x"));
  EXPECT_NE(find(other)->edition, edition);
  EXPECT_NE(plans_.find(test::type_of("Observation"), "http://elsewhere", plan, stamps_.ended())->edition, edition);
  EXPECT_EQ(find(plan)->plan->leaf.parameter, &param_of_observation("code"));
}

class SharedPlansStoreTest : public test::KeptValuesStoreTest {
 protected:
  search::Query both(Plan plan, const std::shared_ptr<const Plan>& shared) {
    return {test::type_of("Observation"), search::both(std::move(plan), Plan::make_shared(shared)), {}};
  }
  // Of the part of the plan that gives the candidates: was it counted, to find that it has the fewest?
  bool is_counted(const search::Query& query, const std::string& what) {
    const SearchPage found = page(query);
    for (const search::PlanStep& step : found.explanation->children.front().children) {
      if (step.what.find("drives") == std::string::npos) continue;
      EXPECT_NE(step.what.find(what), std::string::npos) << step.what;
      return step.estimated.has_value();
    }
    ADD_FAILURE() << "nothing leads";
    return true;
  }
  // Was the shared plan asked at all, or was all decided before?
  bool is_bound(const search::Query& query) {
    auto found = store_->search(query, {.count = kPage, .explain = true});
    EXPECT_TRUE(found.ok());
    for (const search::PlanStep& step : found->explanation->children.front().children) {
      if (step.what.starts_with("(")) return !step.children.empty();
    }
    ADD_FAILURE() << "the plan has no shared part";
    return true;
  }
};

TEST_F(SharedPlansStoreTest, AreNotAskedTwice) {
  add_many("x", 20);
  add_many("y", 20);
  const auto shared = share(without(has_code("y")));
  const search::Query query = both(has_code("x"), shared);
  EXPECT_EQ(page(query).total, 20u);
  EXPECT_FALSE(is_bound(query));
  commit(test::make_put("Observation", "new", 0, "", test::code_value("x"), {}));
  EXPECT_TRUE(is_bound(query)) << "of the new one nothing is known";
  EXPECT_FALSE(is_bound(query));
  commit(test::make_put("Observation", "x-3", 1, "",
                        test::code_value("x").token(param_of_observation("code"), "y", "http://loinc.org"),
                        test::code_value("x")));
  EXPECT_EQ(page(query).total, 20u) << "one went, one came";
  commit(test::make_remove("Observation", "x-4", 1, test::code_value("x")));
  EXPECT_EQ(page(query).total, 19u);
}

TEST_F(SharedPlansStoreTest, WhatTheyLeaveOfAValueIsCountedOnce) {
  add_many("x", 20);
  const auto shared = share(without(leaf({&param_of_observation("status"), search::TokenMatch{"", "final"}})));
  const search::Query query = both(has_code("x"), shared);
  // How many were looked at, and how many there are.
  const auto counted = [&] {
    const auto found = store_->search(query, {.count = 0, .total = search::Total::accurate, .explain = true});
    EXPECT_TRUE(found.ok());
    return std::pair(found->explanation->children.front().rows.value_or(0), found->total.value_or(0));
  };
  const auto final = [](const char* code) {
    return test::code_value(code).token(param_of_observation("status"), "final");
  };
  EXPECT_EQ(counted(), std::pair(20ul, 20ul));
  EXPECT_EQ(counted(), std::pair(0ul, 20ul));
  commit(test::make_put("Observation", "new", 0, "", test::code_value("x"), {}));
  commit(test::make_put("Observation", "hidden", 0, "", final("x"), {}));
  EXPECT_EQ(counted(), std::pair(2ul, 21ul)) << "only the new ones are looked at";
  EXPECT_EQ(counted(), std::pair(0ul, 21ul));
  commit(test::make_put("Observation", "other", 0, "", test::code_value("y"), {}));
  EXPECT_EQ(counted(), std::pair(0ul, 21ul)) << "of another value";
  commit(test::make_put("Observation", "x-3", 1, "", final("x"), test::code_value("x")));
  EXPECT_EQ(counted(), std::pair(21ul + 1, 20ul)) << "one that had been decided is hidden now";
  EXPECT_EQ(counted(), std::pair(0ul, 20ul));
}

// The resources have been made one after the other.
TEST_F(SharedPlansStoreTest, DecideMoreThanTheyAreAskedOnceTheyAreAskedOften) {
  add_many("x", 40);
  const auto shared = share(without(has_code("y")));
  const auto is_asked = [&](int number) {
    return is_bound(both(leaf({nullptr, search::IdMatch{"x-" + std::to_string(number)}}), shared));
  };
  for (int number = 0; number < 5; ++number) EXPECT_TRUE(is_asked(number));
  for (int number = 5; number < 20; ++number) EXPECT_FALSE(is_asked(number)) << number;
  EXPECT_TRUE(is_asked(20));
  commit(test::make_put("Observation", "x-7", 1, "", test::code_value("y"), test::code_value("x")));
  EXPECT_EQ(page(both(leaf({nullptr, search::IdMatch{"x-7"}}), shared)).total, 0u);
  EXPECT_EQ(page(both(leaf({nullptr, search::IdMatch{"x-8"}}), shared)).total, 1u);
}

TEST_F(SharedPlansStoreTest, LeadOnFirstPagesWhereTheyHaveFewerInOrder) {
  constexpr int kFew = 300;  // more than the first look counts
  WriteSet set;
  for (int i = 0; i < 9 * kFew; ++i) {
    test::Values values = test::code_value("x");
    if (i % 9 == 8) values.token(param_of_observation("status"), "final");
    set.writes.push_back(test::make_put("Observation", "o" + std::to_string(i), 0, "", values, {}));
  }
  ASSERT_TRUE(store_->commit(set).ok());
  std::vector<Plan> either;
  either.push_back(leaf({&param_of_observation("status"), search::TokenMatch{"", "final"}}));
  either.push_back(leaf({&param_of_observation("status"), search::TokenMatch{"", "amended"}}));
  const auto shared = share(Plan::make(Plan::Kind::or_, std::move(either)));
  for (int i = 0; i < 2; ++i) {
    const auto found = store_->search(both(has_code("x"), shared), {.count = 10, .explain = true});
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found->entries.size(), 10u);
    const search::PlanStep& first = found->explanation->children.front().children.front();
    EXPECT_TRUE(first.what.starts_with("(") && first.what.find("drives") != std::string::npos) << first.what;
  }
}

TEST_F(SharedPlansStoreTest, AloneAreCountedAsTheirPlanIs) {
  add_many("x", 30);
  add_many("y", 30);
  const search::Query query{test::type_of("Observation"), Plan::make_shared(share(has_code("x"))), {}};
  EXPECT_EQ(matches(query), 30u);
  commit(test::make_remove("Observation", "x-3", 1, test::code_value("x")));
  EXPECT_EQ(matches(query), 29u);
}

TEST_F(SharedPlansStoreTest, DecideWhatIsIncluded) {
  const auto subject = [](const std::string& id) {
    return test::code_value("x").reference(param_of_observation("subject"), "Patient", id);
  };
  const auto gender = [](const char* value) {
    return test::Values().token(test::parameter("Patient", "gender"), value);
  };
  commit(test::make_put("Patient", "p", 0, "", gender("male"), {}));
  commit(test::make_put("Patient", "q", 0, "", gender("female"), {}));
  commit(test::make_put("Observation", "a", 0, "", subject("p"), {}));
  commit(test::make_put("Observation", "b", 0, "", subject("q"), {}));
  search::Visibility visible = search::Visibility::nothing();
  visible.add(test::type_of("Observation"), Plan::make_all());
  visible.add(test::type_of("Patient"), is_male());
  SearchOptions options{.count = 10, .visible = &visible};
  options.includes.push_back({.parameter = &param_of_observation("subject")});
  const auto included = [&] {
    std::string ids;
    auto found = store_->search(test::all_query("Observation"), options);
    EXPECT_TRUE(found.ok());
    for (const Version& version : found->included) ids += version.id;
    return ids;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(included(), "p");
  commit(test::make_put("Patient", "q", 1, "", gender("male"), gender("female")));
  EXPECT_EQ(included(), "pq");
  commit(test::make_put("Patient", "p", 1, "", gender("female"), gender("male")));
  EXPECT_EQ(included(), "q");
}

TEST_F(SharedPlansStoreTest, LeadWhereTheyAreSmall) {
  add_many("x", 200);
  commit(test::make_put("Observation", "rare", 0, "",
                        test::code_value("x").token(param_of_observation("status"), "final"), {}));
  const auto shared = share(leaf({&param_of_observation("status"), search::TokenMatch{std::nullopt, "final"}}));
  for (int i = 0; i < 3; ++i) {
    const SearchPage found = page(both(has_code("x"), shared));
    ASSERT_EQ(found.entries.size(), 1u);
    const search::PlanStep& first = found.explanation->children.front().children.front();
    EXPECT_TRUE(first.what.starts_with("(") && first.what.find("drives") != std::string::npos) << first.what;
  }
}

// Who has many candidates need not be compared with what has few.
TEST_F(SharedPlansStoreTest, LetAnotherLeadUncountedWhereTheyHaveMany) {
  add_many("x", 100);
  add_many("y", 1);
  const auto shared = share(without(has_code("z")));
  const search::Query query = both(has_code("y"), shared);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(is_counted(query, "code")) << i;
    const auto edition = static_cast<std::uint64_t>(i) + 1;
    commit(test::make_put("Observation", "x-3", edition, "", test::code_value("x"), test::code_value("x")));
  }
  std::vector<Plan> three;
  three.push_back(has_code("y"));
  three.push_back(has_code("x"));
  const search::Query more = both(Plan::make(Plan::Kind::and_, std::move(three)), shared);
  EXPECT_TRUE(is_counted(more, "code")) << "two that may be small";
}

TEST_F(SharedPlansStoreTest, AreLookedAtAgainWhenTheTypeHasGrown) {
  const auto final = [](const std::string& id) {
    return test::make_put("Observation", id, 0, "",
                          test::code_value("y").token(param_of_observation("status"), "final"), {});
  };
  add_many("x", 40);
  commit(final("first"));
  const auto shared = share(leaf({&param_of_observation("status"), search::TokenMatch{"", "final"}}));
  EXPECT_TRUE(is_counted(both(has_code("y"), shared), "code")) << "both may be small";
  WriteSet set;
  for (int i = 0; i < 100; ++i) set.writes.push_back(final("o" + std::to_string(i)));
  ASSERT_TRUE(store_->commit(set).ok());
  EXPECT_FALSE(is_counted(both(has_code("x"), shared), "code"));
}

// Of a large type it is known once it was of use to find it out.
TEST_F(SharedPlansStoreTest, AreNotLookedAtForThisAloneInALargeType) {
  open({.large_estimate = 100});
  add_many("x", 150);
  add_many("y", 1);
  const auto shared = share(without(has_code("z")));
  const search::Query query = both(has_code("y"), shared);
  EXPECT_TRUE(is_counted(query, "code"));
  EXPECT_TRUE(is_counted(query, "code"));
  EXPECT_TRUE(is_counted(both(has_code("x"), shared), "code")) << "as many as the guard: which is counted for it";
  EXPECT_FALSE(is_counted(query, "code"));
}

TEST_F(SharedPlansStoreTest, AreOfTheStateOfTheSearchWhileOthersWrite) {
  constexpr int kRounds = 400;
  const auto patient = [](bool male) {
    return test::Values().token(test::parameter("Patient", "gender"), male ? "male" : "female");
  };
  for (const std::string id : {"p", "q"}) {
    commit(test::make_put("Patient", id, 0, "", patient(id == "p"), {}));
    for (int i = 0; i < 10; ++i) {
      commit(test::make_put("Observation", id + std::to_string(i), 0, "",
                            test::code_value("x").reference(param_of_observation("subject"), "Patient", id), {}));
    }
  }
  const auto linked = share(of_male());
  const auto own = share(without(has_code("y")));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      const bool is_back = round % 2 == 0;
      WriteSet set;
      set.writes.push_back(test::make_put("Patient", "p", round, "", patient(is_back), patient(!is_back)));
      set.writes.push_back(test::make_put("Patient", "q", round, "", patient(!is_back), patient(is_back)));
      const auto values = [](const char* code, const char* of) {
        return test::code_value("x")
            .token(param_of_observation("code"), code, "http://loinc.org")
            .reference(param_of_observation("subject"), "Patient", of);
      };
      const char* const hidden = is_back ? "x" : "y";
      const char* const before = is_back ? "y" : "x";
      set.writes.push_back(test::make_put("Observation", "p0", round, "", values(hidden, "p"), values(before, "p")));
      EXPECT_TRUE(store_->commit(set).ok());
    }
    done = true;
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      do {
        ASSERT_EQ(page(both(has_code("x"), linked)).total, 10u);
        const SearchPage shown = page(both(has_code("x"), own));
        ASSERT_TRUE(shown.total == 19u || shown.total == 20u);
        ASSERT_EQ(shown.entries.size(), shown.total);
        search::Query of_both = both(of_male(), own);
        ASSERT_EQ(page(of_both).total, 10u) << "p0 is hidden when q is male";
      } while (!done);
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
}

// The same searches again and again, while resources come, change and go: as the memory engine has it.
class SharedPlansRandomTest : public test::KeptValuesStoreTest {
 protected:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  std::string any_code() { return std::string(1, static_cast<char>('a' + below(3))); }
  std::string any_patient() { return "p" + std::to_string(below(5)); }

  test::Values any_values(const std::string& type) {
    if (type == "Patient") {
      return test::Values().token(test::parameter("Patient", "gender"), below(2) == 0 ? "male" : "female");
    }
    test::Values values = test::code_value(any_code());
    if (below(4) > 0) values.reference(param_of_observation("subject"), "Patient", any_patient());
    return values;
  }

  void write_any() {
    WriteSet set;
    std::map<std::string, std::optional<test::Values>> after;
    for (int left = 1 + below(3); left > 0; --left) {
      const std::string type = below(3) == 0 ? "Patient" : "Observation";
      const std::string id = type == "Patient" ? any_patient() : "o" + std::to_string(below(40));
      Known& known = known_[type + "/" + id];
      if (after.contains(type + "/" + id)) continue;
      const test::Values removed = known.values.value_or(test::Values());
      std::optional<test::Values> next;
      if (!known.values || below(5) > 0) next = any_values(type);
      set.writes.push_back(next ? test::make_put(type, id, known.version, "", *next, removed)
                                : test::make_remove(type, id, known.version, removed));
      after.emplace(type + "/" + id, std::move(next));
    }
    ASSERT_TRUE(memory_->commit(set).ok());
    ASSERT_TRUE(store_->commit(set).ok());
    for (auto& [name, values] : after) {
      known_[name].values = std::move(values);
      ++known_[name].version;
    }
  }

  struct Known {
    std::uint64_t version = 0;
    std::optional<test::Values> values;  // of what is there
  };

  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  std::map<std::string, Known> known_;
  std::unique_ptr<Store> memory_ = memory::open(test::registry(), clock_);
};

TEST_F(SharedPlansRandomTest, AnswerAsTheMemoryEngine) {
  constexpr int kSteps = 1'500;
  RecordProperty("seed", std::to_string(seed_));
  const Plan of_o =
      Plan::make_link(Plan::Kind::has, {&param_of_observation("subject"), test::type_of("Observation")}, has_code("a"));
  const Plan of_seen =
      Plan::make_link(Plan::Kind::chain, {&param_of_observation("subject"), test::type_of("Patient")}, of_o);
  const auto ids = std::make_shared<const search::IdSet>(search::IdSet{{"p1", "p2"}});
  const Plan of_set =
      leaf({&param_of_observation("subject"), search::ReferenceSetMatch{test::type_of("Patient"), ids}});
  std::vector<std::shared_ptr<const Plan>> shared;
  for (Plan plan : {has_code("a"), without(has_code("b")), of_male(), without(of_male()), of_seen, of_set,
                    search::both(of_set, without(has_code("c")))}) {
    shared.push_back(share(std::move(plan)));
  }
  int matches = 0;
  for (int step = 0; step < kSteps; ++step) {
    if (below(3) == 0) write_any();
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed_;
    const std::size_t which = static_cast<std::size_t>(below(static_cast<int>(shared.size())));
    Plan plan = below(3) == 0 ? Plan::make_all() : has_code(any_code());
    plan = search::both(std::move(plan), Plan::make_shared(shared[which]));
    if (below(4) == 0) plan = without(std::move(plan));
    const search::Query query{test::type_of("Observation"), std::move(plan), {}};
    const auto expected = test::all_pages(*memory_, query, 7);
    ASSERT_EQ(test::all_pages(*store_, query, 1 + static_cast<std::uint32_t>(below(9))), expected)
        << "seed " << seed_ << ", step " << step << ", plan " << which;
    const auto total = store_->search(query, {.count = 0, .total = search::Total::accurate});
    ASSERT_TRUE(total.ok());
    ASSERT_EQ(total->total, expected.size()) << "seed " << seed_ << ", step " << step << ", plan " << which;
    matches += static_cast<int>(expected.size());
  }
  EXPECT_GT(matches, kSteps);
}

}  // namespace
}  // namespace vesta::store
