// What is measured without a server: index values, XML and rows of a view of Synthea's resources on one core, beside
// one pass of the JSON tokenizer over the same bytes.
#include <chrono>
#include <functional>
#include <memory_resource>
#include <string>
#include <vector>

#include "bench/phases.h"
#include "fhir/json.h"
#include "fhir/xml.h"
#include "json/tokens.h"
#include "search/extract.h"
#include "views/row_feed.h"
#include "views/view.h"

namespace vesta::bench {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr double kExtractionGoal = 60'000;  // resources per second
constexpr double kXmlGoal = 100;            // MB of JSON per second
constexpr double kViewGoal = 150'000;       // resources per second

constexpr std::string_view kViewType = "Observation";
constexpr std::string_view kView = R"j({"resource":"Observation","select":[{"column":[
  {"name":"id","path":"getResourceKey()"},
  {"name":"status","path":"status"},
  {"name":"patient","path":"subject.getReferenceKey(Patient)"},
  {"name":"encounter","path":"encounter.getReferenceKey(Encounter)"},
  {"name":"system","path":"code.coding.system.first()"},
  {"name":"code","path":"code.coding.code.first()"},
  {"name":"display","path":"code.coding.display.first()"},
  {"name":"effective","path":"effective.ofType(dateTime)"},
  {"name":"value","path":"value.ofType(Quantity).value"},
  {"name":"unit","path":"value.ofType(Quantity).unit"}]}]})j";

// The resources of the Bundles, each with its own text.
struct Population {
  std::vector<std::string> texts;
  double megabytes = 0;
};

Result<Population> read_population(const Dataset& dataset) {
  const fhir::Definitions& definitions = fhir::r4();
  const auto entry = *definitions.find_name("entry"), resource = *definitions.find_name("resource");
  fhir::JsonReader reader(definitions);
  fhir::Arena arena;
  Population population;
  for (const BundleText& bundle : dataset.bundles) {
    arena.reset();
    VESTA_TRY(const fhir::Node* root, reader.read(bundle.text, arena));
    for (const fhir::Node& child : root->children()) {
      const fhir::Node* found = child.name == entry ? child.child(resource) : nullptr;
      if (found == nullptr) continue;
      std::string text;
      fhir::write_json(definitions, *found, {}, text);
      population.megabytes += static_cast<double>(text.size()) / 1e6;
      text.reserve(text.size() + fhir::kJsonPadding);
      population.texts.push_back(std::move(text));
    }
  }
  return population;
}

Population of_type(const Population& population, std::string_view type) {
  const std::string begin = R"({"resourceType":")" + std::string(type) + '"';
  Population found;
  for (const std::string& text : population.texts) {
    if (!text.starts_with(begin)) continue;
    found.megabytes += static_cast<double>(text.size()) / 1e6;
    found.texts.push_back(text);
    found.texts.back().reserve(text.size() + fhir::kJsonPadding);
  }
  return found;
}

// Seconds that `run` takes for all texts, in passes of at least `shortest`.
Result<double> seconds_per_pass(std::chrono::milliseconds shortest, const std::function<Status()>& run) {
  const auto begin = steady_clock::now();
  int passes = 0;
  double seconds = 0;
  while (passes == 0 || seconds * 1000 < static_cast<double>(shortest.count())) {
    VESTA_CHECK_OK(run());
    ++passes;
    seconds = duration<double>(steady_clock::now() - begin).count();
  }
  return seconds / passes;
}

Status tokenize_all(const Population& population) {
  json::Tokenizer tokenizer;
  for (const std::string& text : population.texts) {
    std::pmr::monotonic_buffer_resource memory;
    VESTA_TRY([[maybe_unused]] const auto tokens, tokenizer.tokenize(text, memory));
  }
  return kOk;
}

Status write_xml_of_all(const Population& population) {
  fhir::JsonReader reader(fhir::r4());
  fhir::XmlWriter writer(fhir::r4());
  fhir::Arena arena;
  std::string xml;
  for (const std::string& text : population.texts) {
    arena.reset();
    xml.clear();
    VESTA_TRY(const fhir::Node* root, reader.read(text, arena));
    VESTA_CHECK_OK(writer.write(*root, {}, xml));
  }
  return kOk;
}

// From the text of each resource to NDJSON.
Status write_rows_of_all(const Population& population, const views::View& view) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  views::RowFeed rows(view, {});
  std::string out;
  for (const std::string& text : population.texts) {
    arena.reset();
    out.clear();
    VESTA_TRY(const fhir::Node* root, reader.read(text, arena));
    VESTA_CHECK_OK(rows.add(*root, arena, out));
  }
  return kOk;
}

// Reading is not counted: a write reads its resource anyway.
Result<double> extraction_seconds(const Population& population, const search::Registry& registry) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena tree, values;
  double seconds = 0;
  for (const std::string& text : population.texts) {
    tree.reset();
    values.reset();
    VESTA_TRY(const fhir::Node* root, reader.read(text, tree));
    const auto begin = steady_clock::now();
    VESTA_TRY([[maybe_unused]] const auto extracted, search::extract(registry, *root, values));
    seconds += duration<double>(steady_clock::now() - begin).count();
  }
  return seconds;
}

ReportRow row_of(std::string name, std::string unit, double amount, const std::vector<double>& seconds,
                 const std::vector<double>& ceilings, double goal) {
  ReportRow row;
  row.name = std::move(name);
  row.unit = std::move(unit);
  row.value = amount / median(seconds);
  row.ceiling = amount / median(ceilings);
  row.share = *row.ceiling > 0 ? row.value / *row.ceiling : 0;
  row.met = row.value >= goal;
  row.note = "one core; ceiling: one pass of the tokenizer over the same bytes";
  return row;
}

Status measure_view(BenchState& state, const Population& population) {
  const Population observations = of_type(population, kViewType);
  VESTA_TRY(const auto view, views::compile(fhir::r4(), kView));
  std::vector<double> tokens, rows;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const double pass, seconds_per_pass(state.options.measured, [&] { return tokenize_all(observations); }));
    tokens.push_back(pass);
    VESTA_TRY(const double written,
              seconds_per_pass(state.options.measured, [&] { return write_rows_of_all(observations, *view); }));
    rows.push_back(written);
  }
  const auto count = static_cast<double>(observations.texts.size());
  state.rows.push_back(row_of("view of 10 columns", "/s", count, rows, tokens, kViewGoal));
  state.rows.back().goal = ">= 150,000/s";
  return kOk;
}

}  // namespace

Status measure_languages(BenchState& state) {
  VESTA_TRY(const Population population, read_population(state.dataset));
  const search::Registry registry(fhir::r4());
  std::vector<double> tokens, extraction, xml;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const double pass, seconds_per_pass(state.options.measured, [&] { return tokenize_all(population); }));
    tokens.push_back(pass);
    VESTA_TRY(const double extracted, extraction_seconds(population, registry));
    extraction.push_back(extracted);
    VESTA_TRY(const double written,
              seconds_per_pass(state.options.measured, [&] { return write_xml_of_all(population); }));
    xml.push_back(written);
  }
  const auto count = static_cast<double>(population.texts.size());
  state.rows.push_back(row_of("search values of a resource", "/s", count, extraction, tokens, kExtractionGoal));
  state.rows.back().goal = ">= 60,000/s";
  state.rows.push_back(row_of("JSON to XML", "MB/s", population.megabytes, xml, tokens, kXmlGoal));
  state.rows.back().goal = ">= 100 MB/s of JSON";
  return measure_view(state, population);
}

}  // namespace vesta::bench
