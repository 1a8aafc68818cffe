// Purposes: who is told for which ones something is read, searched, written and refused.
#include "access/purposes.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "access/policy_test_support.h"

namespace vesta::access {
namespace {

using testing::Ids;
using testing::kBase;

// What it was told, each by a word of its own.
struct Recorder final : Witness {
  void asked_for(std::string_view purposes) override { told.push_back("asked " + std::string(purposes)); }
  void named(std::span<const std::string_view>) override {}
  void saw(const store::Version& version, std::string_view purposes) override {
    told.push_back(version.id + " " + std::string(purposes));
  }
  fhir::TypeId awaited_type() const override { return fhir::kNoType; }
  Status await() override { return kOk; }
  void answered_entry(std::string_view, std::string_view, int) override {}
  void will_commit(store::WriteSet&, std::span<const std::string> purposes) override {
    for (const std::string& each : purposes) told.push_back("wrote " + each);
  }
  void committed() override {}
  Ids told;
};

class PurposesTest : public testing::GrantsEngineTest {
 protected:
  static std::string purposes(const std::string& codes) { return R"(,"purpose":[)" + codes + "]"; }
  static std::string status(const std::string& value, const std::string& patient) {
    return R"(,"status":")" + value + R"(","code":{"text":"c"},"subject":{"reference":"Patient/)" + patient + "\"}";
  }
  // What is told while `use` uses the store of who has the policy "p".
  template <class Use>
  Ids told(Use use, const std::string& fhir_user = "") {
    const auto recorder = std::make_shared<Recorder>();
    use(GuardedStore(*store_, search::testing::registry(), kBase, grant(with_policy(fhir_user)), recorder));
    return recorder->told;
  }
  Ids told_of_search(const std::string& type_name, const std::string& fhir_user = "") {
    return told([&](const GuardedStore& store) { found(store, store::test::all_query(type_name)); }, fhir_user);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PurposesTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(PurposesTest, AreOfTheRulesThatGrantIt) {
  put_ok("Observation", "a", status("final", "p1"));
  put_ok("Observation", "b", status("final", "p2"));
  put_ok("Observation", "c", status("preliminary", "p2"));
  put_ok("Patient", "p1", "");
  put_policy("p", rule(R"("Observation")", kRead, R"(,"criteria":"status=final")" + purposes(R"("TREAT")")) + "," +
                      rule(R"("Observation")", kRead,
                           R"(,"criteria":"subject=Patient/p2")" + purposes(R"("ETREAT","BTG","BTG")")) +
                      "," + rule(R"("Patient")", kRead));
  EXPECT_EQ(told_of_search("Observation"),
            (Ids{"asked BTG,ETREAT,TREAT", "a TREAT", "b BTG,ETREAT,TREAT", "c BTG,ETREAT"}));
  EXPECT_EQ(told_of_search("Patient"), (Ids{"asked ", "p1 "}));
  EXPECT_EQ(
      told([&](const GuardedStore& store) {
        EXPECT_TRUE(*store.read(type("Observation"), "c"));
        EXPECT_TRUE(*store.read_version(type("Observation"), "a", {1}));
        EXPECT_FALSE(*store.read(type("Observation"), "z"));
      }),
      (Ids{"asked BTG,ETREAT,TREAT", "c BTG,ETREAT", "asked BTG,ETREAT,TREAT", "a TREAT", "asked BTG,ETREAT,TREAT"}))
      << "who is refused was asking for something too";
  EXPECT_TRUE(remove(as_system(), "Observation", "c").ok());
  EXPECT_EQ(told([&](const GuardedStore& store) {
              EXPECT_TRUE(store.history({.type = type("Observation"), .id = "c", .count = 10}).ok());
            }),
            (Ids{"asked BTG,ETREAT,TREAT", "c BTG,ETREAT", "c BTG,ETREAT"}))
      << "of a deletion those of what was deleted";
}

TEST_P(PurposesTest, AreOfWrites) {
  put_policy(
      "p",
      rule(R"("Observation")", R"("create","update")", R"(,"criteria":"subject=Patient/p1")" + purposes(R"("TREAT")")) +
          "," +
          rule(R"("Observation")", R"("create","delete")", R"(,"criteria":"status=final")" + purposes(R"("HOPERAT")")));
  EXPECT_EQ(told([&](const GuardedStore& store) {
              EXPECT_TRUE(put(store, "Observation", "a", status("final", "p1")).ok());
              EXPECT_TRUE(put(store, "Observation", "b", status("preliminary", "p1")).ok());
              EXPECT_TRUE(put(store, "Observation", "b", status("final", "p1")).ok());
              EXPECT_TRUE(is_forbidden(put(store, "Observation", "c", status("preliminary", "p2"))));
              EXPECT_TRUE(remove(store, "Observation", "a").ok());
            }),
            (Ids{"asked HOPERAT,TREAT", "wrote HOPERAT,TREAT", "asked HOPERAT,TREAT", "wrote TREAT", "asked TREAT",
                 "wrote TREAT", "asked HOPERAT,TREAT", "asked HOPERAT", "wrote HOPERAT"}));
}

TEST_P(PurposesTest, AreNotOfRulesThatAreAboutNobody) {
  put_ok("Patient", "p1", R"(,"generalPractitioner":[{"reference":"Practitioner/d"}])");
  put_policy("p", rule(R"("*")", kRead,
                       R"(,"compartment":"Patient","compartmentCriteria":[)"
                       R"("general-practitioner=Practitioner/%practitioner"])" +
                           purposes(R"("TREAT")")) +
                      "," +
                      rule(R"("*")", kRead,
                           R"(,"compartment":"Patient","compartmentCriteria":[)"
                           R"("_has:EmergencyAccess:patient:actor=Practitioner/%practitioner"])" +
                               purposes(R"("BTG")")));
  EXPECT_EQ(told_of_search("Patient", "Practitioner/d"), (Ids{"asked TREAT", "p1 TREAT"}));
  put_ok(
      "EmergencyAccess", "e",
      R"(,"status":"active","patient":{"reference":"Patient/p1"},"actor":{"reference":"Practitioner/d"},"reason":"r")");
  EXPECT_EQ(told_of_search("Patient", "Practitioner/d"), (Ids{"asked BTG,TREAT", "p1 BTG,TREAT"}));
}

// By all that the resource says, which is not all that is shown of it.
TEST_P(PurposesTest, AreDecidedByWhatIsHiddenToo) {
  put_ok("Patient", "p1", R"(,"gender":"male","active":false)");
  const std::string hidden = R"(,"hidden":["Patient.gender","Patient.active"])";
  put_policy("p", rule(R"("Patient")", kRead, R"(,"criteria":"gender=male")" + hidden + purposes(R"("TREAT")")) + "," +
                      rule(R"("Patient")", kRead, R"(,"criteria":"active=true")" + hidden + purposes(R"("HRESCH")")));
  EXPECT_EQ(told_of_search("Patient"), (Ids{"asked HRESCH,TREAT", "p1 TREAT"}));
}

// A rule that a Consent leaves nothing of has not granted it.
TEST_P(PurposesTest, AreThoseThatConsentsLeave) {
  put_ok("Patient", "p1", "");
  put_policy("p", rule(R"("Patient")", kRead, purposes(R"("TREAT")")) + "," +
                      rule(R"("Patient")", kRead, R"(,"consent":"ignored")" + purposes(R"("ETREAT")")));
  EXPECT_EQ(told_of_search("Patient"), (Ids{"asked ETREAT,TREAT", "p1 ETREAT,TREAT"}));
  put_ok("Consent", "c",
         R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
         R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},)"
         R"("provision":{"type":"deny","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason",)"
         R"("code":"TREAT"}]})");
  EXPECT_EQ(told_of_search("Patient"), (Ids{"asked ETREAT,TREAT", "p1 ETREAT"}));
}

TEST_P(PurposesTest, OfARuleAreFewAndShort) {
  put_ok("Patient", "p1", "");
  const auto grants = [&](const std::string& codes) {
    put_policy("p", rule(R"("Patient")", kRead, purposes(codes)));
    bool does_grant = false;
    logged([&] { does_grant = !seen(with_policy(), "Patient").empty(); });
    return does_grant;
  };
  std::string many = R"("A0")";
  for (std::size_t i = 1; i < kMaxPurposes; ++i) many += R"(,"A)" + std::to_string(i) + "\"";
  EXPECT_TRUE(grants(many));
  EXPECT_FALSE(grants(many + R"(,"B")"));
  const std::string longest(kMaxPurposeBytes, 'A');
  EXPECT_TRUE(grants('"' + longest + '"'));
  EXPECT_FALSE(grants('"' + longest + "A\""));
  EXPECT_FALSE(grants(R"("TREAT,BTG")"));
}

TEST(PurposesList, IsReadAsItIsWrittenUpToItsEnd) {
  PurposeCodes codes;
  add_codes("", codes);
  EXPECT_TRUE(codes.empty());
  add_codes("TREAT", codes);
  add_codes("BTG,TREAT", codes);
  EXPECT_EQ(codes, (PurposeCodes{"BTG", "TREAT"}));
  EXPECT_EQ(list_of(codes), "BTG,TREAT");
  codes = {"A", "B" + std::string(kMaxPurposesBytes - 3, 'B')};
  EXPECT_EQ(list_of(codes).size(), kMaxPurposesBytes);
  codes = {"A", "B" + std::string(kMaxPurposesBytes - 2, 'B')};
  EXPECT_EQ(list_of(codes), "A");
}

}  // namespace
}  // namespace vesta::access
