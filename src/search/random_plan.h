// For tests: random plans and sorts over the real parameters of a type, half of them with values that resources have.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "fhir/datetime.h"
#include "search/decimal_key.h"
#include "search/parameter.h"
#include "search/plan.h"
#include "search/random_resource.h"
#include "search/text.h"

namespace vesta::search::testing {

// Index values that resources have, with texts of their own: by parameter, what a plan may look for.
struct LearnedValues {
  std::vector<std::pair<std::string, std::string>> tokens;   // code, system
  std::vector<std::pair<std::string, std::string>> strings;  // folded, exact
  std::vector<std::pair<fhir::TypeId, std::string>> references;
  std::vector<std::pair<std::int64_t, std::int64_t>> dates;
  std::vector<std::string> numbers;                        // keys, finite ones
  std::vector<std::pair<std::string, std::string>> units;  // system, and code or unit
  std::vector<std::string> uris;
};

// Draws queries. Knows nothing of an engine and nothing of a resource type. Borrows everything.
class RandomPlan {
 public:
  static constexpr int kMaxDepth = 4;
  static constexpr std::size_t kMaxLearned = 200;  // values of one kind and parameter

  RandomPlan(const Registry& registry, const RandomPool& pool, Dice& dice)
      : registry_(registry), pool_(pool), dice_(dice) {}

  // Remembers what a resource was indexed by, and when it was written.
  void learn(const IndexValues& values) {
    for (const auto& value : values.tokens) {
      keep(learned_[value.parameter].tokens, {std::string(value.code), std::string(value.system)});
    }
    for (const auto& value : values.strings) {
      keep(learned_[value.parameter].strings, {std::string(value.folded), std::string(value.exact)});
    }
    for (const auto& value : values.references) {
      keep(learned_[value.parameter].references, {value.type, std::string(value.id)});
    }
    for (const auto& value : values.dates) keep(learned_[value.parameter].dates, {value.low, value.high});
    for (const auto& value : values.numbers) learn_range(value.parameter, value.low, value.high);
    for (const auto& value : values.quantities) {
      learn_range(value.parameter, value.low, value.high);
      keep(learned_[value.parameter].units, {std::string(value.system), std::string(value.code)});
      keep(learned_[value.parameter].units, {std::string(value.system), std::string(value.unit)});
    }
    for (const auto& value : values.uris) keep(learned_[value.parameter].uris, std::string(value.uri));
  }
  void learn(Instant last_updated) { keep(times_, last_updated.value); }

  Query query(fhir::TypeId type) { return {type, plan(type, 0), sort(type)}; }

  Plan plan(fhir::TypeId type, int depth) {
    const int kind = dice_.below(depth >= kMaxDepth ? 5 : 10);
    if (kind == 0 && dice_.chance(20)) return dice_.chance(70) ? Plan::make_all() : Plan::make_none();
    if (kind < 6) return Plan::make_leaf(leaf(type));
    std::vector<Plan> children;
    for (int left = kind == 9 ? 1 : 1 + dice_.below(3); left > 0; --left) children.push_back(plan(type, depth + 1));
    return Plan::make(kind == 9   ? Plan::Kind::not_
                      : kind >= 7 ? Plan::Kind::and_
                                  : Plan::Kind::or_,
                      std::move(children));
  }

  std::vector<SortKey> sort(fhir::TypeId type) {
    std::vector<SortKey> keys;
    for (int left = dice_.below(4) - 1; left > 0; --left) {
      const int column = dice_.below(8);
      const Parameter* parameter = column < 2 ? nullptr : any_parameter(type);
      keys.push_back({parameter != nullptr ? SortKey::Column::parameter
                      : column == 0        ? SortKey::Column::id
                                           : SortKey::Column::last_updated,
                      parameter, dice_.chance(50)});
    }
    return keys;
  }

  Leaf leaf(fhir::TypeId type) {
    const Parameter* parameter = dice_.chance(10) ? nullptr : any_parameter(type);
    if (parameter == nullptr) return common_leaf();
    return leaf_of(*parameter);
  }

  // One leaf of this parameter, by its kind. A new modifier is a new case here.
  Leaf leaf_of(const Parameter& parameter) {
    const LearnedValues& known = learned_[parameter.id];
    switch (parameter.kind) {
      case fhir::SearchParamType::token:
        return {&parameter, token_match(known)};
      case fhir::SearchParamType::string:
        return {&parameter, string_match(known)};
      case fhir::SearchParamType::reference:
        if (is_known(known.uris) && dice_.chance(20)) return {&parameter, uri_match(known)};
        return {&parameter, reference_match(known)};
      case fhir::SearchParamType::date:
        return {&parameter, date_match(known.dates)};
      case fhir::SearchParamType::number:
        return {&parameter, number_match(known)};
      case fhir::SearchParamType::quantity:
        return {&parameter, quantity_match(known)};
      case fhir::SearchParamType::uri:
        return {&parameter, uri_match(known)};
      case fhir::SearchParamType::composite:
      case fhir::SearchParamType::special:
        break;
    }
    return common_leaf();
  }

  // True for what leaf_of and sorts can be made of: all that is extracted by an expression of its own.
  static bool is_drawable(const Parameter& parameter) {
    return parameter.program != nullptr && parameter.kind != fhir::SearchParamType::composite &&
           parameter.kind != fhir::SearchParamType::special;
  }

 private:
  // Half of the plans look for what there is, the others for anything of the pools.
  template <class Values>
  bool is_known(const Values& values) {
    return !values.empty() && dice_.chance(50);
  }
  template <class Value>
  static void keep(std::vector<Value>& values, Value value) {
    if (values.size() < kMaxLearned) values.push_back(std::move(value));
  }
  void learn_range(ParameterId parameter, std::string_view low, std::string_view high) {
    for (const std::string_view key : {low, high}) {
      if (key == decimal_key_minus_infinity() || key == decimal_key_plus_infinity()) continue;
      keep(learned_[parameter].numbers, std::string(key));
    }
  }

  // Mostly one that some resource has a value of: many parameters of R4 meet a random resource rarely.
  const Parameter* any_parameter(fhir::TypeId type) {
    const Parameter* chosen = nullptr;
    for (int attempt = 0; attempt < 8; ++attempt) {
      const Parameter& parameter = dice_.pick(registry_.parameters_of(type));
      if (!is_drawable(parameter)) continue;
      chosen = &parameter;
      if (learned_.contains(parameter.id)) break;
    }
    return chosen;
  }

  std::string pooled(fhir::Primitive primitive) { return std::string(dice_.pick(RandomPool::values(primitive))); }
  std::optional<std::string> maybe(std::string value, int percent) {
    return dice_.chance(percent) ? std::optional(std::move(value)) : std::nullopt;
  }
  Prefix prefix() { return static_cast<Prefix>(dice_.below(static_cast<int>(Prefix::ap) + 1)); }

  TokenMatch token_match(const LearnedValues& known) {
    std::pair<std::string, std::string> value = {pooled(fhir::Primitive::code), pooled(fhir::Primitive::uri)};
    if (is_known(known.tokens)) value = dice_.pick(known.tokens);
    if (dice_.chance(10)) value.second.clear();
    TokenMatch match{maybe(std::move(value.second), 60), maybe(value.first, 70)};
    if (!match.system && !match.code) match.code = std::move(value.first);
    return match;
  }

  StringMatch string_match(const LearnedValues& known) {
    const auto mode = static_cast<StringMode>(dice_.below(3));
    std::pair<std::string, std::string> value = {{}, pooled(fhir::Primitive::string)};
    fold(value.second, value.first);
    if (is_known(known.strings)) value = dice_.pick(known.strings);
    if (mode == StringMode::exact) return {mode, std::move(value.second)};
    return {mode, part_of(value.first, mode)};
  }
  // A piece that ends, and begins unless it is a prefix, at any character.
  std::string part_of(const std::string& text, StringMode mode) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ends.push_back(i);
    }
    std::size_t from = mode == StringMode::prefix ? 0 : dice_.pick(ends);
    std::size_t to = dice_.pick(ends);
    if (to < from) std::swap(from, to);
    return text.substr(from, to - from);
  }

  ReferenceMatch reference_match(const LearnedValues& known) {
    std::pair<fhir::TypeId, std::string> target = {dice_.pick(pool_.types), pool_.any_id(dice_)};
    if (is_known(known.references)) target = dice_.pick(known.references);
    ReferenceMatch match{{}, std::move(target.second)};
    if (dice_.chance(60)) match.types.push_back(target.first);
    if (dice_.chance(15)) match.types.push_back(dice_.pick(pool_.types));
    return match;
  }

  UriMatch uri_match(const LearnedValues& known) {
    if (is_known(known.uris)) return {dice_.pick(known.uris)};
    return {pooled(dice_.chance(50) ? fhir::Primitive::uri : fhir::Primitive::canonical)};
  }

  // A range of a search is never open.
  DateMatch date_match(const std::vector<std::pair<std::int64_t, std::int64_t>>& known) {
    fhir::TimeRange range = *fhir::parse_time_range(pooled(fhir::Primitive::date_time));
    if (is_known(known)) {
      const auto& value = dice_.pick(known);
      if (value.first > kDateMin && value.second < kDateMax && value.first < value.second) {
        range = {value.first, value.second};
        if (dice_.chance(10)) range.low += dice_.below(3) - 1;
        if (dice_.chance(10)) range.high += dice_.below(3) - 1;
        range.high = std::max(range.high, range.low + 1);
      }
    }
    return {prefix(), range.low, range.high};
  }

  NumberMatch number_match(const LearnedValues& known) {
    const std::string text = pooled(fhir::Primitive::decimal);
    const Prefix by = prefix();
    const DecimalRange range = by == Prefix::ap ? *approximate_range(text) : *implicit_range(text);
    NumberMatch match{by, range.low, range.high, range.exact};
    if (is_known(known.numbers)) {
      match.exact = dice_.pick(known.numbers);
      match.low = match.exact;
      match.high = std::max({match.low, range.high, dice_.pick(known.numbers)});
    }
    return match;
  }

  QuantityMatch quantity_match(const LearnedValues& known) {
    std::pair<std::string, std::string> unit = {pooled(fhir::Primitive::uri), pooled(fhir::Primitive::code)};
    if (is_known(known.units)) unit = dice_.pick(known.units);
    return {number_match(known), maybe(std::move(unit.first), 30), maybe(std::move(unit.second), 30)};
  }

  // On the columns of every resource.
  Leaf common_leaf() {
    if (times_.empty() || dice_.chance(50)) return {nullptr, IdMatch{pool_.any_id(dice_)}};
    const std::int64_t low = dice_.pick(times_) - (dice_.chance(20) ? 1 : 0);
    return {nullptr, LastUpdatedMatch{{prefix(), low, low + 1 + dice_.below(5) * 1'000}}};
  }

  const Registry& registry_;
  const RandomPool& pool_;
  Dice& dice_;
  std::map<ParameterId, LearnedValues> learned_;
  std::vector<std::int64_t> times_;
};

}  // namespace vesta::search::testing
