// World: composes an engine, the registry and the application for one scenario.
#include "tests/scenarios/runner/world.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "fhir/json.h"
#include "fhir/xml.h"
#include "ops/application.h"
#include "ops/context.h"
#include "ops/custom_parameters.h"
#include "ops/host.h"
#include "ops/index_jobs.h"
#include "ops/search_sources.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_server.h"
#include "store/sqlite/sqlite_store.h"

namespace vesta::tests {
namespace {

constexpr int kMaxIndexSteps = 10'000;
constexpr std::int64_t kStart = 1'767'225'600'123'456;  // 2026-01-01T00:00:00.123456Z

// Stands still but for `advance`, so that every run of a scenario sees the same times.
class SeededClock : public Clock {
 public:
  Instant now() override { return Instant{now_.load()}; }
  std::chrono::steady_clock::time_point monotonic() override { return std::chrono::steady_clock::now(); }
  void advance(std::int64_t microseconds) { now_ += microseconds; }

 private:
  std::atomic<std::int64_t> now_{kStart};
};

// splitmix64: https://prng.di.unimi.it/splitmix64.c (public domain)
class SeededRandom : public Random {
 public:
  std::uint64_t bits() override {
    std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

 private:
  std::atomic<std::uint64_t> state_{42};
};

// Made once: each world takes its custom parameters out again.
search::Registry& shared_registry() {
  static search::Registry registry(fhir::r4());
  return registry;
}

// A folder of its own that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vesta-scenario-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

struct World::Impl {
  SeededClock clock;
  SeededRandom random;
  std::optional<TemporaryFolder> folder;                             // sqlite has one
  std::optional<store::postgres::test::TemporaryDatabase> database;  // goes after the store
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ops::Host> service;
  std::unique_ptr<ops::CustomParameters> parameters;
  std::unique_ptr<ops::IndexJobs> index_jobs;
  std::unique_ptr<ops::SearchSources> sources;
  std::unique_ptr<ops::Application> application;
  fhir::JsonReader reader{fhir::r4()};
  fhir::XmlReader xml_reader{fhir::r4()};
};

std::optional<Engine> find_engine(std::string_view name) {
  for (const Engine engine : {Engine::memory, Engine::sqlite, Engine::postgres, Engine::citus}) {
    if (name == name_of(engine)) return engine;
  }
  return std::nullopt;
}

std::string_view name_of(Engine engine) {
  switch (engine) {
    case Engine::memory:
      return "memory";
    case Engine::sqlite:
      return "sqlite";
    case Engine::postgres:
      return "postgres";
    case Engine::citus:
      return "citus";
  }
  return "";
}

World::World(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
World::~World() {
  impl_->parameters->unload();
}

Result<std::unique_ptr<World>> World::make(Engine engine) {
  auto impl = std::make_unique<Impl>();
  if (engine == Engine::memory) {
    impl->store = store::memory::open(shared_registry(), impl->clock);
  } else if (engine == Engine::postgres || engine == Engine::citus) {
    store::postgres::OpenOptions options;
    options.url = impl->database.emplace().url();
    options.registry = &shared_registry();
    options.clock = &impl->clock;
    VESTA_TRY(impl->store, store::postgres::open(options));
  } else {
    store::sqlite::OpenOptions options;
    options.directory = impl->folder.emplace().path();
    options.registry = &shared_registry();
    options.clock = &impl->clock;
    VESTA_TRY(impl->store, store::sqlite::open(std::move(options)));
  }
  impl->service = std::make_unique<ops::Host>(fhir::r4(), shared_registry(), *impl->store, impl->clock, impl->random,
                                              std::string(kBaseUrl));
  impl->sources = std::make_unique<ops::SearchSources>(shared_registry(), *impl->store, impl->service->base_url);
  impl->sources->serve(*impl->service);
  impl->parameters = std::make_unique<ops::CustomParameters>(shared_registry(), *impl->store);
  impl->index_jobs =
      std::make_unique<ops::IndexJobs>(shared_registry(), *impl->store, *impl->parameters, impl->clock, impl->random);
  impl->service->parameters = impl->parameters.get();
  impl->service->index_jobs = impl->index_jobs.get();
  impl->application = std::make_unique<ops::Application>(*impl->service, nullptr);
  return std::unique_ptr<World>(new World(std::move(impl)));
}

http::Response World::answer(http::Request request) {
  http::Response response = impl_->application->handle(request);
  // Behind a head the answer is made piece by piece, as `net` has it.
  const Status gathered = http::gather(response);
  if (!gathered.ok()) response.body += gathered.error().message;
  return response;
}

Result<StoreState> World::state() {
  VESTA_TRY(const store::Statistics statistics, impl_->store->statistics());
  StoreState state{statistics.resources, statistics.versions, ""};
  store::HistoryQuery query;
  query.count = 1;
  VESTA_TRY(const store::HistoryPage page, impl_->store->history(query));
  if (!page.entries.empty()) {
    const store::Version& newest = page.entries[0];
    state.newest = newest.id + "/" + std::to_string(newest.version.value) + "@" + std::to_string(newest.seq.value);
  }
  return state;
}

void World::advance(std::int64_t microseconds) {
  impl_->clock.advance(microseconds);
}

Status World::index(int steps) {
  for (int i = 0; steps == 0 || i < steps; ++i) {
    if (i == kMaxIndexSteps) return make_error(Category::internal, "it does not end");
    VESTA_TRY(const ops::IndexJobs::Step done, impl_->index_jobs->step());
    if (done == ops::IndexJobs::Step::idle) return kOk;
  }
  return kOk;
}

Result<std::string> World::resource_json(const std::string& text) {
  fhir::Arena arena;
  if (!text.starts_with('<')) {
    VESTA_CHECK_OK(impl_->reader.read(text, arena));
    return text;
  }
  VESTA_TRY(const fhir::Node* const tree, impl_->xml_reader.read(text, arena));
  std::string json;
  fhir::write_json(fhir::r4(), *tree, {}, json);
  return json;
}

}  // namespace vesta::tests
