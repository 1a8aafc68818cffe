// Why something is granted or not: what is said agrees with what the grant decides, and names what decides it.
#include "access/why.h"

#include <gtest/gtest.h>

#include "access/decide.h"
#include "access/policy_test_support.h"
#include "access/scope.h"

namespace vesta::access {
namespace {

class WhyTest : public testing::GrantsEngineTest {
 protected:
  WhyTest() {
    put_ok("Patient", "p1", R"(,"gender":"male")");
    put_ok("Patient", "p2", R"(,"gender":"female")");
  }

  // Of a patient, or of the type.
  Why ask(const Principal& principal, Action action, const std::string& id = "") {
    const Deciding deciding{*store_, search::testing::registry(), testing::kBase};
    Question question{action, type("Patient"), {}};
    std::optional<store::Version> version;
    if (!id.empty()) {
      version = *store_->read(type("Patient"), id);
      question.resources.emplace_back([&](const search::Plan& plan) { return decide(deciding, plan, *version); });
    }
    const PlanSources sources{grants_, search::testing::registry(), records_, testing::kBase, clock_.now()};
    const auto why = access::why(sources, principal, question);
    CHECK(why.ok());
    return *why;
  }
  static std::string text(const std::vector<Saying>& sayings) {
    std::string text;
    for (const Saying& saying : sayings)
      text += (saying.grants ? "+ " : "- ") + saying.name + ": " + saying.reason + "\n";
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, WhyTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(WhyTest, EachRuleSaysWhatItGrants) {
  put_policy("p", rule(R"("Patient")", R"("read")", R"(,"criteria":"gender=male","description":"men")") + "," +
                      rule(R"("Observation")", kRead) + "," + rule(R"("Patient")", R"("search")") + "," +
                      rule(R"("*")", R"("read")", R"(,"compartment":"Patient")") + "," +
                      rule(R"("Patient")", R"("read")", R"(,"criteria":"nonsense=1")"));
  const Why male = ask(with_policy(), Action::read, "p1");
  EXPECT_TRUE(male.allowed);
  EXPECT_EQ(text(male.rules),
            "+ policy p, rule[0], men: grants it: Patient.gender = male\n"
            "- policy p, rule[1]: is not about Patient\n"
            "- policy p, rule[2]: is not about read\n"
            "- policy p, rule[3]: is for others: a variable has no value\n"
            "- policy p, rule[4]: grants nothing: nonsense: Parameter 'nonsense' is unknown for Patient\n");
  EXPECT_EQ(text(male.scopes), "+ scope user/*.cruds: grants every Patient\n");
  const Why female = ask(with_policy(), Action::read, "p2");
  EXPECT_FALSE(female.allowed);
  EXPECT_EQ(female.rules[0].reason, "grants others only: Patient.gender = male");
  EXPECT_TRUE(ask(with_policy("Patient/p2"), Action::read, "p2").rules[3].grants);
  EXPECT_TRUE(ask(with_policy("Patient/p2"), Action::read, "p2").allowed);
  EXPECT_EQ(ask(with_policy(), Action::read).rules[0].reason, "grants some: Patient.gender = male");
  EXPECT_TRUE(ask(with_policy(), Action::read).allowed) << "some there may be";
  EXPECT_EQ(ask(with_policy(), Action::search, "p2").rules[2].reason, "grants every Patient");
  EXPECT_FALSE(ask(with_policy(), Action::update).allowed);
}

TEST_P(WhyTest, ThatItIsDeidentifiedIsSaid) {
  put_policy("p", rule(R"("Patient")", kRead, R"(,"deidentified":true)"));
  EXPECT_EQ(ask(with_policy(), Action::read, "p1").rules[0].reason, "grants every Patient; de-identified");
}

TEST_P(WhyTest, WhatIsLimitedIsSaid) {
  put_policy("p", rule(R"("Patient")", R"("update","delete")") + "," +
                      rule(R"("Patient")", R"("read")", R"(,"criteria":"gender=male","hidden":["Patient.telecom"])") +
                      "," + rule(R"("Patient")", R"("create")", R"(,"readOnly":["Patient.birthDate","Patient.name"])"));
  EXPECT_EQ(ask(with_policy(), Action::read, "p1").rules[1].reason,
            "grants it: Patient.gender = male; without Patient.telecom, Patient.text");
  EXPECT_EQ(ask(with_policy(), Action::create).rules[2].reason,
            "grants every Patient; read-only: Patient.birthDate, Patient.name");
  for (const Action action : {Action::update, Action::remove}) {
    EXPECT_TRUE(ask(with_policy(), action, "p1").allowed);
    const Why unseen = ask(with_policy(), action, "p2");
    EXPECT_FALSE(unseen.allowed) << "who does not see it changes nothing";
    EXPECT_TRUE(unseen.needs_read);
  }
}

TEST_P(WhyTest, ConsentsAreNamedWhereTheyDecide) {
  put_ok("Consent", "c",
         R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
         R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},)"
         R"("provision":{"type":"deny"})");
  put_policy("p", rule(R"("Patient")", R"("read")") + "," +
                      rule(R"("Patient")", R"("read")", R"(,"consent":"required")") + "," +
                      rule(R"("Patient")", R"("search")", R"(,"consent":"ignored")"));
  const Why denied = ask(with_policy(), Action::read, "p1");
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.rules[0].reason, "a Consent of the patient denies it; else it grants every Patient");
  EXPECT_EQ(denied.rules[1].reason,
            "no Consent of the patient permits it, or one denies it; else it grants every Patient");
  EXPECT_TRUE(ask(with_policy(), Action::search, "p1").allowed);
  EXPECT_TRUE(ask(with_policy(), Action::read, "p2").allowed);
  EXPECT_EQ(ask(with_policy(), Action::read, "p2").rules[0].reason, "grants every Patient");
  EXPECT_EQ(ask(with_policy(), Action::read).rules[0].reason, "grants every Patient; as far as no Consent denies it");
}

TEST_P(WhyTest, ScopesAndPoliciesTakeAwayToo) {
  put_policy("p", rule(R"("Patient")", kRead));
  put_policy("off", rule(R"("Patient")", kRead), "off");
  Principal principal = with_policy();
  principal.scopes = {"openid", "user/Observation.rs", "user/Patient.s", "patient/Patient.rs"};
  const Why why = ask(principal, Action::read, "p1");
  EXPECT_FALSE(why.allowed);
  EXPECT_TRUE(why.rules[0].grants);
  EXPECT_EQ(text(why.scopes),
            "- scope user/Observation.rs: is not about Patient\n"
            "- scope user/Patient.s: is not about read\n"
            "- scope patient/Patient.rs: is for others: a variable has no value\n");
  principal.patient = "p1";
  EXPECT_TRUE(ask(principal, Action::read, "p1").allowed);
  EXPECT_FALSE(ask(principal, Action::read, "p2").allowed);
  principal.scopes = every_scope(fhir::r4());
  EXPECT_LE(principal.scopes.size(), kMaxScopes);
  EXPECT_TRUE(ask(principal, Action::read, "p2").allowed);
  principal.policies = {"off", "none"};
  const Why nothing = ask(principal, Action::read, "p2");
  EXPECT_FALSE(nothing.allowed);
  EXPECT_EQ(text(nothing.rules), "- policy off: is off\n- policy none: is not there\n");
}

}  // namespace
}  // namespace vesta::access
