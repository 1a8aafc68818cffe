// Benchmarks of the service over R4's own definitions: the first answer, an answer that is kept, a code everywhere.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "terminology/embedded.h"
#include "terminology/service.h"

namespace vesta::terminology {
namespace {

constexpr char kSmall[] = "http://hl7.org/fhir/ValueSet/observation-status";
constexpr char kFiltered[] = "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode";  // by is-a, of 1,000 concepts

void first_expansion(benchmark::State& state, const char* url) {
  EmbeddedSource definitions(r4_blocks());
  for (auto _ : state) {
    Service service(fhir::r4(), {&definitions});
    CHECK(service.expand(url).ok());
  }
}
BENCHMARK_CAPTURE(first_expansion, small, kSmall);
BENCHMARK_CAPTURE(first_expansion, filtered, kFiltered);

void kept_expansion(benchmark::State& state) {
  EmbeddedSource definitions(r4_blocks());
  Service service(fhir::r4(), {&definitions});
  for (auto _ : state) CHECK(service.expand(kFiltered).ok());
}
BENCHMARK(kept_expansion);

void below_in_every_system(benchmark::State& state) {
  EmbeddedSource definitions(r4_blocks());
  for (auto _ : state) {
    Service service(fhir::r4(), {&definitions});
    CHECK(service.subsumed_by("", "recurrence").ok());
  }
}
BENCHMARK(below_in_every_system);

}  // namespace
}  // namespace vesta::terminology
