// Encounters that are chosen as somebody signs in: of the patient, among those that they may see, or none.
#include <gtest/gtest.h>

#include <string>

#include "oauth/choices.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;

// "ada" is a practitioner with the patient bob in her care.
class EncounterChoice : public ProviderTest {
 protected:
  EncounterChoice() {
    put("Practitioner", "g", "");
    put("Patient", "bob", R"(,"name":[{"text":"Bob"}],"generalPractitioner":[{"reference":"Practitioner/g"}])");
    put("User", "u1",
        R"(,"name":"ada","status":"active","fhirUser":{"reference":"Practitioner/g"},)"
        R"("policy":[{"reference":"AccessPolicy/provider"}])");
    put("Client", "app",
        R"(,"name":"<App>","status":"active","redirectUri":[")" + std::string(kRedirect) +
            R"("],"scope":["openid","launch/patient","launch/encounter","offline_access","patient/*.rs"])");
    put_encounter("e", "bob", "2026-01-02", R"(,"type":[{"text":"Check-up <1>"}])");
    put_encounter("of-ada", "ada", "2026-01-03");
  }
  void put_encounter(const std::string& id, const std::string& patient, const std::string& day,
                     const std::string& rest = {}) {
    put("Encounter", id,
        R"(,"status":"finished","class":{"code":"AMB","display":"ambulatory"},"subject":{"reference":"Patient/)" +
            patient + R"("},"period":{"start":")" + day + R"(T08:00:00Z","end":")" + day + "T09:00:00Z\"}" + rest);
  }
  // The page for the choice, after the user has allowed it.
  Page allow(const std::string& scope = "openid launch/patient launch/encounter patient/*.rs offline_access",
             const Pairs& more = {{"patient", "bob"}}) {
    return page_of(decide(sign_in(begin(authorization(scope)).step).step, "allow", more));
  }
  http::Response choose(const Step& step, const std::optional<std::string>& encounter) {
    return post(kEncounterPath, with({{"state", step.state}}, "encounter", encounter), {{"Cookie", step.cookie}});
  }
};

TEST_F(EncounterChoice, TheApplicationLearnsWhichOne) {
  put_encounter("later", "bob", "2026-02-03");
  const Page consent = sign_in(begin(authorization("launch/encounter patient/*.rs")).step);
  EXPECT_TRUE(contains(consent.response.body, "know which visit you choose"));
  EXPECT_FALSE(contains(consent.response.body, "Check-up"));
  const std::size_t before = records_of().size();
  const Page page = page_of(decide(consent.step, "allow", {{"patient", "bob"}}));
  ASSERT_EQ(page.response.status, 200) << page.response.body;
  const std::string& body = page.response.body;
  EXPECT_TRUE(contains(body, "2026-01-02, ambulatory, Check-up &lt;1&gt;</label>")) << body;
  EXPECT_LT(body.find("2026-02-03"), body.find("2026-01-02")) << "the latest first";
  EXPECT_FALSE(contains(body, "of-ada"));
  EXPECT_TRUE(contains(body, "None of these"));
  const auto named = records_of(before);
  ASSERT_EQ(named.size(), 1U) << "nothing was allowed yet";
  EXPECT_EQ(named[0].interaction, "choose-patient");
  EXPECT_EQ(named[0].touched.size(), 2U);

  const http::Response back = choose(page.step, "e");
  ASSERT_EQ(back.status, 303) << back.body;
  EXPECT_EQ(of_location(back, "state"), "s&1");
  const http::Response tokens = exchange(of_location(back, "code"));
  EXPECT_EQ(member(tokens, "patient") + " " + member(tokens, "encounter"), "bob e") << tokens.body;
  const auto allowed = records_of(before, "consent");
  ASSERT_EQ(allowed.size(), 1U);
  EXPECT_EQ(allowed[0].patient, "bob");
}

TEST_F(EncounterChoice, WhoseTimesAreHiddenIsNamedWithoutThem) {
  put("AccessPolicy", "hides",
      R"(,"name":"hides","status":"active","rule":[{"resourceType":["Patient"],"interaction":["read","search"]},)"
      R"({"resourceType":["Encounter"],"interaction":["read","search"],"criteria":"_id=e",)"
      R"("hidden":["Encounter.period"]},)"
      R"({"resourceType":["Encounter"],"interaction":["read","search"],"criteria":"_id=shown"}])");
  put("User", "u1",
      R"(,"name":"ada","status":"active","fhirUser":{"reference":"Practitioner/g"},)"
      R"("policy":[{"reference":"AccessPolicy/hides"}])");
  put_encounter("shown", "bob", "2026-03-03");
  const std::string body = allow().response.body;
  EXPECT_TRUE(contains(body, ">ambulatory, Check-up")) << body;
  EXPECT_TRUE(contains(body, "2026-03-03, ambulatory"));
  EXPECT_FALSE(contains(body, "2026-01-02"));
}

TEST_F(EncounterChoice, NoneIsAChoice) {
  const http::Response tokens = exchange(of_location(choose(allow().step, std::string(kNoChoice)), "code"));
  EXPECT_EQ(member(tokens, "patient"), "bob");
  EXPECT_FALSE(contains(tokens.body, "encounter\":")) << tokens.body;
}

TEST_F(EncounterChoice, IsAskedForWhereThereIsSomethingToChoose) {
  EXPECT_EQ(allow("openid launch/patient patient/*.rs").response.status, 303) << "nobody wants to know";
  ASSERT_EQ(server_.remove("/Encounter/e").status, 204);
  const Page back = allow();
  EXPECT_EQ(back.response.status, 303) << back.response.body;
  EXPECT_EQ(member(exchange(of_location(back.response, "code")), "patient"), "bob");
}

TEST_F(EncounterChoice, IsOneOfThePatientThatTheUserMaySee) {
  put("Patient", "eve", R"(,"generalPractitioner":[{"reference":"Practitioner/g"}])");
  put_encounter("of-eve", "eve", "2026-01-03");
  put_encounter("gone", "bob", "2026-01-04");
  ASSERT_EQ(server_.remove("/Encounter/gone").status, 204);
  const Page page = allow();
  for (const std::optional<std::string>& id : {std::optional<std::string>("of-ada"),
                                               {"of-eve"},
                                               {"gone"},
                                               {"none"},
                                               {"../e"},
                                               {"Encounter/e"},
                                               std::optional<std::string>()}) {
    const Page refused = page_of(choose(page.step, id));
    EXPECT_EQ(refused.response.status, 403) << id.value_or("none chosen");
    EXPECT_TRUE(contains(refused.response.body, "no such visit"));
    EXPECT_EQ(of_location(choose(refused.step, "e"), "error"), "") << "the page can be used again";
  }
  const Page of_ada = allow("launch/patient launch/encounter patient/*.rs", {{"patient", "ada"}});
  EXPECT_EQ(of_ada.response.status, 403) << "the patient is chosen before";
  put("Encounter", "e", R"(,"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/ada"})");
  EXPECT_NE(choose(page.step, "e").status, 303) << "what is somebody else's by now";
}

TEST_F(EncounterChoice, IsOfWhoHasAllowedIt) {
  const Page page = allow();
  const Page other = allow();
  EXPECT_EQ(choose({page.step.state, other.step.cookie}, "e").status, 400) << "of another browser";
  EXPECT_EQ(choose({other.step.state + "x", other.step.cookie}, "e").status, 400);
  const Page consent = sign_in(begin(authorization("launch/encounter")).step);
  EXPECT_EQ(choose(consent.step, "e").status, 400) << "nobody has allowed it";
  turn_off("User", "u1");
  EXPECT_EQ(choose(page.step, "e").status, 400);
}

TEST_F(EncounterChoice, TheLatestAreNamed) {
  for (std::size_t i = 0; i + 1 < kMaxEncounterChoices; ++i) {
    put_encounter("n" + std::to_string(i), "bob", "2026-01-" + std::to_string(i + 10));
  }
  EXPECT_TRUE(contains(allow().response.body, "2026-01-02")) << "as many as there may be";
  put_encounter("one-more", "bob", "2026-02-01");
  const Page page = allow();
  EXPECT_FALSE(contains(page.response.body, "2026-01-02"));
  EXPECT_TRUE(contains(page.response.body, "2026-02-01"));
}

// As an EHR's launch does.
TEST_F(EncounterChoice, AnAnswerToARefreshHasThePatientAlone) {
  const http::Response tokens = exchange(of_location(choose(allow().step, "e"), "code"));
  const http::Response again = refresh(member(tokens, "refresh_token"));
  EXPECT_EQ(member(again, "patient"), "bob");
  EXPECT_FALSE(contains(again.body, "encounter\":"));
}

TEST_F(EncounterChoice, DiscoverySaysSo) {
  const std::string smart = ask(http::Method::get, "/fhir/.well-known/smart-configuration", {}).body;
  EXPECT_TRUE(contains(smart, "\"context-standalone-encounter\""));
  EXPECT_TRUE(contains(smart, "\"launch/encounter\""));
}

}  // namespace
}  // namespace vesta::oauth
