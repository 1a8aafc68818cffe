// Compiling and running search parameter expressions on a typical resource.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "fhir/json.h"
#include "fhirpath/program.h"

namespace {

using namespace vesta;

const std::string kObservation =
    R"({"resourceType":"Observation","id":"8bb3a899-4353-4d7e-96e0-c980387b3852","status":"final",)"
    R"("category":[{"coding":[)"
    R"({"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},)"
    R"("subject":{"reference":"Patient/e6dde18e-af01-4f2f-b74a-1ec7d0368f93"},)"
    R"("encounter":{"reference":"Encounter/b940a0ec-50c7-4f55-ad50-3da921d76137"},)"
    R"("effectiveDateTime":"2010-09-06T15:38:27-04:00","issued":"2010-09-06T15:38:27.139-04:00",)"
    R"("valueQuantity":{"value":134.8,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";

struct Subject {
  Subject() {
    auto read = fhir::JsonReader(fhir::r4()).read(kObservation, arena);
    CHECK(read.ok());
    root = *read;
  }
  fhir::Arena arena;
  const fhir::Node* root = nullptr;
};

std::unique_ptr<fhirpath::Program> compiled(const Subject& subject, std::string_view expression) {
  auto program = fhirpath::compile(fhir::r4(), subject.root->type, expression);
  CHECK(program.ok());
  return *std::move(program);
}

void run(benchmark::State& state, std::string_view expression) {
  Subject subject;
  auto program = compiled(subject, expression);
  fhir::Arena arena;
  fhirpath::Collection items;
  for (auto _ : state) {
    items.clear();
    CHECK(program->evaluate(*subject.root, arena, items).ok());
    benchmark::DoNotOptimize(items.data());
  }
}
BENCHMARK_CAPTURE(run, path, "Observation.code");
BENCHMARK_CAPTURE(run, union_of_paths, "(Observation.value as Quantity) | (Observation.component.value as Quantity)");
BENCHMARK_CAPTURE(run, reference_filter, "Observation.subject.where(resolve() is Patient)");
BENCHMARK_CAPTURE(run, general_criteria, "Observation.category.where(coding.code.exists() and coding.code != 'x')");

// What folding saves: a part that is a constant, and the same with a variable in it, which each evaluation works out.
void part(benchmark::State& state, std::string_view factor) {
  Subject subject;
  const std::string expression = "Observation.value.value > (" + std::string(factor) + " * 3 + 12.7 / 2).round(1)";
  const std::vector<std::string> names = {"factor"};
  fhirpath::CompileOptions options;
  options.variables = names;
  auto program = fhirpath::compile(fhir::r4(), subject.root->type, expression, options);
  CHECK(program.ok());
  fhirpath::Item item;
  item.kind = fhirpath::Item::Kind::decimal;
  item.text = "2.54";
  const std::vector<fhirpath::Collection> variables = {{item}};
  fhirpath::Surroundings surroundings;
  surroundings.variables = variables;
  fhir::Arena arena;
  fhirpath::Collection items;
  for (auto _ : state) {
    items.clear();
    arena.reset();
    CHECK((*program)->evaluate(*subject.root, arena, items, surroundings).ok());
    benchmark::DoNotOptimize(items.data());
  }
}
BENCHMARK_CAPTURE(part, constant, "2.54");
BENCHMARK_CAPTURE(part, variable, "%factor");

// All expressions of one type's search parameters: what the extraction of one resource costs.
void all_of_observation(benchmark::State& state) {
  Subject subject;
  std::vector<std::unique_ptr<fhirpath::Program>> programs;
  for (const fhir::SearchParameter& parameter : fhir::r4().search_parameters()) {
    bool is_base = false;
    for (fhir::TypeId base : parameter.base) is_base = is_base || fhir::r4().is_a(subject.root->type, base);
    if (is_base && !parameter.expression.empty()) programs.push_back(compiled(subject, parameter.expression));
  }
  fhir::Arena arena;
  fhirpath::Collection items;
  for (auto _ : state) {
    for (const auto& program : programs) {
      items.clear();
      CHECK(program->evaluate(*subject.root, arena, items).ok());
    }
    benchmark::DoNotOptimize(items.data());
  }
  state.counters["programs"] = static_cast<double>(programs.size());
}
BENCHMARK(all_of_observation);

void compile_union(benchmark::State& state) {
  Subject subject;
  for (auto _ : state) {
    benchmark::DoNotOptimize(compiled(subject,
                                      "AllergyIntolerance.code | Condition.code | Observation.code | "
                                      "(MedicationRequest.medication as CodeableConcept) | Procedure.code"));
  }
}
BENCHMARK(compile_union);

}  // namespace
