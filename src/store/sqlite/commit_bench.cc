// Commits, reads and searches of the SQLite engine on the Synthea population (folder VESTA_SYNTHEA; skipped without
// it).
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "fhir/datetime.h"
#include "store/sqlite/bench_data.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

const search::Registry& registry() {
  static const search::Registry made(fhir::r4());
  return made;
}
const std::deque<std::unique_ptr<bench::Bundle>>& bundles() {
  static const char* folder = std::getenv("VESTA_SYNTHEA");
  static const auto loaded =
      folder == nullptr ? std::deque<std::unique_ptr<bench::Bundle>>() : bench::load_bundles(registry(), folder, 1000);
  return loaded;
}
std::size_t resource_count() {
  std::size_t count = 0;
  for (const auto& bundle : bundles()) count += bundle->set.writes.size();
  return count;
}

std::unique_ptr<Store> open_in(const test::TemporaryFolder& folder, Metrics* metrics = nullptr) {
  auto store = open({.directory = folder.path(), .registry = &registry(), .metrics = metrics});
  CHECK(store.ok());
  return std::move(*store);
}

// All Bundles, by `threads` callers; each Bundle is cut into sets of `set_size` resources.
void load(Store& store, int threads, std::size_t set_size) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < threads; ++i) {
    callers.emplace_back([&] {
      for (std::size_t at = next++; at < bundles().size(); at = next++) {
        const auto& writes = bundles()[at]->set.writes;
        for (std::size_t from = 0; from < writes.size(); from += set_size) {
          WriteSet set;
          const auto begin = writes.begin() + static_cast<std::ptrdiff_t>(from);
          set.writes.assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(set_size, writes.size() - from)));
          CHECK(store.commit(set).ok());
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

void BM_Load(benchmark::State& state) {
  if (bundles().empty()) return state.SkipWithError("VESTA_SYNTHEA is not set");
  double bytes = 0;
  for (auto _ : state) {
    test::TemporaryFolder folder;
    auto store = open_in(folder);
    load(*store, static_cast<int>(state.range(0)), static_cast<std::size_t>(state.range(1)));
    store.reset();
    bytes = static_cast<double>(std::filesystem::file_size(folder.path() + "/vesta.db"));
  }
  const auto count = static_cast<double>(resource_count());
  state.counters["resources/s"] =
      benchmark::Counter(count * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["bytes/resource"] = bytes / count;
}
BENCHMARK(BM_Load)->Args({2, 500})->Args({8, 500})->Args({64, 1})->Unit(benchmark::kMillisecond)->UseRealTime();

// A store that holds the population, made once.
Store& loaded() {
  static test::TemporaryFolder folder;
  static const std::unique_ptr<Store> store = [] {
    auto made = open_in(folder);
    load(*made, 8, 500);
    return made;
  }();
  return *store;
}

void BM_Read(benchmark::State& state) {
  if (bundles().empty()) return state.SkipWithError("VESTA_SYNTHEA is not set");
  std::mt19937 random(1);
  for (auto _ : state) {
    const auto& writes = bundles()[random() % bundles().size()]->set.writes;
    if (writes.empty()) continue;
    const Write& write = writes[random() % writes.size()];
    auto version = loaded().read(write.type, write.id);
    CHECK(version.ok() && version->has_value() && (*version)->tail == write.tail);
  }
}
BENCHMARK(BM_Read);

search::Plan leaf(const char* code, auto match) {
  return search::Plan::make_leaf({registry().find(*fhir::r4().find_resource_type("Observation"), code), match});
}

void run(benchmark::State& state, const std::function<search::Query(std::mt19937&)>& make, SearchOptions options) {
  if (bundles().empty()) return state.SkipWithError("VESTA_SYNTHEA is not set");
  std::mt19937 random(1);
  Store& store = loaded();
  std::size_t found = 0;
  for (auto _ : state) {
    auto page = store.search(make(random), options);
    CHECK(page.ok());
    found += page->entries.size() + page->total.value_or(0);
  }
  state.counters["found"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}

std::string any_patient(std::mt19937& random) {
  for (;;) {
    for (const Write& write : bundles()[random() % bundles().size()]->set.writes) {
      if (fhir::r4().type(write.type).name == "Patient") return write.id;
    }
  }
}
search::Query observations(std::vector<search::Plan> children) {
  return {*fhir::r4().find_resource_type("Observation"),
          search::Plan::make(search::Plan::Kind::and_, std::move(children)),
          {}};
}
search::TokenMatch body_weight() {
  return {"http://loinc.org", "29463-7"};
}
search::DateMatch since_2010() {
  const auto range = *fhir::parse_time_range("2010");
  return {search::Prefix::ge, range.low, range.high};
}

void BM_SearchPatientCodeDate(benchmark::State& state) {
  const fhir::TypeId patient = *fhir::r4().find_resource_type("Patient");
  run(state,
      [&](std::mt19937& random) {
        return observations({leaf("patient", search::ReferenceMatch{{patient}, any_patient(random)}),
                             leaf("code", body_weight()), leaf("date", since_2010())});
      },
      {.count = static_cast<std::uint32_t>(state.range(0))});
}
BENCHMARK(BM_SearchPatientCodeDate)->Arg(20)->Arg(1);

void BM_SearchCode(benchmark::State& state) {
  run(state, [](std::mt19937&) { return observations({leaf("code", body_weight())}); }, {.count = 20});
}
BENCHMARK(BM_SearchCode);

void BM_CountCode(benchmark::State& state) {
  run(state, [](std::mt19937&) { return observations({leaf("status", search::TokenMatch{std::nullopt, "final"})}); },
      {.count = 0});
}
BENCHMARK(BM_CountCode);

void BM_CountCodeSince(benchmark::State& state) {
  run(state, [](std::mt19937&) { return observations({leaf("code", body_weight()), leaf("date", since_2010())}); },
      {.count = 0});
}
BENCHMARK(BM_CountCodeSince);

void BM_SearchNewestFirst(benchmark::State& state) {
  run(state,
      [](std::mt19937&) {
        search::Query query = observations({leaf("code", body_weight())});
        query.sort.push_back({search::SortKey::Column::parameter, query.plan.children[0].leaf.parameter, true});
        query.sort[0].parameter = registry().find(query.type, "date");
        return query;
      },
      {.count = 20});
}
BENCHMARK(BM_SearchNewestFirst);

void BM_SearchAllNewestFirst(benchmark::State& state) {
  run(state,
      [](std::mt19937&) {
        search::Query query{*fhir::r4().find_resource_type("Observation"), search::Plan::make_all(), {}};
        query.sort.push_back({search::SortKey::Column::parameter, registry().find(query.type, "date"), true});
        return query;
      },
      {.count = 20});
}
BENCHMARK(BM_SearchAllNewestFirst);

const search::Link& subject_link(const char* target) {
  static const search::Link link{registry().find(*fhir::r4().find_resource_type("Observation"), "subject"),
                                 *fhir::r4().find_resource_type("Patient")};
  static const search::Link back{link.parameter, *fhir::r4().find_resource_type("Observation")};
  return std::string_view(target) == "Patient" ? link : back;
}

void BM_SearchChain(benchmark::State& state) {
  const fhir::TypeId patient = *fhir::r4().find_resource_type("Patient");
  run(state,
      [&](std::mt19937& random) {
        const std::string_view letters = "abcdefghjklmprst";
        const search::StringMatch name{search::StringMode::prefix, std::string(1, letters[random() % letters.size()])};
        search::Plan child = search::Plan::make_leaf({registry().find(patient, "name"), name});
        return observations(
            {search::Plan::make_link(search::Plan::Kind::chain, subject_link("Patient"), std::move(child))});
      },
      {.count = 20});
}
BENCHMARK(BM_SearchChain);

void BM_SearchHas(benchmark::State& state) {
  run(state,
      [](std::mt19937&) {
        return search::Query{
            *fhir::r4().find_resource_type("Patient"),
            search::Plan::make_link(search::Plan::Kind::has, subject_link("Observation"), leaf("code", body_weight())),
            {}};
      },
      {.count = 20});
}
BENCHMARK(BM_SearchHas);

void BM_SearchRevinclude(benchmark::State& state) {
  search::Include include;
  include.direction = search::Include::Direction::reverse;
  include.source = *fhir::r4().find_resource_type("Condition");
  include.parameter = registry().find(include.source, "subject");
  run(state,
      [](std::mt19937&) {
        return search::Query{*fhir::r4().find_resource_type("Patient"), search::Plan::make_all(), {}};
      },
      {.count = 20, .includes = {include}});
}
BENCHMARK(BM_SearchRevinclude);

}  // namespace
}  // namespace vesta::store::sqlite
