// Idempotency keys: what is sent again is carried out once, and answered as it was.
#include "ops/idempotency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "audit/trail.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

constexpr std::string_view kPatient = R"({"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]})";
constexpr std::string_view kOther = R"({"resourceType":"Patient","active":true})";
constexpr std::string_view kKey = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

std::uint64_t versions(TestServer& server) {
  return server.store->statistics()->versions;
}

std::string head_of(const http::Response& response) {
  std::string text = std::to_string(response.status) + "\n";
  for (const auto& [name, value] : response.headers.fields()) text.append(name).append(": ").append(value) += '\n';
  return text;
}

// A create of kPatient.
http::Request create_request(std::string_view key) {
  http::Request request;
  request.method = http::Method::post;
  request.path = "/fhir/Patient";
  request.headers.add("Content-Type", "application/fhir+json");
  request.headers.add("Idempotency-Key", std::string(key));
  request.body.reserve(kPatient.size() + kReadPadding);
  request.body = kPatient;
  return request;
}

class Idempotency : public ::testing::Test {
 protected:
  http::Response send(http::Method method, std::string_view target, std::string_view body, std::string_view key = kKey,
                      HeaderList more = {}) {
    std::vector<std::pair<std::string, std::string>> headers(more);
    headers.emplace_back("Idempotency-Key", key);
    return server_.send(method, target, body, std::span(headers));
  }
  // Sent again, it is answered as it was, and writes nothing.
  http::Response send_twice(http::Method method, std::string_view target, std::string_view body, HeaderList more = {}) {
    http::Response first = send(method, target, body, kKey, more);
    EXPECT_LT(first.status, 300) << first.body;
    const std::uint64_t before = versions(server_);
    const http::Response again = send(method, target, body, kKey, more);
    EXPECT_EQ(head_of(again), head_of(first));
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(versions(server_), before);
    return first;
  }
  std::size_t properties() {
    const auto all = server_.store->properties("", 1000);
    return static_cast<std::size_t>(
        std::ranges::count_if(*all, [](const auto& property) { return property.first.starts_with("idempotency/"); }));
  }

  TestServer server_;
};

TEST_F(Idempotency, OfACreate) {
  const auto made = send_twice(http::Method::post, "/Patient", kPatient);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(versions(server_), 1u);
  EXPECT_TRUE(contains(made.body, R"("versionId":"1")"));
  // As it was, although another version has come.
  const std::string path = "/Patient/" + value_after(made.body, R"("id":")");
  ASSERT_EQ(server_.put(path, R"({"resourceType":"Patient","id":")" + path.substr(9) + "\"}").status, 200);
  const auto again = send(http::Method::post, "/Patient", kPatient);
  EXPECT_EQ(head_of(again), head_of(made));
  EXPECT_EQ(again.body, made.body);
  // In the form that is asked for now.
  const auto minimal = send(http::Method::post, "/Patient", kPatient, kKey, {{"Prefer", "return=minimal"}});
  EXPECT_EQ(minimal.status, 201);
  EXPECT_EQ(minimal.body, "");
  EXPECT_EQ(minimal.headers.get("Location"), made.headers.get("Location"));
  EXPECT_EQ(versions(server_), 2u);
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, "another").status, 201);
  EXPECT_EQ(versions(server_), 3u);
}

TEST_F(Idempotency, OfEachOtherWrite) {
  ASSERT_EQ(server_.put("/Patient/a", R"({"resourceType":"Patient","id":"a"})").status, 201);
  const std::string active = R"({"resourceType":"Patient","id":"a","active":true})";
  EXPECT_EQ(send_twice(http::Method::put, "/Patient/a", active, {{"If-Match", "W/\"1\""}}).status, 200)
      << "the second would find version 2";
  const auto send_other = [&](http::Method method, std::string_view target, std::string_view body, HeaderList more) {
    const std::string key = std::string(http::to_string(method)).append(target);
    const auto first = send(method, target, body, key, more);
    EXPECT_LT(first.status, 300) << first.body;
    const std::uint64_t before = versions(server_);
    EXPECT_EQ(head_of(send(method, target, body, key, more)), head_of(first));
    EXPECT_EQ(versions(server_), before);
  };
  send_other(http::Method::put, "/Patient/new", R"({"resourceType":"Patient","id":"new"})", {{"If-None-Match", "*"}});
  send_other(http::Method::patch, "/Patient/a", R"([{"op":"remove","path":"/active"}])",
             {{"Content-Type", "application/json-patch+json"}});
  send_other(http::Method::put, "/Patient?identifier=urn:s|1", kPatient, {});
  send_other(http::Method::delete_, "/Patient/a", {}, {{"Prefer", "return=OperationOutcome"}});
  send_other(http::Method::delete_, "/Patient/new", {}, {{"If-Match", "W/\"1\""}});
}

TEST_F(Idempotency, OfAConditionalCreate) {
  const HeaderList once = {{"If-None-Exist", "identifier=urn:s|1"}};
  EXPECT_EQ(send_twice(http::Method::post, "/Patient", kPatient, once).status, 201) << "the second would find it";
  // What has written nothing is decided again.
  const std::size_t before = properties();
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, "found", once).status, 200);
  EXPECT_EQ(properties(), before);
}

TEST_F(Idempotency, OfATransaction) {
  ASSERT_EQ(server_.put("/Patient/there", R"({"resourceType":"Patient","id":"there"})").status, 201);
  const std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[
    {"resource":)" + std::string(kPatient) +
                             R"(,"request":{"method":"POST","url":"Patient",
      "ifNoneExist":"identifier=urn:s|1"}},
    {"request":{"method":"GET","url":"Patient/there"}},
    {"resource":{"resourceType":"Patient","id":"b"},"request":{"method":"PUT","url":"Patient/b"}},
    {"request":{"method":"DELETE","url":"Patient/none"}},
    {"request":{"method":"DELETE","url":"Patient?_id=nothing"}}]})";
  EXPECT_EQ(send_twice(http::Method::post, "", bundle).status, 200);
  EXPECT_EQ(versions(server_), 3u);
  const auto whole = send(http::Method::post, "", bundle, kKey, {{"Prefer", "return=representation"}});
  EXPECT_TRUE(contains(whole.body, R"("value":"1")")) << whole.body;
  EXPECT_TRUE(contains(whole.body, R"("status":"201 Created")")) << whole.body;
  EXPECT_EQ(versions(server_), 3u);
}

TEST_F(Idempotency, ABatchGoesOnWhereItWasLeft) {
  auto hooked = std::make_unique<HookedStore>(store::memory::open(registry(), server_.clock), [](int) { return kOk; });
  HookedStore& store = *hooked;
  TestServer server(std::move(hooked));
  const std::string bundle = R"({"resourceType":"Bundle","type":"batch","entry":[
    {"request":{"method":"GET","url":"Patient?_count=0"}},
    {"resource":)" + std::string(kPatient) +
                             R"(,"request":{"method":"POST","url":"Patient"}},
    {"resource":)" + std::string(kOther) +
                             R"(,"request":{"method":"POST","url":"Patient"}}]})";
  store.set_hook([](int number) -> Status {
    return number == 2 ? Status(make_error(Category::unavailable, "the second is lost")) : kOk;
  });
  const HeaderList key = {{"Idempotency-Key", std::string(kKey)}};
  const auto first = server.post("", bundle, key);
  EXPECT_TRUE(contains(first.body, "503")) << first.body;
  EXPECT_EQ(versions(server), 1u);
  store.set_hook([](int) { return kOk; });
  const auto second = server.post("", bundle, key);
  EXPECT_FALSE(contains(second.body, "503")) << second.body;
  EXPECT_EQ(value_after(second.body, R"("location":")"), value_after(first.body, R"("location":")"));
  EXPECT_EQ(versions(server), 2u);
  EXPECT_EQ(server.post("", bundle, key).body.size(), second.body.size());
  EXPECT_EQ(versions(server), 2u);
  // Another request, of which no entry is carried out.
  const auto other = server.post("",
                                 R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":)" +
                                     std::string(kOther) + R"(,"request":{"method":"POST","url":"Patient"}}]})",
                                 key);
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(versions(server), 2u);
}

TEST_F(Idempotency, AnotherRequestIsRefused) {
  ASSERT_EQ(send(http::Method::post, "/Patient", kPatient).status, 201);
  EXPECT_EQ(send(http::Method::post, "/Patient", kOther).status, 422) << "another body";
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, kKey, {{"If-None-Exist", "identifier=x"}}).status, 422);
  EXPECT_EQ(send(http::Method::put, "/Patient/a", R"({"resourceType":"Patient","id":"a"})").status, 422);
  EXPECT_EQ(send(http::Method::post, "",
                 R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" + std::string(kOther) +
                     R"(,"request":{"method":"POST","url":"Patient"}}]})")
                .status,
            422);
  EXPECT_EQ(versions(server_), 1u);
  EXPECT_EQ(server_.get("/Patient?_count=0", {{"Idempotency-Key", std::string(kKey)}}).status, 200)
      << "reads have no key";
}

TEST_F(Idempotency, MalformedKeysAreRefused) {
  const std::string longest(255, 'k');
  for (const std::string& key : {std::string(), std::string("\"\""), std::string("a b"), std::string("\"a"),
                                 std::string("a, b"), std::string("\"\xC3\xA9\""), longest + "k"}) {
    EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, key).status, 400) << key;
  }
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, "a", {{"Idempotency-Key", "b"}}).status, 400) << "two";
  EXPECT_EQ(versions(server_), 0u);
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, longest).status, 201);
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient, "\"" + longest + "\"").status, 201) << "the same key";
  EXPECT_EQ(versions(server_), 1u);
}

TEST_F(Idempotency, WhatFailedMayBeSentAgain) {
  EXPECT_EQ(send(http::Method::post, "/Patient", R"({"resourceType":"Patient","x":1})").status, 400);
  EXPECT_EQ(send(http::Method::post, "/Patient", kPatient).status, 201) << "nothing was written with the key";
}

TEST_F(Idempotency, KeysBelongToTheOneWhoAsks) {
  std::string client = "one", user;
  Application application(server_.service, nullptr, AccessLog::off, [&](const http::Request&) -> Result<Admitted> {
    access::Principal who;
    who.client = client;
    who.user = user;
    return Admitted{access::Grant::everything(), std::make_shared<const access::Principal>(std::move(who))};
  });
  const auto location = [&] {
    http::Request request = create_request("1");
    return std::string(application.handle(request).headers.get("Location"));
  };
  const std::string first = location();
  EXPECT_EQ(location(), first);
  user = "u";
  const std::string second = location();
  EXPECT_NE(second, first);
  client = "two";
  EXPECT_NE(location(), second);
  EXPECT_EQ(versions(server_), 3u);
}

// Whoever may write and not read is told which version it was, and nothing of it.
TEST_F(Idempotency, WhatIsNotSeenIsNotShown) {
  const auto all = std::make_shared<const search::Plan>(search::Plan::make_all());
  const auto grant = std::make_shared<access::Grant>("writer");
  for (const access::Action action : {access::Action::create, access::Action::update}) {
    grant->of(action).add(*fhir::r4().find_type("Patient"), all);
  }
  server_.grant = grant;
  const std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" +
                             std::string(kPatient) + R"(,"request":{"method":"POST","url":"Patient"}}]})";
  const auto made = send(http::Method::post, "/Patient", kPatient);
  const auto again = send(http::Method::post, "/Patient", kPatient);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.headers.get("Location"), made.headers.get("Location"));
  EXPECT_EQ(again.headers.get("ETag"), "W/\"1\"");
  EXPECT_EQ(again.body, "");
  const auto together = send(http::Method::post, "", bundle, "t");
  const auto together_again = send(http::Method::post, "", bundle, "t", {{"Prefer", "return=representation"}});
  EXPECT_EQ(together.status, 200) << together.body;
  EXPECT_EQ(value_after(together_again.body, R"("location":")"), value_after(together.body, R"("location":")"));
  EXPECT_FALSE(contains(together_again.body, "identifier")) << together_again.body;
  EXPECT_EQ(versions(server_), 2u);
}

TEST_F(Idempotency, TheAuditHasTheRepetitionAsALook) {
  {
    audit::Trail trail(*server_.store);
    Application application(server_.service, nullptr, AccessLog::off, {}, &trail);
    for (int i = 0; i < 2; ++i) {
      http::Request request = create_request("k");
      EXPECT_EQ(application.handle(request).status, 201);
    }
  }
  const auto entries = server_.store->audit(0, 10);
  ASSERT_EQ(entries->size(), 2u);
  const auto record = audit::parse_record(entries->back().record);
  EXPECT_EQ(record->interaction, "create");
  EXPECT_EQ(record->status, 201);
  ASSERT_EQ(record->touched.size(), 1u);
  const audit::Touched& touched = record->touched.front();
  EXPECT_EQ(touched, (audit::Touched{audit::Touched::How::read, "Patient", touched.id, {1}}));
}

TEST_F(Idempotency, KeysAreRememberedForADayAndThenTakenAway) {
  const auto advance = [this](std::chrono::hours time) { server_.clock.advance(time); };
  ASSERT_EQ(send(http::Method::post, "/Patient", kPatient).status, 201);
  advance(kIdempotencyKeyTime - std::chrono::hours(1));
  EXPECT_EQ(send(http::Method::post, "/Patient", kOther).status, 422) << "it is remembered";
  advance(kIdempotencyKeyTime + std::chrono::hours(1));
  EXPECT_EQ(send(http::Method::post, "/Patient", kOther).status, 201) << "it is forgotten";
  EXPECT_EQ(properties(), 2u) << "but there";
  for (int i = 0; i < 20; ++i) send(http::Method::post, "/Patient", kOther, "k" + std::to_string(i));
  advance(4 * kIdempotencyKeyTime);
  for (int i = 0; i < 10; ++i) send(http::Method::post, "/Patient", kOther, "l" + std::to_string(i));
  EXPECT_EQ(properties(), 10u) << "each that came has taken some away";
}

TEST_F(Idempotency, OfTheSameKeyOneIsUnderWay) {
  auto hooked = std::make_unique<HookedStore>(store::memory::open(registry(), server_.clock), [](int) { return kOk; });
  HookedStore& store = *hooked;
  TestServer server(std::move(hooked));
  const HeaderList key = {{"Idempotency-Key", std::string(kKey)}};
  int status = 0;
  store.set_hook([&](int number) {
    if (number == 1) status = server.post("/Patient", kPatient, key).status;
    return kOk;
  });
  EXPECT_EQ(server.post("/Patient", kPatient, key).status, 201);
  EXPECT_EQ(status, 409);
  EXPECT_EQ(server.post("/Patient", kPatient, key).status, 201) << "it is over";
  EXPECT_EQ(versions(server), 1u);
}

// Another node was first, between this one's decision and its commit.
TEST_F(Idempotency, WhoLosesARaceAnswersAsTheFirst) {
  auto hooked = std::make_unique<HookedStore>(store::memory::open(registry(), server_.clock), [](int) { return kOk; });
  HookedStore& store = *hooked;
  TestServer server(std::move(hooked));
  TestRandom random;
  Host host(fhir::r4(), registry(), *server.store, server.clock, random, "http://test/fhir");
  Application other(host, nullptr);
  std::string location;
  store.set_hook([&](int number) {
    if (number != 1) return kOk;
    http::Request request = create_request(kKey);
    location = other.handle(request).headers.get("Location");
    return kOk;
  });
  const auto late = server.post("/Patient", kPatient, {{"Idempotency-Key", std::string(kKey)}});
  EXPECT_EQ(late.status, 201);
  EXPECT_EQ(late.headers.get("Location"), location);
  EXPECT_EQ(versions(server), 1u);
}

// By its own commit it is known, and nothing is looked up.
TEST_F(Idempotency, OfManyPartsSoMuchIsRemembered) {
  IdempotencyKeys keys(*server_.store, server_.clock);
  http::Request request;
  request.headers.add("Idempotency-Key", "k");
  const auto keyed = std::move(*KeyedRequest::begin(keys, fhir::r4(), "", request));
  const AnsweredPart part{201, *fhir::r4().find_type("Patient"), std::string(64, 'i'), {1}};  // "201 Patient/…/1\n"
  const std::size_t line = 4 + 8 + 64 + 3, head = 44;
  store::WriteSet writes;
  EXPECT_TRUE(keyed->remember(std::vector((kMaxIdempotencyRecordBytes - head) / line, part), writes).ok());
  const Status refused = keyed->remember(std::vector((kMaxIdempotencyRecordBytes - head) / line + 1, part), writes);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::too_large);
  ASSERT_TRUE(server_.store->commit(writes).ok());
  const auto answered = keyed->answered();
  ASSERT_TRUE(answered.ok() && *answered);
  EXPECT_EQ((*answered)->back(), part);
}

}  // namespace
}  // namespace vesta::ops::testing
