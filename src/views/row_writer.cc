// Cells as JSON values and as CSV fields.
#include "views/row_writer.h"

#include <algorithm>

#include "fhir/json.h"
#include "fhir/primitive.h"
#include "json/tokens.h"
#include "views/plan.h"

namespace vesta::views {
namespace {

using fhirpath::Item;

bool is_bare_value(Item::Kind kind) {
  return kind == Item::Kind::boolean || kind == Item::Kind::integer || kind == Item::Kind::decimal;
}

void append_json(const fhir::Definitions& definitions, const Item& item, std::string& out) {
  if (item.kind == Item::Kind::node) {
    fhir::write_element_json(definitions, *item.node, out);
  } else if (item.kind == Item::Kind::boolean) {
    out += item.boolean_value ? "true" : "false";
  } else if (is_bare_value(item.kind)) {
    out += item.text;
  } else {
    json::append_string(item.text, out);
  }
}

// Whether a field with this character stands in quotes.
bool is_special(char c) {
  return c == '"' || c == ',' || c == '\r' || c == '\n';
}

}  // namespace

void append_csv_field(std::string_view text, std::string& out) {
  if (!text.empty() && std::none_of(text.begin(), text.end(), is_special)) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

RowWriter::RowWriter(const View& view, RowFormat format, CsvHeader header)
    : definitions_(view.plan().definitions), columns_(view.columns()), format_(format), header_(header) {
  for (const OutputColumn& column : columns_) {
    std::string key = keys_.empty() ? "{" : ",";
    json::append_string(column.name, key);
    keys_.push_back(key + ":");
  }
}

void RowWriter::begin(std::string& out) const {
  if (format_ == RowFormat::json) out.push_back('[');
  if (format_ != RowFormat::csv || header_ == CsvHeader::absent) return;
  for (const OutputColumn& column : columns_) {
    if (&column != columns_.data()) out.push_back(',');
    append_csv_field(column.name, out);
  }
  out += "\r\n";
}

void RowWriter::write(const Rows& rows, std::size_t index, std::string& out) {
  const std::span<const Cell> row = rows.row(index);
  switch (format_) {
    case RowFormat::ndjson:
      write_object(rows, row, out);
      out.push_back('\n');
      break;
    case RowFormat::json:
      out += is_first_ ? "\n" : ",\n";
      write_object(rows, row, out);
      break;
    case RowFormat::csv:
      write_line(rows, row, out);
      break;
  }
  is_first_ = false;
}

void RowWriter::end(std::string& out) const {
  if (format_ == RowFormat::json) out += "\n]\n";
}

void RowWriter::write_object(const Rows& rows, std::span<const Cell> row, std::string& out) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    out += keys_[i];
    write_json_cell(rows, row[i], columns_[i].is_collection, out);
  }
  out.push_back('}');
}

void RowWriter::write_line(const Rows& rows, std::span<const Cell> row, std::string& out) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out.push_back(',');
    const auto field = text(rows, row[i], columns_[i].is_collection);
    if (field) append_csv_field(*field, out);
  }
  out += "\r\n";
}

// DEVIATION: "If `val` was the empty set: `null`"; a collection is an empty array, as the official suite has it.
void RowWriter::write_json_cell(const Rows& rows, const Cell& cell, bool is_collection, std::string& out) const {
  if (cell.is_blank() || (cell.count == 0 && !is_collection)) {
    out += "null";
    return;
  }
  const std::span<const Item> items = rows.items(cell);
  if (!is_collection) return append_json(definitions_, items.front(), out);
  out.push_back('[');
  for (const Item& item : items) {
    if (&item != items.data()) out.push_back(',');
    append_json(definitions_, item, out);
  }
  out.push_back(']');
}

std::optional<std::string_view> RowWriter::text(const Rows& rows, const Cell& cell, bool is_collection) {
  if (cell.count == 0 && (cell.is_blank() || !is_collection)) return std::nullopt;
  if (!is_collection) {
    const Item& item = rows.items(cell).front();
    if (item.kind == Item::Kind::boolean) return item.boolean_value ? "true" : "false";
    if (item.kind != Item::Kind::node) return item.text;
    if (definitions_.type(item.type).primitive != fhir::Primitive::none) {
      return item.node->has_value ? std::optional<std::string_view>(item.node->value) : std::nullopt;
    }
  }
  json_.clear();
  write_json_cell(rows, cell, is_collection, json_);
  return json_;
}

}  // namespace vesta::views
