// A typical resource from JSON to XML, beside one pass of the JSON tokenizer over the same bytes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory_resource>
#include <string>

#include "fhir/json.h"
#include "fhir/xml.h"
#include "json/tokens.h"

namespace {

std::string observation() {
  std::string text = R"({"resourceType":"Observation","id":"8bb3a899-4353-4d7e-96e0-c980387b3852","status":"final",)"
                     R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
                     R"("code":"vital-signs","display":"vital-signs"}]}],)"
                     R"("code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],)"
                     R"("text":"Body Height"},"subject":{"reference":"Patient/e6dde18e-af01-4f2f-b74a-1ec7d0368f93"},)"
                     R"("effectiveDateTime":"2010-09-06T15:38:27-04:00","issued":"2010-09-06T15:38:27.139-04:00",)"
                     R"("valueQuantity":{"value":134.8,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";
  text.reserve(text.size() + vesta::fhir::kJsonPadding);
  return text;
}

void BM_JsonTokens(benchmark::State& state) {
  const std::string text = observation();
  vesta::json::Tokenizer tokenizer;
  std::pmr::monotonic_buffer_resource memory;
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.tokenize(text, memory));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_JsonTokens);

// Bytes of JSON.
void BM_JsonToXml(benchmark::State& state) {
  const std::string text = observation();
  vesta::fhir::JsonReader reader(vesta::fhir::r4());
  vesta::fhir::XmlWriter writer(vesta::fhir::r4());
  vesta::fhir::Arena arena;
  std::string out;
  for (auto _ : state) {
    arena.reset();
    out.clear();
    const auto root = reader.read(text, arena);
    benchmark::DoNotOptimize(writer.write(**root, {}, out));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_JsonToXml);

// Bytes of XML.
void BM_ReadXml(benchmark::State& state) {
  const std::string text = observation();
  vesta::fhir::Arena arena;
  vesta::fhir::JsonReader json_reader(vesta::fhir::r4());
  vesta::fhir::XmlWriter writer(vesta::fhir::r4());
  std::string xml;
  benchmark::DoNotOptimize(writer.write(**json_reader.read(text, arena), {}, xml));
  vesta::fhir::XmlReader reader(vesta::fhir::r4());
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(reader.read(xml, arena));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * xml.size()));
}
BENCHMARK(BM_ReadXml);

}  // namespace
