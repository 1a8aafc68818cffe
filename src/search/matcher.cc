// Decides plans and sort orders on index values. Simple on purpose: every engine is held to what stands here.
#include "search/matcher.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/check.h"
#include "search/links.h"
#include "search/params/match.h"
#include "search/values_of.h"

namespace vesta::search {
namespace {

template <class Match, class Value>
bool any_matches(const Match& match, const std::vector<Value>& values, const Parameter* parameter) {
  CHECK(parameter != nullptr);
  return std::ranges::any_of(values_of(values, parameter->id),
                             [&match](const Value& value) { return params::matches(match, value); });
}

// A resource's lastUpdated is an instant: one microsecond wide.
bool matches_last_updated(const LastUpdatedMatch& match, Instant last_updated) {
  return params::matches(match.date, DateValue{0, last_updated.value, last_updated.value + 1});
}

// -1, 0 or 1 by one sort key; an absent value comes last in both directions.
template <class Key>
int compare_keys(const std::optional<Key>& left, const std::optional<Key>& right, bool descending) {
  if (!left || !right) return static_cast<int>(!left) - static_cast<int>(!right);
  if (*left == *right) return 0;
  return (*left < *right) != descending ? -1 : 1;
}

// The lowest of the ascending keys, or the highest of the descending ones.
template <class Key, class Value, class Project>
std::optional<Key> extreme(std::span<const Value> values, bool descending, Project project) {
  std::optional<Key> best;
  for (const Value& value : values) {
    const Key key = project(value);
    if (!best || (descending ? *best < key : key < *best)) best = key;
  }
  return best;
}

// One key of one resource.
struct Keyed {
  const SortKey& key;
  const IndexValues& values;
};

template <class Key, class Value, class Project>
int compare_values(const Keyed& left, const Keyed& right, std::vector<Value> IndexValues::* values, Project project) {
  const auto best = [&](const Keyed& of) {
    return extreme<Key>(values_of(of.values.*values, of.key.parameter->id), of.key.descending, project);
  };
  return compare_keys(best(left), best(right), left.key.descending);
}

int compare_parameter(const Keyed& left, const Keyed& right, const fhir::Definitions& definitions) {
  using Text = std::string_view;
  using Reference = std::pair<Text, Text>;  // the names of types order, not their numbers
  const bool down = left.key.descending;
  const auto end_of = [down](const auto& v) { return down ? v.high : v.low; };
  switch (left.key.parameter->kind) {
    case fhir::SearchParamType::token:
      return compare_values<Text>(left, right, &IndexValues::tokens, [](const TokenValue& v) { return v.code; });
    case fhir::SearchParamType::string:
      return compare_values<Text>(left, right, &IndexValues::strings, [](const StringValue& v) { return v.folded; });
    case fhir::SearchParamType::reference:
      return compare_values<Reference>(left, right, &IndexValues::references, [&](const ReferenceValue& v) {
        return Reference(definitions.type(v.type).name, v.id);
      });
    case fhir::SearchParamType::date:
      return compare_values<std::int64_t>(left, right, &IndexValues::dates, end_of);
    case fhir::SearchParamType::number:
      return compare_values<Text>(left, right, &IndexValues::numbers, end_of);
    case fhir::SearchParamType::quantity:
      return compare_values<Text>(left, right, &IndexValues::quantities, end_of);
    case fhir::SearchParamType::uri:
      return compare_values<Text>(left, right, &IndexValues::uris, [](const UriValue& v) { return v.uri; });
    case fhir::SearchParamType::composite:
    case fhir::SearchParamType::special:
      return 0;  // not sortable: parse_search refuses them
  }
  return 0;
}

}  // namespace

bool matches(const Leaf& leaf, const Subject& subject) {
  const IndexValues& values = *subject.values;
  return std::visit(
      [&](const auto& match) {
        using Match = std::decay_t<decltype(match)>;
        if constexpr (std::is_same_v<Match, TokenMatch>) return any_matches(match, values.tokens, leaf.parameter);
        if constexpr (std::is_same_v<Match, StringMatch>) return any_matches(match, values.strings, leaf.parameter);
        if constexpr (std::is_same_v<Match, ReferenceMatch>) {
          return any_matches(match, values.references, leaf.parameter);
        }
        if constexpr (std::is_same_v<Match, DateMatch>) return any_matches(match, values.dates, leaf.parameter);
        if constexpr (std::is_same_v<Match, NumberMatch>) return any_matches(match, values.numbers, leaf.parameter);
        if constexpr (std::is_same_v<Match, QuantityMatch>) {
          return any_matches(match, values.quantities, leaf.parameter);
        }
        if constexpr (std::is_same_v<Match, UriMatch>) return any_matches(match, values.uris, leaf.parameter);
        if constexpr (std::is_same_v<Match, IdMatch>) {
          return subject.outer == nullptr && (match.id == subject.id) != match.unequal;
        }
        if constexpr (std::is_same_v<Match, IdSetMatch>) {
          return subject.outer == nullptr && match.set->contains(subject.id);
        }
        if constexpr (std::is_same_v<Match, ReferenceSetMatch>) {
          return any_matches(match, values.references, leaf.parameter);
        }
        if constexpr (std::is_same_v<Match, UriSetMatch>) return any_matches(match, values.uris, leaf.parameter);
        if constexpr (std::is_same_v<Match, LastUpdatedMatch>) return matches_last_updated(match, subject.last_updated);
        if constexpr (std::is_same_v<Match, TokenSetMatch>) return any_matches(match, values.tokens, leaf.parameter);
        if constexpr (std::is_same_v<Match, CompositeMatch>) {
          return any_matches(match, values.composites, leaf.parameter);
        }
        if constexpr (std::is_same_v<Match, PositionMatch>) {
          return any_matches(match, values.positions, leaf.parameter);
        }
        if constexpr (std::is_same_v<Match, WordMatch>) return any_matches(match, values.words, leaf.parameter);
        if constexpr (std::is_same_v<Match, PresentMatch>) {
          return std::ranges::binary_search(values.present, leaf.parameter->id);
        }
      },
      leaf.match);
}

namespace {

bool contained_matches(const Plan& plan, const Subject& subject, const Contained& inner,
                       const Surroundings* surroundings) {
  if (inner.type != plan.link.type) return false;
  const Subject outer{subject.type, subject.id, subject.last_updated,
                      subject.outer != nullptr ? subject.outer : subject.values};
  return matches(plan.children.front(), contained_subject(outer, inner), surroundings);
}

// What a local or an absolute reference names is looked up; what a canonical may name is looked for among all.
bool chain_matches(const Plan& plan, const Subject& subject, const Surroundings& surroundings) {
  const auto holds = [&](const Subject* target) {
    return target != nullptr && matches(plan.children.front(), *target, &surroundings);
  };
  const Parameter& parameter = *plan.link.parameter;
  const IndexValues& outer = subject.outer != nullptr ? *subject.outer : *subject.values;
  for (const ContainedReference& reference : values_of(subject.values->contained_references, parameter.id)) {
    if (contained_matches(plan, subject, outer.contained[reference.place], &surroundings)) return true;
  }
  for (const ReferenceValue& reference : values_of(subject.values->references, parameter.id)) {
    if (reference.type == plan.link.type && holds(surroundings.find(reference.type, reference.id))) return true;
  }
  const fhir::Definitions& definitions = surroundings.registry().definitions();
  for (const UriValue& uri : values_of(subject.values->uris, parameter.id)) {
    const auto own = own_resource(definitions, surroundings.base_url(), uri.uri);
    if (own && own->type == plan.link.type && holds(surroundings.find(own->type, own->id))) return true;
  }
  if (parameter.canonical == kNoParameter || values_of(subject.values->uris, parameter.canonical).empty()) return false;
  bool found = false;
  surroundings.each(plan.link.type, [&](const Subject& target) {
    found = refers_to(surroundings, parameter, subject, target) && holds(&target);
    return !found;
  });
  return found;
}

bool has_matches(const Plan& plan, const Subject& subject, const Surroundings& surroundings) {
  if (subject.outer != nullptr) return false;
  bool found = false;
  surroundings.each(plan.link.type, [&](const Subject& source) {
    found = refers_to(surroundings, *plan.link.parameter, source, subject) &&
            matches(plan.children.front(), source, &surroundings);
    return !found;
  });
  return found;
}

}  // namespace

bool matches(const Plan& plan, const Subject& subject, const Surroundings* surroundings) {
  const auto child_matches = [&](const Plan& child) { return matches(child, subject, surroundings); };
  switch (plan.kind) {
    case Plan::Kind::all:
      return true;
    case Plan::Kind::none:
      return false;
    case Plan::Kind::and_:
      return std::ranges::all_of(plan.children, child_matches);
    case Plan::Kind::or_:
      return std::ranges::any_of(plan.children, child_matches);
    case Plan::Kind::not_:
      return !matches(plan.children.front(), subject, surroundings);
    case Plan::Kind::leaf:
      return matches(plan.leaf, subject);
    case Plan::Kind::chain:
      return surroundings != nullptr && chain_matches(plan, subject, *surroundings);
    case Plan::Kind::has:
      return surroundings != nullptr && has_matches(plan, subject, *surroundings);
    case Plan::Kind::contains:
      return std::ranges::any_of(subject.values->contained, [&](const Contained& inner) {
        return contained_matches(plan, subject, inner, surroundings);
      });
    case Plan::Kind::shared:
      return matches(*plan.shared, subject, surroundings);
  }
  return false;
}

bool sorts_before(const SortSubject& left, const SortSubject& right, const fhir::Definitions& definitions) {
  for (std::size_t i = 0; i < left.sort.size(); ++i) {
    const SortKey& key = left.sort[i];
    const Subject& a = left.subject;
    const Subject& b = right.subject;
    int order = 0;
    switch (key.column) {
      case SortKey::Column::id:
        order = compare_keys(std::optional(a.id), std::optional(b.id), key.descending);
        break;
      case SortKey::Column::last_updated:
        order = compare_keys(std::optional(a.last_updated), std::optional(b.last_updated), key.descending);
        break;
      case SortKey::Column::parameter:
        order = compare_parameter({key, *a.values}, {right.sort[i], *b.values}, definitions);
        break;
    }
    if (order != 0) return order < 0;
  }
  return false;
}

}  // namespace vesta::search
