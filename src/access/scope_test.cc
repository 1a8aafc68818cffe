// Scopes of both versions: good and bad ones, what covers what, what a client may be given.
#include "access/scope.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vesta::access {
namespace {

using Texts = std::vector<std::string>;

// As version 2 writes it, or "-".
std::string read(const std::string& text) {
  const auto scope = parse_scope(text);
  return scope ? to_string(*scope) : "-";
}

TEST(Scope, IsRead) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"patient/Observation.read", "patient/Observation.rs"},
      {"patient/Observation.write", "patient/Observation.cud"},
      {"patient/Observation.*", "patient/Observation.cruds"},
      {"patient/*.read", "patient/*.rs"},
      {"user/*.*", "user/*.cruds"},
      {"system/*.cruds", "system/*.cruds"},
      {"user/Patient.r", "user/Patient.r"},
      {"user/Patient.s", "user/Patient.s"},
      {"user/Patient.cs", "user/Patient.cs"},
      {"system/AccessPolicy.d", "system/AccessPolicy.d"},
      {"patient/NoSuchType.rs", "patient/NoSuchType.rs"},
      {"patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory"},
      {"patient/Observation.rs?category=http://a.b/c|d&status=final",
       "patient/Observation.rs?category=http://a.b/c|d&status=final"},
      // none of resources
      {"openid", "-"},
      {"fhirUser", "-"},
      {"launch", "-"},
      {"launch/patient", "-"},
      {"offline_access", "-"},
      {"", "-"},
      // not well formed
      {"patient/Observation.rs?code=\"a\"", "-"},
      {"patient/Observation.rs?code=a b", "-"},
      {"patient/Observation.rs?code=a\\,b", "-"},
      {"patient/Observation.rs?code=\xc3\xa9", "-"},
      {"patient/Observation.rs?code=a\x7f", "-"},
      {"patient/Observation", "-"},
      {"patient/Observation.", "-"},
      {"patient/.rs", "-"},
      {"patient/.", "-"},
      {"/Observation.rs", "-"},
      {"Observation.rs", "-"},
      {"patient.Observation/rs", "-"},
      {"Patient/Observation.rs", "-"},
      {"staff/Observation.rs", "-"},
      {"patient/observation.rs", "-"},
      {"patient/Observation2.rs", "-"},
      {"patient/**.rs", "-"},
      {"patient/Observation.sr", "-"},
      {"patient/Observation.rr", "-"},
      {"patient/Observation.rx", "-"},
      {"patient/Observation.Read", "-"},
      {"patient/Observation.reads", "-"},
      {"patient/Observation.r.s", "-"},
      {"patient/Observation.rs ", "-"},
      {" patient/Observation.rs", "-"},
      {"patient/Observation.rs?", "-"},
      {"patient/Observation.rs?&", "-"},
      {"patient/Observation.read?category=laboratory", "-"},
      {"patient/Observation?category=a.rs", "-"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(read(text), expected) << "'" << text << "'";
}

TEST(Scope, HasALimitOfBytes) {
  std::string text = "user/Patient.rs?family=";
  text.resize(kMaxScopeBytes, 'a');
  EXPECT_TRUE(parse_scope(text));
  EXPECT_FALSE(parse_scope(text + "a"));
}

TEST(Scope, CoversWhatAllowsNoMore) {
  const auto covered = [](const char* granted, const char* asked) {
    return covers(*parse_scope(granted), *parse_scope(asked));
  };
  EXPECT_TRUE(covered("user/*.cruds", "user/Patient.rs"));
  EXPECT_TRUE(covered("user/Patient.rs", "user/Patient.read"));
  EXPECT_TRUE(covered("user/Patient.rs", "user/Patient.r?active=true"));
  EXPECT_TRUE(covered("user/Patient.rs?active=true", "user/Patient.rs?gender=male&active=true"));
  EXPECT_TRUE(covered("system/Client.rs", "system/Client.r"));
  EXPECT_FALSE(covered("user/Patient.rs", "user/Patient.cruds"));
  EXPECT_FALSE(covered("user/Patient.rs", "user/*.rs"));
  EXPECT_FALSE(covered("user/Patient.rs", "patient/Patient.rs"));
  EXPECT_FALSE(covered("user/Patient.rs", "system/Patient.rs"));
  EXPECT_FALSE(covered("user/Patient.rs", "user/Observation.rs"));
  EXPECT_FALSE(covered("user/Patient.rs?active=true", "user/Patient.rs"));
  EXPECT_FALSE(covered("user/Patient.rs?active=true", "user/Patient.rs?active=false"));
  EXPECT_FALSE(covered("system/*.cruds", "system/Client.r")) << "* is no type of access";
  EXPECT_FALSE(covered("system/*.cruds", "system/AccessPolicy.r"));
  EXPECT_FALSE(covered("system/*.cruds", "system/AuditEvent.r"));
}

TEST(Scope, GivesWhatIsRegistered) {
  const auto given = [](const Texts& asked, const Texts& registered) { return granted_scopes(asked, registered); };
  EXPECT_EQ(given({"system/Patient.cruds"}, {"system/*.rs"}), Texts{"system/Patient.rs"});
  EXPECT_EQ(given({"patient/Observation.read"}, {"patient/*.rs"}), Texts{"patient/Observation.read"}) << "as asked";
  EXPECT_EQ(given({"patient/*.rs"}, {"patient/Observation.rs", "patient/Condition.r"}),
            (Texts{"patient/Observation.rs", "patient/Condition.r"}));
  EXPECT_EQ(given({"user/Patient.cruds"}, {"user/Patient.rs", "user/Patient.c", "user/*.r"}),
            Texts{"user/Patient.crs"});
  EXPECT_EQ(given({"user/Patient.crs"}, {"user/Patient.rs", "user/Patient.c"}), Texts{"user/Patient.crs"});
  EXPECT_EQ(given({"user/Patient.rs"}, {"user/Patient.rs?active=true"}), Texts{"user/Patient.rs?active=true"});
  EXPECT_EQ(given({"user/Patient.rs?gender=male"}, {"user/Patient.rs?active=true"}),
            Texts{"user/Patient.rs?gender=male&active=true"});
  EXPECT_EQ(given({"user/Patient.rs", "user/Patient.rs"}, {"user/*.rs"}), Texts{"user/Patient.rs"});
  EXPECT_EQ(given({"user/Patient.rs"}, {"patient/*.rs", "system/*.rs"}), Texts{});
  EXPECT_EQ(given({"system/*.rs", "system/Client.rs"}, {"system/*.cruds"}), Texts{"system/*.rs"});
  EXPECT_EQ(given({"system/*.rs"}, {"system/Client.rs"}), Texts{}) << "* is no type of access";
}

TEST(Scope, GivesOthersAsTheyAreRegistered) {
  const Texts registered = {"openid", "launch/patient", "patient/Observation.sr", "user/Patient.rs"};
  EXPECT_EQ(granted_scopes(Texts{"openid", "fhirUser", "launch/patient", "launch"}, registered),
            (Texts{"openid", "launch/patient"}));
  EXPECT_EQ(granted_scopes(Texts{"patient/Observation.sr"}, registered), Texts{}) << "not well formed";
}

TEST(Scope, HasALimitOfCount) {
  Texts asked, registered;
  for (std::size_t i = 0; i <= kMaxScopes; ++i) asked.push_back("scope-" + std::to_string(i));
  EXPECT_EQ(granted_scopes(asked, asked).size(), kMaxScopes);
  EXPECT_EQ(granted_scopes(asked, Texts{asked.back()}).size(), 0U) << "asked for behind the limit";
  asked.pop_back();
  EXPECT_EQ(granted_scopes(asked, asked), asked);
  for (std::size_t i = 0; i < kMaxScopes; ++i) registered.push_back("user/*.rs?a=" + std::to_string(i));
  EXPECT_EQ(granted_scopes(Texts{"user/A.rs", "user/B.rs"}, registered).size(), kMaxScopes) << "of what is given";
}

}  // namespace
}  // namespace vesta::access
