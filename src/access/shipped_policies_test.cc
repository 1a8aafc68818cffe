// The shipped policies: that they are resources, that each of their rules compiles, and what they grant.
#include "access/shipped_policies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "access/shipped_policies_test_support.h"

namespace vesta::access {
namespace {

using testing::Ids;
using testing::ShippedPoliciesTest;

INSTANTIATE_TEST_SUITE_P(Engines, ShippedPoliciesTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(ShippedPoliciesTest, AllOfThemCompile) {
  put_world();
  ASSERT_EQ(shipped_policies().size(), 8U);
  const auto lines = logged([&] {
    for (const ShippedPolicy& policy : shipped_policies()) {
      const auto read = *records_.policy(policy.id);
      ASSERT_NE(read, nullptr);
      EXPECT_TRUE(read->is_active);
      EXPECT_EQ(read->name, policy.id);
      EXPECT_FALSE(read->rules.empty());
      grant(who(read->id, "Practitioner/d", "p1"));  // with a value of each variable
      EXPECT_EQ(seen(who(read->id), "ValueSet"), Ids{"v"}) << policy.id;
    }
  });
  EXPECT_TRUE(lines.empty()) << lines.front();
}

TEST_P(ShippedPoliciesTest, PatientsSeeTheirOwnAndAnswer) {
  put_world();
  const Principal patient = who("patient", "Patient/p1");
  EXPECT_EQ(seen(patient, "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(patient, "Observation"), Ids{"of-p1"});
  EXPECT_EQ(seen(patient, "Organization"), Ids{});
  EXPECT_EQ(seen(patient, "Client"), Ids{});
  EXPECT_FALSE(reads(patient, "Observation", "of-p2"));
  EXPECT_TRUE(put(as(patient), "QuestionnaireResponse", "q", answers("Patient/p1", "Patient/p1")).ok());
  EXPECT_TRUE(is_forbidden(put(as(patient), "QuestionnaireResponse", "r", answers("Patient/p1", "Patient/p2"))));
  EXPECT_TRUE(is_forbidden(put(as(patient), "QuestionnaireResponse", "r", answers("Practitioner/d", "Patient/p1"))));
  EXPECT_TRUE(is_forbidden(put(as(patient), "Observation", "n", about("p1"))));
  EXPECT_TRUE(is_forbidden(put(as(patient), "Patient", "p1", "")));
  EXPECT_TRUE(is_forbidden(remove(as(patient), "QuestionnaireResponse", "q")));
}

TEST_P(ShippedPoliciesTest, PatientsSeeWhoLookedAtTheirRecord) {
  put_world();
  for (const std::string patient : {"p1", "p2"})
    put_ok("AuditEvent", "of-" + patient, event_about("Patient/" + patient));
  put_ok("AuditEvent", "of-nobody", event_about("ValueSet/v"));
  const Principal patient = who("patient", "Patient/p1");
  EXPECT_EQ(seen(patient, "AuditEvent"), Ids{"of-p1"});
  EXPECT_TRUE(reads(patient, "AuditEvent", "of-p1"));
  EXPECT_FALSE(reads(patient, "AuditEvent", "of-p2"));
  EXPECT_TRUE(is_forbidden(put(as(patient), "AuditEvent", "f", event_about("Patient/p1"))));
  for (const char* role : {"provider", "insurer", "backend"}) {
    EXPECT_EQ(seen(who(role, "Practitioner/d"), "AuditEvent"), Ids{}) << role;
  }
}

TEST_P(ShippedPoliciesTest, PatientsSeeWhomTheyActFor) {
  put_world();
  put_ok("RelatedPerson", "mother", R"(,"patient":{"reference":"Patient/p2"})");
  EXPECT_EQ(seen(who("patient", "RelatedPerson/mother"), "Patient"), Ids{"p2"});
  EXPECT_EQ(seen(who("patient", "RelatedPerson/mother"), "Observation"), Ids{"of-p2"});
  EXPECT_EQ(seen(who("patient", "RelatedPerson/other"), "Patient"), Ids{});
  const Principal herself = who("patient", "Patient/p1");
  EXPECT_EQ(seen(herself, "Observation"), Ids{"of-p1"});
  put_ok("Person", "one",
         R"(,"link":[{"target":{"reference":"Patient/p1"}},{"target":{"reference":"RelatedPerson/mother"}}])");
  EXPECT_EQ(seen(herself, "Observation"), (Ids{"of-p1", "of-p2"}));
  EXPECT_TRUE(is_forbidden(put(as(herself), "QuestionnaireResponse", "r", answers("Patient/p1", "Patient/p2"))));
  put_ok("Person", "one", R"(,"link":[{"target":{"reference":"Patient/p1"}}])");
  EXPECT_EQ(seen(herself, "Observation"), Ids{"of-p1"}) << "it is over with the link";
}

TEST_P(ShippedPoliciesTest, ProvidersSeePatientsOfTheirOrganization) {
  put_world();
  put_ok("Patient", "p5", R"(,"generalPractitioner":[{"reference":"Organization/o"}])");
  const Principal provider = who("provider", "Practitioner/e");
  EXPECT_EQ(seen(provider, "Patient"), Ids{});
  put_ok("PractitionerRole", "r",
         R"(,"practitioner":{"reference":"Practitioner/e"},"organization":{"reference":"Organization/o"})");
  EXPECT_EQ(seen(provider, "Patient"), Ids{"p5"});
}

TEST_P(ShippedPoliciesTest, InsurersSeeTheirMembersAndClaims) {
  put_world();
  const auto reference = [](const std::string& to) { return R"({"reference":")" + to + R"("})"; };
  for (const std::string n : {"1", "2"}) {  // the insurer, the member, and what there is of both
    const std::string patient = reference("Patient/p" + n), insurer = reference("Organization/i" + n);
    put_ok("Coverage", "v" + n, R"(,"status":"active","beneficiary":)" + patient + ",\"payor\":[" + insurer + "]");
    const std::string claim =
        R"(,"status":"active","type":{"text":"t"},"use":"claim","created":"2020-01-01","patient":)" + patient +
        ",\"insurer\":" + insurer;
    const std::string coverage =
        R"(,"insurance":[{"sequence":1,"focal":true,"coverage":)" + reference("Coverage/v" + n) + "}]";
    put_ok("Claim", "c" + n,
           claim + R"(,"provider":{"reference":"Organization/o"},"priority":{"text":"p"})" + coverage +
               R"(,"item":[{"sequence":1,"productOrService":{"text":"s"},"encounter":[)" +
               reference("Encounter/k" + n) + "]}]");
    put_ok("ExplanationOfBenefit", "x" + n,
           claim + R"(,"provider":{"reference":"Organization/o"},"outcome":"complete")" +
               R"(,"insurance":[{"focal":true,"coverage":)" + reference("Coverage/v" + n) + "}]");
    put_ok("Encounter", "k" + n, R"(,"status":"finished","class":{"code":"AMB"},"subject":)" + patient);
  }
  const Principal insurer = who("insurer", "Organization/i1");
  EXPECT_EQ(seen(insurer, "Patient"), Ids{"p1"});
  EXPECT_EQ(seen(insurer, "Coverage"), Ids{"v1"});
  EXPECT_EQ(seen(insurer, "Claim"), Ids{"c1"});
  EXPECT_EQ(seen(insurer, "ExplanationOfBenefit"), Ids{"x1"});
  EXPECT_EQ(seen(insurer, "Encounter"), Ids{"k1"});
  EXPECT_EQ(seen(insurer, "Observation"), Ids{}) << "nothing clinical beyond it";
  const std::string answer =
      R"(,"status":"active","type":{"text":"t"},"use":"claim","created":"2020-01-01","outcome":"complete","patient":)" +
      reference("Patient/p1") + ",\"insurer\":";
  EXPECT_TRUE(put(as(insurer), "ClaimResponse", "a1", answer + reference("Organization/i1")).ok());
  EXPECT_TRUE(is_forbidden(put(as(insurer), "ClaimResponse", "a2", answer + reference("Organization/i2"))));
  const std::string of_another = std::string(answer).replace(answer.find("Patient/p1"), 10, "Patient/p2");
  EXPECT_TRUE(is_forbidden(put(as(insurer), "ClaimResponse", "a2", of_another + reference("Organization/i1"))));
  EXPECT_EQ(seen(who("insurer", "Practitioner/d"), "Coverage"), Ids{}) << "who is no organization";
}

TEST_P(ShippedPoliciesTest, ProvidersSeePatientsInTheirCare) {
  put_world();
  const Principal provider = who("provider", "Practitioner/d");
  EXPECT_EQ(seen(provider, "Patient"), (Ids{"p1", "p2", "p3"}));
  EXPECT_EQ(seen(provider, "Observation"), (Ids{"of-p1", "of-p2", "of-p3"}));
  EXPECT_EQ(seen(provider, "Organization"), Ids{"o"});
  EXPECT_EQ(seen(provider, "Client"), Ids{});
  EXPECT_FALSE(reads(provider, "Observation", "of-p4"));
  EXPECT_TRUE(reads(provider, "Observation", "of-p3"));
  EXPECT_TRUE(put(as(provider), "Observation", "n", about("p2")).ok());
  EXPECT_TRUE(is_forbidden(put(as(provider), "Observation", "m", about("p4"))));
  EXPECT_TRUE(is_forbidden(put(as(provider), "Patient", "p1", "")));
  EXPECT_TRUE(is_forbidden(put(as(provider), "CareTeam", "t4",
                               R"(,"subject":{"reference":"Patient/p4"},"participant":[{"member":)"
                               R"({"reference":"Practitioner/d"}}])")))
      << "nobody takes a patient into their care";
  EXPECT_TRUE(is_forbidden(put(as(provider), "CareTeam", "t4",
                               R"(,"subject":{"reference":"Patient/p4"},"participant":[{"member":)"
                               R"({"reference":"Practitioner/d"}},{"member":{"reference":"Patient/p1"}}])")))
      << "nor by a patient in care who stands beside them";
  EXPECT_TRUE(
      is_forbidden(put(as(provider), "Observation", "m", about("p4") + R"(,"performer":[{"reference":"Patient/p1"}])")))
      << "what is about a patient is about the subject";
  for (const char* id : {"p1", "p2", "p3"}) {
    EXPECT_TRUE(put(as(provider), "Condition", std::string("c-") + id,
                    R"(,"subject":{"reference":"Patient/)" + std::string(id) + "\"}")
                    .ok())
        << id;
  }
  EXPECT_EQ(seen(who("provider", "Practitioner/other"), "Patient"), Ids{});
  EXPECT_EQ(seen(who("provider", "Patient/p1"), "Patient"), Ids{}) << "who is no practitioner";
}

// The relation is that of before, whatever it says of itself now.
TEST_P(ShippedPoliciesTest, RelationsThatHaveEndedGrantNothing) {
  put_world();
  const Principal provider = who("provider", "Practitioner/d");
  const std::string d = R"({"reference":"Practitioner/d"})", o = R"({"reference":"Organization/o"})";
  const auto encounter = [&](const std::string& status) {
    put_ok("Encounter", "e2",
           R"(,"status":")" + status + R"(","class":{"code":"AMB"},"subject":{"reference":"Patient/p2"},)" +
               R"("participant":[{"individual":)" + d + "}]");
  };
  const auto team = [&](const std::string& says) {
    put_ok("CareTeam", "t3", says + R"(,"subject":{"reference":"Patient/p3"},"participant":[{"member":)" + d + "}]");
  };
  int count = 0;
  const auto writes = [&](const std::string& patient) {
    const auto written = put(as(provider), "Observation", "new-" + std::to_string(++count), about(patient));
    EXPECT_TRUE(written.ok() || is_forbidden(written));
    return written.ok();
  };
  const auto expect = [&](const std::string& patient, bool is_in_care, const std::string& why) {
    EXPECT_EQ(reads(provider, "Observation", "of-" + patient), is_in_care) << why;
    EXPECT_EQ(writes(patient), is_in_care) << why;
  };
  for (const std::string status : {"planned", "in-progress", "finished"}) {
    encounter(status);
    expect("p2", true, status);
  }
  for (const std::string status : {"cancelled", "entered-in-error"}) {
    encounter(status);
    expect("p2", false, status);
  }
  for (const std::string says :
       {"", R"(,"status":"active")", R"(,"period":{"start":"2019-01-01"})", R"(,"period":{"end":"2020-01-01"})"}) {
    team(says);
    expect("p3", true, says);
  }
  for (const std::string says : {R"(,"status":"inactive")", R"(,"status":"suspended")", R"(,"status":"proposed")",
                                 R"(,"period":{"end":"2019-12-31"})", R"(,"period":{"start":"2020-01-02"})"}) {
    team(says);
    expect("p3", false, says);
  }
  put_ok("Patient", "p4", R"(,"generalPractitioner":[)" + o + "]");
  const auto role = [&](const std::string& says) {
    put_ok("PractitionerRole", "r", says + R"(,"practitioner":)" + d + ",\"organization\":" + o);
  };
  for (const std::string says : {"", R"(,"active":true)", R"(,"period":{"start":"2019-01-01"})"}) {
    role(says);
    expect("p4", true, says);
  }
  for (const std::string says : {R"(,"active":false)", R"(,"period":{"end":"2019-12-31"})"}) {
    role(says);
    expect("p4", false, says);
  }
  put_ok("RelatedPerson", "mother", R"(,"active":true,"patient":{"reference":"Patient/p2"})");
  EXPECT_EQ(seen(who("patient", "RelatedPerson/mother"), "Patient"), Ids{"p2"});
  put_ok("RelatedPerson", "mother", R"(,"active":false,"patient":{"reference":"Patient/p2"})");
  EXPECT_EQ(seen(who("patient", "RelatedPerson/mother"), "Patient"), Ids{});
  const auto coverage = [&](const std::string& status) {
    put_ok("Coverage", "v",
           R"(,"status":")" + status + R"(","beneficiary":{"reference":"Patient/p1"},"payor":[)" + o + "]");
    return seen(who("insurer", "Organization/o"), "Patient");
  };
  EXPECT_EQ(coverage("active"), Ids{"p1"});
  EXPECT_EQ(coverage("cancelled"), Ids{});
}

TEST_P(ShippedPoliciesTest, ProvidersBreakTheGlassForFourHours) {
  put_world();
  constexpr std::int64_t kMinute = 60'000'000;
  const Principal provider = who("provider", "Practitioner/d"), patient = who("patient", "Patient/p4");
  const auto asks = [](const std::string& patient, const std::string& actor, const std::string& status = "active") {
    return R"(,"status":")" + status + R"(","patient":{"reference":"Patient/)" + patient +
           R"("},"actor":{"reference":"Practitioner/)" + actor + R"("},"reason":"unconscious")";
  };
  EXPECT_FALSE(reads(provider, "Observation", "of-p4"));
  EXPECT_TRUE(is_forbidden(put(as(provider), "EmergencyAccess", "other", asks("p4", "other")))) << "for somebody else";
  EXPECT_TRUE(is_forbidden(put(as(provider), "EmergencyAccess", "off", asks("p4", "d", "off"))));
  EXPECT_TRUE(is_forbidden(put(as(patient), "EmergencyAccess", "own", asks("p4", "d"))));
  EXPECT_TRUE(put(as(provider), "EmergencyAccess", "e", asks("p4", "d")).ok());
  const std::int64_t then = clock_.now().value;
  EXPECT_TRUE(reads(provider, "Observation", "of-p4"));
  EXPECT_EQ(seen(provider, "Patient"), (Ids{"p1", "p2", "p3", "p4"}));
  EXPECT_EQ(seen(who("provider", "Practitioner/other"), "Patient"), Ids{});
  EXPECT_TRUE(put(as(provider), "Observation", "n", about("p4")).ok());
  EXPECT_TRUE(is_forbidden(put(as(provider), "CareTeam", "t4",
                               R"(,"subject":{"reference":"Patient/p4"},"participant":[{"member":)"
                               R"({"reference":"Practitioner/d"}}])")))
      << "which would be for longer";
  EXPECT_TRUE(is_forbidden(put(as(provider), "EmergencyAccess", "e", asks("p4", "d")))) << "nor is it made longer";
  EXPECT_TRUE(is_forbidden(remove(as(provider), "EmergencyAccess", "e")));
  EXPECT_EQ(seen(provider, "EmergencyAccess"), Ids{"e"});
  EXPECT_EQ(seen(patient, "EmergencyAccess"), Ids{"e"}) << "whose record it is";
  EXPECT_EQ(seen(who("patient", "Patient/p1"), "EmergencyAccess"), Ids{});
  clock_.set(then + 239 * kMinute);
  EXPECT_TRUE(reads(provider, "Observation", "of-p4"));
  clock_.set(then + 241 * kMinute);
  EXPECT_FALSE(reads(provider, "Observation", "of-p4"));
  EXPECT_EQ(seen(provider, "Patient"), (Ids{"p1", "p2", "p3"}));
  EXPECT_TRUE(put(as(provider), "EmergencyAccess", "f", asks("p4", "d")).ok());
  EXPECT_TRUE(reads(provider, "Observation", "of-p4"));
  const Principal administrator{"c", {"administrator"}, {"user/EmergencyAccess.rus"}, "Practitioner/a", ""};
  EXPECT_TRUE(put(as(administrator), "EmergencyAccess", "f", asks("p4", "d", "off")).ok());
  EXPECT_FALSE(reads(provider, "Observation", "of-p4")) << "somebody ended it";
}

TEST_P(ShippedPoliciesTest, ResearchersSeeAllRecordsUnderPseudonyms) {
  put_world();
  const Principal researcher = who("researcher");
  Ids patients;
  for (const char* id : {"p1", "p2", "p3", "p4"}) patients.push_back((*deidentifiers_.get())->pseudonyms().of_id(id));
  std::ranges::sort(patients);
  EXPECT_EQ(seen(researcher, "Patient"), patients);
  EXPECT_EQ(seen(researcher, "Observation").size(), 4u);
  EXPECT_EQ(seen(researcher, "ValueSet"), Ids{"v"});
  for (const char* hidden : {"AccessPolicy", "Client", "AuditEvent"}) EXPECT_EQ(seen(researcher, hidden), Ids{});
  EXPECT_TRUE(is_forbidden(put(as(researcher), "Patient", "p1", "")));
  EXPECT_TRUE(is_forbidden(put(as(researcher), "ValueSet", "v", R"(,"status":"draft")")));
  const auto total = as(researcher).search(store::test::all_query("Patient"), {.total = search::Total::accurate});
  EXPECT_EQ(total->total, std::nullopt) << "four are few";
}

TEST_P(ShippedPoliciesTest, SomeResearchersSeeTotalsAlone) {
  put_world();
  for (int i = 0; i < 6; ++i) put_ok("Patient", "more" + std::to_string(i), "");
  const Principal counting = who("researcher-counts");
  const auto total = [&](const std::string& type_name, std::uint32_t count = 0) {
    return as(counting)
        .search(store::test::all_query(type_name), {.count = count, .total = search::Total::accurate})
        ->total;
  };
  EXPECT_EQ(total("Patient"), std::nullopt) << "ten are few";
  put_ok("Patient", "eleventh", "");
  EXPECT_EQ(total("Patient"), 11u);
  EXPECT_EQ(total("Patient", 1), std::nullopt) << "who asks for entries is told nothing";
  EXPECT_EQ(seen(counting, "Patient"), Ids{});
  EXPECT_FALSE(reads(counting, "Patient", (*deidentifiers_.get())->pseudonyms().of_id("p1")));
  EXPECT_EQ(total("Client"), 0u);
}

// Who opts out is closed to those who treat and pay; not to themselves, nor in an emergency, nor are traces lost.
TEST_P(ShippedPoliciesTest, ConsentsBindAllButThePatientAndEmergencies) {
  put_world();
  const Principal provider = who("provider", "Practitioner/d"), patient = who("patient", "Patient/p1");
  put_ok("RelatedPerson", "r", R"(,"patient":{"reference":"Patient/p1"})");
  put_ok("Coverage", "v",
         R"(,"status":"active","beneficiary":{"reference":"Patient/p1"},"payor":[{"reference":"Organization/o"}])");
  put_ok("AuditEvent", "e", event_about("Patient/p1"));
  const auto put_consent = [&](const std::string& provision) {
    put_ok(
        "Consent", "c",
        R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
        R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},"provision":)" +
            provision);
  };
  const auto sees_p1 = [&](const Principal& principal) { return reads(principal, "Patient", "p1"); };
  const Principal insurer = who("insurer", "Organization/o"), proxy = who("patient", "RelatedPerson/r");
  for (const Principal& each : {provider, patient, insurer, proxy, who("backend")}) EXPECT_TRUE(sees_p1(each));
  put_consent(R"({"type":"deny"})");
  for (const Principal& each : {provider, insurer, proxy, who("backend")}) EXPECT_FALSE(sees_p1(each));
  EXPECT_TRUE(sees_p1(patient));
  EXPECT_EQ(seen(patient, "Consent"), Ids{"c"});
  EXPECT_EQ(seen(who("backend"), "Consent"), Ids{"c"}) << "who brought it can change it";
  EXPECT_TRUE(sees_p1(who("feed")));
  EXPECT_TRUE(put(as(patient), "QuestionnaireResponse", "q", answers("Patient/p1", "Patient/p1")).ok());
  EXPECT_EQ(seen(who("administrator"), "AuditEvent"), Ids{"e"});
  EXPECT_TRUE(put(as(provider), "EmergencyAccess", "e",
                  R"(,"status":"active","patient":{"reference":"Patient/p1"},"actor":{"reference":"Practitioner/d"},)"
                  R"("reason":"r")")
                  .ok());
  EXPECT_TRUE(sees_p1(provider));
  EXPECT_TRUE(put(as(provider), "Observation", "n", about("p1")).ok());
  const auto denies = [](const std::string& purpose) {
    return R"({"type":"deny","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":")" +
           purpose + "\"}]}";
  };
  put_consent(denies("HPAYMT"));
  EXPECT_FALSE(sees_p1(insurer));
  put_consent(denies("TREAT"));
  EXPECT_TRUE(sees_p1(insurer));
  EXPECT_FALSE(sees_p1(who("provider", "Practitioner/e")));
  const std::string withdrawn =
      R"(,"status":"inactive","scope":{"text":"s"},"category":[{"text":"c"}],"patient":{"reference":"Patient/)";
  EXPECT_TRUE(put(as(patient), "Consent", "c", withdrawn + R"(p1"})").ok()) << "patients withdraw what they have said";
  EXPECT_TRUE(is_forbidden(put(as(patient), "Consent", "c2", withdrawn + R"(p2"})"))) << "for themselves";
  EXPECT_TRUE(sees_p1(who("backend")));
}

// And nobody else: treatment, payment and what programs do go on.
TEST_P(ShippedPoliciesTest, ConsentsOfResearchBindResearchers) {
  put_world();
  for (int i = 0; i < 8; ++i) put_ok("Patient", "more" + std::to_string(i), "");
  put_ok("Coverage", "v",
         R"(,"status":"active","beneficiary":{"reference":"Patient/p1"},"payor":[{"reference":"Organization/o"}])");
  const auto put_consent = [&](const std::string& rule, const std::string& status = "active") {
    put_ok("Consent", "c",
           R"(,"status":")" + status +
               R"(","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
               R"("code":"research"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},"policyRule":)"
               R"({"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":")" +
               rule + "\"}]}");
  };
  const Principal researcher = who("researcher"), counting = who("researcher-counts");
  const std::string p1 = (*deidentifiers_.get())->pseudonyms().of_id("p1");
  const auto expect = [&](bool is_there) {
    EXPECT_EQ(reads(researcher, "Patient", p1), is_there);
    for (const char* type_name : {"Patient", "Observation"}) {
      const auto all = as(researcher).search(store::test::all_query(type_name), {.count = 100});
      EXPECT_EQ(all->entries.size(), (type_name == std::string("Patient") ? 11u : 3u) + (is_there ? 1u : 0u));
    }
    const auto total =
        as(counting).search(store::test::all_query("Patient"), {.count = 0, .total = search::Total::accurate});
    EXPECT_EQ(total->total, is_there ? 12u : 11u);
    for (const Principal& each : {who("provider", "Practitioner/d"), who("insurer", "Organization/o"),
                                  who("patient", "Patient/p1"), who("backend")}) {
      EXPECT_TRUE(reads(each, "Patient", "p1")) << each.policies.front();
    }
  };
  expect(true);
  put_consent("OPTOUT");
  expect(false);
  put_consent("OPTIN");
  expect(true);
  put_consent("OPTOUT", "inactive");
  expect(true);
}

// A study that asks first: only whose Consent permits it are in it, and a Consent to be treated permits none.
TEST_P(ShippedPoliciesTest, ResearchMayNeedAConsent) {
  put_world();
  put_policy("study", rule(R"("Patient")", kRead, R"(,"deidentified":true,"minimumCellSize":1,"consent":"required")"));
  const Principal researcher = who("study");
  const auto put_consent = [&](const std::string& patient, const std::string& scope, const std::string& rule) {
    put_ok("Consent", "of-" + patient,
           R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
           R"("code":")" +
               scope + R"("}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/)" + patient +
               R"("},"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":")" +
               rule + "\"}]}");
  };
  EXPECT_EQ(seen(researcher, "Patient"), Ids{});
  put_consent("p1", "research", "OPTIN");
  put_consent("p2", "research", "OPTOUT");
  put_consent("p3", "treatment", "OPTIN");
  EXPECT_EQ(seen(researcher, "Patient"), Ids{(*deidentifiers_.get())->pseudonyms().of_id("p1")});
}

TEST_P(ShippedPoliciesTest, AdministratorsSeeNothingClinical) {
  put_world();
  const Principal administrator = who("administrator", "Practitioner/d", "p1");
  for (const char* hidden : {"Patient", "Observation", "Organization", "Practitioner", "Encounter"}) {
    EXPECT_EQ(seen(administrator, hidden), Ids{}) << hidden;
  }
  EXPECT_EQ(seen(administrator, "Client"), Ids{"c"});
  put_ok("AuditEvent", "e", event_about("Patient/p1"));
  EXPECT_EQ(seen(administrator, "AuditEvent"), Ids{"e"});
  EXPECT_TRUE(is_forbidden(put(as(administrator), "AuditEvent", "f", event_about("Patient/p1"))));
  EXPECT_EQ(seen(administrator, "AccessPolicy"), (Ids{"administrator", "backend", "feed", "insurer", "patient",
                                                      "provider", "researcher", "researcher-counts"}));
  EXPECT_TRUE(put(as(administrator), "Client", "c", R"(,"name":"c","status":"off")").ok());
  EXPECT_TRUE(remove(as(administrator), "AccessPolicy", "backend").ok());
  EXPECT_TRUE(is_forbidden(put(as(administrator), "Patient", "p1", "")));
}

TEST_P(ShippedPoliciesTest, BackendsDoWhatTheirScopesSay) {
  put_world();
  Principal backend = who("backend");
  EXPECT_EQ(seen(backend, "Observation").size(), 4U);
  EXPECT_EQ(seen(backend, "Client"), Ids{}) << "nothing of access";
  EXPECT_EQ(seen(backend, "AccessPolicy"), Ids{});
  EXPECT_TRUE(remove(as(backend), "Observation", "of-p4").ok());
  backend.scopes = {"system/Patient.rs"};
  EXPECT_EQ(seen(backend, "Patient").size(), 4U);
  EXPECT_EQ(seen(backend, "Observation"), Ids{});
  EXPECT_TRUE(is_forbidden(put(as(backend), "Patient", "p1", "")));
}

}  // namespace
}  // namespace vesta::access
