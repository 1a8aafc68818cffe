// Types of columns, and of values.
#include "ops/row_maker.h"

namespace vesta::ops {
namespace {

using store::ViewColumn;
using store::ViewValue;

bool is_whole(fhir::Primitive primitive) {
  return primitive == fhir::Primitive::integer || primitive == fhir::Primitive::unsigned_int ||
         primitive == fhir::Primitive::positive_int;
}

ViewColumn::Kind kind_of(const fhir::Definitions& definitions, const views::OutputColumn& column) {
  const auto type = definitions.find_type(column.type);
  if (column.type.empty() || !type) return ViewColumn::Kind::any;
  const fhir::Primitive primitive = definitions.type(*type).primitive;
  if (is_whole(primitive)) return ViewColumn::Kind::integer;
  if (primitive == fhir::Primitive::decimal) return ViewColumn::Kind::decimal;
  if (primitive == fhir::Primitive::boolean) return ViewColumn::Kind::boolean;
  return ViewColumn::Kind::text;
}

// Of an element by its type, of what an expression has made by its kind.
ViewValue::Kind kind_of(const fhir::Definitions& definitions, const fhirpath::Item& item) {
  using Kind = fhirpath::Item::Kind;
  fhir::Primitive primitive = fhir::Primitive::string;
  if (item.kind == Kind::node) primitive = definitions.type(item.type).primitive;
  if (item.kind == Kind::boolean || primitive == fhir::Primitive::boolean) return ViewValue::Kind::boolean;
  if (item.kind == Kind::integer || is_whole(primitive)) return ViewValue::Kind::integer;
  if (item.kind == Kind::decimal || primitive == fhir::Primitive::decimal) return ViewValue::Kind::decimal;
  return ViewValue::Kind::text;
}

}  // namespace

std::vector<ViewColumn> columns_of(const fhir::Definitions& definitions, const views::View& view) {
  std::vector<ViewColumn> columns;
  for (const views::OutputColumn& column : view.columns()) {
    columns.push_back({column.name, kind_of(definitions, column), column.is_collection});
  }
  return columns;
}

Result<std::size_t> RowMaker::make(const fhir::Node& resource, fhir::Arena& arena, std::vector<ViewValue>& values) {
  VESTA_TRY(const views::Rows rows, runner_.run(resource, arena));
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<const views::Cell> row = rows.row(i);
    for (std::size_t column = 0; column < row.size(); ++column) {
      ViewValue& value = values.emplace_back();
      const bool is_collection = columns_[column].is_collection;
      const auto text = writer_.text(rows, row[column], is_collection);
      bytes += sizeof(ViewValue);
      if (!text) continue;
      value.kind = is_collection ? ViewValue::Kind::text : kind_of(definitions_, rows.items(row[column]).front());
      value.text = *text;
      bytes += text->size();
    }
  }
  return bytes;
}

}  // namespace vesta::ops
