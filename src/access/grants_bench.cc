// What a request pays for its grant: when it is kept, and when it is made anew.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "access/grants.h"
#include "access/shipped_policies.h"
#include "fhir/envelope.h"
#include "search/chains.h"
#include "search/test_support.h"
#include "store/contract_test_support.h"
#include "store/memory/memory_store.h"

namespace vesta::access {
namespace {

struct Setup {
  Setup() {
    store::WriteSet set;
    for (const ShippedPolicy& policy : shipped_policies()) {
      const search::testing::Extracted read{std::string(policy.text)};
      store::Write& write = set.writes.emplace_back();
      write.type = read.root->type;
      write.id = policy.id;
      fhir::write_tail(fhir::r4(), *read.root, write.tail);
    }
    CHECK(store->commit(set).ok());
  }
  Principal principal(std::size_t policy) const {
    return {"c", {std::string(shipped_policies()[policy].id)}, {"user/*.cruds"}, "Practitioner/d", "p"};
  }

  store::test::FakeClock clock;
  std::unique_ptr<store::Store> store = store::memory::open(search::testing::registry(), clock);
  Records records{*store, fhir::r4()};
  Grants grants{*store, search::testing::registry(), clock, "http://test/fhir", records, nullptr, nullptr};
};

void kept(benchmark::State& state) {
  Setup setup;
  const Principal who = setup.principal(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(setup.grants.of(who));
  state.SetLabel(who.policies.front());
}
BENCHMARK(kept)->DenseRange(0, 3);

void made_anew(benchmark::State& state) {
  Setup setup;
  Principal who = setup.principal(static_cast<std::size_t>(state.range(0)));
  std::size_t number = 0;
  for (auto _ : state) {
    who.patient = std::to_string(++number);
    benchmark::DoNotOptimize(setup.grants.of(who));
  }
  std::size_t nodes = 0;
  const auto grant = *setup.grants.of(who);
  for (std::size_t action = 0; action < kActions; ++action) {
    for (fhir::TypeId type = 0; type < fhir::r4().types().size(); ++type) {
      nodes += search::count_nodes(grant->of(static_cast<Action>(action)).guard(type));
    }
  }
  state.counters["nodes"] = static_cast<double>(nodes);
  state.counters["node_bytes"] = sizeof(search::Plan);
  state.SetLabel(who.policies.front());
}
BENCHMARK(made_anew)->DenseRange(0, 3);

}  // namespace
}  // namespace vesta::access
