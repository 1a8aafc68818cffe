// Who is meant by a name.
#include "oauth/users.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using Users = ProviderTest;

TEST_F(Users, OfOneNameThoseWhoAreOffDoNotCount) {
  put("User", "u2", R"(,"name":"ada","status":"off")");
  EXPECT_EQ(sign_in(begin().step).response.status, 200);
  EXPECT_TRUE(*is_taken(*server_.store, ops::testing::registry(), "ada"));
}

TEST_F(Users, TwoOfOneNameAreNobodyAndTheLogSaysSo) {
  put("User", "u2", R"(,"name":"ada","status":"active")");
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  EXPECT_EQ(sign_in(begin().step).response.status, 403);
  log::set_sink({});
  EXPECT_TRUE(ops::testing::contains(lines, "two active users have one name")) << lines;
  EXPECT_TRUE(ops::testing::contains(lines, R"("user":"u1","other":"u2")"));
}

TEST_F(Users, WhoIsMadeUnderTheIdOfADeletedOneHasNoneOfTheSessions) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  put("User", "u1", R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"})");
  EXPECT_TRUE(bearer(member(first, "access_token")).ok()) << "changed is not deleted";
  ASSERT_EQ(server_.remove("/User/u1").status, 204);
  EXPECT_EQ(member(refresh(member(first, "refresh_token")), "error"), "invalid_grant");
  put("User", "u1", R"(,"name":"another","status":"active")");
  EXPECT_FALSE(bearer(member(first, "access_token")).ok());
  EXPECT_EQ(member(refresh(member(first, "refresh_token")), "error"), "invalid_grant");
  ASSERT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  EXPECT_FALSE(bearer(member(first, "access_token")).ok()) << "also with a password";
  EXPECT_EQ(member(refresh(member(first, "refresh_token")), "error"), "invalid_grant");
}

}  // namespace
}  // namespace vesta::oauth
