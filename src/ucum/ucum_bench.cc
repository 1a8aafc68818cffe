// Canonical quantities with and without the cache, and conversions.
#include <benchmark/benchmark.h>

#include <string>

#include "ucum/ucum.h"
#include "ucum/unit_cache.h"

namespace {

using namespace vesta;

void cached(benchmark::State& state, const char* value, const char* code) {
  static ucum::UnitCache cache;
  for (auto _ : state) benchmark::DoNotOptimize(cache.canonical_quantity(value, code));
}
BENCHMARK_CAPTURE(cached, milligram_per_decilitre, "105.4", "mg/dL")->ThreadRange(1, 2);
BENCHMARK_CAPTURE(cached, per_minute, "73", "/min");
BENCHMARK_CAPTURE(cached, millimetre_of_mercury, "120", "mm[Hg]");
BENCHMARK_CAPTURE(cached, millimole_per_litre, "5.25", "mmol/L");
BENCHMARK_CAPTURE(cached, pound, "185.00", "[lb_av]");
BENCHMARK_CAPTURE(cached, degree, "90", "deg");
BENCHMARK_CAPTURE(cached, celsius, "37.2", "Cel");
BENCHMARK_CAPTURE(cached, ph, "7.4", "[pH]");
BENCHMARK_CAPTURE(cached, no_unit, "7.4", "beats/min");

void uncached(benchmark::State& state, const char* value, const char* code) {
  for (auto _ : state) benchmark::DoNotOptimize(ucum::canonical_quantity(value, code));
}
BENCHMARK_CAPTURE(uncached, milligram_per_decilitre, "105.4", "mg/dL");
BENCHMARK_CAPTURE(uncached, per_minute, "73", "/min");
BENCHMARK_CAPTURE(uncached, celsius, "37.2", "Cel");

void validate(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ucum::validate("mmol/(8.h.kg)"));
}
BENCHMARK(validate);

void convert(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ucum::convert("105.4", "mg/dL", "g/L"));
}
BENCHMARK(convert);

}  // namespace
