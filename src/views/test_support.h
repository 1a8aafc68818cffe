// For tests: a view run on resources, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/reason.h"
#include "fhir/json.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace vesta::views::testing {

// The rows, or "error: place: what".
inline std::string run(std::string_view view_json, const std::vector<std::string>& resources,
                       RowFormat format = RowFormat::ndjson, CsvHeader header = CsvHeader::present) {
  const auto view = compile(fhir::r4(), view_json);
  if (!view.ok()) return "error: " + reason_of(view.error());
  Runner runner(**view);
  RowWriter writer(**view, format, header);
  fhir::JsonReader reader(fhir::r4());
  std::string out;
  writer.begin(out);
  for (const std::string& resource : resources) {
    fhir::Arena arena;
    const auto root = reader.read(resource, arena);
    if (!root.ok()) return "not read: " + reason_of(root.error());
    const auto rows = runner.run(**root, arena);
    if (!rows.ok()) return "error: " + reason_of(rows.error());
    for (std::size_t i = 0; i < rows->size(); ++i) writer.write(*rows, i, out);
  }
  writer.end(out);
  return out;
}

// A view of Patients with these selects.
inline std::string patients(std::string_view selects, std::string_view more = "") {
  return R"({"resource":"Patient","select":[)" + std::string(selects) + "]" + std::string(more) + "}";
}

// "error: ..." for a select that does not compile, else empty.
inline std::string compile_error(std::string_view view_json) {
  const auto view = compile(fhir::r4(), view_json);
  return view.ok() ? "" : reason_of(view.error());
}

}  // namespace vesta::views::testing
