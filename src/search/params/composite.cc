// Composite parameters: several values that hold for one element. https://hl7.org/fhir/R4/search.html#composite
#include <type_traits>
#include <variant>

#include "base/check.h"
#include "search/params/extract.h"
#include "search/params/match.h"

namespace vesta::search::params {
namespace {

// Matches of a kind and values of a kind that go together; all others never match.
template <class Match, class Value>
concept Comparable = requires(const Match& match, const Value& value) {
  { matches(match, value) } -> std::same_as<bool>;
};

bool component_matches(const Leaf& leaf, const ComponentValue& component) {
  return std::visit(
      [](const auto& match, const auto& value) {
        if constexpr (Comparable<std::decay_t<decltype(match)>, std::decay_t<decltype(value)>>) {
          return matches(match, value);
        }
        return false;
      },
      leaf.match, component);
}

template <class Value>
void take(std::vector<Value>& from, std::vector<ComponentValue>& to) {
  for (Value& value : from) to.emplace_back(std::move(value));
  from.clear();
}

}  // namespace

std::vector<ComponentValue> take_component_values(IndexValues& from) {
  std::vector<ComponentValue> values;
  take(from.tokens, values);
  take(from.strings, values);
  take(from.references, values);
  take(from.dates, values);
  take(from.numbers, values);
  take(from.quantities, values);
  take(from.uris, values);
  return values;
}

bool add_composites(ParameterId parameter, std::span<const std::vector<ComponentValue>> components, std::size_t limit,
                    Extraction& extraction) {
  std::size_t combinations = 1;
  for (const auto& values : components) {
    if (values.size() > limit / combinations) return false;
    combinations *= values.size();
  }
  std::vector<std::size_t> at(components.size(), 0);  // counts through the combinations, the last component first
  for (std::size_t made = 0; made < combinations; ++made) {
    CompositeValue value{parameter, {}};
    value.components.reserve(components.size());
    for (std::size_t i = 0; i < components.size(); ++i) value.components.push_back(components[i][at[i]]);
    extraction.values.composites.push_back(std::move(value));
    for (std::size_t i = components.size(); i-- > 0;) {
      if (++at[i] < components[i].size()) break;
      at[i] = 0;
    }
  }
  return true;
}

bool matches(const CompositeMatch& match, const CompositeValue& value) {
  CHECK(match.components.size() == value.components.size());
  for (std::size_t i = 0; i < value.components.size(); ++i) {
    if (!component_matches(match.components[i], value.components[i])) return false;
  }
  return true;
}

}  // namespace vesta::search::params
