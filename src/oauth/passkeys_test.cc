// Passkeys of users: the way from a link to one, signing in by them, and what cannot be gone around.
#include "oauth/passkeys.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/log.h"
#include "identity/test_authenticator.h"
#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using identity::TestAuthenticator;
using ops::testing::contains;

class PasskeyFlow : public ProviderTest {
 protected:
  static identity::RelyingParty party() { return identity::relying_party_of("http://test"); }
  static std::string encoded_bytes(std::string_view bytes) { return identity::base64url(bytes); }

  void commit(const std::vector<ops::Property>& properties) {
    store::WriteSet writes;
    writes.properties = properties;
    ASSERT_TRUE(server_.store->commit(writes).ok());
  }
  const access::User& user(const std::string& id = "u1") {
    users_.push_back(*records_.user(id));
    return *users_.back();
  }
  // Of this thread: the trail's commits when it likes.
  void before_next_commit(const std::function<void()>& act) {
    engine_->set_hook([this, act, here = std::this_thread::get_id()](int) -> Status {
      if (std::this_thread::get_id() != here) return kOk;
      engine_->set_hook([](int) { return kOk; });
      act();
      return kOk;
    });
  }
  // What the command does.
  std::string invite(const std::string& id = "u1") {
    const auto invitation = passkeys_.invite(user(id), server_.random);
    EXPECT_TRUE(invitation.ok());
    commit({invitation->property});
    return invitation->text;
  }
  void take_away() { commit(*passkeys_.properties_of_none(user())); }
  void add_bob() {
    put("User", "u2", R"(,"name":"bob","status":"active","fhirUser":{"reference":"Patient/bob"})");
    ASSERT_TRUE(provider_->passwords().set("u2", kPassword).ok());
  }

  // What the page asks the browser for.
  static std::string option(const Page& page, const std::string& name) {
    const std::string rest = ops::testing::value_after(page.response.body, "&quot;" + name + "&quot;:&quot;");
    return rest.substr(0, rest.find("&quot;"));
  }
  Page begin_setup(const std::string& invitation) {
    return page_of(ask(http::Method::get, kPasskeySetupPath, {{"invitation", invitation}}));
  }
  Page prove(const Step& step, std::string_view password = kPassword) {
    return page_of(post(kPasskeyPasswordPath, {{"state", step.state}, {"password", std::string(password)}},
                        {{"Cookie", step.cookie}}));
  }
  Page add(const Step& step, const identity::PasskeyCreation& made) {
    return page_of(post(kPasskeyAddPath,
                        {{"state", step.state},
                         {"client_data", encoded_bytes(made.client_data)},
                         {"authenticator_data", encoded_bytes(made.authenticator_data)}},
                        {{"Cookie", step.cookie}}));
  }
  int set_up(const TestAuthenticator& authenticator, const std::string& id = "u1") {
    const Page page = prove(begin_setup(invite(id)).step);
    EXPECT_EQ(page.response.status, 200) << page.response.body;
    return add(page.step, authenticator.create(option(page, "challenge"))).response.status;
  }
  // The handle that the authenticator was given.
  std::string handle(const std::string& id = "u1") { return passkeys_.known(user(id))->handle; }

  Pairs form_of(const Step& step, const TestAuthenticator& authenticator, const identity::PasskeyAssertion& assertion,
                const std::string& user_handle) {
    return {{"state", step.state},
            {"credential", encoded_bytes(authenticator.id())},
            {"client_data", encoded_bytes(assertion.client_data)},
            {"authenticator_data", encoded_bytes(assertion.authenticator_data)},
            {"signature", encoded_bytes(assertion.signature)},
            {"user_handle", user_handle}};
  }
  Page send(std::string_view path, const Page& page, TestAuthenticator& authenticator, const std::string& user_handle) {
    const auto assertion = authenticator.sign(option(page, "challenge"));
    return page_of(
        post(path, form_of(page.step, authenticator, assertion, user_handle), {{"Cookie", page.step.cookie}}));
  }
  // Behind the password.
  Page second(const Page& page, TestAuthenticator& authenticator) {
    return send(kSecondFactorPath, page, authenticator, "");
  }
  Page second(TestAuthenticator& authenticator) { return second(sign_in(begin().step), authenticator); }
  // Instead of it.
  Page alone(TestAuthenticator& authenticator, const std::string& user_handle) {
    return send(kPasskeyPath, begin(), authenticator, user_handle);
  }
  static bool is_consent(const Page& page) {
    return page.response.status == 200 && contains(page.response.body, "name=\"decision\"");
  }

  http::Response tokens_of(const Page& consent) { return exchange(of_location(decide(consent.step), "code")); }

  Passkeys passkeys_{*server_.store, server_.clock};
  TestAuthenticator device_{party()};
  std::vector<std::shared_ptr<const access::User>> users_;
};

TEST_F(PasskeyFlow, IsSetUpByALinkAndThePassword) {
  const Page asked = begin_setup(invite());
  ASSERT_EQ(asked.response.status, 200) << asked.response.body;
  EXPECT_TRUE(contains(asked.response.body, "name=\"password\""));
  EXPECT_EQ(prove(asked.step, "wrong").response.status, 403);
  const Page page = prove(asked.step);
  ASSERT_EQ(page.response.status, 200);
  EXPECT_EQ(option(page, "site"), "test");
  EXPECT_EQ(option(page, "user"), handle());
  EXPECT_EQ(option(page, "name"), "ada");
  EXPECT_TRUE(contains(page.response.body, "&quot;algorithms&quot;:[-7,-8,-257]"));
  EXPECT_TRUE(contains(page.response.body, "<noscript>"));
  EXPECT_TRUE(std::string(page.response.headers.get("Content-Security-Policy"))
                  .ends_with("; script-src http://test/auth/passkey.js"));
  const Page done = add(page.step, device_.create(option(page, "challenge")));
  EXPECT_EQ(done.response.status, 200) << done.response.body;
  EXPECT_EQ(passkeys_.known(user())->ids, std::vector<std::string>{encoded_bytes(device_.id())});
  EXPECT_TRUE(is_consent(second(device_)));
}

TEST_F(PasskeyFlow, TheScriptIsAFileOfItsOwn) {
  const http::Response script = ask(http::Method::get, kPasskeyScriptPath, {});
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_TRUE(contains(script.body, "navigator.credentials"));
  EXPECT_TRUE(contains(begin().response.body, "<script src=\"http://test/auth/passkey.js\"></script>"));
}

TEST_F(PasskeyFlow, ALinkIsGoodOnceAndForADay) {
  const auto is_good = [&](const std::string& invitation) {
    const int status = begin_setup(invitation).response.status;
    EXPECT_TRUE(status == 200 || status == 400);
    return status == 200;
  };
  const std::string first = invite();
  EXPECT_TRUE(is_good(first));
  EXPECT_TRUE(is_good(first)) << "looking at it uses nothing up";
  const std::string next = invite();
  EXPECT_FALSE(is_good(first)) << "there is a newer one";
  server_.clock.advance(kInvitationLifetime - std::chrono::seconds(1));
  EXPECT_TRUE(is_good(next));
  server_.clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(is_good(next));
  const std::string used = invite();
  const Page page = prove(begin_setup(used).step);
  EXPECT_EQ(add(page.step, device_.create(option(page, "challenge"))).response.status, 200);
  EXPECT_FALSE(is_good(used));
  EXPECT_EQ(add(page.step, TestAuthenticator(party(), "2").create(option(page, "challenge"))).response.status, 400);
  for (const std::string& wrong : {std::string(), std::string("u1."), std::string("u1"), std::string("."),
                                   "u2." + invite().substr(3), invite() + "x"}) {
    EXPECT_FALSE(is_good(wrong)) << wrong;
  }
  const std::string off = invite();
  turn_off("User", "u1");
  EXPECT_FALSE(is_good(off));
}

TEST_F(PasskeyFlow, APageIsOfTheBrowserThatBegan) {
  const Page asked = begin_setup(invite());
  Step fixed = asked.step;
  fixed.cookie = begin_setup(invite()).step.cookie;
  EXPECT_EQ(prove(fixed).response.status, 400) << "a cookie of another";
  const Page now = begin_setup(invite());
  const Page page = prove(now.step);
  fixed = page.step;
  fixed.cookie = now.step.cookie;
  const auto made = device_.create(option(page, "challenge"));
  EXPECT_EQ(add(fixed, made).response.status, 400) << "one from before the password";
  fixed = now.step;
  EXPECT_EQ(add(fixed, made).response.status, 400) << "the state of the page before";
  ASSERT_TRUE(provider_->passwords().set("u1", "another password of hers").ok());
  EXPECT_EQ(add(page.step, made).response.status, 400) << "another password";
  ASSERT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  const Page late = prove(begin_setup(invite()).step);
  server_.clock.advance(kSignInTime);
  EXPECT_EQ(add(late.step, device_.create(option(late, "challenge"))).response.status, 400) << "expired";
}

TEST_F(PasskeyFlow, WhoGuessesThePasswordOfALinkWaits) {
  const Page asked = begin_setup(invite());
  for (std::uint32_t i = 0; i <= identity::kFreeGuesses; ++i) prove(asked.step, "wrong");
  const Page refused = prove(asked.step);
  EXPECT_EQ(refused.response.status, 429);
  EXPECT_NE(refused.response.headers.get("Retry-After"), "");
  EXPECT_EQ(sign_in(begin().step).response.status, 429) << "the guesses are counted together";
}

TEST_F(PasskeyFlow, WhatWasMadeIsVerified) {
  const auto status = [&](const auto& spoil) {
    TestAuthenticator bad(party());
    spoil(bad);
    const Page page = prove(begin_setup(invite()).step);
    return add(page.step, bad.create(option(page, "challenge"))).response.status;
  };
  EXPECT_EQ(status([](TestAuthenticator& bad) { bad.origin = "http://evil"; }), 403);
  EXPECT_EQ(status([](TestAuthenticator& bad) { bad.rp_id = "evil"; }), 403);
  EXPECT_EQ(status([](TestAuthenticator& bad) { bad.flags = 0; }), 403);
  const Page page = prove(begin_setup(invite()).step);
  EXPECT_EQ(add(page.step, device_.create("another challenge")).response.status, 403);
  const http::Response garbage =
      post(kPasskeyAddPath, {{"state", page.step.state}, {"client_data", "!"}, {"authenticator_data", "!"}},
           {{"Cookie", page.step.cookie}});
  EXPECT_EQ(garbage.status, 403);
  EXPECT_TRUE(passkeys_.known(user())->ids.empty());
}

TEST_F(PasskeyFlow, AnIdIsHadOnceOverAllUsers) {
  add_bob();
  EXPECT_EQ(set_up(device_), 200);
  EXPECT_EQ(set_up(device_), 403);
  EXPECT_EQ(set_up(TestAuthenticator(party()), "u2"), 403) << "another key under the id";
  take_away();
  EXPECT_EQ(set_up(device_, "u2"), 200);
  EXPECT_EQ(set_up(device_), 403);
}

TEST_F(PasskeyFlow, AUserHasTenAtMost) {
  for (std::size_t i = 0; i < kMaxPasskeys; ++i) {
    EXPECT_EQ(set_up(TestAuthenticator(party(), "key " + std::to_string(i))), 200);
  }
  EXPECT_EQ(set_up(TestAuthenticator(party(), "one more")), 403);
  EXPECT_EQ(passkeys_.known(user())->ids.size(), kMaxPasskeys);
}

TEST_F(PasskeyFlow, FollowsThePassword) {
  ASSERT_EQ(set_up(device_), 200);
  const Page asked = sign_in(begin().step);
  EXPECT_FALSE(contains(asked.response.body, "name=\"decision\""));
  EXPECT_FALSE(contains(asked.response.body, "name=\"code\"")) << "there is no app";
  EXPECT_TRUE(contains(asked.response.body, encoded_bytes(device_.id())));
  EXPECT_EQ(option(asked, "verification"), "discouraged");
  device_.flags = 0x01;  // by a touch alone
  const Page consent = second(asked, device_);
  ASSERT_TRUE(is_consent(consent)) << consent.response.body;
  const http::Response tokens = tokens_of(consent);
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const std::string claims = claims_of(tokens);
  EXPECT_TRUE(contains(claims, R"("amr":["pwd","pop","user","mfa"],"acr":"2")")) << claims;
}

TEST_F(PasskeyFlow, StandsInForThePassword) {
  ASSERT_EQ(set_up(device_), 200);
  EXPECT_EQ(option(begin(), "verification"), "required");
  const Page consent = alone(device_, handle());
  ASSERT_TRUE(is_consent(consent)) << consent.response.body;
  EXPECT_TRUE(contains(consent.response.body, "<strong>ada</strong>"));
  const http::Response tokens = tokens_of(consent);
  const std::string claims = claims_of(tokens);
  EXPECT_TRUE(contains(claims, R"("amr":["pop","user","mfa"],"acr":"2")")) << claims;
  EXPECT_TRUE(bearer(member(tokens, "access_token")).ok());
}

TEST_F(PasskeyFlow, AloneItMustVerifyAndKnowTheUser) {
  ASSERT_EQ(set_up(device_), 200);
  device_.flags = 0x01;
  EXPECT_EQ(alone(device_, handle()).response.status, 403) << "a touch";
  device_.flags = 0x05;
  EXPECT_EQ(alone(device_, "").response.status, 403) << "it does not know whose it is";
  EXPECT_EQ(alone(device_, encoded_bytes("another")).response.status, 403);
  EXPECT_TRUE(is_consent(alone(device_, handle())));
  turn_off("User", "u1");
  EXPECT_EQ(alone(device_, handle()).response.status, 403);
}

TEST_F(PasskeyFlow, AnothersIsNotAccepted) {
  add_bob();
  TestAuthenticator bobs(party(), "bob's");
  ASSERT_EQ(set_up(device_), 200);
  ASSERT_EQ(set_up(bobs, "u2"), 200);
  EXPECT_NE(handle(), handle("u2"));
  const Page refused = second(bobs);
  EXPECT_EQ(refused.response.status, 403) << "behind ada's password";
  EXPECT_EQ(alone(bobs, handle()).response.status, 403) << "with ada's handle";
  TestAuthenticator forged(party(), bobs.id());
  EXPECT_EQ(alone(forged, handle("u2")).response.status, 403) << "another key under the id";
  TestAuthenticator unknown(party(), "unknown");
  EXPECT_EQ(alone(unknown, handle()).response.status, 403);
  const Page consent = alone(bobs, handle("u2"));
  EXPECT_TRUE(contains(consent.response.body, "<strong>bob</strong>"));
}

TEST_F(PasskeyFlow, WhatWasSignedIsVerified) {
  ASSERT_EQ(set_up(device_), 200);
  const auto refused = [&](const auto& spoil, const auto& mend) {
    spoil();
    EXPECT_EQ(second(device_).response.status, 403);
    EXPECT_EQ(alone(device_, handle()).response.status, 403);
    mend();
  };
  refused([&] { device_.origin = "http://evil"; }, [&] { device_.origin = "http://test"; });
  refused([&] { device_.rp_id = "evil"; }, [&] { device_.rp_id = "test"; });
  refused([&] { device_.flags = 0x04; }, [&] { device_.flags = 0x05; });
  refused([&] { device_.type = "webauthn.create"; }, [&] { device_.type = ""; });
  EXPECT_TRUE(is_consent(second(device_)));
}

TEST_F(PasskeyFlow, AChallengeIsOfOnePageAndGoodOnce) {
  ASSERT_EQ(set_up(device_), 200);
  const Page asked = sign_in(begin().step);
  const auto signed_once = device_.sign(option(asked, "challenge"));
  const auto send_to = [&](const Page& page) {
    return page_of(
        post(kSecondFactorPath, form_of(page.step, device_, signed_once, ""), {{"Cookie", page.step.cookie}}));
  };
  EXPECT_EQ(send_to(sign_in(begin().step)).response.status, 403) << "of another page";
  EXPECT_TRUE(is_consent(send_to(asked)));
  EXPECT_EQ(send_to(asked).response.status, 403) << "again";

  TestAuthenticator uncounted(party(), "uncounted");
  uncounted.counts = false;
  uncounted.counter = 0;
  ASSERT_EQ(set_up(uncounted), 200);
  const Page page = begin();
  const auto assertion = uncounted.sign(option(page, "challenge"));
  const auto form = form_of(page.step, uncounted, assertion, handle());
  EXPECT_TRUE(is_consent(page_of(post(kPasskeyPath, form, {{"Cookie", page.step.cookie}}))));
  EXPECT_EQ(post(kPasskeyPath, form, {{"Cookie", page.step.cookie}}).status, 403) << "no counter tells that";
  restart();
  EXPECT_EQ(post(kPasskeyPath, form, {{"Cookie", page.step.cookie}}).status, 403) << "nor forgets a restart it";
  EXPECT_EQ(post(kPasskeyPath, form, {{"Cookie", begin().step.cookie}}).status, 400) << "another browser";
  const Page late = begin();
  server_.clock.advance(kSignInTime);
  EXPECT_EQ(send(kPasskeyPath, late, uncounted, handle()).response.status, 400) << "expired";
}

TEST_F(PasskeyFlow, ACounterThatGoesBackIsToldByTheLog) {
  ASSERT_EQ(set_up(device_), 200);
  device_.counter = 100;
  EXPECT_TRUE(is_consent(second(device_)));
  device_.counter = 50;
  std::string lines;
  log::set_sink([&](std::string_view line) { lines.append(line) += "\n"; });
  EXPECT_EQ(second(device_).response.status, 403);
  log::set_sink({});
  EXPECT_TRUE(contains(lines, "counter went back")) << lines;
  restart();
  EXPECT_EQ(second(device_).response.status, 403);
  device_.counter = 101;
  EXPECT_TRUE(is_consent(second(device_)));
}

TEST_F(PasskeyFlow, WhoHasAnAppTooChooses) {
  const Enrolment enrolment = new_enrolment(server_.random);
  commit({SecondFactors::property_of(user(), enrolment)});
  ASSERT_EQ(set_up(device_), 200);
  const Page asked = sign_in(begin().step);
  EXPECT_TRUE(contains(asked.response.body, "name=\"code\""));
  EXPECT_TRUE(is_consent(second(asked, device_)));
  const auto by_code = [&](const std::string& code) {
    const Page page = sign_in(begin().step);
    return page_of(
        post(kSecondFactorPath, {{"state", page.step.state}, {"code", code}}, {{"Cookie", page.step.cookie}}));
  };
  EXPECT_EQ(by_code("ABCD").response.status, 403);
  const Page consent = by_code(enrolment.recovery_codes.front());
  EXPECT_TRUE(is_consent(consent));
  EXPECT_TRUE(contains(claims_of(tokens_of(consent)), R"("amr":["pwd","otp","mfa"])"));
}

TEST_F(PasskeyFlow, WithoutAnAppNoCodeIsGood) {
  ASSERT_EQ(set_up(device_), 200);
  const Page page = sign_in(begin().step);
  EXPECT_EQ(post(kSecondFactorPath, {{"state", page.step.state}, {"code", ""}}, {{"Cookie", page.step.cookie}}).status,
            400);
}

TEST_F(PasskeyFlow, SatisfiesThatOneIsRequired) {
  ASSERT_EQ(set_up(device_), 200);
  put("User", "u1",
      R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"},"secondFactorRequired":true)");
  for (const bool is_alone : {false, true}) {
    const http::Response tokens = tokens_of(is_alone ? alone(device_, handle()) : second(device_));
    ASSERT_EQ(tokens.status, 200) << tokens.body;
    EXPECT_TRUE(bearer(member(tokens, "access_token")).ok());
  }
  take_away();
  EXPECT_EQ(sign_in(begin().step).response.status, 403);
}

TEST_F(PasskeyFlow, AddingOneEndsSessionsAndWhatBeganWithout) {
  const http::Response tokens = exchange(code(authorization("openid offline_access patient/*.rs")));
  ASSERT_TRUE(bearer(member(tokens, "access_token")).ok());
  const Step consent = sign_in(begin().step).step;
  const std::string on_its_way = code();
  ASSERT_EQ(set_up(device_), 200);
  EXPECT_FALSE(bearer(member(tokens, "access_token")).ok());
  EXPECT_EQ(member(refresh(member(tokens, "refresh_token")), "error"), "invalid_grant");
  EXPECT_EQ(decide(consent).status, 400);
  EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant");
}

// The store is changed just before a session is written: what was looked at before is not so any more.
TEST_F(PasskeyFlow, ACodeThatIsExchangedMeanwhileOpensNothing) {
  const std::string on_its_way = code();
  before_next_commit(
      [this, property = SecondFactors::property_of(user(), new_enrolment(server_.random))] { commit({property}); });
  EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant");
  const std::string sessions = server_.get("/Session?status=active").body;
  EXPECT_TRUE(contains(sessions, R"("total":0)")) << sessions;
}

TEST_F(PasskeyFlow, ASessionThatIsOpenedMeanwhileEndsToo) {
  const std::string on_its_way = code();
  const Page page = prove(begin_setup(invite()).step);
  http::Response tokens;
  before_next_commit([&] {
    tokens = exchange(on_its_way);
    EXPECT_TRUE(bearer(member(tokens, "access_token")).ok());
  });
  EXPECT_EQ(add(page.step, device_.create(option(page, "challenge"))).response.status, 200);
  EXPECT_FALSE(bearer(member(tokens, "access_token")).ok());
}

TEST_F(PasskeyFlow, WhatBeganWithOneThatIsGoneGoesNoFurther) {
  ASSERT_EQ(set_up(device_), 200);
  const Step consent = second(device_).step;
  const Step by_it_alone = alone(device_, handle()).step;
  const std::string on_its_way = of_location(decide(second(device_).step), "code");
  ASSERT_NE(on_its_way, "");
  take_away();
  EXPECT_EQ(decide(consent).status, 400);
  EXPECT_EQ(decide(by_it_alone).status, 400);
  EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant");
  EXPECT_TRUE(contains(sign_in(begin().step).response.body, "name=\"decision\""));
}

TEST_F(PasskeyFlow, AnotherPasswordStopsWhatAPasskeyBegan) {
  ASSERT_EQ(set_up(device_), 200);
  const Step consent = alone(device_, handle()).step;
  ASSERT_TRUE(provider_->passwords().set("u1", "another password of hers").ok());
  EXPECT_EQ(decide(consent).status, 400);
}

TEST_F(PasskeyFlow, IsOfTheUserForWhomItWasSetUp) {
  ASSERT_EQ(set_up(device_), 200);
  const std::string handle_before = handle();
  const std::string invitation = invite();
  ASSERT_EQ(server_.remove("/User/u1").status, 204);
  put("User", "u1", R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"})");
  ASSERT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  EXPECT_TRUE(contains(sign_in(begin().step).response.body, "name=\"decision\""));
  EXPECT_EQ(alone(device_, handle_before).response.status, 403);
  EXPECT_EQ(begin_setup(invitation).response.status, 400);
}

TEST_F(PasskeyFlow, IsRecordedInOneCommitWithItsUse) {
  const auto records = [&](std::string_view interaction) {
    std::string out;
    for (const audit::Record& each : records_of(0, interaction)) {
      out += each.path + " " + std::to_string(each.status) + " " + each.user + "\n";
    }
    return out;
  };
  ASSERT_EQ(set_up(device_), 200);
  EXPECT_EQ(records("add-passkey"), "/auth/passkeys/add 200 u1\n");
  EXPECT_EQ(records("first-factor"), "/auth/passkeys/password 200 u1\n");
  const Page page = begin();
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "the disk is full"); });
  EXPECT_EQ(send(kPasskeyPath, page, device_, handle()).response.status, 503);
  engine_->set_hook([](int) { return kOk; });
  restart();
  EXPECT_TRUE(is_consent(alone(device_, handle())));
  device_.origin = "http://evil";
  alone(device_, handle());
  const std::string signs = records("sign-in");
  EXPECT_TRUE(contains(signs, "/auth/passkey 200 u1\n/auth/passkey 403 u1\n")) << signs;
}

TEST_F(PasskeyFlow, NothingOfItIsSaidElsewhere) {
  std::string lines;
  log::set_sink([&](std::string_view line) { lines.append(line) += "\n"; });
  const std::string invitation = invite();
  const Page page = prove(begin_setup(invitation).step);
  add(page.step, device_.create(option(page, "challenge")));
  log::set_sink({});
  EXPECT_TRUE(contains(lines, "a passkey was added")) << lines;
  EXPECT_FALSE(contains(lines, invitation.substr(3)));
  EXPECT_FALSE(contains(server_.get("/User/u1").body, encoded_bytes(device_.id())));
}

}  // namespace
}  // namespace vesta::oauth
