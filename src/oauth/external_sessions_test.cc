// Sessions of those who have signed in at an OpenID provider end with what they signed in by.
#include <gtest/gtest.h>

#include <string>

#include "oauth/external_test_support.h"
#include "oauth/passkeys.h"
#include "ops/own_writes.h"

namespace vesta::oauth {
namespace {

class ExternalSessions : public ExternalTest {
 protected:
  http::Response tokens() {
    const Pairs request = authorization("offline_access launch/patient patient/*.rs");
    return exchange(of_location(decide(through(request).step), "code"));
  }
};

TEST_F(ExternalSessions, EndWithTheIdentity) {
  const http::Response first = tokens();
  ASSERT_TRUE(bearer(member(first, "access_token")).ok());
  put("User", "eve", R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"})");
  EXPECT_FALSE(bearer(member(first, "access_token")).ok());
  EXPECT_EQ(member(refresh(member(first, "refresh_token")), "error"), "invalid_grant");
}

TEST_F(ExternalSessions, GoOnBesideOtherIdentities) {
  const http::Response first = tokens();
  put("User", "eve",
      R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"},"identity":[)"
      R"({"system":"https://other.example","value":"x"},)"
      R"({"system":"https://op.example/realm","value":"sub-of-eve"}])");
  EXPECT_TRUE(bearer(member(first, "access_token")).ok());
  put("User", "eve",
      R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"},"identity":[)"
      R"({"system":"https://other.example","value":"sub-of-eve"}])");
  EXPECT_FALSE(bearer(member(first, "access_token")).ok()) << "of the same subject elsewhere";
}

TEST_F(ExternalSessions, WhoSignedInHereGoesOnWithoutAnIdentity) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  ASSERT_TRUE(bearer(member(first, "access_token")).ok());
  put("User", "u1",
      R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"},"identity":[)"
      R"({"system":"https://op.example/realm","value":"ada"}])");
  EXPECT_TRUE(bearer(member(first, "access_token")).ok());
}

TEST_F(ExternalSessions, NobodySetsUpAPasskeyWhereNobodyHasAPassword) {
  Passkeys passkeys(*server_.store, server_.clock);
  const auto user = records_.user("u1");
  ASSERT_TRUE(user.ok());
  const auto invitation = passkeys.invite(**user, server_.random);
  ASSERT_TRUE(invitation.ok());
  ops::Context context = server_.service.as_system();
  ASSERT_TRUE(ops::put_own(context, {}, {invitation->property}).ok());
  const Pairs query = {{"invitation", invitation->text}};
  EXPECT_EQ(ask(http::Method::get, kPasskeySetupPath, query).status, 200);
  serve(ExternalSettings::Passwords::off);
  EXPECT_EQ(ask(http::Method::get, kPasskeySetupPath, query).status, 400);
}

}  // namespace
}  // namespace vesta::oauth
