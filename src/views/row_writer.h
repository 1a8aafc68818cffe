// RowWriter: rows as text: NDJSON, CSV or a JSON array, appended piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "views/runner.h"
#include "views/view.h"

namespace vesta::views {

enum class RowFormat : std::uint8_t {
  ndjson,  // an object in each line
  csv,     // https://www.rfc-editor.org/rfc/rfc4180; a column with several values or an element holds JSON
  json,    // an array of objects
};
enum class CsvHeader : std::uint8_t { absent, present };

// A field of a line of CSV, in quotes where it needs them; an empty text too, which else were no value.
void append_csv_field(std::string_view text, std::string& out);

// Appends to the caller's text, which the caller may send and clear between any two calls. The view outlives it.
class RowWriter {
 public:
  RowWriter(const View& view, RowFormat format, CsvHeader header = CsvHeader::present);

  void begin(std::string& out) const;  // once, before the first row
  void write(const Rows& rows, std::size_t index, std::string& out);
  void end(std::string& out) const;  // once, behind the last row

  // A cell without quotes: a value as FHIR writes it, an element or a collection as JSON. nullopt: no value. Valid
  // until the next call.
  std::optional<std::string_view> text(const Rows& rows, const Cell& cell, bool is_collection);

 private:
  void write_object(const Rows& rows, std::span<const Cell> row, std::string& out);
  void write_line(const Rows& rows, std::span<const Cell> row, std::string& out);
  void write_json_cell(const Rows& rows, const Cell& cell, bool is_collection, std::string& out) const;

  const fhir::Definitions& definitions_;
  const std::span<const OutputColumn> columns_;
  const RowFormat format_;
  const CsvHeader header_;
  std::vector<std::string> keys_;  // `"name":` with what stands before it
  std::string json_;               // of the last cell that is JSON within something else
  bool is_first_ = true;
};

}  // namespace vesta::views
