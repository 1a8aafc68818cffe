// Background indexing by steps: who goes first, what a second process finds, what fails and waits, and the limits.
#include "ops/index_jobs.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "access/grants.h"
#include "access/records.h"
#include "access/shipped_policies.h"
#include "ops/host.h"
#include "ops/index_jobs_test_support.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

// A store that can be making its index anew, or lose what it is to give, as no correct one does.
class RebuiltStore : public HookedStore {
 public:
  using HookedStore::HookedStore;
  using HookedStore::search;
  Result<store::SearchPage> search(std::span<const search::Query> queries,
                                   const store::SearchOptions& options) override {
    if (is_rebuilding) return make_error(Category::busy, "the index is being made anew");
    auto page = HookedStore::search(queries, options);
    const bool loses = page.ok() && !page->entries.empty() && pages_to_lose_from > 0;
    if (loses) {
      --pages_to_lose_from;
      page->entries.erase(page->entries.begin());
    }
    return page;
  }
  Result<store::Statistics> statistics() override {
    VESTA_TRY(store::Statistics statistics, HookedStore::statistics());
    statistics.index_epoch += epoch;
    return statistics;
  }
  bool is_rebuilding = false;
  int pages_to_lose_from = 0;
  std::uint64_t epoch = 0;
};

Status accept(int /*number*/) {
  return kOk;
}
Status refuse(Category category) {
  return make_error(category, "refused by the test");
}

search::Registry& growing_registry() {
  static search::Registry value(fhir::r4());
  return value;
}

class IndexJobsTest : public ::testing::Test {
 protected:
  IndexJobsTest()
      : store(store::memory::open(growing_registry(), clock), accept),
        service(fhir::r4(), growing_registry(), store, clock, random, "http://test/fhir"),
        sources(growing_registry(), store, service.base_url),
        parameters(growing_registry(), store),
        application(service, nullptr) {
    sources.serve(service);
    service.parameters = &parameters;
    restart();
  }
  ~IndexJobsTest() override { parameters.unload(); }

  // As another process would, after the death of the first.
  void restart() {
    jobs.reset();
    jobs = std::make_unique<IndexJobs>(growing_registry(), store, parameters, clock, random);
    const Status loaded = jobs->load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
  void put(const std::string& path, std::string_view body) {
    http::Request request;
    request.method = http::Method::put;
    request.path = "/fhir/" + path;
    request.headers.add("Content-Type", "application/fhir+json");
    request.body.reserve(body.size() + kReadPadding);
    request.body = body;
    const http::Response answer = application.handle(request);
    ASSERT_LT(answer.status, 300) << answer.body;
  }
  void put_patients(int count) {
    for (int i = 1; i <= count; ++i) {
      const std::string id = "p" + std::to_string(i);
      put("Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"(","name":[{"given":["Ann"]}]})");
    }
  }
  // Takes the index values of Patient/p1 away, as no correct program does.
  void strip() {
    store::WriteSet set;
    set.generation = growing_registry().generation();
    store::Write write;
    write.kind = store::Write::Kind::index;
    write.type = patient;
    write.id = "p1";
    write.expected = VersionId{1};
    set.writes.push_back(std::move(write));
    ASSERT_TRUE(store.commit(set).ok());
  }
  std::string reindex() {
    auto id = jobs->reindex({patient});
    return id.ok() ? *id : std::string();
  }
  IndexJobs::Step step() {
    const auto stepped = jobs->step();
    EXPECT_TRUE(stepped.ok()) << stepped.error().message;
    return stepped.ok() ? *stepped : IndexJobs::Step::idle;
  }
  void run() {
    for (int i = 0; i < 10'000; ++i) {
      if (step() == IndexJobs::Step::idle) return;
    }
    FAIL() << "it does not end";
  }
  // Whatever is indexed is spoilt again.
  void run_in_vain() {
    for (int i = 0; i < 1'000; ++i) {
      ASSERT_NO_FATAL_FAILURE(strip());
      if (step() == IndexJobs::Step::idle) return;
    }
    FAIL() << "it does not end";
  }
  IndexJob last() { return jobs->jobs().back(); }

  const fhir::TypeId patient = *fhir::r4().find_resource_type("Patient");
  StepClock clock;
  TestRandom random;
  RebuiltStore store;
  Host service;
  SearchSources sources;
  CustomParameters parameters;
  Application application;
  std::unique_ptr<IndexJobs> jobs;
};

TEST_F(IndexJobsTest, GoesOnInTheMiddleOfAPassAfterARestart) {
  put_patients(120);
  const std::string id = reindex();
  EXPECT_EQ(last().pass, 0u);
  EXPECT_EQ(last().total, 120u) << "it is told before the job begins";
  step();
  step();
  EXPECT_EQ(last().done, kIndexPageSize);
  restart();
  EXPECT_EQ(last().done, kIndexPageSize);
  run();
  EXPECT_EQ(last().id, id);
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(last().done, 120u);
  EXPECT_EQ(last().total, 120u);
  EXPECT_EQ(last().indexed, 0u);
  EXPECT_EQ(last().pass, 2u) << "what the first process changed may not have been counted";
}

TEST_F(IndexJobsTest, ARestartInTheLastPassIsNoFailure) {
  put_patients(120);
  reindex();
  step();
  while (last().pass < kMaxIndexPasses) {
    strip();
    step();
  }
  restart();
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
}

// The page is committed, and then nothing more.
TEST_F(IndexJobsTest, WhatAPageChangedCountsThoughItsProgressIsNotStored) {
  put_patients(1);
  for (const bool dies : {false, true}) {
    SCOPED_TRACE(dies);
    reindex();
    step();
    strip();
    store.set_hook([](int number) { return number == 1 ? Status(kOk) : refuse(Category::unavailable); });
    EXPECT_FALSE(jobs->step().ok());
    store.set_hook(accept);
    if (dies) restart();
    run();
    EXPECT_EQ(last().state, IndexJob::State::completed);
    EXPECT_EQ(last().pass, 2u);
    EXPECT_EQ(last().done, 1u);
  }
}

TEST_F(IndexJobsTest, StartsWhileTheIndexIsMadeAnew) {
  put_patients(120);
  reindex();
  step();
  step();
  store.is_rebuilding = true;
  ++store.epoch;
  ASSERT_NO_FATAL_FAILURE(restart());
  EXPECT_EQ(last().pass, 0u);
  const auto stepped = jobs->step();
  ASSERT_FALSE(stepped.ok());
  EXPECT_EQ(stepped.error().category, Category::busy);
  store.is_rebuilding = false;
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(last().done, 120u);
  EXPECT_EQ(last().epoch, 1u);
}

TEST_F(IndexJobsTest, AskingWaitsForNoStep) {
  put_patients(1);
  reindex();
  step();
  std::string second;
  store.set_hook([&](int number) {
    if (number == 1) second = reindex();  // in the midst of the page's commit
    return kOk;
  });
  step();
  store.set_hook(accept);
  ASSERT_EQ(jobs->jobs().size(), 2u);
  EXPECT_EQ(last().id, second);
  restart();
  EXPECT_EQ(jobs->jobs().size(), 2u);
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
}

TEST_F(IndexJobsTest, ParametersGoBeforeJobsThatHaveNotBegun) {
  put_patients(1);
  reindex();
  put("SearchParameter/nick", kNickname);
  step();
  ASSERT_EQ(jobs->jobs().size(), 2u);
  EXPECT_EQ(last().kind, IndexJob::Kind::parameters);
  while (last().state == IndexJob::State::running) step();
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(jobs->jobs().front().pass, 0u);
  run();
  EXPECT_EQ(jobs->jobs().front().state, IndexJob::State::completed);
}

TEST_F(IndexJobsTest, ParametersWaitLongerAfterEachFailure) {
  put_patients(1);
  put("SearchParameter/nick", kNickname);
  run_in_vain();
  ASSERT_EQ(jobs->jobs().size(), 1u);
  EXPECT_EQ(last().state, IndexJob::State::failed);
  EXPECT_EQ(last().pass, kMaxIndexPasses);
  std::chrono::seconds wait = kMinIndexRetryWait;
  for (std::size_t failed = 1; failed < 15; ++failed) {
    clock.wait(wait - std::chrono::seconds(1));
    run_in_vain();
    ASSERT_EQ(jobs->jobs().size(), failed);
    clock.wait(std::chrono::seconds(1));
    run_in_vain();
    ASSERT_EQ(jobs->jobs().size(), failed + 1);
    wait = std::min(2 * wait, kMaxIndexRetryWait);
  }
  put("SearchParameter/nick", std::string(kNickname).replace(kNickname.find("given"), 5, "text"));
  run();
  EXPECT_EQ(jobs->jobs().size(), 16u) << "a change ends the wait";
  EXPECT_EQ(last().state, IndexJob::State::completed);
}

TEST_F(IndexJobsTest, AResourceThatKeepsChangingIsNotTriedWithoutAPause) {
  put_patients(3);
  reindex();
  step();
  store.set_hook([](int) { return refuse(Category::conflict); });
  int smaller = 0;
  while (step() == IndexJobs::Step::worked) ASSERT_LT(++smaller, 10);
  EXPECT_EQ(smaller, 6) << "100, 50, 25, 12, 6, 3, and then one";
  EXPECT_EQ(step(), IndexJobs::Step::blocked);
  store.set_hook(accept);
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(last().done, 3u);
}

TEST_F(IndexJobsTest, APassThatDidNotSeeAllIsNone) {
  put_patients(3);
  reindex();
  store.pages_to_lose_from = 1;
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(last().pass, 2u) << "the first one saw two of three";
  EXPECT_EQ(last().done, 3u);
}

TEST_F(IndexJobsTest, WhatIsNeverSeenIsNeverCompleted) {
  put_patients(3);
  reindex();
  store.pages_to_lose_from = 1'000;
  run();
  EXPECT_EQ(last().state, IndexJob::State::failed);
  EXPECT_EQ(last().pass, kMaxIndexPasses);
  store.pages_to_lose_from = 0;
  put("SearchParameter/nick", kNickname);
  store.pages_to_lose_from = 1'000;
  while (jobs->jobs().size() < 2) ASSERT_EQ(step(), IndexJobs::Step::worked);
  run();
  EXPECT_EQ(last().kind, IndexJob::Kind::parameters);
  EXPECT_EQ(last().state, IndexJob::State::failed);
  EXPECT_TRUE(parameters.has_pending()) << "a search by it is refused still";
}

// The count is then of another moment than the pass, and what was written was indexed as it was.
TEST_F(IndexJobsTest, WhatIsWrittenDuringAPassIsNotMissed) {
  put_patients(120);
  reindex();
  step();
  step();
  put("Patient/late", R"({"resourceType":"Patient","id":"late"})");
  store.pages_to_lose_from = 1;
  run();
  EXPECT_EQ(last().state, IndexJob::State::completed);
  EXPECT_EQ(last().pass, 1u);
}

TEST_F(IndexJobsTest, AFailingStoreChangesNoJob) {
  put_patients(1);
  store.set_hook([](int) { return refuse(Category::unavailable); });
  EXPECT_FALSE(jobs->reindex({patient}).ok());
  EXPECT_TRUE(jobs->jobs().empty());
  store.set_hook(accept);
  reindex();
  const IndexJob before = last();
  store.set_hook([](int) { return refuse(Category::unavailable); });
  EXPECT_FALSE(jobs->step().ok());
  EXPECT_EQ(last(), before);
}

TEST_F(IndexJobsTest, SoManyRunAndNotMore) {
  for (std::size_t i = 0; i < kMaxRunningJobs; ++i) ASSERT_FALSE(reindex().empty()) << i;
  const auto refused = jobs->reindex({patient});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
  run();
  EXPECT_FALSE(reindex().empty());
}

TEST_F(IndexJobsTest, SoManyAreRememberedAndNotMore) {
  const std::string first = reindex();
  for (std::size_t i = 1; i < kMaxIndexJobs; ++i) {
    run();
    reindex();
  }
  run();
  EXPECT_EQ(jobs->jobs().size(), kMaxIndexJobs);
  EXPECT_EQ(jobs->jobs().front().id, first);
  reindex();
  EXPECT_EQ(jobs->jobs().size(), kMaxIndexJobs);
  EXPECT_NE(jobs->jobs().front().id, first);
  const auto before = jobs->jobs();
  restart();
  EXPECT_EQ(jobs->jobs(), before);
}

IndexJob some_job() {
  IndexJob job;
  job.id = "j1";
  job.kind = IndexJob::Kind::parameters;
  job.state = IndexJob::State::superseded;
  job.types = {*fhir::r4().find_resource_type("Patient"), *fhir::r4().find_resource_type("Observation")};
  job.digests = {"0123456789abcdef", "fedcba9876543210"};
  job.cursor = std::string("\0 \n\xff,", 5);
  job.pass = 3;
  job.type = 1;
  job.in_type = 4;
  job.pass_seq = 5;
  job.epoch = 6;
  job.done = 7;
  job.total = 8;
  job.changed = 9;
  job.failed = 10;
  job.indexed = 11;
  job.started = -1;
  job.ended = 1'767'225'600'000'000;
  return job;
}

TEST(IndexJobText, ComesBackAsItWas) {
  IndexJob plain;
  plain.id = "j2";
  plain.types = {*fhir::r4().find_resource_type("Patient")};
  const std::vector<IndexJob> jobs{some_job(), plain};
  EXPECT_EQ(decode_jobs(fhir::r4(), encode_jobs(fhir::r4(), jobs)), jobs);
  EXPECT_TRUE(decode_jobs(fhir::r4(), encode_jobs(fhir::r4(), {})).empty());
}

TEST(IndexJobText, LeavesOutWhatCannotBeRead) {
  const std::string good = encode_jobs(fhir::r4(), {some_job()});
  const auto broken = [&good](std::string_view part, std::string_view other) {
    return std::string(good).replace(good.find(part), part.size(), other);
  };
  for (const std::string& bad :
       {std::string(" \n"), std::string("\n\n\n"), std::string("j1\n"), broken("parameters", "parameter"),
        broken("superseded", "gone"), broken(" 3 ", " x "), broken(" 3 ", " -3 "), broken(" 3 ", " 4294967296 "),
        broken("Patient", "Patent"), broken("00200a", "00200"), broken("00200a", "00200g")}) {
    EXPECT_EQ(decode_jobs(fhir::r4(), bad + "\n" + good).size(), 1u) << bad;
  }
}

// They are about all resources, and what they find tells of these.
TEST_F(IndexJobsTest, AreForThoseWhoMayChangeWhatIsSearchedBy) {
  for (const access::ShippedPolicy& policy : access::shipped_policies()) {
    put("AccessPolicy/" + std::string(policy.id), policy.text);
  }
  put("AccessPolicy/sees-patients",
      R"({"resourceType":"AccessPolicy","id":"sees-patients","name":"n","status":"active","rule":[)"
      R"({"resourceType":["Patient","SearchParameter"],"interaction":["read","search","update"]}]})");
  put_patients(2);
  service.index_jobs = jobs.get();
  access::Records records(store, fhir::r4());
  access::Grants grants(store, growing_registry(), clock, service.base_url, records, nullptr, nullptr,
                        &service.deidentifiers);
  const auto ask = [&](http::Method method, const std::string& path, const std::string& role) {
    http::Request request;
    request.method = method;
    request.path = "/fhir" + path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) request.query = path.substr(path.find('?') + 1);
    auto grant = *grants.of({"app", {role}, {"user/*.cruds"}, "Patient/p1", ""});
    return application.handle(request, std::move(grant));
  };
  const std::string job = reindex();
  for (const char* role : {"patient", "provider", "insurer", "researcher", "researcher-counts"}) {
    SCOPED_TRACE(role);
    for (const char* path : {"/$reindex", "/Patient/$reindex", "/User/$reindex"}) {
      EXPECT_EQ(ask(http::Method::post, path, role).status, 403) << path;
    }
    EXPECT_EQ(ask(http::Method::get, "/$index-status", role).body, R"({"resourceType":"Parameters"})");
    EXPECT_EQ(ask(http::Method::get, "/$index-status?job=" + job, role).status, 404);
  }
  EXPECT_EQ(jobs->jobs().size(), 1u);
  EXPECT_EQ(ask(http::Method::post, "/Patient/$reindex", "administrator").status, 202);
  const http::Response running = ask(http::Method::get, "/$index-status?job=" + job, "administrator");
  EXPECT_EQ(running.status, 202);
  const auto tells = [](const http::Response& response) {
    const bool in_body = contains(response.body, R"("looked-at")");
    for (const char* part : {R"("types")", R"("pass")", R"("total")", R"("indexed")", R"("failed")"}) {
      EXPECT_EQ(contains(response.body, part), in_body) << part << response.body;
    }
    if (response.status == 202) {
      EXPECT_EQ(response.headers.get("X-Progress").empty(), !in_body);
    }
    return in_body;
  };
  EXPECT_FALSE(tells(running)) << "who sees no patients";
  EXPECT_EQ(ask(http::Method::post, "/$reindex", "administrator").status, 202);
  const std::string of_all = jobs->jobs().back().id;
  ASSERT_NE(of_all, job);
  for (const char* when : {"before", "after"}) {
    const auto status = [&](const std::string& of, const std::string& role) {
      return ask(http::Method::get, "/$index-status?job=" + of, role);
    };
    EXPECT_FALSE(tells(status(of_all, "sees-patients"))) << when << ": not all of its types";
    EXPECT_TRUE(tells(status(job, "sees-patients"))) << when;
    EXPECT_FALSE(tells(status(job, "administrator"))) << when;
    run();
  }
  service.index_jobs = nullptr;
}

}  // namespace
}  // namespace vesta::ops::testing
