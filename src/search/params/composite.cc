// Composite parameters: several values that hold for one element. https://hl7.org/fhir/R4/search.html#composite
#include <type_traits>
#include <variant>

#include "base/check.h"
#include "search/combine.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// Matches of a kind and values of a kind that go together; all others never match.
template <class Match, class Value>
concept Comparable = requires(const Match& match, const Value& value) {
  { matches(match, value) } -> std::same_as<bool>;
};

// A component that is looked at has a value, so it is present.
bool component_matches(const Leaf& leaf, const ComponentValue& component) {
  if (std::holds_alternative<PresentMatch>(leaf.match)) return true;
  return std::visit(
      [](const auto& match, const auto& value) {
        if constexpr (Comparable<std::decay_t<decltype(match)>, std::decay_t<decltype(value)>>) {
          return matches(match, value);
        }
        return false;
      },
      leaf.match, component);
}

constexpr std::size_t kMaxCombinations = 64;  // of the alternatives that the values of the components come to

// A plan of leaves, or of alternatives among leaves, as the list of these. Without a modifier there is no other.
std::vector<Leaf> leaves_of(Plan plan) {
  std::vector<Leaf> leaves;
  if (plan.kind == Plan::Kind::leaf) leaves.push_back(std::move(plan.leaf));
  for (Plan& child : plan.children) {
    CHECK(plan.kind == Plan::Kind::or_ && child.kind == Plan::Kind::leaf);
    leaves.push_back(std::move(child.leaf));
  }
  CHECK(!leaves.empty());
  return leaves;
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

// https://hl7.org/fhir/R4/search.html#composite: the values of the components, in order, joined by '$'. Each may have
// the prefix of its type. A component that may match in several ways (a reference, as relative and as absolute one)
// makes alternatives of the whole.
Result<Plan> parse_composite(const ValueText& value) {
  const auto& components = value.parameter->components;
  const auto texts = split_escaped(value.text, '$', components.size() + 1);
  if (texts.size() != components.size()) {
    return bad_value(value, "of " + std::to_string(components.size()) + " parts, joined by '$'");
  }
  std::vector<std::vector<Leaf>> rows(1);  // of the combinations so far
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) return bad_value(value, "a combination of values: one is empty");
    const Parameter& component = value.context.registry.parameter(components[i]);
    VESTA_TRY(Plan plan, parse_value({value.context, &component, value.name, {}, texts[i]}));
    const std::vector<Leaf> leaves = leaves_of(std::move(plan));
    std::vector<std::vector<Leaf>> longer;
    for (const std::vector<Leaf>& row : rows) {
      for (const Leaf& leaf : leaves) {
        longer.push_back(row);
        longer.back().push_back(leaf);
      }
    }
    rows = std::move(longer);
    if (rows.size() > kMaxCombinations) return bad_value(value, "a combination of few enough alternatives");
  }
  std::vector<Plan> either;
  for (std::vector<Leaf>& row : rows) {
    either.push_back(Plan::make_leaf({value.parameter, CompositeMatch{std::move(row)}}));
  }
  return any_of(std::move(either));
}

bool matches(const CompositeMatch& match, const CompositeValue& value) {
  CHECK(match.components.size() == value.components.size());
  for (std::size_t i = 0; i < value.components.size(); ++i) {
    if (!component_matches(match.components[i], value.components[i])) return false;
  }
  return true;
}

}  // namespace vesta::search::params
