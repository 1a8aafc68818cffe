// What requests leave in the audit log: reads before they are told, writes with their commit, refusals.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "access/grant.h"
#include "audit/projector.h"
#include "audit/record.h"
#include "audit/test_support.h"
#include "audit/trail.h"
#include "ops/test_support.h"
#include "ops/view_scan.h"

namespace vesta::ops {
namespace {

using audit::Touched;
using How = audit::Touched::How;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p","active":true})";

// A server that asks who sends, of which the tests' header says it, and records what is asked.
class AuditTest : public ::testing::Test {
 protected:
  AuditTest()
      : hooked_(new testing::HookedStore(store::memory::open(testing::registry(), clock_),
                                         [](int) -> Status { return kOk; })),
        server_(std::unique_ptr<store::Store>(hooked_)) {
    trail_ = std::make_unique<audit::Trail>(*server_.store);
    start();
  }
  void start() {
    application_ = std::make_unique<Application>(
        server_.service, nullptr, AccessLog::off,
        [this](const http::Request& request) -> Result<Admitted> {
          if (request.headers.find("Authorization") == nullptr) {
            return make_error(Category::unauthenticated, "who are you?");
          }
          access::Principal who;
          who.client = "app";
          who.user = "u1";
          who.fhir_user = "Practitioner/1";
          who.patient = "p";
          return Admitted{grant_, std::make_shared<const access::Principal>(std::move(who))};
        },
        trail_.get(), projector_.get());
  }
  // From now on there are AuditEvents.
  audit::Projector& project(audit::ProjectorLimits limits = {}) {
    projector_ = std::make_unique<audit::Projector>(*server_.store, testing::registry(), *trail_, nullptr, limits);
    EXPECT_TRUE(projector_->load().ok());
    start();
    return *projector_;
  }
  // The ids that a search finds, one behind the other, without the hashes in them; `full_`: the last of them with it.
  std::string found(const std::string& query) {
    const http::Response answer = send(http::Method::get, "/AuditEvent?" + query + "&_count=100");
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string ids;
    for (std::size_t at = 0; (at = answer.body.find("\"fullUrl\":\"", at)) != std::string::npos; ++at) {
      const std::size_t begin = answer.body.find("/AuditEvent/", at) + 12;
      full_ = answer.body.substr(begin, answer.body.find('"', begin) - begin);
      ids += (ids.empty() ? "" : " ") + std::string(full_).erase(full_.find('-', 6), 9);
    }
    return ids;
  }

  http::Response send(http::Method method, const std::string& target, std::string_view body = {},
                      std::string_view type = "application/fhir+json", bool has_token = true) {
    http::Request request;
    request.method = method;
    const std::size_t mark = target.find('?');
    request.path = "/fhir" + target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    if (has_token) request.headers.add("Authorization", "Bearer x");
    if (!body.empty()) request.headers.add("Content-Type", std::string(type));
    request.body.reserve(body.size() + kReadPadding);
    request.body = body;
    request.id = "r";
    request.remote_address = "192.0.2.1";
    return application_->handle(request);
  }
  int get(const std::string& target) { return send(http::Method::get, target).status; }
  int put(const std::string& target, std::string_view body) { return send(http::Method::put, target, body).status; }

  void end_entry() { EXPECT_TRUE(trail_->flush(std::chrono::steady_clock::now() + std::chrono::seconds(10)).ok()); }
  // All records, those that waited included; the trail is a new one afterwards.
  std::vector<audit::Record> records() {
    application_.reset();
    trail_ = nullptr;
    std::vector<audit::Record> records = audit::testing::records_of(*server_.store);
    trail_ = std::make_unique<audit::Trail>(*server_.store);
    start();
    return records;
  }
  // Of the last record.
  std::vector<Touched> touched() {
    const auto all = records();
    return all.empty() ? std::vector<Touched>() : all.back().touched;
  }

  testing::TestClock clock_;
  testing::HookedStore* hooked_;
  testing::TestServer server_;
  std::unique_ptr<audit::Trail> trail_;
  std::unique_ptr<audit::Projector> projector_;
  std::unique_ptr<Application> application_;
  std::string full_;
  std::shared_ptr<const access::Grant> grant_ = access::Grant::everything();
};

TEST_F(AuditTest, AReadSaysWhoAndWhat) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  ASSERT_EQ(get("/Patient/p?_elements=active"), 200);
  const auto all = records();
  ASSERT_EQ(all.size(), 2u);
  const audit::Record& read = all[1];
  EXPECT_EQ(read.client, "app");
  EXPECT_EQ(read.user, "u1");
  EXPECT_EQ(read.fhir_user, "Practitioner/1");
  EXPECT_EQ(read.patient, "p");
  EXPECT_EQ(read.address, "192.0.2.1");
  EXPECT_EQ(read.request, "r");
  EXPECT_EQ(read.method, "GET");
  EXPECT_EQ(read.path, "/fhir/Patient/p");
  EXPECT_EQ(read.query, "_elements=active");
  EXPECT_EQ(read.interaction, "read");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.touched, (std::vector<Touched>{{How::read, "Patient", "p", {1}}}));
}

TEST_F(AuditTest, AWriteIsRecordedByItsCommit) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  EXPECT_EQ(touched(), (std::vector<Touched>{{How::create, "Patient", "p", {1}}}));
  ASSERT_EQ(put("/Patient/p", R"({"resourceType":"Patient","id":"p","active":false})"), 200);
  EXPECT_EQ(touched(), (std::vector<Touched>{{How::read, "Patient", "p", {1}}, {How::update, "Patient", "p", {2}}}));
  ASSERT_EQ(send(http::Method::delete_, "/Patient/p").status, 204);
  EXPECT_EQ(touched(), (std::vector<Touched>{{How::read, "Patient", "p", {2}}, {How::remove, "Patient", "p", {3}}}));
  EXPECT_EQ(records().size(), 3u) << "one of each";
}

TEST_F(AuditTest, BreakingTheGlassSaysItsPurpose) {
  constexpr std::string_view kOpening =
      R"({"resourceType":"EmergencyAccess","id":"e","status":"active","patient":{"reference":"Patient/p"},)"
      R"("actor":{"reference":"Practitioner/1"},"reason":"unconscious"})";
  ASSERT_EQ(put("/EmergencyAccess/e", kOpening), 201);
  ASSERT_EQ(get("/EmergencyAccess/e"), 200);
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  const auto all = records();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].touched.back().purposes, audit::kBreakTheGlass);
  EXPECT_EQ(all[1].touched.back().purposes, "");
  EXPECT_EQ(all[2].touched.back().purposes, "");
}

// As its rules say it, of what was seen and of what was refused.
TEST_F(AuditTest, WhatIsGrantedForAPurposeSaysIt) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  const auto all = std::make_shared<const search::Plan>(search::Plan::make_all());
  const auto grant = std::make_shared<access::Grant>("g");
  const fhir::TypeId patient = *testing::registry().definitions().find_resource_type("Patient");
  for (const access::Action action : {access::Action::read, access::Action::search, access::Action::update}) {
    grant->of(action).add(patient, all);
    grant->purposes(action).add(patient, {action == access::Action::update ? "HOPERAT" : "TREAT"}, all);
  }
  grant_ = grant;
  const std::vector<Touched> seen = {{How::read, "Patient", "p", {1}, "TREAT"}};
  ASSERT_EQ(get("/Patient/p"), 200);
  EXPECT_EQ(touched(), seen);
  ASSERT_EQ(get("/Patient"), 200);
  EXPECT_EQ(touched(), seen);
  ASSERT_EQ(get("/Patient/q"), 404);
  EXPECT_EQ(records().back().purposes, "TREAT") << "what was looked for";
  ASSERT_EQ(put("/Patient/p", R"({"resourceType":"Patient","id":"p"})"), 200);
  EXPECT_EQ(touched(), (std::vector<Touched>{seen[0], {How::update, "Patient", "p", {2}, "HOPERAT"}}));
  ASSERT_EQ(send(http::Method::delete_, "/Patient/p").status, 403);
  EXPECT_EQ(records().back().purposes, "TREAT") << "no rule is about removing";
  grant_ = access::Grant::everything();
  project().start();
  const http::Response shown = send(http::Method::get, "/AuditEvent?patient=p&action=U");
  EXPECT_NE(shown.body.find(R"("purposeOfEvent":[{"coding":[{"system":)"
                            R"("http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HOPERAT"}]}])"),
            std::string::npos)
      << shown.body;
  application_.reset();
  projector_.reset();
}

TEST_F(AuditTest, AFailedCommitLeavesItsFailureAlone) {
  hooked_->set_hook([](int number) -> Status {
    if (number == 1) return make_error(Category::unavailable, "the disk is full");
    return kOk;
  });
  EXPECT_EQ(put("/Patient/p", kPatient), 503);
  const auto all = records();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, 503);
  EXPECT_EQ(all[0].interaction, "update");
  EXPECT_TRUE(all[0].touched.empty());
}

TEST_F(AuditTest, ALostRaceIsRecordedOnce) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  hooked_->set_hook([](int number) -> Status {
    if (number == 1) return make_error(Category::conflict, "another was first");
    return kOk;
  });
  ASSERT_EQ(put("/Patient/p", R"({"resourceType":"Patient","id":"p","active":false})"), 200);
  const auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].touched.back(), (Touched{How::update, "Patient", "p", {2}}));
}

TEST_F(AuditTest, SearchesHistoriesAndVersionsNameAllThatTheyShow) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  ASSERT_EQ(put("/Patient/p", R"({"resourceType":"Patient","id":"p","active":false})"), 200);
  ASSERT_EQ(put("/Encounter/e", R"({"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},
      "subject":{"reference":"Patient/p"}})"),
            201);
  const Touched first{How::read, "Patient", "p", {1}};
  const Touched second{How::read, "Patient", "p", {2}};
  const Touched encounter{How::read, "Encounter", "e", {1}};
  ASSERT_EQ(get("/Encounter?_include=Encounter:subject"), 200);
  EXPECT_EQ(touched(), (std::vector<Touched>{encounter, second}));
  ASSERT_EQ(get("/Patient/p/_history/1"), 200);
  EXPECT_EQ(touched(), (std::vector<Touched>{first}));
  ASSERT_EQ(get("/Patient/p/_history"), 200);
  EXPECT_EQ(touched(), (std::vector<Touched>{second, first}));
  ASSERT_EQ(send(http::Method::post, "/Patient/_search", "active=false", "application/x-www-form-urlencoded").status,
            200);
  const auto all = records();
  EXPECT_EQ(all.back().query, "active=false") << "a form is the query";
  EXPECT_EQ(all.back().touched, (std::vector<Touched>{second}));
}

TEST_F(AuditTest, RefusalsAreRecorded) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  EXPECT_EQ(send(http::Method::get, "/Patient/p", {}, {}, false).status, 401);
  auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].status, 401);
  EXPECT_EQ(all[1].client, "");
  EXPECT_EQ(all[1].path, "/fhir/Patient/p");
  grant_ = std::make_shared<const access::Grant>("somebody");
  EXPECT_EQ(get("/Patient/p"), 404) << "to them it is not there";
  EXPECT_EQ(send(http::Method::post, "/Patient", R"({"resourceType":"Patient"})").status, 403);
  all = records();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2].status, 404);
  EXPECT_EQ(all[3].status, 403);
  EXPECT_TRUE(all[2].touched.empty() && all[3].touched.empty());
}

constexpr std::string_view kEvent = R"({"resourceType":"AuditEvent","id":"e","type":{"code":"rest"},
    "recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"s"}}})";

// Whoever may do everything adds their own, and that is all.
TEST_F(AuditTest, NobodyChangesAuditEvents) {
  const http::Response made = send(http::Method::post, "/AuditEvent", kEvent);
  ASSERT_EQ(made.status, 201);
  const std::string location(made.headers.get("Location"));
  const std::size_t at = location.find("/AuditEvent/");
  const std::string path = location.substr(at, location.find("/_history") - at);
  const std::string id = path.substr(path.rfind('/') + 1);
  const std::string changed = std::string(kEvent).replace(kEvent.find("\"e\""), 3, '"' + id + '"');
  const http::Response refused = send(http::Method::put, path, changed);
  EXPECT_EQ(refused.status, 405);
  EXPECT_NE(refused.body.find("kept as it was made"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(send(http::Method::delete_, path).status, 405);
  EXPECT_EQ(
      send(http::Method::patch, path, R"([{"op":"remove","path":"/action"}])", "application/json-patch+json").status,
      405);
  EXPECT_EQ(put("/AuditEvent/e", kEvent), 405) << "an id of their choice";
  EXPECT_EQ(put("/AuditEvent?agent=Patient/p", kEvent), 405);
  EXPECT_EQ(send(http::Method::delete_, "/AuditEvent?agent=Patient/p").status, 405);
  for (const std::string type : {"batch", "transaction"}) {
    const std::vector<std::string> entries = {
        R"({"request":{"method":"DELETE","url":")" + path.substr(1) + "\"}}",
        R"({"resource":)" + changed + R"(,"request":{"method":"PUT","url":")" + path.substr(1) + "\"}}"};
    for (const std::string& entry : entries) {
      const http::Response bundle =
          send(http::Method::post, "", R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" + entry + "]}");
      EXPECT_NE(bundle.body.find("kept as it was made"), std::string::npos) << bundle.body;
    }
  }
  EXPECT_EQ(get(path + "/_history/1"), 200);
  EXPECT_EQ(get(path + "/_history/2"), 404);
  const std::string statement = send(http::Method::get, "/metadata").body;
  const std::string of_events = statement.substr(statement.find(R"("type":"AuditEvent")"), 500);
  EXPECT_NE(of_events.find(R"("create"},{"code":"search-type"}])"), std::string::npos) << of_events;
  EXPECT_EQ(of_events.find(R"({"code":"update"})"), std::string::npos) << of_events;
}

// A search finds what was done before it, and leaves a record that the next one finds.
TEST_F(AuditTest, AuditEventsAreThereWhenTheyAreAskedFor) {
  project().start();
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  ASSERT_EQ(put("/Encounter/e", R"({"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},
      "subject":{"reference":"Patient/p"}})"),
            201);
  ASSERT_EQ(get("/Encounter/e"), 200);
  end_entry();
  ASSERT_EQ(get("/Encounter?subject=Patient/p"), 200);
  EXPECT_EQ(found("patient=p"), "audit-1-1 audit-2-1 audit-3-1 audit-4-1");
  EXPECT_EQ(found("patient=p&action=C"), "audit-1-1 audit-2-1");
  EXPECT_EQ(found("patient=p&subtype=search-type&entity=Encounter/e"), "audit-4-1");
  EXPECT_EQ(found("entity=Encounter/e&action=R&date=2026-01-01&agent=Practitioner/1"), "audit-3-1");
  EXPECT_EQ(found("entity=AuditEvent/" + full_), "audit-5-1 audit-8-1") << "looks at them are recorded";
  EXPECT_EQ(found("patient=p&entity=AuditEvent/" + full_), "") << "and are no looks at a patient's record";
  EXPECT_EQ(found("patient=q"), "");
  EXPECT_EQ(found("agent:identifier=app&action=C"), "audit-1-1 audit-2-1");
  application_.reset();
  projector_.reset();
}

// Who may see them does not get an answer that lacks some; others do not wait.
TEST_F(AuditTest, AnAnswerLacksNoAuditEvents) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  project({.catch_up = std::chrono::milliseconds(1)});  // nobody makes them
  const http::Response late = send(http::Method::get, "/AuditEvent?patient=p");
  EXPECT_EQ(late.status, 503);
  EXPECT_FALSE(late.headers.get("Retry-After").empty());
  EXPECT_EQ(get("/AuditEvent/audit-1-1"), 503);
  EXPECT_EQ(get("/Patient?_revinclude=AuditEvent:entity"), 503);
  EXPECT_EQ(get("/Patient/p"), 200);
  grant_ = std::make_shared<const access::Grant>("somebody");
  EXPECT_EQ(get("/AuditEvent?patient=p"), 200);
  EXPECT_EQ(get("/AuditEvent/audit-1-1"), 404);
  application_.reset();
  projector_.reset();
}

TEST_F(AuditTest, WhatIsTheSameForAllLeavesNothing) {
  EXPECT_EQ(get("/metadata"), 200);
  EXPECT_EQ(send(http::Method::options, "/Patient").status, 204);
  EXPECT_TRUE(records().empty());
}

TEST_F(AuditTest, ATransactionIsOneRecord) {
  ASSERT_EQ(send(http::Method::post, "", R"({"resourceType":"Bundle","type":"transaction","entry":[
      {"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"Patient/a"}},
      {"resource":{"resourceType":"Patient","id":"b"},"request":{"method":"PUT","url":"Patient/b"}}]})")
                .status,
            200);
  EXPECT_EQ(touched(), (std::vector<Touched>{{How::create, "Patient", "a", {1}}, {How::create, "Patient", "b", {1}}}));
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(AuditTest, ABatchNamesItsEntries) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  ASSERT_EQ(send(http::Method::post, "", R"({"resourceType":"Bundle","type":"batch","entry":[
      {"request":{"method":"GET","url":"Patient/p"}},{"request":{"method":"GET","url":"Patient/q"}},
      {"request":{"method":"GET","url":"Patient?name=nobody&_summary=count"}}]})")
                .status,
            200);
  const auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].touched, (std::vector<Touched>{{How::read, "Patient", "p", {1}}}));
  EXPECT_EQ(all[1].entries, (std::vector<audit::Entry>{{200, "GET", "/Patient/p"},
                                                       {404, "GET", "/Patient/q"},
                                                       {200, "GET", "/Patient?name=nobody&_summary=count"}}));
}

TEST_F(AuditTest, ABatchNamesEntriesThatItCannotRead) {
  ASSERT_EQ(send(http::Method::post, "", R"({"resourceType":"Bundle","type":"batch","entry":[
      {"request":{"method":"GET","url":"Unknown/p"}},{"request":{"method":"POST","url":""}},
      {"resource":{"resourceType":"Patient","active":"no"},"request":{"method":"POST","url":"Patient"}}]})")
                .status,
            200);
  const auto all = records();
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].entries.size(), 3u);
  EXPECT_EQ(all[0].entries[2], (audit::Entry{400, "-", "Bundle.entry[2]"}));
}

// Nobody hides what they look at behind much else: what is too much for one record goes into more.
TEST_F(AuditTest, MuchIsRecordedInFull) {
  std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  constexpr std::size_t kMany = 1200;
  for (std::size_t i = 0; i < kMany; ++i) {
    const std::string id = std::string(50, 'x') + std::to_string(i);
    if (i > 0) bundle += ',';
    bundle += R"({"resource":{"resourceType":"Patient","id":")" + id +
              R"("},"request":{"method":"PUT","url":"Patient/)" + id + R"("}})";
  }
  ASSERT_EQ(send(http::Method::post, "", bundle + "]}").status, 200);
  const auto all = records();
  EXPECT_GT(all.size(), 1u);
  std::size_t found = 0;
  for (const audit::Record& record : all) {
    EXPECT_EQ(record.client, "app");
    found += record.touched.size();
  }
  EXPECT_EQ(found, kMany);
}

// A piece that is made later is accounted for later, and each resource once.
TEST_F(AuditTest, PiecesOfAStreamAreRecordedAsTheyAreMade) {
  for (std::size_t i = 0; i <= kViewPageResources; ++i) {
    const std::string id = "p" + std::to_string(i);
    ASSERT_EQ(put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + "\"}"), 201);
  }
  http::Response answer = send(http::Method::post, "/$viewdefinition-run",
                               R"({"resourceType":"Parameters","parameter":[{"name":"viewResource","resource":{
      "resourceType":"ViewDefinition","resource":"Patient","select":[{"column":[{"name":"id","path":"id"}]}]}}]})");
  ASSERT_NE(answer.rest, nullptr);
  ASSERT_TRUE(http::gather(answer).ok());
  std::vector<Touched> seen;
  for (const audit::Record& record : records()) {
    if (record.interaction != "operation") continue;
    EXPECT_EQ(record.status, 200);
    seen.insert(seen.end(), record.touched.begin(), record.touched.end());
  }
  ASSERT_EQ(seen.size(), kViewPageResources + 1);
  EXPECT_EQ(seen.back(), (Touched{How::read, "Patient", "p" + std::to_string(kViewPageResources), {1}}));
}

// To ask what there is about somebody is a look at their record, though there is nothing, or nothing to be seen. Nobody
// is told by it who is there.
TEST_F(AuditTest, ASearchThatShowsNothingIsALookAtWhomItNames) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  ASSERT_EQ(put("/Observation/o", R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},
      "subject":{"reference":"Patient/p"}})"),
            201);
  project().start();
  const auto grant = std::make_shared<access::Grant>("g");
  grant->of(access::Action::search)
      .add(*testing::registry().definitions().find_resource_type("Observation"),
           search::Plan::make_leaf({nullptr, search::IdMatch{.id = "another"}}));
  const auto asked = [&](const std::string& patient) {
    grant_ = grant;
    std::string answers;
    for (const std::string& target :
         {"/Observation?patient=Patient/" + patient, "/Patient/" + patient + "/Observation"}) {
      const http::Response answer = send(http::Method::get, target);
      EXPECT_EQ(answer.status, 200);
      answers += answer.body;
      end_entry();
    }
    EXPECT_EQ(get("/Observation?nonsense=1&patient=Patient/" + patient), 400) << "this is none";
    end_entry();
    EXPECT_EQ(get("/Condition?patient=Patient/" + patient), 200) << "nor this, of which they may see nothing";
    end_entry();
    grant_ = access::Grant::everything();
    for (const std::string slash : {"/", "%2F"}) {
      const std::string named = "Patient" + slash + patient;
      for (std::size_t at = 0; (at = answers.find(named, at)) != std::string::npos;) {
        answers.replace(at, named.size(), "whoever");
      }
    }
    return answers;
  };
  const std::string answers = asked("p");
  EXPECT_EQ(answers, asked("q"));
  EXPECT_EQ(found("patient=p&action=E"), "audit-3-1 audit-4-1");
  EXPECT_EQ(found("patient=q&action=E"), "audit-7-1 audit-8-1");
  EXPECT_EQ(get("/Patient/p/$everything"), 200);
  EXPECT_EQ(found("patient=p&action=E"), "audit-3-1 audit-4-1 audit-13-2") << "with what it shows, and once";
  application_.reset();
  projector_.reset();
}

// What cannot be recorded is not told.
TEST_F(AuditTest, AFullTrailTellsNothing) {
  ASSERT_EQ(put("/Patient/p", kPatient), 201);
  application_.reset();
  trail_ = std::make_unique<audit::Trail>(*server_.store, nullptr,
                                          audit::TrailLimits{.records = 1, .wait = std::chrono::milliseconds(1)});
  start();
  std::atomic<bool> is_full = true;
  hooked_->set_hook([&is_full](int) -> Status {
    if (is_full) return make_error(Category::unavailable, "the disk is full");
    return kOk;
  });
  EXPECT_EQ(get("/Patient/p"), 200) << "it waits to be written";
  const http::Response refused = send(http::Method::get, "/Patient/p");
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.headers.get("Retry-After").empty());
  EXPECT_EQ(refused.body.find("active"), std::string::npos);
  is_full = false;
  const auto all = records();
  ASSERT_EQ(all.size(), 2u) << "what was told has been tried until it was written";
  EXPECT_EQ(all[1].status, 200);
  application_.reset();  // and its trail, before what the hook refers to
  trail_.reset();
}

}  // namespace
}  // namespace vesta::ops
