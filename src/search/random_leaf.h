// For tests: random leaves of any parameter, most of them with values that resources have.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
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
  std::vector<std::pair<std::string, std::string>> tokens;   // system, code
  std::vector<std::pair<std::string, std::string>> strings;  // folded, exact
  std::vector<std::pair<fhir::TypeId, std::string>> references;
  std::vector<std::pair<std::int64_t, std::int64_t>> dates;
  std::vector<std::string> numbers;                             // keys, finite ones
  std::vector<std::pair<std::string, std::string>> units;       // system, and code or unit
  std::vector<std::pair<std::string, std::string>> canonicals;  // key, canonical unit
  std::vector<std::string> uris;
  std::vector<std::pair<double, double>> positions;
  std::vector<std::string> words;
  std::vector<std::vector<LearnedValues>> composites;  // of each element, what its components have
};

// Draws leaves. Knows nothing of an engine and nothing of a resource type. Borrows everything.
class RandomLeaf {
 public:
  static constexpr std::size_t kMaxLearned = 200;  // values of one kind and parameter; then new ones displace old ones

  RandomLeaf(const Registry& registry, const RandomPool& pool, Dice& dice)
      : registry_(registry), pool_(pool), dice_(dice) {}

  // Remembers what a resource was indexed by, and when it was written.
  void learn(const IndexValues& values) {
    const auto learn_all = [this](const auto& list) {
      for (const auto& value : list) learn(value, learned_[value.parameter]);
    };
    learn_all(values.tokens);
    learn_all(values.strings);
    learn_all(values.references);
    learn_all(values.dates);
    learn_all(values.numbers);
    learn_all(values.quantities);
    learn_all(values.uris);
    learn_all(values.composites);
    for (const PositionValue& value : values.positions) {
      keep(learned_[value.parameter].positions, {value.latitude, value.longitude});
    }
    for (const WordValue& value : values.words) keep(learned_[value.parameter].words, std::string(value.word));
  }
  void learn(Instant last_updated) { keep(times_, last_updated.value); }

  Leaf leaf(fhir::TypeId type) {
    const int kind = dice_.below(12);
    if (kind == 0) return common_leaf();
    if (kind == 1) {
      const WordParameters words = registry_.words_of(type);
      const Parameter& parameter = registry_.parameter(dice_.chance(50) ? words.text : words.content);
      return {&parameter, word_match(learned_[parameter.id])};
    }
    const Parameter* parameter = any_parameter(type, is_drawable);
    return parameter == nullptr ? common_leaf() : leaf_of(*parameter);
  }

  // One leaf of this parameter, by its kind. A new modifier is a new case here.
  Leaf leaf_of(const Parameter& parameter) {
    if (parameter.program != nullptr && dice_.chance(7)) return {&parameter, PresentMatch{}};
    return leaf_of(parameter, learned_[parameter.id]);
  }

  // Mostly one that some resource has a value of: many parameters of R4 meet a random resource rarely.
  template <class Filter>
  const Parameter* any_parameter(fhir::TypeId type, const Filter& filter) {
    const Parameter* chosen = nullptr;
    for (int attempt = 0; attempt < 8; ++attempt) {
      const Parameter& parameter = *dice_.pick(registry_.parameters_of(type));
      if (!filter(parameter)) continue;
      chosen = &parameter;
      if (learned_.contains(parameter.id)) break;
    }
    return chosen;
  }

  // True for what leaves can be made of but words: what an expression of its own extracts, and its facets.
  static bool is_drawable(const Parameter& parameter) {
    return parameter.program != nullptr || (parameter.facet != Facet::value && parameter.facet != Facet::component);
  }

 private:
  void learn(const TokenValue& value, LearnedValues& learned) {
    keep(learned.tokens, {std::string(value.system), std::string(value.code)});
  }
  void learn(const StringValue& value, LearnedValues& learned) {
    keep(learned.strings, {std::string(value.folded), std::string(value.exact)});
  }
  void learn(const ReferenceValue& value, LearnedValues& learned) {
    keep(learned.references, {value.type, std::string(value.id)});
  }
  void learn(const DateValue& value, LearnedValues& learned) { keep(learned.dates, {value.low, value.high}); }
  void learn(const NumberValue& value, LearnedValues& learned) { learn_range(value.low, value.high, learned); }
  void learn(const QuantityValue& value, LearnedValues& learned) {
    learn_range(value.low, value.high, learned);
    keep(learned.units, {std::string(value.system), std::string(value.code)});
    keep(learned.units, {std::string(value.system), std::string(value.unit)});
    if (value.canonical_unit.empty()) return;
    for (const DecimalKey key : {value.canonical_low, value.canonical_high}) {
      if (is_finite(key)) keep(learned.canonicals, {std::string(key), std::string(value.canonical_unit)});
    }
  }
  void learn(const UriValue& value, LearnedValues& learned) { keep(learned.uris, std::string(value.uri)); }
  void learn(const CompositeValue& value, LearnedValues& learned) {
    std::vector<LearnedValues> components(value.components.size());
    for (std::size_t i = 0; i < components.size(); ++i) {
      std::visit([&](const auto& component) { learn(component, components[i]); }, value.components[i]);
    }
    keep(learned.composites, std::move(components));
  }
  void learn_range(DecimalKey low, DecimalKey high, LearnedValues& learned) {
    for (const DecimalKey key : {low, high}) {
      if (is_finite(key)) keep(learned.numbers, std::string(key));
    }
  }
  static bool is_finite(DecimalKey key) {
    return key != decimal_key_minus_infinity() && key != decimal_key_plus_infinity();
  }

  template <class Value>
  void keep(std::vector<Value>& values, Value value) {
    if (values.size() < kMaxLearned) {
      values.push_back(std::move(value));
    } else {
      values[static_cast<std::size_t>(dice_.below(static_cast<int>(kMaxLearned)))] = std::move(value);
    }
  }
  // Half of the leaves look for what there is, the others for anything of the pools.
  template <class Values>
  bool is_known(const Values& values) {
    return !values.empty() && dice_.chance(known_percent_);
  }

  Leaf leaf_of(const Parameter& parameter, const LearnedValues& known) {
    switch (parameter.kind) {
      case fhir::SearchParamType::token:
        if (dice_.chance(20)) return {&parameter, token_set_match(known)};
        return {&parameter, token_match(known)};
      case fhir::SearchParamType::string:
        return {&parameter, string_match(known)};
      case fhir::SearchParamType::reference:
        if (!known.uris.empty() && dice_.chance(10)) return {&parameter, uri_set_match(known)};
        if (!known.uris.empty() && dice_.chance(20)) return {&parameter, uri_match(known)};
        if (dice_.chance(20)) return {&parameter, reference_set_match(known)};
        return {&parameter, reference_match(known)};
      case fhir::SearchParamType::date:
        return {&parameter, date_match(known.dates)};
      case fhir::SearchParamType::number:
        return {&parameter, number_match(known, prefix())};
      case fhir::SearchParamType::quantity:
        return {&parameter, quantity_match(known)};
      case fhir::SearchParamType::uri:
        return {&parameter, uri_match(known)};
      case fhir::SearchParamType::composite:
        return {&parameter, composite_match(parameter, known)};
      case fhir::SearchParamType::special:
        return {&parameter, position_match(known)};
    }
    return common_leaf();
  }

  std::string pooled(fhir::Primitive primitive) { return std::string(dice_.pick(RandomPool::values(primitive))); }
  std::optional<std::string> maybe(std::string value, int percent) {
    return dice_.chance(percent) ? std::optional(std::move(value)) : std::nullopt;
  }
  Prefix prefix() { return static_cast<Prefix>(dice_.below(static_cast<int>(Prefix::co) + 1)); }

  std::pair<std::string, std::string> any_token(const LearnedValues& known) {
    if (is_known(known.tokens)) return dice_.pick(known.tokens);
    return {pooled(fhir::Primitive::uri), pooled(fhir::Primitive::code)};
  }
  TokenMatch token_match(const LearnedValues& known) {
    auto [system, code] = any_token(known);
    if (dice_.chance(10)) system.clear();
    TokenMatch match{maybe(std::move(system), 60), maybe(code, 70)};
    if (!match.system && !match.code) match.code = std::move(code);
    match.unequal = dice_.chance(15);
    return match;
  }
  // Of no code, of a few, and of many that no resource has.
  TokenSetMatch token_set_match(const LearnedValues& known) {
    auto set = std::make_shared<TokenSet>();
    for (int left = dice_.below(5); left > 0; --left) set->codes.push_back(any_token(known));
    for (int left = dice_.chance(15) ? 60 : 0; left > 0; --left) {
      set->codes.emplace_back(any_token(known).first, "none" + std::to_string(left));
    }
    for (int left = dice_.chance(20) ? 1 + dice_.below(2) : 0; left > 0; --left) {
      set->systems.push_back(any_token(known).first);
    }
    const auto tidy = [](auto& list) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    tidy(set->codes);
    tidy(set->systems);
    return {std::move(set)};
  }

  StringMatch string_match(const LearnedValues& known) {
    const auto mode = static_cast<StringMode>(dice_.below(static_cast<int>(StringMode::at_most) + 1));
    std::pair<std::string, std::string> value = {{}, pooled(fhir::Primitive::string)};
    fold(value.second, value.first);
    if (is_known(known.strings)) value = dice_.pick(known.strings);
    if (mode == StringMode::exact) return {mode, std::move(value.second)};
    if (mode >= StringMode::equal) return {mode, std::move(value.first)};
    return {mode, part_of(value.first, mode)};
  }
  // A piece that ends, unless it is a suffix, and begins, unless it is a prefix, at any character.
  std::string part_of(const std::string& text, StringMode mode) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ends.push_back(i);
    }
    std::size_t from = mode == StringMode::prefix ? 0 : dice_.pick(ends);
    std::size_t to = mode == StringMode::suffix ? text.size() : dice_.pick(ends);
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

  // Of none, a few, or most ids.
  std::shared_ptr<const IdSet> id_set(std::vector<std::string> ids = {}) {
    for (int left = dice_.chance(20) ? pool_.ids_per_type : dice_.below(5); left > 0; --left) {
      ids.push_back(pool_.any_id(dice_));
    }
    if (dice_.chance(20)) ids.emplace_back("nobody");
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return std::make_shared<const IdSet>(IdSet{std::move(ids)});
  }
  ReferenceSetMatch reference_set_match(const LearnedValues& known) {
    ReferenceMatch one = reference_match(known);
    const fhir::TypeId type = one.types.empty() ? dice_.pick(pool_.types) : one.types.front();
    return {type, id_set({std::move(one.id)})};
  }
  UriSetMatch uri_set_match(const LearnedValues& known) {
    std::string uri = dice_.pick(known.uris);
    const std::size_t slash = uri.rfind('/');
    if (slash == std::string::npos) return {std::string(RandomPool::kBaseUrl) + "/", id_set({std::move(uri)})};
    return {uri.substr(0, slash + 1), id_set({uri.substr(slash + 1)})};
  }

  // Below: of a part that ends where a segment or a part of a version does, too.
  UriMatch uri_match(const LearnedValues& known) {
    std::string uri = pooled(dice_.chance(50) ? fhir::Primitive::uri : fhir::Primitive::canonical);
    if (is_known(known.uris)) uri = dice_.pick(known.uris);
    const auto mode = static_cast<UriMode>(dice_.below(static_cast<int>(UriMode::unequal) + 1));
    const std::size_t end = uri.rfind(mode == UriMode::below_version ? '.' : '/');
    if (mode != UriMode::exact && dice_.chance(50) && end != std::string::npos && end > 0) uri.resize(end);
    return {std::move(uri), mode};
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

  NumberMatch number_match(const LearnedValues& known, Prefix by) {
    const std::string text = pooled(fhir::Primitive::decimal);
    const DecimalRange range = by == Prefix::ap ? *approximate_range(text) : *implicit_range(text);
    NumberMatch match{by, range.low, range.high, range.exact};
    if (is_known(known.numbers)) {
      match.exact = dice_.pick(known.numbers);
      match.low = match.exact;
      match.high = std::max({match.low, range.high, dice_.pick(known.numbers)});
    }
    return match;
  }

  // A canonical number comes with a system and a code only.
  QuantityMatch quantity_match(const LearnedValues& known) {
    std::pair<std::string, std::string> unit = {pooled(fhir::Primitive::uri), pooled(fhir::Primitive::code)};
    if (is_known(known.units)) unit = dice_.pick(known.units);
    const Prefix by = prefix();
    if (!is_known(known.canonicals)) {
      return {number_match(known, by), maybe(std::move(unit.first), 30), maybe(std::move(unit.second), 30)};
    }
    const auto& [key, canonical_unit] = dice_.pick(known.canonicals);
    NumberMatch canonical{by, key, std::max(key, dice_.pick(known.canonicals).first), key};
    return {number_match(known, by), std::move(unit.first), std::move(unit.second), std::move(canonical),
            canonical_unit};
  }

  // Mostly what one element has, all of it; so components meet that single parameters would not. Of some it is only
  // asked that they are there, as `_filter` does.
  CompositeMatch composite_match(const Parameter& parameter, const LearnedValues& known) {
    const std::vector<LearnedValues>* element =
        dice_.chance(80) && !known.composites.empty() ? &dice_.pick(known.composites) : nullptr;
    CompositeMatch match;
    const int known_percent = std::exchange(known_percent_, 90);
    for (std::size_t i = 0; i < parameter.components.size(); ++i) {
      const Parameter& component = registry_.parameter(parameter.components[i]);
      Leaf leaf = leaf_of(component, element != nullptr ? (*element)[i] : learned_[component.id]);
      if (dice_.chance(15)) leaf.match = PresentMatch{};
      match.components.push_back(std::move(leaf));
    }
    known_percent_ = known_percent;
    return match;
  }

  PositionMatch position_match(const LearnedValues& known) {
    static constexpr double kMeters[] = {0, 1, 1'000, 100'000, 2'000'000, 11'000'000, 30'000'000};
    std::pair<double, double> place = {dice_.below(181) - 90, dice_.below(361) - 180};
    if (is_known(known.positions)) place = dice_.pick(known.positions);
    if (dice_.chance(50)) place.first = std::clamp(place.first + (dice_.below(200) - 100) / 100.0, -90.0, 90.0);
    return {place.first, place.second, dice_.pick(kMeters)};
  }

  WordMatch word_match(const LearnedValues& known) {
    std::string word;
    fold(pooled(fhir::Primitive::string), word);
    if (is_known(known.words)) word = dice_.pick(known.words);
    if (dice_.chance(60)) return {std::move(word), false};
    std::string start = part_of(word, StringMode::prefix);
    return {start.empty() ? std::move(word) : std::move(start), true};
  }

  // On the columns of every resource.
  Leaf common_leaf() {
    if (dice_.chance(20)) return {nullptr, IdSetMatch{id_set()}};
    if (times_.empty() || dice_.chance(50)) return {nullptr, IdMatch{pool_.any_id(dice_), dice_.chance(15)}};
    const std::int64_t low = dice_.pick(times_) - (dice_.chance(20) ? 1 : 0);
    return {nullptr, LastUpdatedMatch{{prefix(), low, low + 1 + dice_.below(5) * 1'000}}};
  }

  const Registry& registry_;
  const RandomPool& pool_;
  Dice& dice_;
  int known_percent_ = 50;
  std::map<ParameterId, LearnedValues> learned_;
  std::vector<std::int64_t> times_;
};

}  // namespace vesta::search::testing
