// The command `policy test`: who may do what, told by exit code and by the rules.
#include "server/commands/policy.h"

#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() {
    const std::string lines =
        R"({"resourceType":"AccessPolicy","id":"p","name":"p","status":"active","rule":[{"description":"men",)"
        R"("resourceType":["Patient"],"interaction":["read","create","update"],"criteria":"gender=male"}]})"
        "\n"
        R"({"resourceType":"User","id":"u","name":"ada","status":"active","policy":[{"reference":"AccessPolicy/p"}]})"
        "\n"
        R"({"resourceType":"Client","id":"c","name":"c","status":"active","scope":["system/Patient.rs"],)"
        R"("policy":[{"reference":"AccessPolicy/p"}]})"
        "\n"
        R"({"resourceType":"Patient","id":"him","gender":"male"})"
        "\n"
        R"({"resourceType":"Patient","id":"her","gender":"female"})"
        "\n";
    EXPECT_EQ(target_.import({folder_.write("lines.ndjson", lines)}), 0) << target_.printed;
  }

  // The exit code; what is printed is in `printed_`.
  int ask(PolicyTestOptions options) {
    std::ostringstream out, errors;
    const int code = test_policies(options, {target_.service, target_.context, *target_.store, out, errors});
    printed_ = out.str() + errors.str();
    return code;
  }
  int ask_user(const std::string& interaction, const std::string& resource, const std::string& file = "") {
    return ask({.user = "ada", .interaction = interaction, .resource = resource, .file = file});
  }
  std::string patient(const std::string& gender) {
    return folder_.write(gender + ".json", R"({"resourceType":"Patient","id":"x","gender":")" + gender + "\"}")
        .string();
  }

  Folder folder_;
  Target target_;
  std::string printed_;
};

TEST_F(PolicyTest, SaysWhatEachRuleMakesOfIt) {
  EXPECT_EQ(ask_user("read", "Patient/him"), 0);
  EXPECT_EQ(printed_, "allowed: read Patient/him\n  + policy p, rule[0], men: grants it: Patient.gender = male\n");
  EXPECT_EQ(ask_user("read", "Patient/her"), 2);
  EXPECT_EQ(printed_,
            "not allowed: read Patient/her\n  - policy p, rule[0], men: grants others only: Patient.gender = male\n");
  EXPECT_EQ(ask_user("read", "Patient"), 0);
  EXPECT_EQ(ask_user("delete", "Patient/him"), 2);
}

TEST_F(PolicyTest, AsksForWhatWillBe) {
  EXPECT_EQ(ask_user("create", "Patient", patient("male")), 0);
  EXPECT_EQ(ask_user("create", "Patient", patient("female")), 2);
  EXPECT_EQ(ask_user("update", "Patient/him", patient("male")), 0);
  EXPECT_EQ(ask_user("update", "Patient/him", patient("female")), 2) << "nobody gives a patient away";
  EXPECT_EQ(ask_user("update", "Patient/her", patient("male")), 2) << "or takes one";
}

TEST_F(PolicyTest, AnswersAsTheServerDoes) {
  const std::string lines =
      R"({"resourceType":"AccessPolicy","id":"q","name":"q","status":"active","rule":[)"
      R"({"resourceType":["Patient"],"interaction":["read","update"],"criteria":"_lastUpdated=gt2000-01-01"},)"
      R"({"resourceType":["Observation"],"interaction":["read"],"criteria":"subject=Patient/him"}]})"
      "\n"
      R"({"resourceType":"User","id":"v","name":"eve","status":"active","policy":[{"reference":"AccessPolicy/q"}]})"
      "\n"
      R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},)"
      R"("subject":{"reference":"http://localhost:8080/fhir/Patient/him"}})"
      "\n";
  ASSERT_EQ(target_.import({folder_.write("more.ndjson", lines)}), 0) << target_.printed;
  EXPECT_EQ(ask({.user = "eve", .interaction = "update", .resource = "Patient/him", .file = patient("male")}), 0)
      << "it will have been updated when it is: " << printed_;
  EXPECT_EQ(ask({.user = "eve", .interaction = "read", .resource = "Observation/o"}), 0)
      << "an absolute reference below the base: " << printed_;
}

TEST_F(PolicyTest, ScopesCountToo) {
  EXPECT_EQ(ask({.client = "c", .interaction = "read", .resource = "Patient/him"}), 0);
  EXPECT_NE(printed_.find("+ scope system/Patient.rs: grants every Patient"), std::string::npos) << printed_;
  EXPECT_EQ(ask({.client = "c", .interaction = "update", .resource = "Patient/him"}), 2);
  EXPECT_NE(printed_.find("- scope system/Patient.rs: is not about update"), std::string::npos) << printed_;
  EXPECT_EQ(ask({.user = "ada", .scopes = {"user/Observation.rs"}, .interaction = "read", .resource = "Patient"}), 2);
}

TEST_F(PolicyTest, RefusesQuestionsWithoutAMeaning) {
  const auto refuses = [&](const PolicyTestOptions& options, const std::string& part) {
    EXPECT_EQ(ask(options), 1) << part;
    EXPECT_NE(printed_.find(part), std::string::npos) << printed_;
  };
  refuses({.user = "eve", .interaction = "read", .resource = "Patient"}, "no active user 'eve'");
  refuses({.client = "d", .interaction = "read", .resource = "Patient"}, "no active client 'd'");
  refuses({.user = "ada", .interaction = "look", .resource = "Patient"}, "'look' is no interaction");
  refuses({.user = "ada", .interaction = "read", .resource = "Human"}, "'Human' is no resource type");
  refuses({.user = "ada", .interaction = "read", .resource = "Patient/none"}, "There is no Patient/none");
  refuses({.user = "ada", .interaction = "create", .resource = "Group", .file = patient("male")}, "holds no Group");
}

}  // namespace
}  // namespace vesta::server::commands::testing
