// Tests of a Registry that grows.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "search/extract.h"
#include "search/matcher.h"
#include "search/readiness.h"
#include "search/test_support.h"
#include "search/visibility.h"

namespace vesta::search {
namespace {

fhir::TypeId type(std::string_view name) {
  return *fhir::r4().find_type(name);
}

CustomParameter custom(std::string code, std::string expression,
                       fhir::SearchParamType kind = fhir::SearchParamType::string, std::string_view base = "Patient") {
  CustomParameter made;
  made.url = "http://test/" + code;
  made.code = std::move(code);
  made.expression = std::move(expression);
  made.type = kind;
  made.base = {type(base)};
  return made;
}

std::string digest(const CustomParameter& parameter) {
  return digest_of(fhir::r4(), parameter);
}

TEST(CustomParameters, ArePendingThenReadyThenRetired) {
  Registry registry(fhir::r4());
  const std::string fingerprint(registry.fingerprint());
  const CustomParameter added = custom("nick", "Patient.name.where(use = 'nickname').given");
  EXPECT_EQ(registry.find(type("Patient"), "nick"), nullptr);
  ASSERT_TRUE(registry.add(added).ok());
  EXPECT_EQ(registry.generation(), 1u);
  const Parameter* pending = registry.find(type("Patient"), "nick");
  ASSERT_NE(pending, nullptr);
  EXPECT_EQ(registry.readiness(pending->id), Readiness::pending);
  EXPECT_EQ(registry.find_name(type("Patient"), pending->name), pending);
  EXPECT_EQ(pending->name, "nick#" + digest(added));
  EXPECT_EQ(registry.find(type("Person"), "nick"), nullptr);
  registry.set_ready(digest(added));
  EXPECT_EQ(registry.readiness(pending->id), Readiness::ready);
  EXPECT_EQ(registry.generation(), 1u) << "the same is extracted";
  registry.retire(digest(added));
  EXPECT_EQ(registry.find(type("Patient"), "nick"), nullptr);
  EXPECT_EQ(registry.find_name(type("Patient"), pending->name), nullptr);
  EXPECT_EQ(registry.generation(), 2u);
  ASSERT_TRUE(registry.add(added).ok());
  EXPECT_EQ(registry.find(type("Patient"), "nick"), pending) << "the same definition has the same id";
  EXPECT_EQ(registry.fingerprint(), fingerprint);
}

TEST(CustomParameters, ThatAreBeingIndexedDecideInNoGuard) {
  Registry registry(fhir::r4());
  ASSERT_TRUE(registry.add(custom("nick", "Patient.name.where(use = 'nickname').given")).ok());
  const Parameter* const pending = registry.find(type("Patient"), "nick");
  Visibility visible = Visibility::nothing();
  visible.add(type("Patient"), Plan::make_leaf({pending, StringMatch{StringMode::prefix, "a"}}));
  visible.add(type("Observation"), Plan::make_all());
  const auto check = [&](const char* asked, std::vector<Include> includes) {
    const Query query{type(asked), Plan::make_all(), {}};
    const Status ready = check_ready(registry, std::span(&query, 1), includes, &visible);
    return ready.ok() ? std::optional<Category>() : ready.error().category;
  };
  using Direction = Include::Direction;
  const Parameter* const subject = registry.find(type("Observation"), "subject");
  const Parameter* const encounter = registry.find(type("Observation"), "encounter");
  const Include any{Direction::forward, false, type("Observation"), subject};
  Include patients = any, groups = any;
  patients.target = type("Patient");
  groups.target = type("Group");
  EXPECT_EQ(check("Patient", {}), Category::busy);
  EXPECT_EQ(check("Observation", {}), std::nullopt);
  EXPECT_EQ(check("Observation", {any}), Category::busy);
  EXPECT_EQ(check("Observation", {patients}), Category::busy);
  EXPECT_EQ(check("Observation", {groups}), std::nullopt);
  EXPECT_EQ(check("Encounter", {{Direction::reverse, false, type("Observation"), encounter}}), std::nullopt);
  EXPECT_EQ(check("Encounter", {{Direction::reverse, false, fhir::kNoType, nullptr}}), Category::busy);
  registry.set_ready(digest(custom("nick", "Patient.name.where(use = 'nickname').given")));
  EXPECT_EQ(check("Patient", {}), std::nullopt);
  EXPECT_EQ(check("Observation", {any}), std::nullopt);
}

TEST(CustomParameters, TakeOverACodeOnceTheyAreReady) {
  Registry registry(fhir::r4());
  const Parameter* core = registry.find(type("Patient"), "gender");
  const CustomParameter added = custom("gender", "Patient.birthDate", fhir::SearchParamType::date);
  ASSERT_TRUE(registry.add(added).ok());
  EXPECT_EQ(registry.find(type("Patient"), "gender"), core);
  registry.set_ready(digest(added));
  EXPECT_EQ(registry.find(type("Patient"), "gender")->kind, fhir::SearchParamType::date);
  EXPECT_EQ(registry.find(type("Person"), "gender")->kind, fhir::SearchParamType::token);
  registry.retire(digest(added));
  EXPECT_EQ(registry.find(type("Patient"), "gender"), core);
}

TEST(CustomParameters, OfAnAbstractBaseAreOfAllItsTypes) {
  Registry registry(fhir::r4());
  ASSERT_TRUE(registry.add(custom("lang", "Resource.language", fhir::SearchParamType::token, "Resource")).ok());
  EXPECT_NE(registry.find(type("Patient"), "lang"), nullptr);
  EXPECT_NE(registry.find(type("Bundle"), "lang"), nullptr);
}

// A resource with too many values of custom parameters has none of any: what is extracted for a plan about one says so.
TEST(CustomParameters, OfAResourceWithTooManyValuesAreNone) {
  Registry registry(fhir::r4());
  for (const CustomParameter& added : {custom("contact", "Patient.contact.name.given"),
                                       custom("mark", "Patient.maritalStatus", fhir::SearchParamType::token)}) {
    ASSERT_TRUE(registry.add(added).ok());
    registry.set_ready(digest(added));
  }
  const Plan is_marked =
      Plan::make_leaf({registry.find(type("Patient"), "mark"), TokenMatch{.system = {}, .code = "M"}});
  const auto expect_marked = [&](std::size_t names, bool expected) {
    std::string text =
        R"({"resourceType":"Patient","maritalStatus":{"coding":[{"code":"M"}]},"contact":[{"name":{"given":[)";
    for (std::size_t i = 0; i < names; ++i) text += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + '"';
    text += "]}}]}";
    fhir::Arena arena;
    const auto root = fhir::JsonReader(fhir::r4()).read(text, arena);
    ASSERT_TRUE(root.ok());
    const auto all = extract(registry, **root, arena);
    const auto some = extract_for(registry, is_marked, **root, arena);
    ASSERT_TRUE(all.ok() && some.ok());
    EXPECT_EQ(matches(is_marked, {type("Patient"), "p", {}, &*all}, nullptr), expected);
    EXPECT_EQ(matches(is_marked, {type("Patient"), "p", {}, &*some}, nullptr), expected);
  };
  expect_marked(10, true);
  expect_marked(kMaxIndexValues + 1, false);
}

TEST(CustomParameters, SayWhichPartOfAComponentIsWrong) {
  const Registry registry(fhir::r4());
  CustomParameter composite = custom("pair", "Observation", fhir::SearchParamType::composite, "Observation");
  const auto place = [&](std::string url, std::string expression) {
    composite.components = {{std::move(url), std::move(expression)}};
    const Status checked = registry.check(composite);
    return checked.ok() ? std::string("none") : checked.error().issues.front().expression;
  };
  const std::string known = "http://hl7.org/fhir/SearchParameter/clinical-code";
  EXPECT_EQ(place(known, "code"), "none");
  EXPECT_EQ(place("http://test/none", "code"), "SearchParameter.component[0].definition");
  EXPECT_EQ(place(known, "stat"), "SearchParameter.component[0].expression");
  EXPECT_EQ(place(known, "`has this URL`"), "SearchParameter.component[0].expression") << "whatever the message says";
}

TEST(CustomParameters, AreRefusedBeyondTheIdsThereAre) {
  Registry registry(fhir::r4());
  for (int i = 0; i < 1000; ++i) {
    const Status added =
        registry.add(custom("lang" + std::to_string(i), "Resource.language", fhir::SearchParamType::token, "Resource"));
    if (added.ok()) continue;
    EXPECT_EQ(added.error().category, Category::too_large);
    EXPECT_GT(i, 10);
    EXPECT_TRUE(registry.add(custom("nick", "Patient.name.given")).ok()) << "a smaller one has room";
    return;
  }
  FAIL() << "there is no end of ids";
}

// A type's tables are published when a parameter comes, is ready, and goes; they are never given back.
TEST(CustomParameters, AreRefusedBeyondTheTablesThereAre) {
  Registry registry(fhir::r4());
  const CustomParameter added = custom("nick", "Patient.name.given");
  std::size_t rounds = 0;
  for (; registry.add(added).ok() && rounds < kMaxPublishedTables; ++rounds) {
    registry.set_ready(digest(added));
    registry.retire(digest(added));
  }
  EXPECT_GE(rounds, kMaxPublishedTables / 4) << "R4's own tables count too";
  EXPECT_LE(rounds, kMaxPublishedTables / 3);
  const Status refused = registry.add(added);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::too_large);
  EXPECT_EQ(registry.find(type("Patient"), "nick"), nullptr);
}

// Readers see whole tables while others come and go; run under the thread sanitizer too.
TEST(CustomParameters, ComeAndGoBesideReaders) {
  Registry registry(fhir::r4());
  const CustomParameter added = custom("nick", "Patient.name.given");
  std::atomic<bool> is_done = false;
  std::vector<std::thread> readers;
  std::atomic<int> sightings = 0;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!is_done) {
        const Parameter* found = registry.find(type("Patient"), "nick");
        if (found != nullptr) {
          ++sightings;
          EXPECT_EQ(registry.parameter(found->id).code, "nick");
        }
        const auto steps = registry.steps_of(type("Patient"));
        for (const ExtractionStep* step : steps) EXPECT_FALSE(step->parameters.empty());
      }
    });
  }
  for (int i = 0; i < 200 || (sightings == 0 && i < 2000); ++i) {
    ASSERT_TRUE(registry.add(added).ok());
    registry.set_ready(digest(added));
    std::this_thread::yield();
    registry.retire(digest(added));
  }
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(registry.find(type("Patient"), "nick"), nullptr);
}

}  // namespace
}  // namespace vesta::search
