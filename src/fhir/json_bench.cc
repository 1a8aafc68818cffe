// Reading and writing a typical resource.
#include <benchmark/benchmark.h>

#include "fhir/envelope.h"
#include "fhir/json.h"

namespace {

const std::string kObservation =
    R"({"resourceType":"Observation","id":"8bb3a899-4353-4d7e-96e0-c980387b3852","status":"final",)"
    R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
    R"("code":"vital-signs","display":"vital-signs"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},)"
    R"("subject":{"reference":"Patient/e6dde18e-af01-4f2f-b74a-1ec7d0368f93"},)"
    R"("encounter":{"reference":"Encounter/b940a0ec-50c7-4f55-ad50-3da921d76137"},)"
    R"("effectiveDateTime":"2010-09-06T15:38:27-04:00","issued":"2010-09-06T15:38:27.139-04:00",)"
    R"("valueQuantity":{"value":134.8,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";

void BM_Read(benchmark::State& state) {
  vesta::fhir::JsonReader reader(vesta::fhir::r4());
  std::string text = kObservation;
  text.reserve(text.size() + vesta::fhir::kJsonPadding);
  vesta::fhir::Arena arena;
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(reader.read(text, arena));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_Read);

void BM_WriteTail(benchmark::State& state) {
  vesta::fhir::JsonReader reader(vesta::fhir::r4());
  vesta::fhir::Arena arena;
  auto root = reader.read(kObservation, arena);
  std::string out;
  for (auto _ : state) {
    out.clear();
    vesta::fhir::write_tail(vesta::fhir::r4(), **root, out);
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}
BENCHMARK(BM_WriteTail);

}  // namespace
