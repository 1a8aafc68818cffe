// Code sets: alternatives of codes as one set, which engines can look for at once.
#include <algorithm>
#include <memory>
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

// A leaf of codes with their systems, or of such a set: the parameter; else null.
const Parameter* parameter_of_codes(const Plan& node) {
  if (node.kind != Plan::Kind::leaf) return nullptr;
  if (std::holds_alternative<TokenSetMatch>(node.leaf.match)) return node.leaf.parameter;
  const auto* token = std::get_if<TokenMatch>(&node.leaf.match);
  return token != nullptr && token->system && token->code && !token->unequal ? node.leaf.parameter : nullptr;
}

void add_codes(const Plan& leaf, TokenSet& set) {
  if (const auto* token = std::get_if<TokenMatch>(&leaf.leaf.match)) {
    set.codes.emplace_back(*token->system, *token->code);
    return;
  }
  const TokenSet& other = *std::get<TokenSetMatch>(leaf.leaf.match).set;
  set.codes.insert(set.codes.end(), other.codes.begin(), other.codes.end());
  set.systems.insert(set.systems.end(), other.systems.begin(), other.systems.end());
}

template <class List>
void sort_and_unique(List& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

bool code_sets(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (node.kind != Plan::Kind::or_) return false;
    const auto is_of_codes = [](const Plan& child) { return parameter_of_codes(child) != nullptr; };
    if (std::ranges::count_if(node.children, is_of_codes) < 2) return false;
    std::vector<Plan> kept;
    std::vector<std::pair<std::size_t, TokenSet>> sets;  // places in `kept` that stand for several leaves
    for (Plan& child : node.children) {
      const Parameter* parameter = parameter_of_codes(child);
      const auto first = std::ranges::find_if(
          kept, [&](const Plan& other) { return parameter != nullptr && parameter_of_codes(other) == parameter; });
      if (first == kept.end()) {
        kept.push_back(std::move(child));
        continue;
      }
      const auto place = static_cast<std::size_t>(first - kept.begin());
      auto set = std::ranges::find(sets, place, &std::pair<std::size_t, TokenSet>::first);
      if (set == sets.end()) {
        set = sets.insert(sets.end(), {place, {}});
        add_codes(*first, set->second);
      }
      add_codes(child, set->second);
    }
    for (auto& [place, set] : sets) {
      sort_and_unique(set.codes);
      sort_and_unique(set.systems);
      kept[place].leaf.match = TokenSetMatch{std::make_shared<const TokenSet>(std::move(set))};
    }
    node.children = std::move(kept);
    return !sets.empty();
  });
}

}  // namespace vesta::search::rewrites
