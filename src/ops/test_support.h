// A server for tests: the application on an engine, a clock that moves by itself, seeded chance, and commits that can
// be interfered with.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "fhir/definitions.h"
#include "ops/application.h"
#include "ops/context.h"
#include "ops/host.h"
#include "ops/search_sources.h"
#include "store/memory/memory_store.h"

namespace vesta::ops::testing {

// One millisecond later with each look.
class TestClock : public Clock {
 public:
  Instant now() override { return Instant{now_us_ += 1000}; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
  void advance(std::chrono::microseconds time) { now_us_ += time.count(); }

 private:
  std::atomic<std::int64_t> now_us_{1'767'225'600'000'000};  // 2026-01-01
};

class TestRandom : public Random {
 public:
  std::uint64_t bits() override { return (state_ += 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u; }

 private:
  std::atomic<std::uint64_t> state_{42};
};

// Of the whole process: it stays R4's, as commits of many tests are of that generation.
inline search::Registry& shared_registry() {
  static search::Registry value(fhir::r4());
  return value;
}
inline const search::Registry& registry() {
  return shared_registry();
}

using HeaderList = std::initializer_list<std::pair<std::string, std::string>>;

// A real store whose commits are counted; `hook` may refuse one.
class HookedStore : public store::Store {
 public:
  using Hook = std::function<Status(int number)>;
  HookedStore(std::unique_ptr<store::Store> below, Hook hook) : below_(std::move(below)), hook_(std::move(hook)) {}

  Result<std::vector<store::Written>> commit(store::WriteSet& writes) override {
    VESTA_CHECK_OK(hook()(++commits_));
    return below_->commit(writes);
  }
  Result<std::optional<store::Version>> read(fhir::TypeId type, std::string_view id) override {
    return below_->read(type, id);
  }
  Result<std::optional<store::Version>> read_version(fhir::TypeId type, std::string_view id,
                                                     VersionId version) override {
    return below_->read_version(type, id, version);
  }
  Result<store::HistoryPage> history(const store::HistoryQuery& query) override { return below_->history(query); }
  Result<store::SearchPage> search(std::span<const search::Query> queries,
                                   const store::SearchOptions& options) override {
    return below_->search(queries, options);
  }
  Result<std::vector<store::Version>> changes(CommitSeq after, std::uint32_t count) override {
    return below_->changes(after, count);
  }
  CommitSeq newest() override { return below_->newest(); }
  CommitSeq newest(fhir::TypeId type) override { return below_->newest(type); }
  std::uint64_t newest_audit() override { return below_->newest_audit(); }
  Result<std::vector<store::AuditEntry>> audit(std::uint64_t after, std::uint32_t count) override {
    return below_->audit(after, count);
  }
  Result<std::optional<std::string>> property(std::string_view key) override { return below_->property(key); }
  Result<std::vector<store::Property>> properties(std::string_view after, std::uint32_t count) override {
    return below_->properties(after, count);
  }
  Result<std::vector<store::PlaceInOrder>> places(std::uint64_t after, std::uint32_t count) override {
    return below_->places(after, count);
  }
  Status take_over(std::span<const store::PlaceInOrder> places, std::uint64_t index_epoch) override {
    return below_->take_over(places, index_epoch);
  }
  Result<store::Statistics> statistics() override { return below_->statistics(); }
  Status writable() override { return below_->writable(); }
  Result<bool> forget(const std::vector<search::ParameterId>& parameters) override {
    return below_->forget(parameters);
  }
  Result<std::uint64_t> verify(const Extract& extract, const std::function<void(std::string)>& report) override {
    return below_->verify(extract, report);
  }
  // Others may commit meanwhile, such as a trail's thread: `hook` refers to nothing that ends before them.
  void set_hook(Hook hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
    commits_ = 0;
  }
  int commits() const { return commits_; }

 private:
  Hook hook() {
    const std::lock_guard lock(mutex_);
    return hook_;
  }

  std::unique_ptr<store::Store> below_;
  std::mutex mutex_;
  Hook hook_;
  std::atomic<int> commits_{0};
};

struct TestServer {
  TestServer() : TestServer(nullptr) {}
  explicit TestServer(std::unique_ptr<store::Store> engine)
      : store(engine ? std::move(engine) : store::memory::open(registry(), clock)),
        service(fhir::r4(), registry(), *store, clock, random, "http://test/fhir"),
        sources(registry(), *store, service.base_url),
        application(service, nullptr) {
    sources.serve(service);
  }

  // `target`: below the base, with a query: "/Patient?name=x". A body is FHIR JSON unless a header says otherwise.
  http::Response send(http::Method method, std::string_view target, std::string_view body = {},
                      HeaderList headers = {}) {
    return send(method, target, body, std::span(headers.begin(), headers.size()));
  }
  http::Response send(http::Method method, std::string_view target, std::string_view body,
                      std::span<const std::pair<std::string, std::string>> headers) {
    http::Request request;
    request.method = method;
    if (target.starts_with("http://test")) target.remove_prefix(std::string_view("http://test/fhir").size());
    const std::size_t mark = target.find('?');
    request.path = "/fhir" + std::string(target.substr(0, mark));
    if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    if (!body.empty() && request.headers.find("Content-Type") == nullptr) {
      request.headers.add("Content-Type", "application/fhir+json");
    }
    request.body.reserve(body.size() + kReadPadding);
    request.body = body;
    return application.handle(request, grant);
  }
  http::Response get(std::string_view target, HeaderList headers = {}) {
    return send(http::Method::get, target, {}, headers);
  }
  http::Response put(std::string_view target, std::string_view body, HeaderList headers = {}) {
    return send(http::Method::put, target, body, headers);
  }
  http::Response post(std::string_view target, std::string_view body, HeaderList headers = {}) {
    return send(http::Method::post, target, body, headers);
  }
  http::Response remove(std::string_view target, HeaderList headers = {}) {
    return send(http::Method::delete_, target, {}, headers);
  }

  TestClock clock;
  TestRandom random;
  std::unique_ptr<store::Store> store;
  Host service;
  SearchSources sources;
  Application application;
  std::shared_ptr<const access::Grant> grant = access::Grant::everything();  // of who sends
};

// What stands between `before` and the next double quote.
inline std::string value_after(const std::string& text, const std::string& before) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace vesta::ops::testing
