// Sort keys in SQL, in the order of search::sorts_before.
#include "store/postgres/sorting.h"

#include <algorithm>

namespace vesta::store::postgres {
namespace {

using Direction = SearchOptions::Direction;
using Column = search::SortKey::Column;

bool is_instant(const search::SortKey& key) {
  return key.column == Column::last_updated ||
         (key.column == Column::parameter && key.parameter->kind == fhir::SearchParamType::date);
}

// As text; else bytes.
bool is_text(const search::SortKey& key) {
  return key.column == Column::id ||
         (key.column == Column::parameter && key.parameter->kind == fhir::SearchParamType::reference);
}

struct Source {
  const char* table;
  const char* value;
};

Source source_of(const search::SortKey& key) {
  switch (key.parameter->kind) {
    case fhir::SearchParamType::token:
      return {"token v", "coalesce(v.long, v.code)"};
    case fhir::SearchParamType::string:
      return {"string v", "coalesce(v.long, v.folded)"};
    case fhir::SearchParamType::reference:
      return {"reference v JOIN resource_type t ON t.number = v.target_type AND v.base IS NULL",
              "(t.name || '/' || v.target_id) COLLATE \"C\""};
    case fhir::SearchParamType::date:
      return {"date v", key.descending ? "v.high" : "v.low"};
    case fhir::SearchParamType::number:
      return {"number v", key.descending ? "v.high" : "v.low"};
    case fhir::SearchParamType::quantity:
      return {"quantity v", key.descending ? "v.high" : "v.low"};
    case fhir::SearchParamType::uri:
      return {"uri v", "coalesce(v.long, v.uri)"};
    case fhir::SearchParamType::composite:
    case fhir::SearchParamType::special:
      break;
  }
  return {nullptr, "NULL::bytea"};  // not sortable: all are equal
}

std::int64_t instant_of(const std::string& sortable) {
  std::uint64_t value = 0;
  for (const char c : sortable) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value ^ (std::uint64_t{1} << 63));
}

std::string bound(const search::SortKey& key, const std::string& value, Parameters& parameters) {
  if (is_instant(key)) return parameters.bigint(instant_of(value));
  return is_text(key) ? parameters.text(value) : parameters.bytes(value);
}

std::string order_by_values(const std::vector<search::SortKey>& sort, Direction direction) {
  const bool is_forward = direction == Direction::forward;
  std::string sql;
  for (std::size_t i = 0; i < sort.size(); ++i) {
    sql += "s" + std::to_string(i) + (sort[i].descending == is_forward ? " DESC" : " ASC") +
           (is_forward ? " NULLS LAST, " : " NULLS FIRST, ");
  }
  return sql;
}

}  // namespace

bool is_by_parameters(const std::vector<search::SortKey>& sort) {
  return std::ranges::all_of(sort, [](const search::SortKey& key) { return key.column == Column::parameter; });
}

Result<std::string> sort_columns(Catalog& catalog, const search::Query& query, const SqlSubject& subject) {
  std::string sql;
  for (std::size_t i = 0; i < query.sort.size(); ++i) {
    const search::SortKey& key = query.sort[i];
    std::string value;
    if (key.column == Column::id) {
      value = subject.is_contained ? "''::text COLLATE \"C\"" : subject.id;
    } else if (key.column == Column::last_updated) {
      value = subject.last_updated;
    } else if (const Source source = source_of(key); source.table == nullptr) {
      value = source.value;
    } else {
      VESTA_TRY(const std::int32_t parameter, catalog.number_of(key.parameter->id));
      // OPTIMIZATION: asked for each match. To order its row costs a fifth more than an aggregate, which bytes lack.
      std::string first = source.value,
                  order = std::string(" ORDER BY 1") + (key.descending ? " DESC" : "") + " LIMIT 1";
      if (is_instant(key)) {
        first = (key.descending ? "max(" : "min(") + first + ")";
        order.clear();
      }
      value = "(SELECT " + first + " FROM " + source.table + " WHERE v.key = " + subject.key +
              " AND v.parameter = " + std::to_string(parameter) + " AND v.place = " + subject.place +
              " AND v.element = 0" + order + ")";
    }
    sql += ", " + value + " AS s" + std::to_string(i);
  }
  return sql;
}

std::string order_by(const std::vector<search::SortKey>& sort, Direction direction) {
  return order_by_values(sort, direction) + (direction == Direction::forward ? "part, ord" : "part DESC, ord DESC");
}

std::string order_by_key(const std::vector<search::SortKey>& sort, Direction direction) {
  return order_by_values(sort, direction) + (direction == Direction::forward ? "key" : "key DESC");
}

// Equal in the first keys, and beyond in the next one; absent values come last.
std::string beyond(const std::vector<search::SortKey>& sort, const SortTuple& tuple, Direction direction,
                   Parameters& parameters) {
  const bool is_forward = direction == Direction::forward;
  std::string sql, equal;
  for (std::size_t i = 0; i < sort.size(); ++i) {
    const std::string column = "s" + std::to_string(i);
    const SortValue& value = tuple.values[i];
    std::string further, same = column + " IS NULL";
    if (value) {
      const std::string at = bound(sort[i], *value, parameters);
      further = column + (sort[i].descending == is_forward ? " < " : " > ") + at;
      if (is_forward) further = "(" + further + " OR " + column + " IS NULL)";
      same = column + " = " + at;
    } else {
      further = is_forward ? "false" : column + " IS NOT NULL";
    }
    sql += "(" + equal + further + ") OR ";
    equal += same + " AND ";
  }
  const char* than = is_forward ? " > " : " < ";
  const std::string part = parameters.integer(static_cast<std::int32_t>(tuple.part));
  return "(" + sql + "(" + equal + "(part" + than + part + " OR (part = " + part + " AND ord" + than +
         parameters.bigint(tuple.key) + "))))";
}

std::vector<SortValue> sort_values_at(const std::vector<search::SortKey>& sort, const Rows& rows, int row, int column) {
  std::vector<SortValue> values;
  for (std::size_t i = 0; i < sort.size(); ++i) {
    const int at = column + static_cast<int>(i);
    if (rows.is_null(row, at))
      values.emplace_back();
    else
      values.emplace_back(is_instant(sort[i]) ? sortable(rows.integer(row, at)) : std::string(rows.bytes(row, at)));
  }
  return values;
}

}  // namespace vesta::store::postgres
