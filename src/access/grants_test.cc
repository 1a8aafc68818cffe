// Grants made of policies and scopes, by what is then seen of a store, on both engines.
#include "access/grants.h"

#include <gtest/gtest.h>

#include "access/owners.h"
#include "access/policy_test_support.h"
#include "access/scope.h"

namespace vesta::access {
namespace {

using testing::Ids;

constexpr const char* kAll = R"("read","search","create","update","delete")";

class GrantsTest : public testing::GrantsEngineTest {
 protected:
  // Two patients, the first with the general practitioner d; two observations of each, one of them of the laboratory.
  void put_world() {
    put_ok("Practitioner", "d", "");
    put_ok("Patient", "p1", R"(,"generalPractitioner":[{"reference":"Practitioner/d"}])");
    put_ok("Patient", "p2", R"(,"active":true)");
    for (const std::string patient : {"p1", "p2"}) {
      put_observation_of("lab-" + patient, patient, "laboratory");
      put_observation_of("vital-" + patient, patient, "vital-signs");
    }
    put_ok("Organization", "o", R"(,"name":"o")");
    put_ok("Client", "c", R"(,"name":"c","status":"active")");
  }
  void put_observation_of(const std::string& id, const std::string& patient, const std::string& category) {
    put_ok("Observation", id, observation(patient, category));
  }
  static std::string observation(const std::string& patient, const std::string& category) {
    return R"(,"status":"final","code":{"text":"c"},"category":[{"coding":[{"code":")" + category +
           R"("}]}],"subject":{"reference":"Patient/)" + patient + "\"}";
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, GrantsTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(GrantsTest, NobodyMayDoAnything) {
  put_world();
  EXPECT_EQ(seen({}, "Patient"), Ids{});
  EXPECT_EQ(seen({"c", {"no-such"}, {"user/*.cruds"}, "Patient/p1", "p1"}, "Patient"), Ids{});
  put_policy("p", "");
  EXPECT_EQ(seen(with_policy(), "Patient"), Ids{});
}

TEST_P(GrantsTest, RulesSayTypesAndInteractions) {
  put_world();
  put_policy("p", rule(R"("Patient")", R"("search")") + "," + rule(R"("Organization")", R"("read","create")"));
  const Principal who = with_policy();
  EXPECT_EQ(seen(who, "Patient"), (Ids{"p1", "p2"}));
  EXPECT_FALSE(reads(who, "Patient", "p1"));
  EXPECT_TRUE(reads(who, "Organization", "o"));
  EXPECT_EQ(seen(who, "Organization"), Ids{});
  EXPECT_TRUE(put(as(who), "Organization", "new", R"(,"name":"n")").ok());
  EXPECT_TRUE(is_forbidden(put(as(who), "Organization", "o", R"(,"name":"n")"))) << "an update";
  EXPECT_TRUE(is_forbidden(remove(as(who), "Organization", "o")));
  EXPECT_TRUE(is_forbidden(put(as(who), "Patient", "new", "")));
  put_policy("q", rule(R"("Organization")", R"("update","delete")"));
  Principal more = who;
  more.policies.push_back("q");
  EXPECT_TRUE(put(as(more), "Organization", "o", R"(,"name":"n")").ok()) << "policies add to each other";
  EXPECT_TRUE(remove(as(more), "Organization", "o").ok());
}

TEST_P(GrantsTest, CriteriaSayWhich) {
  put_world();
  put_policy("p", rule(R"("Observation")", kAll, R"(,"criteria":"category=laboratory&subject=Patient/%patient")"));
  const Principal who = with_policy("Patient/p1");
  EXPECT_EQ(seen(who, "Observation"), Ids{"lab-p1"});
  EXPECT_TRUE(put(as(who), "Observation", "new", observation("p1", "laboratory")).ok());
  EXPECT_TRUE(is_forbidden(put(as(who), "Observation", "newer", observation("p2", "laboratory"))));
  EXPECT_TRUE(is_forbidden(put(as(who), "Observation", "newer", observation("p1", "vital-signs"))));
  EXPECT_TRUE(is_forbidden(put(as(who), "Observation", "new", observation("p2", "laboratory")))) << "given away";
  put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":"category=laboratory")") + "," +
                      rule(R"("Observation")", kRead, R"(,"criteria":"subject=Patient/p2")"));
  EXPECT_EQ(seen(who, "Observation"), (Ids{"lab-p1", "lab-p2", "new", "vital-p2"})) << "rules add to each other";
}

TEST_P(GrantsTest, CompartmentsAreOfThePrincipal) {
  put_world();
  put_policy("p", rule(R"("*")", kRead, R"(,"compartment":"Patient")"));
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Observation"), (Ids{"lab-p1", "vital-p1"}));
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Organization"), Ids{}) << "in no compartment of a Patient";
  EXPECT_EQ(seen(with_policy("Practitioner/d"), "Patient"), Ids{}) << "who is none";
  put_policy("p", rule(R"("Patient","Practitioner")", kRead, R"(,"compartment":"Practitioner")"));
  EXPECT_EQ(seen(with_policy("Practitioner/d"), "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(with_policy("Practitioner/d"), "Practitioner"), Ids{"d"});
  put_policy("p", rule(R"("Observation")", kRead, R"(,"compartment":"Patient","criteria":"category=laboratory")"));
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Observation"), Ids{"lab-p1"}) << "both must hold";
}

TEST_P(GrantsTest, CompartmentsMayBeOfThoseWhoMatch) {
  put_world();
  const std::string of_gp = R"("general-practitioner=Practitioner/%practitioner")";
  put_policy("p", rule(R"("*")", kRead, R"(,"compartment":"Patient","compartmentCriteria":[)" + of_gp + "]"));
  const Principal doctor = with_policy("Practitioner/d");
  EXPECT_EQ(seen(doctor, "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(doctor, "Observation"), (Ids{"lab-p1", "vital-p1"}));
  EXPECT_TRUE(reads(doctor, "Observation", "lab-p1"));
  EXPECT_FALSE(reads(doctor, "Observation", "lab-p2"));
  EXPECT_EQ(seen(with_policy("Practitioner/e"), "Observation"), Ids{});
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Observation"), Ids{}) << "no practitioner";
  put_policy(
      "p", rule(R"("*")", kRead, R"(,"compartment":"Patient","compartmentCriteria":[)" + of_gp + R"(,"active=true"])"));
  EXPECT_EQ(seen(doctor, "Patient"), (Ids{"p1", "p2"})) << "alternatives";
  EXPECT_EQ(seen(with_policy("Patient/p1"), "Patient"), Ids{"p2"}) << "those that have a value";
}

TEST_P(GrantsTest, WhoMatchesIsFollowed) {
  put_world();
  put_policy(
      "p", rule(R"("*")", kRead,
                R"(,"compartment":"Patient","compartmentCriteria":["general-practitioner=Practitioner/%practitioner",)"
                R"("_filter=_has:Encounter:patient:participant re Practitioner/%practitioner"])"));
  const Principal doctor = with_policy("Practitioner/d");
  const auto first = grant(doctor);
  EXPECT_EQ(seen(doctor, "Observation"), (Ids{"lab-p1", "vital-p1"}));
  put_ok("Organization", "o2", R"(,"name":"o2")");
  EXPECT_EQ(grant(doctor), first) << "a commit of another type";
  put_ok("Patient", "p3", "");
  EXPECT_EQ(grant(doctor), first) << "one that changes nothing for them";
  const std::string encounter =
      R"(,"status":"finished","class":{"code":"AMB"},"participant":[{"individual":{"reference":"Practitioner/d"}}])"
      R"(,"subject":{"reference":"Patient/p2"})";
  put_ok("Encounter", "e", encounter);
  EXPECT_EQ(seen(doctor, "Patient"), (Ids{"p1", "p2"})) << "by what refers to them";
  EXPECT_TRUE(reads(doctor, "Observation", "lab-p2"));
  put_ok("Patient", "p1", R"(,"active":false)");
  EXPECT_EQ(seen(doctor, "Observation"), (Ids{"lab-p2", "vital-p2"})) << "and by what they say themselves";
  EXPECT_FALSE(reads(doctor, "Observation", "lab-p1"));
}

TEST_P(GrantsTest, MoreOwnersThanAreLookedUpAreFoundAllTheSame) {
  const auto put_patients = [this](std::size_t from, std::size_t to) {
    store::WriteSet set;
    set.generation = search::testing::registry().generation();
    const auto active = store::test::Values().token(store::test::parameter("Patient", "active"), "true");
    for (std::size_t i = from; i < to; ++i) {
      set.writes.push_back(
          store::test::make_put("Patient", "m" + std::to_string(i), 0, "},\"active\":true}", active, {}));
    }
    ASSERT_TRUE(store_->commit(set).ok());
  };
  put_policy("p", rule(R"("Observation")", kRead, R"(,"compartment":"Patient","compartmentCriteria":["active=true"])"));
  const Principal any = with_policy("Practitioner/d");
  put_patients(0, kMaxOwners);
  put_observation_of("of-first", "m0", "laboratory");
  put_observation_of("of-last", "m" + std::to_string(kMaxOwners), "laboratory");
  EXPECT_EQ(seen(any, "Observation"), Ids{"of-first"});
  put_patients(kMaxOwners, kMaxOwners + 1);
  EXPECT_EQ(seen(any, "Observation"), (Ids{"of-first", "of-last"}));
}

TEST_P(GrantsTest, ScopesNarrow) {
  put_world();
  put_policy("p", rule(R"("*")", kAll));
  const auto scoped = [](std::vector<std::string> scopes, std::string patient = "") {
    return Principal{"c", {"p"}, std::move(scopes), "", std::move(patient)};
  };
  EXPECT_EQ(seen(scoped({}), "Patient"), Ids{});
  EXPECT_EQ(seen(scoped({"openid", "launch/patient"}), "Patient"), Ids{});
  EXPECT_EQ(seen(scoped({"system/Patient.rs"}), "Patient"), (Ids{"p1", "p2"}));
  EXPECT_EQ(seen(scoped({"system/Patient.rs"}), "Observation"), Ids{});
  EXPECT_EQ(seen(scoped({"system/Patient.r"}), "Patient"), Ids{});
  EXPECT_EQ(seen(scoped({"user/*.s"}), "Observation").size(), 4U);
  EXPECT_EQ(seen(scoped({"user/Observation.rs?category=laboratory"}), "Observation"), (Ids{"lab-p1", "lab-p2"}));
  EXPECT_EQ(seen(scoped({"user/*.rs?category=laboratory"}), "Observation"), (Ids{"lab-p1", "lab-p2"}));
  EXPECT_EQ(seen(scoped({"user/*.rs?category=laboratory"}), "Patient"), Ids{}) << "has no category";
  EXPECT_EQ(seen(scoped({"user/Observation.rs?category=laboratory", "patient/Observation.rs"}, "p1"), "Observation"),
            (Ids{"lab-p1", "lab-p2", "vital-p1"}))
      << "scopes add to each other";
  EXPECT_TRUE(is_forbidden(put(as(scoped({"user/*.rs"})), "Organization", "new", "")));
  EXPECT_TRUE(put(as(scoped({"user/Organization.c"})), "Organization", "new", R"(,"name":"n")").ok());
}

TEST_P(GrantsTest, ScopesOfAPatientAreTheCompartment) {
  put_world();
  put_policy("p", rule(R"("*")", kAll));
  const auto scoped = [](std::string user, std::string patient) {
    return Principal{"c", {"p"}, {"patient/*.cruds"}, std::move(user), std::move(patient)};
  };
  EXPECT_EQ(seen(scoped("", "p1"), "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(scoped("Practitioner/d", "p1"), "Observation"), (Ids{"lab-p1", "vital-p1"}));
  EXPECT_EQ(seen(scoped("Patient/p2", ""), "Patient"), Ids{"p2"});
  EXPECT_EQ(seen(scoped("Practitioner/d", ""), "Patient"), Ids{}) << "no patient in context";
  EXPECT_EQ(seen(scoped("", "p1"), "Organization"), Ids{}) << "in no compartment of a Patient";
  EXPECT_EQ(seen(scoped("", "p1,p2"), "Patient"), Ids{}) << "no id";
}

// Whose record they have chosen to look at gives nobody the rights of that patient.
TEST_P(GrantsTest, ThePatientInContextIsNotTheUser) {
  put_world();
  put_policy("p", rule(R"("*")", kAll, R"(,"compartment":"Patient")") + "," +
                      rule(R"("Observation")", kAll, R"(,"criteria":"subject=Patient/%patient")"));
  const auto scoped = [](std::string user, std::string patient) {
    return Principal{"c", {"p"}, {"patient/*.cruds", "user/*.cruds"}, std::move(user), std::move(patient)};
  };
  EXPECT_EQ(seen(scoped("Practitioner/d", "p1"), "Patient"), Ids{});
  EXPECT_EQ(seen(scoped("Practitioner/d", "p1"), "Observation"), Ids{});
  EXPECT_EQ(seen(scoped("", "p1"), "Observation"), Ids{});
  EXPECT_EQ(seen(scoped("Patient/p2", "p1"), "Patient"), Ids{"p2"});
  EXPECT_EQ(seen({"c", {"p"}, {"patient/*.rs"}, "Patient/p2", "p1"}, "Patient"), Ids{}) << "a rule and a scope";
}

TEST_P(GrantsTest, ScopesGiveNothingThatPoliciesDoNot) {
  put_world();
  put_policy("p", rule(R"("Observation")", R"("search")", R"(,"criteria":"category=laboratory")"));
  EXPECT_EQ(seen({"c", {"p"}, {"system/*.cruds", "patient/*.cruds"}, "", "p1"}, "Observation"),
            (Ids{"lab-p1", "lab-p2"}));
  EXPECT_EQ(seen({"c", {"p"}, {"system/*.cruds"}, "", "p1"}, "Patient"), Ids{});
}

TEST_P(GrantsTest, TypesOfAccessAreNamed) {
  put_world();
  put_policy("p", rule(R"("*")", kAll));
  const auto scoped = [](std::string scope) { return Principal{"c", {"p"}, {std::move(scope)}, "", ""}; };
  for (const char* scope : {"system/*.cruds", "system/Client.cruds"}) {
    EXPECT_EQ(seen(scoped(scope), "Client"), Ids{}) << scope;
    EXPECT_TRUE(is_forbidden(put(as(scoped(scope)), "AccessPolicy", "q", R"(,"name":"n","status":"active")")));
  }
  put_policy("p", rule(R"("*","Client","AccessPolicy")", kAll));
  EXPECT_EQ(seen(scoped("system/*.cruds"), "Client"), Ids{}) << "not named by the scope";
  EXPECT_EQ(seen(scoped("system/Client.cruds"), "Client"), Ids{"c"});
  EXPECT_EQ(seen(scoped("system/Client.cruds"), "AccessPolicy"), Ids{});
}

TEST_P(GrantsTest, AuditEventsAreNamed) {
  put_world();
  const std::string event = R"(,"type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],)"
                            R"("source":{"observer":{"display":"s"}})";
  put_ok("AuditEvent", "e", event);
  put_policy("p", rule(R"("*")", kAll));
  const auto scoped = [](std::string scope) { return Principal{"c", {"p"}, {std::move(scope)}, "", ""}; };
  EXPECT_EQ(seen(scoped("system/AuditEvent.rs"), "AuditEvent"), Ids{});
  EXPECT_TRUE(is_forbidden(put(as(scoped("system/AuditEvent.cruds")), "AuditEvent", "f", event)));
  put_policy("p", rule(R"("*","AuditEvent")", kAll));
  EXPECT_EQ(seen(scoped("system/*.cruds"), "AuditEvent"), Ids{}) << "not named by the scope";
  EXPECT_EQ(seen(scoped("system/AuditEvent.rs"), "AuditEvent"), Ids{"e"});
}

TEST_P(GrantsTest, ChangesAreInForceAtOnce) {
  put_world();
  const Principal who = with_policy("Patient/p1");
  put_policy("p", rule(R"("Patient")", kRead));
  EXPECT_EQ(seen(who, "Patient").size(), 2U);
  put_policy("p", rule(R"("Patient")", kRead), "off");
  EXPECT_EQ(seen(who, "Patient"), Ids{});
  put_policy("p", rule(R"("*")", kRead, R"(,"compartment":"Patient")"));
  EXPECT_EQ(seen(who, "Patient"), Ids{"p1"});
  ASSERT_TRUE(remove(as_system(), "AccessPolicy", "p").ok());
  EXPECT_EQ(seen(who, "Patient"), Ids{});
}

TEST_P(GrantsTest, DaysPass) {
  put_world();
  put_policy("p", rule(R"("Encounter")", kRead, R"(,"criteria":"date=%today")"));
  put_ok("Encounter", "e",
         R"(,"status":"planned","class":{"code":"AMB"},"period":{"start":"2020-01-01","end":"2020-01-01"})");
  EXPECT_EQ(seen(with_policy(), "Encounter"), Ids{"e"});
  clock_.set(1'577'836'800'000'000 + 86'400'000'000);
  EXPECT_EQ(seen(with_policy(), "Encounter"), Ids{});
}

TEST_P(GrantsTest, KeysTellGrantsApart) {
  put_world();
  put_policy("p", rule(R"("*")", kRead));
  put_policy("q", "");
  const Principal first{"c", {"p"}, {"user/*.rs"}, "Patient/p1", "p1"};
  const auto grant_of_first = grant(first);
  EXPECT_EQ(grant(first), grant_of_first) << "kept";
  std::vector<Principal> others(6, first);
  others[0].client = "d";
  others[1].policies = {"p", "q"};
  others[2].scopes = {"user/*.rs", "openid"};
  others[3].fhir_user = "Patient/p2";
  others[4].patient = "p2";
  others[5].scopes = {"user/*.r", "s"};
  std::set<std::string> keys{grant_of_first->key()};
  for (const Principal& other : others) EXPECT_TRUE(keys.insert(grant(other)->key()).second);
  put_policy("p", rule(R"("*")", kRead));
  EXPECT_TRUE(keys.insert(grant(first)->key()).second) << "another version of the policy";
  EXPECT_FALSE(grant(first)->is_everything());
}

// Each with a rule behind it that is right, and counts.
TEST_P(GrantsTest, WhatDoesNotCompileGrantsNothing) {
  put_world();
  const std::vector<std::string> bad = {
      rule(R"("NoSuchType")", kRead),
      rule(R"("Patient","DomainResource")", kRead),
      rule(R"("Patient")", R"("read","search","write")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"no-such=1")"),
      rule(R"("Patient","Practitioner")", kRead, R"(,"criteria":"general-practitioner=Practitioner/d")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"birthdate=yesterday")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"_id=%nobody")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"&")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active=")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"_total=none")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_sort=name")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_include=*")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_count=1")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_elements=id")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_summary=text")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"active:not=x&_contained=true")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"gender:in=http://a.b/c")"),
      rule(R"("Patient")", kRead, R"(,"compartment":"Organization")"),
      rule(R"("Patient")", kRead, R"(,"compartment":"NoSuchType")"),
      rule(R"("Patient","Organization")", kRead, R"(,"compartment":"Patient")"),
      rule(R"("Patient")", kRead, R"(,"compartmentCriteria":["active=true"])"),
      rule(R"("Patient")", kRead, R"(,"compartment":"Patient","compartmentCriteria":["no-such=true"])"),
  };
  for (const std::string& each : bad) {
    put_policy("p", each + "," + rule(R"("Organization")", kRead));
    const Principal who = with_policy("Patient/p1");
    const auto lines = logged([&] {
      EXPECT_EQ(seen(who, "Patient"), Ids{}) << each;
      EXPECT_FALSE(reads(who, "Patient", "p1")) << each;
      EXPECT_EQ(seen(who, "Organization"), Ids{"o"}) << each;
      EXPECT_EQ(seen(with_policy("Patient/p2"), "Patient"), Ids{}) << each;
    });
    EXPECT_EQ(lines.size(), 1U) << each << " is told once, by the version of the policy";
  }
}

TEST_P(GrantsTest, VariablesWithoutAValueGrantNothingSilently) {
  put_world();
  const std::vector<std::string> rules = {
      rule(R"("Patient")", kRead, R"(,"criteria":"_id=%patient")"),
      rule(R"("Patient")", kRead, R"(,"criteria":"_id:not=%patient")"),
      rule(R"("Patient")", kRead, R"(,"compartment":"Patient")"),
      rule(R"("Patient")", kRead, R"(,"compartment":"Patient","compartmentCriteria":["_id=%patient"])"),
  };
  for (const std::string& each : rules) {
    put_policy("p", each);
    const auto lines = logged([&] {
      EXPECT_EQ(seen(with_policy(), "Patient"), Ids{}) << each;
      EXPECT_EQ(seen(with_policy("Patient/p1,p2"), "Patient"), Ids{}) << each << ", which is no id";
    });
    EXPECT_TRUE(lines.empty()) << lines.front();
    EXPECT_NE(seen(with_policy("Patient/p1"), "Patient"), Ids{}) << each;
  }
}

TEST_P(GrantsTest, HasLimits) {
  put_world();
  put_policy("p", rule(R"("Patient")", kRead));
  Principal who = with_policy();
  who.policies.resize(kMaxPolicies, "p");
  who.scopes.resize(kMaxScopes, "user/*.rs");
  EXPECT_EQ(seen(who, "Patient").size(), 2U);
  Principal too_many = who;
  too_many.policies.emplace_back("p");
  EXPECT_EQ(grants_.of(too_many).error().category, Category::too_large);
  too_many = who;
  too_many.scopes.emplace_back("user/*.rs");
  EXPECT_EQ(grants_.of(too_many).error().category, Category::too_large);

  std::string rules = rule(R"("Patient")", kRead);
  for (std::size_t i = 1; i < kMaxRules; ++i) rules += "," + rule(R"("Patient")", kRead, R"(,"criteria":"_id=p1")");
  put_policy("p", rules);
  EXPECT_EQ(seen(with_policy(), "Patient").size(), 2U);
  put_policy("p", rules + "," + rule(R"("Organization")", kRead));
  EXPECT_EQ(logged([&] { EXPECT_EQ(seen(with_policy(), "Patient"), Ids{}); }).size(), 1U);
}

TEST_P(GrantsTest, GuardsHaveALimit) {
  put_world();
  // Each value of a token is a leaf, below one Or: 300 of them in a rule.
  std::string values = "p1";
  for (int i = 1; i < 300; ++i) values += ",x" + std::to_string(i);
  const std::string one = rule(R"("Patient")", R"("search")", R"(,"criteria":"_id=)" + values + "\"");
  std::string rules = one;
  std::size_t count = 1;
  for (; (count + 1) * 302 < kMaxGuardNodes; ++count) rules += "," + one;
  put_policy("p", rules);
  EXPECT_EQ(seen(with_policy(), "Patient"), Ids{"p1"});
  for (int i = 0; i < 2; ++i) rules += "," + one;
  put_policy("p", rules);
  EXPECT_EQ(logged([&] { EXPECT_EQ(seen(with_policy(), "Patient"), Ids{}); }).size(), 1U);
}

TEST_P(GrantsTest, ScopesThatLeadElsewhereGrantNothing) {
  put_ok("Patient", "hidden", R"(,"gender":"male")");
  put_ok("Observation", "o", R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/hidden"})");
  put_policy("p", rule(R"("Observation")", kRead));
  Principal principal = with_policy();
  for (const char* scope :
       {"user/Observation.rs?subject:Patient.gender=male", "user/Observation.rs?_has:List:item:_id=a",
        "user/Observation.rs?_filter=not%20(subject:Patient.gender%20eq%20female)"}) {
    principal.scopes = {scope};
    EXPECT_EQ(seen(principal, "Observation"), Ids{}) << scope << ": it would tell what patients are like";
  }
  principal.scopes = {"user/Observation.rs?subject=Patient/hidden"};
  EXPECT_EQ(seen(principal, "Observation"), Ids{"o"});
}

}  // namespace
}  // namespace vesta::access
