// Composite parameters: several values that hold for one element. https://hl7.org/fhir/R4/search.html#composite
#include <type_traits>
#include <variant>

#include "base/check.h"
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

}  // namespace

bool matches(const CompositeMatch& match, const CompositeValue& value) {
  CHECK(match.components.size() == value.components.size());
  for (std::size_t i = 0; i < value.components.size(); ++i) {
    if (!component_matches(match.components[i], value.components[i])) return false;
  }
  return true;
}

}  // namespace vesta::search::params
