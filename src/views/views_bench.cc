// A view of ten columns over Observations, from the bytes of NDJSON; beside it the ceiling: one pass of the parser.
// Observations: those of Synthea below VESTA_SYNTHEA (a folder of its unpacked Bundles), or one that is like them.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fhir/json.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace {

using namespace vesta;  // NOLINT: a bench

constexpr std::string_view kView = R"j({"resource":"Observation","select":[{"column":[
  {"name":"id","path":"getResourceKey()"},
  {"name":"status","path":"status"},
  {"name":"patient","path":"subject.getReferenceKey(Patient)"},
  {"name":"encounter","path":"encounter.reference"},
  {"name":"system","path":"code.coding.system.first()"},
  {"name":"code","path":"code.coding.code.first()"},
  {"name":"display","path":"code.coding.display.first()"},
  {"name":"effective","path":"effective.ofType(dateTime)"},
  {"name":"value","path":"value.ofType(Quantity).value"},
  {"name":"unit","path":"value.ofType(Quantity).unit"}]}]})j";
constexpr std::string_view kObservation =
    R"({"resourceType":"Observation","id":"8bb3a899-4353-4d7e-96e0-c980387b3852","status":"final",)"
    R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
    R"("code":"vital-signs","display":"vital-signs"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},)"
    R"("subject":{"reference":"Patient/e6dde18e-af01-4f2f-b74a-1ec7d0368f93"},)"
    R"("encounter":{"reference":"Encounter/b940a0ec-50c7-4f55-ad50-3da921d76137"},)"
    R"("effectiveDateTime":"2010-09-06T15:38:27-04:00","issued":"2010-09-06T15:38:27.139-04:00",)"
    R"("valueQuantity":{"value":134.8,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";
constexpr std::size_t kMaxLines = 20'000;

// A text with padding behind it, and where its lines begin and end.
struct Lines {
  std::string text;
  std::vector<std::string_view> lines;
};

void append_observations(const std::filesystem::path& file, fhir::JsonReader& reader, std::string& out,
                         std::size_t& count) {
  const fhir::Definitions& definitions = fhir::r4();
  const auto entry = *definitions.find_name("entry");
  const auto resource = *definitions.find_name("resource");
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  fhir::Arena arena;
  const auto bundle = reader.read(text, arena);
  CHECK(bundle.ok());
  for (const fhir::Node& child : (*bundle)->children()) {
    const fhir::Node* const found = child.name == entry ? child.child(resource) : nullptr;
    if (found == nullptr || found->type != definitions.find_resource_type("Observation") || count == kMaxLines)
      continue;
    fhir::write_json(definitions, *found, {}, out);
    out.push_back('\n');
    ++count;
  }
}

const Lines& observations() {
  static const Lines value = [] {
    Lines lines;
    std::size_t count = 0;
    if (const char* const folder = std::getenv("VESTA_SYNTHEA")) {
      fhir::JsonReader reader(fhir::r4());
      for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.path().extension() == ".json") append_observations(file.path(), reader, lines.text, count);
      }
    }
    if (count == 0) lines.text = std::string(kObservation) + "\n";
    lines.text.reserve(lines.text.size() + fhir::kJsonPadding);
    for (std::size_t at = 0; at < lines.text.size();) {
      const std::size_t end = lines.text.find('\n', at);
      lines.lines.push_back(std::string_view(lines.text).substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }();
  return value;
}

const fhir::Node& read_line(fhir::JsonReader& reader, std::size_t index, fhir::Arena& arena) {
  const Lines& lines = observations();
  const std::string_view line = lines.lines[index];
  const auto root =
      reader.read(line, lines.text.capacity() - static_cast<std::size_t>(line.data() - lines.text.data()), arena);
  CHECK(root.ok());
  return **root;
}

void BM_Parse(benchmark::State& state) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::size_t at = 0;
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(&read_line(reader, at, arena));
    if (++at == observations().lines.size()) at = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_Parse);

void run(benchmark::State& state, views::RowFormat format) {
  const auto view = views::compile(fhir::r4(), kView);
  CHECK(view.ok());
  views::Runner runner(**view);
  views::RowWriter writer(**view, format);
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::string out;
  std::size_t at = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    arena.reset();
    const auto rows = runner.run(read_line(reader, at, arena), arena);
    CHECK(rows.ok());
    out.clear();
    for (std::size_t i = 0; i < rows->size(); ++i) writer.write(*rows, i, out);
    bytes += out.size();
    if (++at == observations().lines.size()) at = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(run, ndjson, views::RowFormat::ndjson);
BENCHMARK_CAPTURE(run, csv, views::RowFormat::csv);

}  // namespace
