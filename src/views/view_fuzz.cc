// Any bytes as a ViewDefinition, compiled and run on small trees: rows or an error, in bounded time.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fhir/json.h"
#include "views/limits.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace {

using namespace vesta;

constexpr std::string_view kResources[] = {
    R"({"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12-25",)"
    R"("name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"given":["Jim"]}],)"
    R"("contact":[{"name":{"family":"May"},"telecom":[{"system":"phone","value":"555"}]}],)"
    R"("generalPractitioner":[{"reference":"Practitioner/2"}]})",
    R"({"resourceType":"QuestionnaireResponse","status":"completed","item":[{"linkId":"1","item":[{"linkId":"1.1",)"
    R"("answer":[{"valueDecimal":1.50,"item":[{"linkId":"1.1.1"}]}]}]},{"linkId":"2","text":"a \"b\", c"}]})"};

// Trees that live as long as the process.
struct Subjects {
  Subjects() {
    fhir::JsonReader reader(fhir::r4());
    for (const std::string_view text : kResources) {
      const auto root = reader.read(text, 0, arena);
      CHECK(root.ok());
      roots.push_back(*root);
    }
  }
  fhir::Arena arena;
  std::vector<const fhir::Node*> roots;
};

void check_error(const Error& error) {
  CHECK(error.category == Category::invalid);
  CHECK(error.issues.size() == 1 && error.issues[0].expression.starts_with("ViewDefinition"));
}

void run(const views::View& view, const fhir::Node& root) {
  views::Runner runner(view);
  fhir::Arena arena;
  const auto rows = runner.run(root, arena);
  if (!rows.ok()) return check_error(rows.error());
  CHECK(rows->size() <= views::kMaxRowsPerResource);
  for (const views::RowFormat format : {views::RowFormat::ndjson, views::RowFormat::csv, views::RowFormat::json}) {
    views::RowWriter writer(view, format);
    std::string out;
    writer.begin(out);
    for (std::size_t i = 0; i < rows->size(); ++i) writer.write(*rows, i, out);
    writer.end(out);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Subjects subjects;
  const auto view = views::compile(fhir::r4(), std::string_view(reinterpret_cast<const char*>(data), size));
  if (!view.ok()) {
    check_error(view.error());
    return 0;
  }
  for (const fhir::Node* const root : subjects.roots) run(**view, *root);
  return 0;
}
