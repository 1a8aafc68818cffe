// Rows as CSV, JSON and tables.
#include "server/commands/sql_printer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "json/tokens.h"
#include "views/row_writer.h"

namespace vesta::server::commands {
namespace {

using store::ViewValue;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// One line of so many characters. A terminal would obey what stands for control.
std::string cell_of(std::string_view text) {
  std::string cell;
  std::size_t count = 0;
  for (const char c : text) {
    if (begins_character(c) && ++count > kMaxTableCell) return cell + "…";
    const auto byte = static_cast<unsigned char>(c);
    cell += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return cell;
}

}  // namespace

const std::map<std::string, SqlFormat>& sql_formats() {
  static const std::map<std::string, SqlFormat> formats = {
      {"csv", SqlFormat::csv}, {"ndjson", SqlFormat::ndjson}, {"json", SqlFormat::json}, {"table", SqlFormat::table}};
  return formats;
}

void SqlPrinter::begin(std::span<const std::string> columns, std::string& out) {
  columns_.assign(columns.begin(), columns.end());
  rows_ = 0;
  sample_.clear();
  widths_.clear();
  if (format_ == SqlFormat::json) out += '[';
  if (format_ != SqlFormat::csv) return;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out += ',';
    views::append_csv_field(columns_[i], out);
  }
  out += "\r\n";
}

void SqlPrinter::row(std::span<const ViewValue> values, std::string& out) {
  switch (format_) {
    case SqlFormat::csv:
      append_csv(values, out);
      break;
    case SqlFormat::ndjson:
      append_object(values, out);
      out += '\n';
      break;
    case SqlFormat::json:
      if (rows_ > 0) out += ",\n";
      append_object(values, out);
      break;
    case SqlFormat::table:
      add_to_table(values, out);
      break;
  }
  ++rows_;
}

void SqlPrinter::end(std::string& out) {
  if (format_ == SqlFormat::json) out += "]\n";
  if (format_ == SqlFormat::table && widths_.empty()) append_sample(out);
}

void SqlPrinter::append_csv(std::span<const ViewValue> values, std::string& out) const {
  for (const ViewValue& value : values) {
    if (&value != values.data()) out += ',';
    if (value.kind != ViewValue::Kind::null) views::append_csv_field(value.text, out);
  }
  out += "\r\n";
}

void SqlPrinter::append_object(std::span<const ViewValue> values, std::string& out) const {
  out += '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    json::append_string(columns_[i], out);
    out += ':';
    if (values[i].kind == ViewValue::Kind::null) {
      out += "null";
    } else if (values[i].kind == ViewValue::Kind::text) {
      json::append_string(values[i].text, out);
    } else {
      out += values[i].text;
    }
  }
  out += '}';
}

void SqlPrinter::add_to_table(std::span<const ViewValue> values, std::string& out) {
  std::vector<std::string> cells;
  for (const ViewValue& value : values) cells.push_back(cell_of(value.text));
  if (!widths_.empty()) return append_cells(cells, out);
  sample_.push_back(std::move(cells));
  if (sample_.size() == kMaxTableSample) append_sample(out);
}

// The head, a line below it, and the rows that were held.
void SqlPrinter::append_sample(std::string& out) {
  std::vector<std::string> heads, lines;
  for (const std::string& column : columns_) heads.push_back(cell_of(column));
  for (std::size_t i = 0; i < heads.size(); ++i) {
    std::size_t width = characters(heads[i]);
    for (const std::vector<std::string>& cells : sample_) width = std::max(width, characters(cells[i]));
    widths_.push_back(width);
    lines.emplace_back(width, '-');
  }
  append_cells(heads, out);
  append_cells(lines, out);
  for (const std::vector<std::string>& cells : sample_) append_cells(cells, out);
  sample_.clear();
}

void SqlPrinter::append_cells(const std::vector<std::string>& cells, std::string& out) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    if (i + 1 == cells.size()) break;
    const std::size_t width = characters(cells[i]);
    out.append(widths_[i] > width ? widths_[i] - width : 0, ' ');
    out += "  ";
  }
  out += '\n';
}

}  // namespace vesta::server::commands
