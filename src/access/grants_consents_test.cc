// Grants and the Consents of patients: what they deny is as if it did not exist, from their commit on.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "access/policy_test_support.h"
#include "search/matcher.h"

namespace vesta::access {
namespace {

using search::testing::Extracted;
using testing::Ids;

const std::string kOptOut = R"("policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",)"
                            R"("code":"OPTOUT"}]})";
const std::string kRecipient =
    R"("role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"PRCP"}]})";

class GrantsConsentsTest : public testing::GrantsEngineTest {
 protected:
  GrantsConsentsTest() {
    for (const std::string n : {"1", "2"}) {
      put_ok("Patient", "p" + n, "");
      EXPECT_TRUE(put_observation(as_system(), "o" + n, "p" + n).ok());
    }
    put_ok("Organization", "g", R"(,"name":"g")");
    put_rule("");
  }

  // With what else the rule says.
  void put_rule(const std::string& rest) {
    put_policy("p", rule(R"("Observation","Organization","Patient")", R"("read","search","create","update")", rest));
  }
  void put_consent(const std::string& id, const std::string& patient, const std::string& says,
                   const std::string& status = "active", const std::string& scope = "patient-privacy") {
    put_ok("Consent", id,
           R"(,"status":")" + status +
               R"(","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":")" +
               scope + R"("}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/)" + patient + "\"}," + says);
  }
  static std::string actor(const std::string& reference) {
    return R"("actor":[{)" + kRecipient + R"(,"reference":{"reference":")" + reference + R"("}}])";
  }

  Ids observations(const std::string& user = "Practitioner/d") { return seen(with_policy(user), "Observation"); }
};
INSTANTIATE_TEST_SUITE_P(Engines, GrantsConsentsTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(GrantsConsentsTest, AnOptOutTakesEffectWithItsCommit) {
  const Ids both{"o1", "o2"}, other{"o2"};
  EXPECT_EQ(observations(), both);
  put_consent("c", "p1", kOptOut);
  EXPECT_EQ(observations(), other);
  EXPECT_EQ(seen(with_policy(), "Patient"), Ids{"p2"});
  EXPECT_EQ(seen(with_policy(), "Organization"), Ids{"g"}) << "it is in nobody's compartment";
  EXPECT_FALSE(reads(with_policy(), "Observation", "o1"));
  EXPECT_TRUE(reads(with_policy(), "Observation", "o2"));
  EXPECT_FALSE(put_observation(as(with_policy()), "o3", "p1").ok());
  EXPECT_TRUE(put_observation(as(with_policy()), "o2", "p2").ok());
  put_consent("c", "p1", kOptOut, "inactive");
  EXPECT_EQ(observations(), both);
  put_consent("c", "p1", kOptOut, "active", "research");
  EXPECT_EQ(observations(), both) << "it is about something else";
  put_consent("c", "p1", kOptOut);
  EXPECT_EQ(observations(), other);
  put_consent("c", "p2", kOptOut);
  EXPECT_EQ(observations(), Ids{"o1"}) << "it is another patient's now";
  ASSERT_TRUE(remove(as_system(), "Consent", "c").ok());
  EXPECT_EQ(observations(), both);
}

TEST_P(GrantsConsentsTest, WhatWasThereBeforeIsLoaded) {
  put_consent("c", "p1", kOptOut);
  Grants others(*store_, search::testing::registry(), clock_, testing::kBase, records_, nullptr, nullptr);
  ASSERT_TRUE(others.load().ok());
  const GuardedStore store(*store_, search::testing::registry(), testing::kBase, *others.of(with_policy()));
  EXPECT_EQ(found(store, store::test::all_query("Observation")), Ids{"o2"});
}

TEST_P(GrantsConsentsTest, RulesIgnoreThemOrDemandThem) {
  put_consent("c", "p1", kOptOut);
  put_rule(R"(,"consent":"ignored")");
  EXPECT_EQ(observations(), (Ids{"o1", "o2"}));
  put_rule(R"(,"consent":"required")");
  EXPECT_EQ(observations(), Ids{}) << "nobody permits it";
  put_consent("d", "p2", R"("provision":{"type":"permit",)" + actor("Practitioner/d") + "}");
  EXPECT_EQ(observations(), Ids{"o2"});
  EXPECT_EQ(observations("Practitioner/e"), Ids{});
  put_consent("e", "p2", kOptOut);
  EXPECT_EQ(observations(), Ids{}) << "of several the one that denies counts";
  put_rule(R"(,"consent":"respected")");
  EXPECT_EQ(observations(), Ids{});
  put_rule(R"(,"consent":"sometimes")");
  const auto lines = logged([&] { EXPECT_EQ(observations(), Ids{}); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("'sometimes' is nothing that a rule makes of Consents"), std::string::npos);
}

// A practitioner is meant by the organization that they work for, as long as they do.
TEST_P(GrantsConsentsTest, PractitionersAreMeantByTheirRoles) {
  const auto role = [&](const std::string& id, const std::string& rest) {
    put_ok("PractitionerRole", id,
           R"(,"practitioner":{"reference":"Practitioner/d"},"organization":{"reference":"Organization/g"})" + rest);
  };
  put_consent("c", "p1", R"("provision":{"type":"deny",)" + actor("Organization/g") + "}");
  const Ids both{"o1", "o2"}, other{"o2"};
  EXPECT_EQ(observations(), both);
  role("r", "");
  EXPECT_EQ(observations(), other);
  EXPECT_EQ(observations("Practitioner/e"), both);
  EXPECT_EQ(observations("Organization/g"), other);
  EXPECT_EQ(observations("Organization/h"), both);
  role("r", R"(,"active":false)");
  EXPECT_EQ(observations(), both);
  role("r", R"(,"period":{"end":"2019"})");
  EXPECT_EQ(observations(), both) << "it is over";
  put_consent("c", "p1", R"("provision":{"type":"deny",)" + actor("PractitionerRole/s") + "}");
  EXPECT_EQ(observations(), both);
  role("s", "");
  EXPECT_EQ(observations(), other);
}

// Who may be meant is not let in.
TEST_P(GrantsConsentsTest, ActorsThatNobodyCanTellApartAreMeant) {
  const Ids both{"o1", "o2"}, other{"o2"};
  const auto deny = [&](const std::string& who) {
    put_consent("c", "p1", R"("provision":{"type":"deny",)" + actor(who) + "}");
  };
  deny("RelatedPerson/r");
  EXPECT_EQ(observations("Patient/p2"), other) << "a patient may act as the related person of another";
  EXPECT_EQ(observations("RelatedPerson/s"), both);
  EXPECT_EQ(observations("Practitioner/d"), both);
  EXPECT_EQ(observations(""), both);
  deny("Organization/g");
  EXPECT_EQ(observations(""), other) << "for whom a program works is not known";
  EXPECT_EQ(observations("http://elsewhere/Practitioner/d"), other) << "nor who this is";
  EXPECT_EQ(observations("Practitioner/d"), both);
  const auto role_at = [&](const std::string& organization) {
    put_ok("PractitionerRole", "r",
           R"(,"practitioner":{"reference":"Practitioner/d"},"organization":{)" + organization + "}");
  };
  role_at(R"("identifier":{"value":"1"})");
  EXPECT_EQ(observations("Practitioner/d"), other) << "it may be that one";
  role_at(R"("reference":"Organization/ward")");
  EXPECT_EQ(observations("Practitioner/d"), both);
  put_ok("Organization", "ward", R"(,"name":"w","partOf":{"reference":"Organization/house"})");
  put_ok("Organization", "house", R"(,"name":"h","partOf":{"reference":"Organization/g"})");
  EXPECT_EQ(observations("Practitioner/d"), other) << "a part of it";
  put_ok("Organization", "house", R"(,"name":"h")");
  EXPECT_EQ(observations("Practitioner/d"), both);
}

// A label that came later holds for what was there before it.
TEST_P(GrantsConsentsTest, OlderVersionsAreAsTheCurrentOneIs) {
  const Principal doctor = with_policy("Practitioner/d");
  const std::string system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
  put_consent("c", "p1", R"("provision":{"type":"deny","securityLabel":[{"system":")" + system + R"(","code":"R"}]})");
  const auto versions = [&] {
    auto page = as(doctor).history({.type = type("Observation"), .id = "x", .count = 10});
    CHECK(page.ok());
    return page->entries.size();
  };
  const auto first = [&] { return (*as(doctor).read_version(type("Observation"), "x", {1})).has_value(); };
  const std::string rest = R"("status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p1"})";
  put_ok("Observation", "x", "," + rest);
  EXPECT_EQ(versions(), 1u);
  EXPECT_TRUE(first());
  put_ok("Observation", "x", R"(,"meta":{"security":[{"system":")" + system + R"(","code":"R"}]},)" + rest);
  EXPECT_EQ(versions(), 0u);
  EXPECT_FALSE(first());
  ASSERT_TRUE(remove(as_system(), "Observation", "x").ok());
  EXPECT_EQ(versions(), 0u) << "of a deleted one the last before counts";
  EXPECT_FALSE(first());
}

TEST_P(GrantsConsentsTest, MoreRolesThanAreLookedAtMayBeAnybodys) {
  put_consent("c", "p1", R"("provision":{"type":"deny",)" + actor("Organization/h") + "}");
  for (std::size_t i = 0; i < kMaxRoles; ++i) {
    put_ok("PractitionerRole", std::to_string(i), R"(,"practitioner":{"reference":"Practitioner/d"})");
  }
  EXPECT_EQ(observations(), (Ids{"o1", "o2"}));
  put_ok("PractitionerRole", "more", R"(,"practitioner":{"reference":"Practitioner/d"})");
  EXPECT_EQ(observations(), Ids{"o2"});
}

TEST_P(GrantsConsentsTest, GrantsAreKeptWhereConsentsSayTheSame) {
  const auto before = grant(with_policy("Practitioner/d"));
  put_consent("c", "p1", R"("provision":{"type":"deny",)" + actor("Practitioner/e") + "}");
  EXPECT_EQ(grant(with_policy("Practitioner/d")), before) << "it is about somebody else";
  EXPECT_EQ(observations("Practitioner/e"), Ids{"o2"});
  put_consent("d", "p2", kOptOut);
  EXPECT_NE(grant(with_policy("Practitioner/d")), before);
  EXPECT_EQ(observations(), Ids{"o1"});
  put_rule(R"(,"consent":"ignored")");
  const auto ignorant = grant(with_policy());
  put_consent("e", "p1", kOptOut);
  EXPECT_EQ(grant(with_policy()), ignorant);
}

TEST_P(GrantsConsentsTest, MoreThanAreLookedAtCloseAllRecords) {
  Consents two(*store_, search::testing::registry(), testing::kBase, {.consents = 2, .rules = 10});
  for (const char* id : {"a", "b"}) put_consent(id, "p1", R"("provision":{"type":"permit"})");
  EXPECT_FALSE((*two.now())->is_overfull);
  const auto lines = logged([&] {
    put_consent("c", "p2", R"("provision":{"type":"permit"})");
    EXPECT_TRUE((*two.now())->is_overfull);
  });
  EXPECT_EQ(lines.size(), 1U);
  const auto sees_none = [&](ConsentUse use, const char* type_name) {
    ConsentGuards guards(search::testing::registry(), testing::kBase, *two.now(), Asker(), nullptr);
    return guards.guard(use, {}, Action::read, type(type_name))->kind == search::Plan::Kind::none;
  };
  EXPECT_TRUE(sees_none(ConsentUse::respected, "Observation"));
  EXPECT_TRUE(sees_none(ConsentUse::required, "Patient"));
  EXPECT_FALSE(sees_none(ConsentUse::ignored, "Observation"));
  EXPECT_FALSE(sees_none(ConsentUse::respected, "Organization"));
  put_consent("a", "p1", R"("provision":{"type":"permit"})", "inactive");
  EXPECT_FALSE((*two.now())->is_overfull);
  EXPECT_FALSE(sees_none(ConsentUse::respected, "Observation"));
}

TEST_P(GrantsConsentsTest, WhatCannotBeReadClosesAllRecords) {
  store::Write damaged = change_of(store::Write::Kind::put, "Consent", "c");
  damaged.tail = "damaged";
  store::WriteSet set;
  set.generation = search::testing::registry().generation();
  set.writes.push_back(std::move(damaged));
  ASSERT_TRUE(store_->commit(set).ok());
  logged([&] { EXPECT_EQ(observations(), Ids{}); });
  EXPECT_EQ(seen(with_policy(), "Organization"), Ids{"g"});
  store::Write gone = change_of(store::Write::Kind::remove, "Consent", "c");
  gone.expected = VersionId{1};
  store::WriteSet removal;
  removal.generation = set.generation;
  removal.writes.push_back(std::move(gone));
  ASSERT_TRUE(store_->commit(removal).ok());
  EXPECT_EQ(observations(), (Ids{"o1", "o2"}));
}

TEST_P(GrantsConsentsTest, MoreDifferentOnesThanAreToldApartDenyEverything) {
  Consents two(*store_, search::testing::registry(), testing::kBase, {.consents = 10, .rules = 2});
  const auto patients_denied_all = [&] {
    std::size_t sum = 0;
    for (const auto& group : (*two.now())->groups) {
      if (group->rule == Provision::deny_everything()) sum += group->patients->ids.size();
    }
    return sum;
  };
  put_consent("a", "p1", R"("provision":{"type":"permit",)" + actor("Practitioner/a") + "}");
  put_consent("b", "p1", R"("provision":{"type":"permit",)" + actor("Practitioner/b") + "}");
  EXPECT_EQ(patients_denied_all(), 0U);
  put_consent("c", "p2", R"("provision":{"type":"permit",)" + actor("Practitioner/a") + "}");
  EXPECT_EQ(patients_denied_all(), 0U) << "it says what another says";
  const auto lines = logged([&] {
    put_consent("d", "p2", R"("provision":{"type":"permit",)" + actor("Practitioner/c") + "}");
    EXPECT_EQ(patients_denied_all(), 1U);
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("too many different Consents"), std::string::npos);
}

// Of one asker: what is beyond has no say, and denies.
TEST_P(GrantsConsentsTest, OneAskerHearsSoManyDifferentThings) {
  const auto state_of = [](std::size_t rules, std::size_t codes) {
    auto state = std::make_shared<ConsentState>();
    for (std::size_t i = 0; i < rules; ++i) {
      Provision rule, inner = Provision::deny_everything();
      for (std::size_t k = 0; k < codes; ++k) {
        inner.codes.of.push_back({"http://s", std::to_string(i) + "-" + std::to_string(k)});
      }
      rule.provisions.push_back(inner);
      auto patients = std::make_shared<search::IdSet>();
      patients->ids.push_back("p" + std::to_string(i));
      state->groups.push_back(std::make_shared<const ConsentGroup>(ConsentGroup{rule, patients}));
    }
    return state;
  };
  const auto records_seen = [&](std::size_t rules, std::size_t codes) {
    ConsentGuards guards(search::testing::registry(), testing::kBase, state_of(rules, codes), Asker(), nullptr);
    const auto guard = guards.guard(ConsentUse::respected, {}, Action::read, type("Condition"));
    std::size_t sum = 0;
    for (std::size_t patient = 0; patient < rules; ++patient) {
      const Extracted condition(R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p)" +
                                std::to_string(patient) + "\"}}");
      if (search::matches(*guard, {type("Condition"), "c", Instant{}, &condition.values})) ++sum;
    }
    return sum;
  };
  EXPECT_EQ(records_seen(kMaxConsentGroups, 1), kMaxConsentGroups);
  EXPECT_EQ(records_seen(kMaxConsentGroups + 1, 1), kMaxConsentGroups);
  const std::size_t codes = kMaxConsentNodes / 16 - 2;  // and the nodes around them
  EXPECT_EQ(records_seen(16, codes), 16U);
  EXPECT_EQ(records_seen(17, codes), 16U);
}

// Labels are criteria as any other, for what a site says of all patients.
TEST_P(GrantsConsentsTest, RulesSpeakOfLabels) {
  const std::string system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
  put_ok("Observation", "r",
         R"(,"meta":{"security":[{"system":")" + system +
             R"(","code":"R"}]},"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p1"})");
  EXPECT_EQ(observations(), (Ids{"o1", "o2", "r"}));
  for (const std::string& criteria : {"_security:not=" + system + "|R", std::string("_security:not=R"),
                                      std::string("_filter=not+(_security+eq+R)")}) {
    put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":")" + criteria + "\""));
    EXPECT_EQ(observations(), (Ids{"o1", "o2"})) << criteria;
    EXPECT_FALSE(reads(with_policy(), "Observation", "r")) << criteria;
  }
  put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":"_filter=_security+eq+R+or+_id+eq+o2")"));
  EXPECT_EQ(observations("Practitioner/e"), (Ids{"o2", "r"}));
}

// Rules add to each other, whatever Consents take from one of them.
TEST_P(GrantsConsentsTest, EachRuleGoesByItself) {
  put_consent("c", "p1", kOptOut);
  put_policy("p", rule(R"("Observation","Patient")", kRead) + "," +
                      rule(R"("Observation")", kRead, R"(,"criteria":"_id=o1","consent":"ignored")"));
  EXPECT_EQ(observations(), (Ids{"o1", "o2"}));
  EXPECT_EQ(seen(with_policy(), "Patient"), Ids{"p2"});
}

TEST_P(GrantsConsentsTest, APeriodEndsWithinTheDay) {
  using std::chrono::minutes;
  clock_.set(0);
  put_consent("c", "p1",
              R"("provision":{"type":"deny","period":{"start":"1970-01-01T01:00:00Z","end":"1970-01-01T02:00:00Z"}})");
  const auto at = [&](std::int64_t minute) {
    clock_.set(std::chrono::microseconds(minutes(minute)).count());
    return observations();
  };
  const Ids both{"o1", "o2"}, other{"o2"};
  EXPECT_EQ(at(10), both);
  const auto before = grant(with_policy());
  EXPECT_EQ(at(59), both);
  EXPECT_EQ(grant(with_policy()), before) << "nothing has begun or ended";
  EXPECT_EQ(at(60), other);
  EXPECT_EQ(at(120), other) << "the last second counts";
  EXPECT_EQ(at(121), both);
}

}  // namespace
}  // namespace vesta::access
