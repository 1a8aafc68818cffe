// IndexRows: from values, and from the tables.
#include "store/postgres/index_rows.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "fhir/primitive.h"
#include "identity/digest.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "sql/table.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {
namespace {

constexpr std::uint32_t kNullCell = 0xFFFFFFFF;

// The cells of one row.
class Cells {
 public:
  Cells& integer(std::int64_t value) {
    append_u32(4, bytes_);
    append_u32(static_cast<std::uint32_t>(value), bytes_);
    return *this;
  }
  Cells& bigint(std::int64_t value) {
    append_u32(8, bytes_);
    append_u64(static_cast<std::uint64_t>(value), bytes_);
    return *this;
  }
  Cells& real(double value) {
    append_u32(8, bytes_);
    append_u64(std::bit_cast<std::uint64_t>(value), bytes_);
    return *this;
  }
  Cells& text(std::string_view value) {
    append_u32(static_cast<std::uint32_t>(value.size()), bytes_);
    bytes_ += value;
    return *this;
  }
  Cells& null() {
    append_u32(kNullCell, bytes_);
    return *this;
  }
  Cells& indexed(std::string_view value) { return text(indexed_form(value)); }
  // The last column of tables of texts.
  Cells& rest(std::string_view value) { return value.size() > kMaxIndexedBytes ? text(value) : null(); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The first cell, which is taken away; texts are not copied.
void take_cell(std::string_view& cells, sql::Array& column) {
  const std::uint32_t size = u32_at(cells, 0);
  cells.remove_prefix(4);
  if (size == kNullCell) return column.add_null();
  if (column.is_of_texts())
    column.borrow(cells.substr(0, size));
  else if (size == 4)
    column.add(static_cast<std::int32_t>(u32_at(cells, 0)));
  else
    column.add(static_cast<std::int64_t>(std::uint64_t{u32_at(cells, 0)} << 32 | u32_at(cells, 4)));
  cells.remove_prefix(size);
}

// `prefix/Type/id`, whatever the prefix: what an absolute URL of some server may lead to.
struct ForeignResource {
  std::string_view base;
  fhir::TypeId type;
  std::string_view id;
};
std::optional<ForeignResource> foreign_resource(const fhir::Definitions& definitions, std::string_view uri) {
  const std::size_t id = uri.rfind('/');
  if (id == std::string_view::npos || id == 0) return std::nullopt;
  const std::size_t type = uri.rfind('/', id - 1);
  if (type == std::string_view::npos) return std::nullopt;
  const auto known = definitions.find_resource_type(uri.substr(type + 1, id - type - 1));
  if (!known || !fhir::is_id(uri.substr(id + 1))) return std::nullopt;
  return ForeignResource{uri.substr(0, type), *known, uri.substr(id + 1)};
}

class Maker {
 public:
  Maker(Catalog& catalog, IndexRows& rows) : catalog_(catalog), rows_(rows) {}

  Status add(const search::IndexValues& values, std::int64_t place) {
    place_ = place;
    element_ = 0;
    VESTA_CHECK_OK(add_all(values.tokens));
    VESTA_CHECK_OK(add_all(values.strings));
    VESTA_CHECK_OK(add_all(values.references));
    VESTA_CHECK_OK(add_all(values.dates));
    VESTA_CHECK_OK(add_all(values.numbers));
    VESTA_CHECK_OK(add_all(values.quantities));
    VESTA_CHECK_OK(add_all(values.uris));
    for (const auto& value : values.positions) {
      VESTA_TRY(Cells row, begin(value.parameter, false));
      rows_.of(Table::position).push_back(row.real(value.latitude).real(value.longitude).take());
    }
    for (const auto& value : values.words) {
      VESTA_TRY(Cells row, begin(value.parameter, false));
      rows_.of(Table::word).push_back(row.indexed(value.word).rest(value.word).take());
    }
    for (const auto& value : values.contained_references) {
      VESTA_TRY(Cells row, begin(value.parameter, false));
      rows_.of(Table::inner_reference).push_back(row.integer(std::int64_t{value.place} + 1).take());
    }
    return add_composites(values.composites);
  }

  Result<std::vector<std::int32_t>> numbers(const std::vector<search::ParameterId>& parameters) {
    std::vector<std::int32_t> made;
    for (const search::ParameterId parameter : parameters) {
      VESTA_TRY(const std::int32_t number, catalog_.number_of(parameter));
      made.push_back(number);
    }
    std::ranges::sort(made);
    return made;
  }

 private:
  template <class Value>
  Status add_all(const std::vector<Value>& values) {
    for (const Value& value : values) VESTA_CHECK_OK(add_value(value));
    return kOk;
  }
  // An element of a composite is a row for each component; its number among those of the composite ties them.
  Status add_composites(const std::vector<search::CompositeValue>& values) {
    search::ParameterId last = search::kNoParameter;
    for (const search::CompositeValue& value : values) {
      element_ = value.parameter == last ? element_ + 1 : 1;
      last = value.parameter;
      for (const search::ComponentValue& component : value.components) {
        VESTA_CHECK_OK(std::visit([this](const auto& each) { return add_value(each); }, component));
      }
    }
    return kOk;
  }

  Result<Cells> begin(search::ParameterId parameter, bool has_element = true) {
    VESTA_TRY(const std::int32_t number, catalog_.number_of(parameter));
    Cells row;
    row.integer(number).integer(place_);
    if (has_element) row.integer(element_);
    return row;
  }
  Status add_value(const search::TokenValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::token).push_back(row.indexed(value.code).indexed(value.system).rest(value.code).take());
    return kOk;
  }
  Status add_value(const search::StringValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::string).push_back(row.indexed(value.folded).text(value.exact).rest(value.folded).take());
    return kOk;
  }
  Status add_value(const search::ReferenceValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::reference).push_back(row.integer(catalog_.number_of_type(value.type)).text(value.id).null().take());
    return kOk;
  }
  Status add_value(const search::DateValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::date).push_back(row.bigint(value.low).bigint(value.high).take());
    return kOk;
  }
  Status add_value(const search::NumberValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::number).push_back(row.text(value.low).text(value.high).take());
    return kOk;
  }
  Status add_value(const search::QuantityValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    row.text(value.low).text(value.high).text(value.system).text(value.code).text(value.unit);
    row.text(value.canonical_low).text(value.canonical_high).text(value.canonical_unit);
    rows_.of(Table::quantity).push_back(row.take());
    return kOk;
  }
  Status add_value(const search::UriValue& value) {
    VESTA_TRY(Cells row, begin(value.parameter));
    rows_.of(Table::uri).push_back(row.indexed(value.uri).rest(value.uri).take());
    if (catalog_.registry().parameter(value.parameter).kind != fhir::SearchParamType::reference) return kOk;
    const auto foreign = foreign_resource(catalog_.definitions(), value.uri);
    if (!foreign) return kOk;
    VESTA_TRY(Cells led, begin(value.parameter));
    led.integer(catalog_.number_of_type(foreign->type)).text(foreign->id).text(foreign->base);
    rows_.of(Table::reference).push_back(led.take());
    return kOk;
  }

  Catalog& catalog_;
  IndexRows& rows_;
  std::int64_t place_ = 0;
  std::int64_t element_ = 0;
};

std::vector<std::int32_t> parse_list(std::string_view text) {
  std::vector<std::int32_t> numbers;
  for (const char* at = text.data(); at != text.data() + text.size();) {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
    if (error == std::errc()) numbers.push_back(number);
    at = error == std::errc() ? end : at + 1;
  }
  return numbers;
}

constexpr const char* kReadPresent = "SELECT present::text FROM resource WHERE key = $1";

}  // namespace

std::string indexed_form(std::string_view text) {
  if (text.size() <= kMaxIndexedBytes) return std::string(text);
  return std::string(text.substr(0, kIndexedPrefix)) + identity::sha256(text);
}

std::string list_text(const std::vector<std::int32_t>& numbers) {
  std::string text = "{";
  for (const std::int32_t number : numbers) text += (text.size() == 1 ? "" : ",") + std::to_string(number);
  return text + "}";
}

void IndexRows::each_parameter(Table table, const std::function<void(std::int32_t parameter)>& visit) const {
  for (const std::string& row : of(table)) visit(static_cast<std::int32_t>(u32_at(row, 4)));
}

std::size_t IndexRows::bytes() const {
  std::size_t sum = 0;
  for (const auto& rows : tables) {
    for (const std::string& row : rows) sum += row.size();
  }
  return sum;
}

void IndexRows::sort() {
  for (auto& rows : tables) std::ranges::sort(rows);
  std::ranges::sort(present);
}

// The first cell is the parameter; the last one of `contained` is what is present there.
void IndexRows::filter(const std::function<bool(std::int32_t parameter)>& is_kept) {
  for (std::size_t table = 0; table < kTables; ++table) {
    if (!index_table(static_cast<Table>(table)).has_parameter()) continue;
    std::erase_if(tables[table],
                  [&](const std::string& row) { return !is_kept(static_cast<std::int32_t>(u32_at(row, 4))); });
  }
  std::erase_if(present, [&](std::int32_t number) { return !is_kept(number); });
  for (std::string& row : of(Table::contained)) {
    const std::size_t list = 20 + u32_at(row, 16);  // behind two integers and the id
    std::vector<std::int32_t> numbers = parse_list(std::string_view(row).substr(list + 4));
    std::erase_if(numbers, [&](std::int32_t number) { return !is_kept(number); });
    row.resize(list);
    const std::string text = list_text(numbers);
    append_u32(static_cast<std::uint32_t>(text.size()), row);
    row += text;
  }
}

Result<IndexRows> make_rows(Catalog& catalog, const search::IndexValues& values) {
  IndexRows rows;
  Maker maker(catalog, rows);
  VESTA_CHECK_OK(maker.add(values, 0));
  VESTA_TRY(rows.present, maker.numbers(values.present));
  std::int64_t place = 0;
  for (const search::Contained& inner : values.contained) {
    VESTA_CHECK_OK(maker.add(inner.values, ++place));
    VESTA_TRY(const std::vector<std::int32_t> present, maker.numbers(inner.values.present));
    Cells row;
    row.integer(catalog.number_of_type(inner.type)).integer(place).text(inner.id).text(list_text(present));
    rows.of(Table::contained).push_back(row.take());
  }
  rows.sort();
  return rows;
}

Result<IndexRows> read_rows(Connection& connection, std::int64_t key) {
  Parameters parameters;
  parameters.bigint(key);
  for (std::size_t table = 0; table < kTables; ++table) {
    connection.send(index_table(static_cast<Table>(table)).select_rows, parameters);
  }
  connection.send(kReadPresent, parameters);
  VESTA_TRY(const std::vector<Rows> answers, connection.sync());
  IndexRows rows;
  for (std::size_t table = 0; table < kTables; ++table) {
    const int columns = static_cast<int>(index_table(static_cast<Table>(table)).shape.columns.size());
    for (int row = 0; row < answers[table].size(); ++row) {
      Cells cells;
      for (int column = 1; column < columns; ++column) {  // behind the key
        if (answers[table].is_null(row, column))
          cells.null();
        else
          cells.text(answers[table].bytes(row, column));
      }
      rows.tables[table].push_back(cells.take());
    }
  }
  if (answers[kTables].size() == 1) rows.present = parse_list(answers[kTables].bytes(0, 0));
  rows.sort();
  return rows;
}

void RowInserts::add(std::int64_t key, const IndexRows& rows) {
  for (std::size_t table = 0; table < kTables; ++table) {
    for (const std::string& row : rows.tables[table]) tables_[table].push_back({&row, key});
  }
}

void RowInserts::send(Connection& connection) {
  for (std::size_t table = 0; table < kTables; ++table) {
    std::vector<Row>& rows = tables_[table];
    if (rows.empty()) continue;
    std::ranges::sort(rows, [](const Row& a, const Row& b) {
      const int order = a.cells->compare(*b.cells);
      return order != 0 ? order < 0 : a.key < b.key;
    });
    const IndexTable& index = index_table(static_cast<Table>(table));
    sql::Array keys(sql::Type::bigint);
    std::vector<sql::Array> columns;
    for (const sql::Column& column : index.cells())
      columns.emplace_back(column.is_list ? sql::Type::text : *column.type);
    for (const Row& row : rows) {
      keys.add(row.key);
      std::string_view rest = *row.cells;
      for (sql::Array& column : columns) take_cell(rest, column);
    }
    Parameters parameters;
    parameters.array(std::move(keys));
    for (sql::Array& column : columns) parameters.array(std::move(column));
    connection.send(index.insert_rows, parameters);
    rows.clear();
  }
}

}  // namespace vesta::store::postgres
