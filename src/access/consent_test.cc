// What Consents say of one asker and one resource, element by element, and the limits of what is read.
#include "access/consent.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "access/consent_plans.h"
#include "search/matcher.h"
#include "search/test_support.h"

namespace vesta::access {
namespace {

using search::testing::Extracted;

std::string code(const std::string& system, const std::string& value) {
  return R"({"system":"http://terminology.hl7.org/CodeSystem/)" + system + R"(","code":")" + value + "\"}";
}
std::string concept_of(const std::string& system, const std::string& value) {
  return R"({"coding":[)" + code(system, value) + "]}";
}
std::string rule(const std::string& value) {
  return R"(,"policyRule":)" + concept_of("v3-ActCode", value);
}
std::string provision(const std::string& text) {
  return R"(,"provision":{)" + text + "}";
}
std::string actor(const std::string& reference, const std::string& role = "PRCP") {
  return R"("actor":[{"role":)" + concept_of("v3-ParticipationType", role) + R"(,"reference":{"reference":")" +
         reference + R"("}}])";
}
const std::string kDeny = R"("type":"deny")", kPermit = R"("type":"permit")";

class ConsentTest : public ::testing::Test {
 protected:
  ConsentTest() {
    asker_.names = {"Practitioner/d", "Client/app"};
    asker_.types = {"Practitioner", "Client", "Patient"};
    asker_.purposes = {"TREAT"};
    asker_.now = Instant{std::chrono::microseconds(std::chrono::days(18262)).count()};  // 2020-01-01
  }

  static Consent read(const std::string& rest, const std::string& patient = "Patient/p",
                      const std::string& scope = code("consentscope", "patient-privacy")) {
    const Extracted made(R"({"resourceType":"Consent","status":"active","scope":{"coding":[)" + scope + "]}" +
                         R"(,"category":[{"text":"c"}],"patient":{"reference":")" + patient + "\"}" + rest + "}");
    CHECK(!made.error);
    return read_consent(fhir::r4(), *made.root, "http://test/fhir");
  }
  static bool holds(const search::Plan& plan, const Extracted& resource) {
    return search::matches(plan, {resource.root->type, "o", Instant{}, &resource.values});
  }
  Provision left(const std::string& rest) {
    until_ = Instant{search::kDateMax};
    return for_asker(read(rest).rule, asker_, until_);
  }
  bool denies(const std::string& rest) {
    return holds(denied(search::testing::registry(), left(rest), resource_.root->type), resource_);
  }
  bool permits(const std::string& rest) {
    return holds(permitted(search::testing::registry(), left(rest), resource_.root->type), resource_);
  }

  Asker asker_;
  Instant until_;
  const Extracted resource_{
      R"({"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2015-06-01",)"
      R"("meta":{"profile":["http://a.b/p"],"security":[{"system":"http://terminology.hl7.org/CodeSystem/)"
      R"(v3-Confidentiality","code":"R"}]},"code":{"coding":[{"system":"http://s","code":"a"}]}})"};
};

TEST_F(ConsentTest, IsOfAPatientWhoIsHere) {
  EXPECT_EQ(read("").patient, "p");
  EXPECT_EQ(read("", "Patient/p/_history/3").patient, "p");
  EXPECT_EQ(read("", "http://test/fhir/Patient/p").patient, "p");
  EXPECT_EQ(read("", "http://elsewhere/fhir/Patient/p").patient, "");
  EXPECT_EQ(read("", "Group/p").patient, "");
}

TEST_F(ConsentTest, ItsRootSaysWhatHoldsInGeneral) {
  EXPECT_TRUE(denies(rule("OPTOUT")));
  EXPECT_TRUE(permits(rule("OPTIN")));
  EXPECT_FALSE(denies(rule("OPTIN")));
  EXPECT_TRUE(denies(provision(kDeny)));
  EXPECT_TRUE(permits(provision(kPermit)));
  for (const std::string& nothing : {std::string(), rule("NOPP"), provision(R"("id":"i")")}) {
    EXPECT_FALSE(denies(nothing)) << nothing;
    EXPECT_FALSE(permits(nothing)) << nothing;
  }
  EXPECT_TRUE(denies(rule("OPTIN") + provision(kDeny))) << "an exception from the rule";
  EXPECT_TRUE(permits(rule("OPTOUT") + provision(kPermit + "," + actor("Practitioner/d"))));
  EXPECT_TRUE(denies(rule("OPTOUT") + provision(kPermit + "," + actor("Practitioner/e"))));
  EXPECT_TRUE(permits(rule("OPTIN") + provision(kDeny + "," + actor("Practitioner/e"))));
}

// R4 wants no type at the root, and its examples mean one thing or the other by what else stands there.
TEST_F(ConsentTest, ARootWithoutATypeIsReadAsWhatDeniesMore) {
  const std::string now = R"("period":{"start":"2019","end":"2021"})", past = R"("period":{"end":"2019"})";
  EXPECT_TRUE(permits(rule("OPTIN") + provision(now)));
  EXPECT_FALSE(permits(rule("OPTIN") + provision(past)));
  EXPECT_FALSE(denies(rule("OPTIN") + provision(past)));
  EXPECT_TRUE(denies(rule("OPTOUT") + provision(now)));
  EXPECT_FALSE(denies(rule("OPTOUT") + provision(past)));
  EXPECT_TRUE(denies(rule("OPTIN") + provision(actor("Practitioner/d"))));
  EXPECT_FALSE(permits(rule("OPTIN") + provision(actor("Practitioner/e"))));
  EXPECT_TRUE(denies(rule("OPTOUT") + provision(actor("Practitioner/d"))));
  EXPECT_TRUE(denies(rule("OPTOUT") + provision(actor("Practitioner/e"))));
}

TEST_F(ConsentTest, TheDeepestProvisionThatAppliesDecides) {
  const auto in = [](const std::string& outer, const std::string& inner) {
    return outer + R"(,"provision":[)" + inner + "]";
  };
  const std::string d = "," + actor("Practitioner/d");
  const std::string permit_d = "{" + kPermit + d + "}", deny_d = "{" + kDeny + d + "}";
  EXPECT_TRUE(permits(provision(in(kDeny, permit_d))));
  EXPECT_TRUE(denies(provision(in(kPermit, deny_d))));
  EXPECT_TRUE(denies(provision(in(kDeny, "{" + in(kPermit + d, deny_d) + "}"))));
  EXPECT_TRUE(denies(provision(in(kDeny, permit_d + "," + deny_d)))) << "of siblings the one that denies";
  EXPECT_TRUE(denies(provision(in(kPermit, "{" + d.substr(1) + "}")))) << "it has no type, which R4 demands";
}

TEST_F(ConsentTest, PeriodsBeginAndEnd) {
  EXPECT_TRUE(denies(provision(kDeny + R"(,"period":{"end":"2020-01-01"})"))) << "with its last day";
  EXPECT_EQ(until_.value - asker_.now.value, std::chrono::microseconds(std::chrono::days(1)).count());
  EXPECT_FALSE(denies(provision(kDeny + R"(,"period":{"end":"2019-12-31"})")));
  EXPECT_EQ(until_.value, search::kDateMax);
  EXPECT_FALSE(denies(provision(kDeny + R"(,"period":{"start":"2020-01-01T00:00:01Z"})")));
  EXPECT_EQ(until_.value - asker_.now.value, 1'000'000);
}

TEST_F(ConsentTest, ProvisionsAreAboutSomeAskers) {
  EXPECT_TRUE(denies(provision(kDeny + "," + actor("Practitioner/d"))));
  EXPECT_TRUE(denies(provision(kDeny + "," + actor("http://test/fhir/Practitioner/d"))));
  EXPECT_TRUE(denies(provision(kDeny + "," + actor("Client/app"))));
  EXPECT_FALSE(denies(provision(kDeny + "," + actor("Practitioner/e"))));
  const auto action = [](const std::string& value) {
    return R"(,"action":[)" + concept_of("consentaction", value) + "]";
  };
  EXPECT_TRUE(denies(provision(kDeny + action("access"))));
  EXPECT_FALSE(denies(provision(kDeny + action("correct"))));
  asker_.action = Action::remove;
  EXPECT_TRUE(denies(provision(kDeny + action("correct"))));
  asker_.action = Action::create;
  EXPECT_TRUE(denies(provision(kDeny + action("collect"))));
  const auto purpose = [](const std::string& value) { return R"(,"purpose":[)" + code("v3-ActReason", value) + "]"; };
  EXPECT_TRUE(denies(provision(kDeny + purpose("TREAT"))));
  EXPECT_FALSE(denies(provision(kDeny + purpose("HPAYMT"))));
  asker_.purposes.clear();
  EXPECT_TRUE(denies(provision(kDeny + purpose("HPAYMT")))) << "nobody knows";
  EXPECT_FALSE(permits(provision(kPermit + purpose("HPAYMT"))));
}

TEST_F(ConsentTest, ProvisionsAreAboutSomeResources) {
  const auto type = [](const std::string& value) {
    return R"(,"class":[{"system":"http://hl7.org/fhir/resource-types","code":")" + value + "\"}]";
  };
  EXPECT_TRUE(denies(provision(kDeny + type("Observation"))));
  EXPECT_FALSE(denies(provision(kDeny + type("Condition"))));
  const auto profile = [](const std::string& url) {
    return R"(,"class":[{"system":"urn:ietf:rfc:3986","code":")" + url + "\"}]";
  };
  EXPECT_TRUE(denies(provision(kDeny + profile("http://a.b/p"))));
  EXPECT_FALSE(denies(provision(kDeny + profile("http://a.b/q"))));
  const auto coded = [](const std::string& value) {
    return R"(,"code":[{"coding":[{"system":"http://s","code":")" + value + "\"}]}]";
  };
  EXPECT_TRUE(denies(provision(kDeny + coded("a"))));
  EXPECT_FALSE(denies(provision(kDeny + coded("b"))));
  const auto data = [](const std::string& meaning, const std::string& reference) {
    return R"(,"data":[{"meaning":")" + meaning + R"(","reference":{"reference":")" + reference + "\"}}]";
  };
  EXPECT_TRUE(denies(provision(kDeny + data("instance", "Observation/o"))));
  EXPECT_FALSE(denies(provision(kDeny + data("instance", "Observation/x"))));
  EXPECT_FALSE(denies(provision(kDeny + data("instance", "Condition/o"))));
}

TEST_F(ConsentTest, WhatIsLabelledIsDeniedByItsLabelOrALowerOne) {
  const auto label = [](const std::string& value) {
    return R"(,"securityLabel":[)" + code("v3-Confidentiality", value) + "]";
  };
  EXPECT_TRUE(denies(provision(kDeny + label("R"))));
  EXPECT_TRUE(denies(provision(kDeny + label("N"))));
  EXPECT_FALSE(denies(provision(kDeny + label("V"))));
  EXPECT_TRUE(permits(provision(kPermit + label("R"))));
  EXPECT_TRUE(permits(provision(kPermit + label("V"))));
  EXPECT_FALSE(permits(provision(kPermit + label("N"))));
  EXPECT_FALSE(denies(provision(kDeny + R"(,"securityLabel":[)" + code("v3-ActCode", "HIV") + "]")));
}

TEST_F(ConsentTest, DataPeriodsDenyWhatTheyTouchAndPermitWhatIsInThem) {
  const auto period = [](const std::string& text) { return R"(,"dataPeriod":{)" + text + "}"; };
  for (const auto& [text, is_in] : {std::pair{R"("start":"2015","end":"2015")", true},
                                    {R"("end":"2015-05-31")", false},
                                    {R"("start":"2015-06-01")", true},
                                    {R"("start":"2015-06-02")", false}}) {
    EXPECT_EQ(denies(provision(kDeny + period(text))), is_in) << text;
    EXPECT_EQ(permits(provision(kPermit + period(text))), is_in) << text;
  }
  EXPECT_TRUE(denies(provision(kDeny + period(R"("start":"2015-06-01T10:00:00Z")")))) << "some of the day";
  EXPECT_FALSE(permits(provision(kPermit + period(R"("start":"2015-06-01T10:00:00Z")"))));
  const auto condition = *fhir::r4().find_resource_type("Condition");
  const search::Registry& registry = search::testing::registry();
  EXPECT_EQ(denied(registry, left(provision(kDeny + period(R"("end":"2000")"))), condition).kind,
            search::Plan::Kind::all)
      << "nobody knows when it was";
}

// Care and payment go on, and so does what does not say what it is for.
TEST_F(ConsentTest, OfResearchIsAboutResearchAlone) {
  const std::string research = code("consentscope", "research"), privacy = code("consentscope", "patient-privacy");
  const auto says = [&](const std::string& rest, const std::string& scope, const std::vector<std::string>& purposes) {
    asker_.purposes = purposes;
    const Consent consent = read(rest, "Patient/p", scope);
    EXPECT_TRUE(consent.is_active);
    until_ = Instant{search::kDateMax};
    const Provision rule = for_asker(consent.rule, asker_, until_);
    const auto& registry = search::testing::registry();
    const bool does_deny = holds(denied(registry, rule, resource_.root->type), resource_);
    const bool does_permit = holds(permitted(registry, rule, resource_.root->type), resource_);
    EXPECT_FALSE(does_deny && does_permit);
    return does_deny ? "denies" : does_permit ? "permits" : "nothing";
  };
  const std::string permits_d = rule("OPTOUT") + provision(kPermit + "," + actor("Practitioner/d"));
  for (const std::vector<std::string>& purposes :
       {std::vector<std::string>{"HRESCH"}, std::vector<std::string>{"HRESCH", "TREAT"}}) {
    EXPECT_EQ(says(rule("OPTOUT"), research, purposes), "denies");
    EXPECT_EQ(says(rule("OPTIN"), research, purposes), "permits");
    EXPECT_EQ(says(provision(kDeny), research, purposes), "denies");
    EXPECT_EQ(says(permits_d, research, purposes), "permits");
    EXPECT_EQ(
        says(rule("OPTIN") + R"(,"modifierExtension":[{"url":"http://a.b","valueBoolean":true}])", research, purposes),
        "denies");
  }
  for (const std::vector<std::string>& purposes : {std::vector<std::string>{"TREAT"}, std::vector<std::string>{}}) {
    for (const std::string& rest : {rule("OPTOUT"), rule("OPTIN"), provision(kDeny), permits_d}) {
      EXPECT_EQ(says(rest, research, purposes), "nothing") << rest;
    }
    EXPECT_EQ(says(rule("OPTOUT"), research + "," + privacy, purposes), "denies") << "it is about more";
  }
  EXPECT_FALSE(read("", "Patient/p", code("consentscope", "adr")).is_active);
}

TEST_F(ConsentTest, WhatIsNotUnderstoodDeniesMoreAndPermitsNothing) {
  for (const std::string& unknown :
       {actor("Practitioner/e", "CST"), actor("Group/g"), actor("http://elsewhere/Practitioner/e"),
        R"("action":[)" + concept_of("consentaction", "imagine") + "]", std::string(R"("action":[{"text":"t"}])"),
        R"("purpose":[)" + code("other", "TREAT") + "]", std::string(R"("code":[{"text":"t"}])"),
        std::string(R"("class":[{"system":"urn:ietf:bcp:13","code":"application/hl7-cda+xml"}])"),
        std::string(R"("securityLabel":[{"code":"V"}])"),
        std::string(R"("data":[{"meaning":"related","reference":{"reference":"Observation/x"}}])"),
        std::string(R"("modifierExtension":[{"url":"http://a.b","valueBoolean":true}])")}) {
    EXPECT_TRUE(denies(provision(kDeny + "," + unknown))) << unknown;
    EXPECT_FALSE(permits(provision(kPermit + "," + unknown))) << unknown;
    EXPECT_FALSE(denies(provision(kPermit + "," + unknown))) << unknown;
    EXPECT_TRUE(denies(provision(kPermit + "," + unknown + R"(,"provision":[{"type":"deny"}])")))
        << "if it applies: " << unknown;
  }
  EXPECT_TRUE(denies(rule("OPTIN") + R"(,"modifierExtension":[{"url":"http://a.b","valueBoolean":true}])"));
}

TEST_F(ConsentTest, DeepOnesDenyEverything) {
  const auto nested = [](std::size_t depth) {
    std::string text = kPermit;
    for (std::size_t i = 0; i < depth; ++i) text = kPermit + R"(,"provision":[{)" + text + "}]";
    return provision(text);
  };
  EXPECT_TRUE(permits(nested(kMaxProvisionDepth)));
  EXPECT_TRUE(denies(nested(kMaxProvisionDepth + 1)));
}

TEST_F(ConsentTest, LargeOnesDenyEverything) {
  const auto with_provisions = [](std::size_t count) {
    std::string inner;
    for (std::size_t i = 1; i < count; ++i) inner += std::string(i == 1 ? "" : ",") + "{" + kPermit + "}";
    return provision(kPermit + R"(,"provision":[)" + inner + "]");
  };
  EXPECT_TRUE(permits(with_provisions(kMaxProvisions)));
  EXPECT_TRUE(denies(with_provisions(kMaxProvisions + 1)));
  const auto with_codes = [](std::size_t count) {
    std::string codes;
    for (std::size_t i = 0; i < count; ++i) {
      codes +=
          std::string(i == 0 ? "" : ",") + R"({"coding":[{"system":"http://s","code":"c)" + std::to_string(i) + "\"}]}";
    }
    return provision(kDeny + R"(,"code":[)" + codes + "]");
  };
  EXPECT_FALSE(denies(with_codes(kMaxChoices)));
  EXPECT_TRUE(denies(with_codes(kMaxChoices + 1)));
}

}  // namespace
}  // namespace vesta::access
