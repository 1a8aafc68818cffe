// Extraction from the Synthea resources, and the start-up cost of the Registry. Folder: VESTA_SYNTHEA or
// VESTA_SHARED_DATA.
#include <benchmark/benchmark.h>

#include "search/test_support.h"

namespace {

using namespace vesta;  // NOLINT: a bench

// The Bundles read once, with their trees.
struct Population {
  std::vector<std::unique_ptr<std::string>> texts;
  fhir::Arena arena;
  std::vector<const fhir::Node*> resources;
};

std::unique_ptr<Population> load() {
  const search::testing::SyntheaFolder folder;
  if (!folder.found()) return nullptr;
  auto population = std::make_unique<Population>();
  fhir::JsonReader reader(fhir::r4());
  const auto entry = *fhir::r4().find_name("entry"), resource = *fhir::r4().find_name("resource");
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (file.path().extension() != ".json") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    auto text =
        std::make_unique<std::string>((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    text->reserve(text->size() + fhir::kJsonPadding);
    auto bundle = reader.read(*text, population->arena);
    CHECK(bundle.ok());
    population->texts.push_back(std::move(text));
    for (const fhir::Node& child : (*bundle)->children()) {
      if (child.name != entry) continue;
      if (const fhir::Node* found = child.child(resource)) population->resources.push_back(found);
    }
  }
  return population;
}

void BM_ExtractSynthea(benchmark::State& state) {
  static const std::unique_ptr<Population> population = load();
  if (!population) return state.SkipWithError("no Synthea data: set VESTA_SYNTHEA or VESTA_SHARED_DATA");
  const search::Registry& registry = search::testing::registry();
  fhir::Arena arena;
  std::size_t at = 0, values = 0;
  for (auto _ : state) {
    arena.reset();
    auto extracted = search::extract(registry, *population->resources[at], arena);
    CHECK(extracted.ok());
    values += extracted->size();
    if (++at == population->resources.size()) at = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["values"] = static_cast<double>(values) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_ExtractSynthea);

void BM_BuildRegistry(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(search::Registry(fhir::r4()).fingerprint());
}
BENCHMARK(BM_BuildRegistry)->Unit(benchmark::kMillisecond);

}  // namespace
