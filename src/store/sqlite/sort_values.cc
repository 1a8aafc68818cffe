// Loading of sort values.
#include "store/sqlite/sort_values.h"

#include <algorithm>
#include <unordered_map>

#include "store/sqlite/resource_rows.h"
#include "store/sqlite/row_scan.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kTokenValues{"SELECT key, code FROM token WHERE param = ?1"};
constexpr Sql kUriValues{"SELECT key, uri FROM uri WHERE param = ?1"};
constexpr Sql kReferenceValues{"SELECT key, target FROM reference WHERE param = ?1"};

// "Patient/1", as sort_value has it.
Result<std::string> target_text(Executor& executor, std::int64_t target) {
  Cursor cursor(executor.connection(), kSelectTypeAndId);
  cursor.integer(1, target);
  std::string text;
  if (cursor.step()) {
    text = executor.catalog().names().text(NameKind::type, cursor.integer_at(0));
    text += "/" + id_at(cursor, 1);
  }
  VESTA_CHECK_OK(cursor.status());
  return text;
}

// One pass over the parameter's rows; keeps the lowest or highest value of each of `keys`.
Status load_by_pass(Executor& executor, const search::SortKey& sort, std::size_t column, const Keys& keys,
                    std::vector<SortTuple>& tuples) {
  const std::int64_t param = executor.parameter_number(*sort.parameter);
  const bool is_reference = sort.parameter->kind == fhir::SearchParamType::reference;
  const bool is_token = sort.parameter->kind == fhir::SearchParamType::token;
  std::unordered_map<std::int64_t, std::string> targets;
  Cursor cursor(executor.connection(), is_reference ? kReferenceValues : is_token ? kTokenValues : kUriValues);
  cursor.integer(1, param);
  while (cursor.step()) {
    const auto at = std::lower_bound(keys.begin(), keys.end(), cursor.integer_at(0));
    if (at == keys.end() || *at != cursor.integer_at(0)) continue;
    std::string_view value;
    if (is_reference) {
      const auto [target, is_new] = targets.try_emplace(cursor.integer_at(1));
      if (is_new) {
        VESTA_TRY(target->second, target_text(executor, target->first));
      }
      value = target->second;
    } else {
      value = cursor.bytes_at(1);
    }
    SortValue& best = tuples[static_cast<std::size_t>(at - keys.begin())].values[column];
    if (!best || (sort.descending ? *best < value : value < *best)) best = std::string(value);
  }
  return cursor.status();
}

}  // namespace

namespace {

// A few resources are looked at one by one, whatever they sort by.
bool is_by_pass(Executor& executor, const search::SortKey& key, const Keys& keys) {
  return needs_index_pass(key) && static_cast<std::int64_t>(keys.size()) > executor.tuning().pass_from;
}

// Reads what resources sort by from their rows, one resource after the other.
class RowReader {
 public:
  RowReader(Executor& executor, const std::vector<search::SortKey>& sort)
      : executor_(executor), sort_(sort), rows_(executor.connection()) {
    for (const search::SortKey& key : sort) {
      params_.push_back(key.parameter == nullptr ? 0 : executor.parameter_number(*key.parameter));
      needs_id_ = needs_id_ || key.column == search::SortKey::Column::id;
    }
  }

  std::int64_t param(std::size_t column) const { return params_[column]; }

  Status move_to(std::int64_t key) {
    const ResourceFacts* known = needs_id_ ? nullptr : executor_.remembered_facts(key);
    if (known != nullptr) {
      last_updated_ = known->last_updated;
      indexed_ = known->indexed;
      return kOk;
    }
    VESTA_CHECK_OK(rows_.move_to(key));
    last_updated_ = rows_.last_updated();
    indexed_ = rows_.indexed();
    if (needs_id_) id_ = rows_.id();
    return kOk;
  }

  // Of the resource that it stands at.
  Result<SortValue> value(std::size_t column) {
    const search::SortKey& sort = sort_[column];
    const std::int64_t param = params_[column];
    if (sort.parameter != nullptr && param == 0) return SortValue();
    if (sort.parameter != nullptr && sort.parameter->kind == fhir::SearchParamType::reference) {
      return reference_value(sort, param);
    }
    search::IndexValues values;
    if (param != 0 && !decode_values(executor_.catalog(), indexed_, param, sort.parameter->id, values)) {
      return damaged_values();
    }
    return sort_value(sort, {fhir::kNoType, id_, last_updated_, &values}, executor_.catalog().definitions());
  }

 private:
  Result<SortValue> reference_value(const search::SortKey& sort, std::int64_t param) {
    std::vector<StoredReference> references;
    if (!decode_references(executor_.catalog(), indexed_, param, references)) return damaged_values();
    SortValue best;
    for (const StoredReference& reference : references) {
      VESTA_TRY(std::string text, target_text(executor_, reference.target));
      if (!best || (sort.descending ? *best < text : text < *best)) best = std::move(text);
    }
    return best;
  }

  Executor& executor_;
  const std::vector<search::SortKey>& sort_;
  std::vector<std::int64_t> params_;
  bool needs_id_ = false;
  RowScan rows_;
  // Of the resource at hand; `indexed_` is a view into the scan's row or into what the executor remembers.
  std::string id_;
  Instant last_updated_;
  std::string_view indexed_;
};

}  // namespace

bool needs_index_pass(const search::SortKey& key) {
  if (key.column != search::SortKey::Column::parameter) return false;
  return key.parameter->kind == fhir::SearchParamType::token || key.parameter->kind == fhir::SearchParamType::uri ||
         key.parameter->kind == fhir::SearchParamType::reference;
}

Result<std::vector<SortTuple>> load_tuples(Part& part, const Keys& keys) {
  Executor& executor = part.executor;
  const std::vector<search::SortKey>& sort = part.query.sort;
  std::vector<SortTuple> tuples(keys.size());
  RowReader rows(executor, sort);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    tuples[i].part = part.number;
    tuples[i].key = keys[i];
    tuples[i].values.resize(sort.size());
    VESTA_CHECK_OK(rows.move_to(keys[i]));
    for (std::size_t k = 0; k < sort.size(); ++k) {
      if (is_by_pass(executor, sort[k], keys)) continue;
      VESTA_TRY(tuples[i].values[k], rows.value(k));
    }
  }
  for (std::size_t k = 0; k < sort.size(); ++k) {
    if (is_by_pass(executor, sort[k], keys) && rows.param(k) != 0) {
      VESTA_CHECK_OK(load_by_pass(executor, sort[k], k, keys, tuples));
    }
  }
  return tuples;
}

}  // namespace vesta::store::sqlite
