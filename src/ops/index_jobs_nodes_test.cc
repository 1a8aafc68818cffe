// Background indexing of several nodes over one store: one does the jobs, the others follow, and take over.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ops/host.h"
#include "ops/index_jobs.h"
#include "ops/index_jobs_test_support.h"
#include "ops/test_support.h"
#include "store/memory/memory_store.h"

namespace vesta::ops::testing {
namespace {

// A node: all that it does not share with others.
struct OneNode {
  OneNode(const std::string& id, search::Registry& own, store::Store& shared, StepClock& time, TestRandom& random)
      : registry(own),
        store(shared),
        clock(time),
        service(fhir::r4(), registry, store, clock, random, "http://test/fhir"),
        sources(registry, store, service.base_url),
        parameters(registry, store),
        application(service, nullptr),
        node(store, clock, {id, "1", "api,worker", "-", 0, {}}),
        lease(node.lease("index-jobs")),
        jobs(registry, store, parameters, clock, random, &lease) {
    sources.serve(service);
    service.parameters = &parameters;
    EXPECT_TRUE(parameters.load().ok());
    EXPECT_TRUE(jobs.load().ok());
    EXPECT_TRUE(node.join().ok());
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
  // Steps until there is nothing to do for it.
  int run() {
    for (int steps = 0; steps < 1'000; ++steps) {
      const auto stepped = jobs.step();
      EXPECT_TRUE(stepped.ok()) << stepped.error().message;
      if (!stepped.ok() || *stepped == IndexJobs::Step::idle) return steps;
    }
    ADD_FAILURE() << "it does not end";
    return -1;
  }
  bool is_ready() {
    const auto* const found = registry.find(*fhir::r4().find_resource_type("Patient"), "nick");
    return found != nullptr && registry.readiness(found->id) == search::Readiness::ready;
  }
  std::vector<std::string> states() {
    std::vector<std::string> all;
    for (const IndexJob& job : jobs.jobs()) all.emplace_back(to_string(job.state));
    return all;
  }

  search::Registry& registry;
  store::Store& store;
  StepClock& clock;
  Host service;
  SearchSources sources;
  CustomParameters parameters;
  Application application;
  jobs::Node node;
  jobs::Lease& lease;
  IndexJobs jobs;
};

class IndexJobsOfNodes : public ::testing::Test {
 protected:
  IndexJobsOfNodes()
      : store_(store::memory::open(first_registry_, clock_), [](int) { return kOk; }),
        first_(std::make_unique<OneNode>("first", first_registry_, store_, clock_, random_)),
        second_(std::make_unique<OneNode>("second", second_registry_, store_, clock_, random_)) {
    for (int i = 0; i < 250; ++i) {
      const std::string id = "p" + std::to_string(i);
      first_->put("Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"(","name":[{"given":["Ann"]}]})");
    }
  }
  void beat(OneNode& node) { ASSERT_TRUE(node.node.step().ok()); }
  // The first one does not move while others see its life end.
  void take_over() {
    clock_.wait(jobs::kNodeLife);
    beat(*second_);
    ASSERT_TRUE(second_->lease.fence(clock_));
  }

  StepClock clock_;
  TestRandom random_;
  search::Registry first_registry_{fhir::r4()}, second_registry_{fhir::r4()};  // the store knows the first
  HookedStore store_;
  std::unique_ptr<OneNode> first_, second_;
};

using Strings = std::vector<std::string>;

TEST_F(IndexJobsOfNodes, TheHolderIndexesWhatAnyNodeBrings) {
  second_->put("SearchParameter/nick", kNickname);
  EXPECT_EQ(second_->run(), 0) << "it is for the holder";
  EXPECT_FALSE(second_->is_ready());
  EXPECT_GT(first_->run(), 3);
  EXPECT_TRUE(first_->is_ready());
  EXPECT_FALSE(second_->is_ready());
  EXPECT_EQ(second_->run(), 0);
  EXPECT_TRUE(second_->is_ready()) << "it has looked";
  EXPECT_EQ(second_->states(), Strings{"completed"});
}

TEST_F(IndexJobsOfNodes, JobsOfAllAreDoneByOne) {
  const fhir::TypeId patient = *fhir::r4().find_resource_type("Patient");
  ASSERT_TRUE(first_->jobs.reindex({patient}).ok());
  ASSERT_TRUE(*first_->jobs.step() == IndexJobs::Step::worked);
  ASSERT_TRUE(second_->jobs.reindex({patient}).ok()) << "though it has not seen the first";
  ASSERT_TRUE(first_->jobs.reindex({patient}).ok()) << "though it has not seen the second";
  EXPECT_EQ(second_->run(), 0);
  EXPECT_EQ(second_->states(), (Strings{"running", "running", "running"}));
  first_->run();
  EXPECT_EQ(first_->states(), (Strings{"completed", "completed", "completed"}));
  EXPECT_EQ(second_->run(), 0);
  EXPECT_EQ(second_->states(), (Strings{"completed", "completed", "completed"}));
}

TEST_F(IndexJobsOfNodes, WhatAHolderLeavesIsTakenUp) {
  first_->put("SearchParameter/nick", kNickname);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(*first_->jobs.step(), IndexJobs::Step::worked);
  take_over();
  EXPECT_GT(second_->run(), 1);
  EXPECT_TRUE(second_->is_ready());
  EXPECT_EQ(first_->run(), 0) << "it has not shown for long that it lives";
  EXPECT_TRUE(first_->is_ready());
  EXPECT_EQ(first_->states(), Strings{"completed"});
}

TEST_F(IndexJobsOfNodes, WhoLostTheLeaseWritesNothing) {
  first_->put("SearchParameter/nick", kNickname);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(*first_->jobs.step(), IndexJobs::Step::worked);
  // It is paused just before a commit; the other does all of its job, and another one.
  store_.set_hook([&](int) {
    store_.set_hook([](int) { return kOk; });
    take_over();
    second_->run();
    EXPECT_TRUE(second_->jobs.reindex({*fhir::r4().find_resource_type("Patient")}).ok());
    second_->run();
    return kOk;
  });
  first_->run();
  EXPECT_EQ(second_->states(), (Strings{"completed", "completed"}));
  EXPECT_EQ(first_->states(), (Strings{"completed", "completed"}));
  EXPECT_EQ(decode_jobs(fhir::r4(), *store_.property("index-jobs").value()), second_->jobs.jobs());
}

TEST_F(IndexJobsOfNodes, WhatIsReadyIsSaidAgain) {
  first_->put("SearchParameter/nick", kNickname);
  first_->run();
  store::WriteSet taken_back;  // as by a node that comes late to an earlier change
  const std::vector<store::Property> properties = *store_.properties("", 1'000);
  for (const store::Property& property : properties) {
    if (property.first.starts_with("search-index/")) taken_back.properties.emplace_back(property.first, "");
  }
  ASSERT_EQ(taken_back.properties.size(), 1u);
  ASSERT_TRUE(store_.commit(taken_back).ok());
  second_->run();
  EXPECT_FALSE(second_->is_ready());
  clock_.wait(kRestateInterval);
  beat(*first_);
  first_->run();
  second_->run();
  EXPECT_TRUE(second_->is_ready());
}

}  // namespace
}  // namespace vesta::ops::testing
