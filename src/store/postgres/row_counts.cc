// Counts of index rows, asked for together.
#include "store/postgres/row_counts.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace vesta::store::postgres {
namespace {

// A bitmap is made of all rows of a range, however few are counted.
constexpr const char* kNoBitmaps = "SELECT set_config('enable_bitmapscan', 'off', true)";
constexpr const char* kBitmaps = "SELECT set_config('enable_bitmapscan', 'on', true)";

void append_part(const std::string& part, std::string& key) {
  key += std::to_string(part.size()) + ":" + part;
}

// What a criterion's count is kept by.
std::string key_of(const Ranges& criterion) {
  std::string key;
  for (const search::Leaf* leaf : criterion) {
    key += std::to_string(leaf->parameter->id) + "/";
    if (const auto* token = std::get_if<search::TokenMatch>(&leaf->match)) {
      append_part(*token->code, key);
      if (token->system) append_part(*token->system, key);
    } else if (const auto* uri = std::get_if<search::UriMatch>(&leaf->match)) {
      append_part(uri->uri, key);
    } else if (const auto* date = std::get_if<search::DateMatch>(&leaf->match)) {
      key += std::to_string(static_cast<int>(date->prefix)) + " " + std::to_string(date->low) + " " +
             std::to_string(date->high);
    } else if (const auto* text = std::get_if<search::StringMatch>(&leaf->match)) {
      key += std::to_string(static_cast<int>(text->mode));
      append_part(text->text, key);
    } else if (const auto* reference = std::get_if<search::ReferenceMatch>(&leaf->match)) {
      append_part(reference->id, key);
      for (const fhir::TypeId type : reference->types) key += "," + std::to_string(type);
    }
    key += ";";
  }
  return key;
}

}  // namespace

Result<std::vector<std::int64_t>> RowCounts::of(Connection& connection, Catalog& catalog,
                                                std::span<const Ranges> criteria) {
  const auto now = static_cast<std::int64_t>(newest_.seq());
  std::vector<std::int64_t> rows(criteria.size(), max_walked_);
  std::vector<std::pair<std::size_t, std::string>> asked;
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    if (criteria[i].empty()) continue;
    std::string key = key_of(criteria[i]);
    const auto kept = counts_.find(key);
    if (kept && now < kept->until) {
      rows[i] = kept->rows;
      continue;
    }
    if (asked.empty()) connection.send(kNoBitmaps);
    Parameters parameters;
    Conditions conditions(connection, catalog, parameters, "");
    VESTA_TRY(const std::string found, conditions.rows_of(criteria[i]));
    connection.send("SELECT count(*) FROM (" + found + " LIMIT " + parameters.bigint(max_walked_) + ") found",
                    parameters);
    asked.emplace_back(i, std::move(key));
  }
  if (!asked.empty()) {
    connection.send(kBitmaps);
    VESTA_TRY(std::vector<Rows> counted, connection.sync());
    counted.pop_back();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::int64_t count = counted[counted.size() - asked.size() + i].integer(0, 0);
      rows[asked[i].first] = count;
      counts_.keep(asked[i].second, {count, now + std::max(kMinRowCountLife, count / kRowsPerLifeOfRowCount)},
                   asked[i].second.size());
    }
  }
  return rows;
}

}  // namespace vesta::store::postgres
