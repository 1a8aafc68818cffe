// Consent codes: labels and purposes mean the narrower ones too, and what nobody knows denies more.
#include "access/consent_codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "access/policy_test_support.h"
#include "search/terminology_codes.h"
#include "terminology/embedded.h"
#include "terminology/service.h"

namespace vesta::access {
namespace {

using testing::Ids;

// What stands below each code of the system "s", itself included.
class Below final : public search::CodeSource {
 public:
  using Set = Result<std::shared_ptr<const search::TokenSet>>;

  Set value_set(std::string_view) const override { return make_error(Category::not_found, "no set"); }
  Set subsumed_by(std::string_view system, std::string_view code) const override {
    ++asked;
    if (failure) return make_error(*failure, "not now");
    const auto found = below.find(std::string(code));
    if (system != "s" || found == below.end()) {
      Error error = make_error(Category::invalid, "no such code");
      error.issues = {{Severity::error, "not-found", "no such code", ""}};
      return error;
    }
    search::TokenSet set;
    for (const std::string& each : found->second) set.codes.emplace_back("s", each);
    return std::make_shared<const search::TokenSet>(std::move(set));
  }
  Set subsuming(std::string_view, std::string_view) const override { return value_set(""); }

  std::map<std::string, std::set<std::string>> below = {
      {"SPI", {"ETHUD", "SPI", "SUD"}}, {"SUD", {"ETHUD", "SUD"}}, {"ETHUD", {"ETHUD"}}};
  std::optional<Category> failure;
  mutable int asked = 0;
};

Choices<ConsentCode> choices(const std::vector<std::string>& codes, bool has_others = false) {
  Choices<ConsentCode> made{{}, has_others};
  for (const std::string& code : codes) made.of.push_back({"s", code});
  return made;
}

Provision about(const std::vector<std::string>& labels) {
  Provision made;
  made.kind = Provision::Kind::deny;
  made.labels = choices(labels);
  return made;
}

TEST(ConsentCodes, MeanTheNarrowerOnesToo) {
  const Below below;
  ConsentCodes codes(&below);
  Provision rule = about({"SUD"});
  rule.purposes = choices({"ETHUD", "UNKNOWN"});
  rule.provisions = {about({"SPI", "SUD"})};
  const Provision widened = codes.widened(rule);
  EXPECT_EQ(widened.labels, choices({"ETHUD", "SUD"}));
  EXPECT_EQ(widened.purposes, choices({"ETHUD", "UNKNOWN"}));
  EXPECT_EQ(widened.provisions.front().labels, choices({"ETHUD", "SPI", "SUD"}));
  EXPECT_EQ(below.asked, 4) << "each once";
  EXPECT_TRUE(codes.were_asked());
  EXPECT_TRUE(codes.is_whole());
}

TEST(ConsentCodes, MeanThemselvesWhereNobodyIsAsked) {
  ConsentCodes codes(nullptr);
  EXPECT_EQ(codes.widened(about({"SPI"})), about({"SPI"}));
  const Below below;
  ConsentCodes others(&below);
  EXPECT_EQ(others.widened(about({})), about({}));
  EXPECT_FALSE(codes.were_asked() || others.were_asked());
}

TEST(ConsentCodes, MayMeanOthersWhereItCannotBeTold) {
  Below below;
  below.failure = Category::busy;
  ConsentCodes codes(&below);
  EXPECT_EQ(codes.widened(about({"SPI"})).labels, choices({"SPI"}, true));
  EXPECT_FALSE(codes.is_whole());
  below.failure = Category::unsupported;
  ConsentCodes without(&below);
  EXPECT_EQ(without.widened(about({"SPI"})).labels, choices({"SPI"})) << "nothing is known of its system";
  EXPECT_TRUE(without.is_whole());
}

TEST(ConsentCodes, AreSoManyAtMost) {
  Below below;
  std::set<std::string>& all = below.below["ALL"];
  all.insert("ALL");
  while (all.size() < kMaxNarrowerCodes) all.insert("c" + std::to_string(all.size()));
  ConsentCodes codes(&below);
  EXPECT_EQ(codes.widened(about({"ALL"})).labels.of.size(), kMaxNarrowerCodes);
  all.insert("one more");
  ConsentCodes others(&below);
  EXPECT_EQ(others.widened(about({"ALL"})).labels, choices({"ALL"}, true));
}

// As the server has them.
TEST(ConsentCodes, FollowR4sHierarchies) {
  terminology::EmbeddedSource definitions(terminology::r4_blocks());
  terminology::Service service(fhir::r4(), {&definitions});
  const search::TerminologyCodes source(service);
  ConsentCodes codes(&source);
  const auto narrower = [&](const std::string& system, const std::string& code) {
    Provision rule;
    rule.labels.of = {{"http://terminology.hl7.org/CodeSystem/" + system, code}};
    const Provision widened = codes.widened(rule);
    EXPECT_FALSE(widened.labels.has_others) << code;
    Ids found;
    for (const ConsentCode& each : widened.labels.of) found.push_back(each.code);
    return found;
  };
  EXPECT_EQ(narrower("v3-ActCode", "SUD"), (Ids{"ETHUD", "OPIOIDUD", "SUD"}));
  const Ids protected_ones = narrower("v3-ActCode", "SPI");
  for (const char* each : {"BH", "MH", "OPIOIDUD", "SPI", "SUD"}) {
    EXPECT_TRUE(std::ranges::binary_search(protected_ones, each)) << each;
  }
  EXPECT_EQ(narrower("v3-ActReason", "CLINTRCH"), (Ids{"CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH"}));
  EXPECT_EQ(narrower("v3-ActReason", "PATRQT"), (Ids{"FAMRQT", "PATRQT", "PWATRNY", "SUPNWK"}));
  EXPECT_EQ(narrower("v3-Confidentiality", "R"), Ids{"R"});
  EXPECT_EQ(narrower("v3-ActCode", "of-nobody"), Ids{"of-nobody"});
  EXPECT_EQ(narrower("of-nobody", "SUD"), Ids{"SUD"});
  EXPECT_TRUE(codes.is_whole());
}

// Of grants.
class ConsentCodesTest : public testing::GrantsEngineTest {
 protected:
  ConsentCodesTest()
      : with_codes_(*store_, search::testing::registry(), clock_, testing::kBase, records_, &below_, nullptr) {
    put_ok("Patient", "p1", "");
    for (const std::string label : {"SPI", "SUD", "ETHUD", "OTHER"}) {
      put_ok("Observation", label,
             R"(,"meta":{"security":[{"system":"s","code":")" + label +
                 R"("}]},"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p1"})");
    }
    put_policy("p", rule(R"("Observation")", kRead));
  }
  void put_consent(const std::string& says) {
    put_ok("Consent", "c",
           R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
           R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},)"
           R"("provision":{)" +
               says + "}");
  }
  static std::string label(const std::string& code) {
    return R"("securityLabel":[{"system":"s","code":")" + code + R"("}])";
  }
  std::shared_ptr<const Grant> grant_with_codes() { return *with_codes_.of(with_policy()); }
  Ids shown() {
    const GuardedStore store(*store_, search::testing::registry(), testing::kBase, grant_with_codes());
    return found(store, store::test::all_query("Observation"));
  }

  Below below_;
  Grants with_codes_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConsentCodesTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(ConsentCodesTest, DenialsAndPermitsCoverNarrowerLabels) {
  EXPECT_EQ(shown(), (Ids{"ETHUD", "OTHER", "SPI", "SUD"}));
  put_consent(R"("type":"deny",)" + label("SUD"));
  EXPECT_EQ(shown(), (Ids{"OTHER", "SPI"}));
  put_consent(R"("type":"deny",)" + label("SPI"));
  EXPECT_EQ(shown(), Ids{"OTHER"});
  put_consent(R"("type":"deny",)" + label("ETHUD"));
  EXPECT_EQ(shown(), (Ids{"OTHER", "SPI", "SUD"})) << "and no broader ones";
  put_consent(R"("type":"deny","provision":[{"type":"permit",)" + label("SUD") + "}]");
  EXPECT_EQ(shown(), (Ids{"ETHUD", "SUD"}));
}

TEST_P(ConsentCodesTest, FollowTheirCodeSystemsAlone) {
  put_consent(R"("type":"deny",)" + label("SUD"));
  EXPECT_EQ(shown(), (Ids{"OTHER", "SPI"}));
  const int asked = below_.asked;
  const auto first = grant_with_codes();
  put_ok("Observation", "any", R"(,"status":"final","code":{"text":"c"})");
  EXPECT_EQ(grant_with_codes(), first);
  EXPECT_EQ(below_.asked, asked);
  const auto put_system = [&] { put_ok("CodeSystem", "s", R"(,"status":"active","content":"complete")"); };
  put_system();
  EXPECT_EQ(grant_with_codes(), first) << "which says the same";
  EXPECT_GT(below_.asked, asked);
  below_.below["SUD"] = {"SUD"};
  put_system();
  EXPECT_EQ(shown(), (Ids{"ETHUD", "OTHER", "SPI", "any"}));
}

TEST_P(ConsentCodesTest, DenyAllWhileNobodyCanBeAsked) {
  put_consent(R"("type":"deny",)" + label("SUD"));
  below_.failure = Category::busy;
  EXPECT_EQ(shown(), Ids{});
  below_.failure.reset();
  EXPECT_EQ(shown(), (Ids{"OTHER", "SPI"}));
}

}  // namespace
}  // namespace vesta::access
