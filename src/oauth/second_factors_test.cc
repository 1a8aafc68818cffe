// A code beside the password: which are right, how often, how many guesses, and what cannot be gone around.
#include "oauth/second_factors.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;

class SecondFactorFlow : public ProviderTest {
 protected:
  SecondFactorFlow() { enrol("u1"); }

  void commit(const ops::Property& property) {
    store::WriteSet writes;
    writes.properties.push_back(property);
    ASSERT_TRUE(server_.store->commit(writes).ok());
  }
  void enrol(const std::string& user) {
    enrolment_ = new_enrolment(server_.random);
    commit(SecondFactors::property_of(**records_.user(user), enrolment_));
  }
  // Of the app, whose clock is so many steps ahead.
  std::string present_code(int steps = 0) {
    const std::uint64_t step = identity::totp_step(server_.clock.now()).value;
    return identity::totp_code(enrolment_.secret, {step + static_cast<std::uint64_t>(steps)});
  }
  Page enter(const Step& step, const std::string& code) {
    return page_of(post(kSecondFactorPath, {{"state", step.state}, {"code", code}}, {{"Cookie", step.cookie}}));
  }
  int status_of(const std::string& code) { return enter(sign_in(begin().step).step, code).response.status; }
  // Until who is on no known device must wait.
  void guess_too_often() {
    for (std::uint32_t i = 0; i <= identity::kFreeGuesses; ++i) status_of("000000");
    EXPECT_EQ(status_of("000000"), 429);
  }
  void next_step() { server_.clock.advance(identity::kTotpPeriod); }

  Enrolment enrolment_;
};

TEST_F(SecondFactorFlow, FollowsThePassword) {
  EXPECT_EQ(sign_in(begin().step, "ada", "wrong").response.status, 403);
  const Page asked = sign_in(begin().step);
  ASSERT_EQ(asked.response.status, 200);
  EXPECT_TRUE(contains(asked.response.body, "name=\"code\"")) << asked.response.body;
  EXPECT_FALSE(contains(asked.response.body, "name=\"decision\""));
  const Page consent = enter(asked.step, present_code());
  ASSERT_EQ(consent.response.status, 200) << consent.response.body;
  const http::Response tokens = exchange(of_location(decide(consent.step), "code"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const std::string claims = claims_of(tokens);
  EXPECT_TRUE(contains(claims, R"("amr":["pwd","otp","mfa"],"acr":"2")")) << claims;
}

TEST_F(SecondFactorFlow, APasswordAloneIsSaidToBeOne) {
  commit(SecondFactors::property_of_none(**records_.user("u1")));
  const std::string claims = claims_of(exchange(code()));
  EXPECT_TRUE(contains(claims, R"("amr":["pwd"],"acr":"1")")) << claims;
}

TEST_F(SecondFactorFlow, AWrongCodeIsTold) {
  const Page asked = sign_in(begin().step);
  for (const std::string wrong : {"", "000000", "12345", "ABCD-EFGH-IJKL-MNOP"}) {
    const Page page = enter(asked.step, wrong);
    EXPECT_EQ(page.response.status, 403) << wrong;
    EXPECT_TRUE(contains(page.response.body, "The code is wrong"));
  }
  EXPECT_EQ(enter(asked.step, present_code()).response.status, 200);
}

TEST_F(SecondFactorFlow, ClocksMayDifferByOneStep) {
  EXPECT_EQ(status_of(present_code(-2)), 403);
  EXPECT_EQ(status_of(present_code(2)), 403);
  EXPECT_EQ(status_of(present_code(-1)), 200);
  EXPECT_EQ(status_of(present_code(1)), 200);
}

TEST_F(SecondFactorFlow, ACodeIsGoodOnceAlsoAfterARestart) {
  const std::string once = present_code();
  EXPECT_EQ(status_of(once), 200);
  EXPECT_EQ(status_of(once), 403);
  restart();
  EXPECT_EQ(status_of(once), 403);
  EXPECT_EQ(status_of(present_code(-1)), 403) << "one from before it";
  next_step();
  EXPECT_EQ(status_of(present_code()), 200);
}

TEST_F(SecondFactorFlow, AFailureThatPassesUsesNoCodeUp) {
  const std::string once = present_code();
  const Step asked = sign_in(begin().step).step;
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "the disk is full"); });
  EXPECT_EQ(enter(asked, once).response.status, 503);
  engine_->set_hook([](int) { return kOk; });
  EXPECT_EQ(enter(asked, once).response.status, 200);
}

TEST_F(SecondFactorFlow, ARecoveryCodeIsGoodOnce) {
  ASSERT_EQ(enrolment_.recovery_codes.size(), kRecoveryCodes);
  EXPECT_EQ(enrolment_.recovery_codes[0].size(), 19U);
  EXPECT_EQ(status_of(enrolment_.recovery_codes[0]), 200);
  EXPECT_EQ(status_of(enrolment_.recovery_codes[0]), 403);
  std::string typed = " ";
  for (const char c : enrolment_.recovery_codes[1]) {
    if (c != '-') typed += static_cast<char>(std::tolower(c));
  }
  EXPECT_EQ(status_of(typed), 200) << "without hyphens, in lower case";
  restart();
  for (std::size_t i = 2; i < kRecoveryCodes; ++i) EXPECT_EQ(status_of(enrolment_.recovery_codes[i]), 200);
  EXPECT_EQ(status_of(enrolment_.recovery_codes[1]), 403);
  EXPECT_EQ(status_of(present_code()), 200) << "the app goes on";
}

TEST_F(SecondFactorFlow, WhoGuessesWaitsWhereverTheyAre) {
  for (std::uint32_t i = 0; i < identity::kFreeGuesses; ++i) {
    address_ = "192.0.2." + std::to_string(i + 1);
    EXPECT_EQ(status_of("000000"), 403);
  }
  address_ = "192.0.2.99";
  const Page slowed = enter(sign_in(begin().step).step, present_code());
  EXPECT_EQ(slowed.response.status, 429);
  EXPECT_NE(slowed.response.headers.find("Retry-After"), nullptr);
  EXPECT_TRUE(contains(slowed.response.body, "name=\"code\""));
  put("User", "u2", R"(,"name":"bob","status":"active","fhirUser":{"reference":"Patient/bob"})");
  ASSERT_TRUE(provider_->passwords().set("u2", kPassword).ok());
  enrol("u2");
  EXPECT_EQ(enter(sign_in(begin().step, "bob").step, present_code()).response.status, 200) << "others go on";
}

TEST_F(SecondFactorFlow, ADeviceOfTheUserIsNotSlowedDownByOthers) {
  const std::string device = device_of(enter(sign_in(begin().step).step, present_code()));
  ASSERT_NE(device, "");
  guess_too_often();
  next_step();
  EXPECT_EQ(enter(on_device(sign_in(begin().step).step, device), present_code()).response.status, 200);
}

TEST_F(SecondFactorFlow, ADeviceIsKnownByTheSecondFactorOfNow) {
  commit(SecondFactors::property_of_none(**records_.user("u1")));
  const std::string by_password = device_of(sign_in(begin().step));
  enrol("u1");
  const std::string by_another = device_of(enter(sign_in(begin().step).step, present_code()));
  enrol("u1");
  guess_too_often();
  next_step();
  for (const std::string& device : {by_password, by_another}) {
    ASSERT_NE(device, "");
    EXPECT_EQ(enter(on_device(sign_in(begin().step).step, device), present_code()).response.status, 429);
  }
}

TEST_F(SecondFactorFlow, ThePasswordAloneMakesNoKnownDevice) {
  EXPECT_EQ(device_of(sign_in(begin().step)), "");
}

TEST_F(SecondFactorFlow, NoPageCanBeLeftOut) {
  const Page first = begin();
  const Page asked = sign_in(first.step);
  EXPECT_NE(asked.step.cookie, first.step.cookie) << "whoever knew the cookie from before goes no further";
  EXPECT_EQ(decide(asked.step).status, 400) << "the state of the code's page is none of the consent's";
  EXPECT_EQ(enter(first.step, present_code()).response.status, 400) << "nor is that of the name's page";
  Step fixed = asked.step;
  fixed.cookie = first.step.cookie;
  EXPECT_EQ(enter(fixed, present_code()).response.status, 400) << "a cookie from before the password";
  const Page consent = enter(asked.step, present_code());
  fixed = consent.step;
  fixed.cookie = asked.step.cookie;
  EXPECT_EQ(decide(fixed).status, 400) << "a cookie from before the code";
  server_.clock.advance(kSignInTime);
  EXPECT_EQ(enter(asked.step, present_code()).response.status, 400) << "expired";
}

TEST_F(SecondFactorFlow, WhatBeganWithoutOneGoesNoFurther) {
  commit(SecondFactors::property_of_none(**records_.user("u1")));
  const Step consent = sign_in(begin().step).step;
  const std::string on_its_way = code();
  enrol("u1");
  EXPECT_EQ(decide(consent).status, 400);
  EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant");
  const Step asked = sign_in(begin().step).step;
  ASSERT_TRUE(provider_->passwords().set("u1", "another password of hers").ok());
  EXPECT_EQ(enter(asked, present_code()).response.status, 400) << "another password";
}

// With the lost telephone nobody goes on, however far they had come.
TEST_F(SecondFactorFlow, WhatBeganWithAnotherOneGoesNoFurther) {
  const auto consent = [&] {
    next_step();
    return enter(sign_in(begin().step).step, present_code()).step;
  };
  const auto expect_stopped = [&](const std::string& why, const auto& change) {
    const Step begun = consent();
    const std::string on_its_way = of_location(decide(consent()), "code");
    ASSERT_NE(on_its_way, "");
    change();
    EXPECT_EQ(decide(begun).status, 400) << why;
    EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant") << why;
  };
  expect_stopped("made anew", [&] { enrol("u1"); });
  expect_stopped("off and on", [&] {
    commit(SecondFactors::property_of_none(**records_.user("u1")));
    enrol("u1");
  });
  expect_stopped("taken away", [&] { commit(SecondFactors::property_of_none(**records_.user("u1"))); });
}

TEST_F(SecondFactorFlow, AUsedCodeStopsNothing) {
  const Step begun = enter(sign_in(begin().step).step, present_code()).step;
  EXPECT_EQ(status_of(enrolment_.recovery_codes[0]), 200);
  EXPECT_EQ(exchange(of_location(decide(begun), "code")).status, 200);
}

TEST_F(SecondFactorFlow, IsOfTheUserForWhomItWasSet) {
  ASSERT_EQ(server_.remove("/User/u1").status, 204);
  put("User", "u1", R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"})");
  ASSERT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  EXPECT_TRUE(contains(sign_in(begin().step).response.body, "name=\"decision\""));
}

TEST_F(SecondFactorFlow, WhoNeedsOneAndHasNoneDoesNotSignIn) {
  const std::string needs = R"(,"name":"ada","status":"active","secondFactorRequired":true)";
  put("User", "u1", needs);
  commit(SecondFactors::property_of_none(**records_.user("u1")));
  const Page refused = sign_in(begin(authorization("openid")).step);
  EXPECT_EQ(refused.response.status, 403);
  EXPECT_EQ(refused.step.state, "");
  EXPECT_EQ(sign_in(begin().step, "ada", "wrong").response.status, 403);
  put("User", "u1", R"(,"name":"ada","status":"active","secondFactorRequired":false)");
  const Step consent = sign_in(begin(authorization("openid")).step).step;
  put("User", "u1", needs);
  EXPECT_EQ(decide(consent).status, 400) << "needed since";
  enrol("u1");
  EXPECT_EQ(status_of(present_code()), 200);
}

TEST_F(SecondFactorFlow, ASessionByThePasswordAloneRestsWhileOneIsNeeded) {
  const Pairs request = authorization("openid offline_access patient/*.rs");
  const auto need = [&](const std::string& is_needed) {
    put("User", "u1",
        R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"},"secondFactorRequired":)" +
            is_needed);
  };
  const auto by_code =
      exchange(of_location(decide(enter(sign_in(begin(request).step).step, present_code()).step), "code"));
  commit(SecondFactors::property_of_none(**records_.user("u1")));
  const auto by_password = exchange(code(request));
  const std::string token = member(by_password, "access_token");
  ASSERT_TRUE(bearer(token).ok());
  need("true");
  EXPECT_FALSE(bearer(token).ok());
  EXPECT_EQ(member(refresh(member(by_password, "refresh_token")), "error"), "invalid_grant");
  auto next = refresh(member(by_code, "refresh_token"));
  next = refresh(member(next, "refresh_token"));
  EXPECT_EQ(next.status, 200) << "the session has proved one, however often it was refreshed";
  EXPECT_TRUE(bearer(member(next, "access_token")).ok());
  need("false");
  EXPECT_TRUE(bearer(token).ok());
  EXPECT_EQ(refresh(member(by_password, "refresh_token")).status, 200) << "nothing was used up";
}

TEST_F(SecondFactorFlow, NoAnswerShowsIt) {
  const std::string user = server_.get("/User/u1").body + server_.get("/User").body;
  EXPECT_FALSE(contains(user, "secret")) << user;
  std::string lines;
  log::set_sink([&](std::string_view line) { lines.append(line) += "\n"; });
  status_of("345678");
  log::set_sink({});
  EXPECT_TRUE(contains(lines, R"("reason":"wrong code")")) << lines;
  EXPECT_FALSE(contains(lines, "345678"));
}

}  // namespace
}  // namespace vesta::oauth
