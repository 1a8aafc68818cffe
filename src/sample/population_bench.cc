// How fast the population is made.
#include <benchmark/benchmark.h>

#include "sample/population.h"

namespace vesta::sample {
namespace {

void make_patients(benchmark::State& state) {
  Options options;
  Population population(options);
  Group group;
  std::uint64_t index = 0;
  std::size_t resources = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    population.patient(index++ % 400, group);
    resources += group.entries.size();
    bytes += group.text.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(resources));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(make_patients);

}  // namespace
}  // namespace vesta::sample
