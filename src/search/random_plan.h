// For tests: random plans, sorts and includes over the real parameters of a type, with links that resources have.
#pragma once

#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "search/links.h"
#include "search/random_leaf.h"

namespace vesta::search::testing {

// Draws queries. Knows nothing of an engine and nothing of a resource type. Borrows everything.
class RandomPlan {
 public:
  static constexpr int kMaxDepth = 4;

  RandomPlan(const Registry& registry, const RandomPool& pool, Dice& dice)
      : registry_(registry), pool_(pool), dice_(dice), leaves_(registry, pool, dice) {}

  // Remembers what a resource was indexed by, where its references lead, and when it was written.
  void learn(const IndexValues& values) {
    leaves_.learn(values);
    learn_uris(values);
    for (const ReferenceValue& value : values.references) add_steps(registry_.parameter(value.parameter), value.type);
    learn_contained(values, values.contained);
    for (const Contained& inner : values.contained) {
      contained_types_.insert(inner.type);
      leaves_.learn(inner.values);
      learn_contained(inner.values, values.contained);
    }
  }
  void learn(Instant last_updated) { leaves_.learn(last_updated); }

  // Of what is contained, which has no id to be sorted by.
  Query contained_query() {
    Query query = this->query(contained_types_.empty() ? dice_.pick(pool_.types) : any_contained_type());
    query.scope = Scope::contained;
    std::erase_if(query.sort, [](const SortKey& key) { return key.column == SortKey::Column::id; });
    return query;
  }

  Query query(fhir::TypeId type) { return {type, plan(type, 0), sort(type), std::string(RandomPool::kBaseUrl)}; }

  // A search over several types, with sort keys that each of them has.
  std::vector<Query> queries() {
    std::set<fhir::TypeId> types;
    for (int left = 2 + dice_.below(3); left > 0; --left) types.insert(dice_.pick(pool_.types));
    std::vector<Query> queries;
    for (const fhir::TypeId type : types)
      queries.push_back({type, plan(type, 0), {}, std::string(RandomPool::kBaseUrl)});
    for (int left = dice_.below(4); left > 0; --left) add_common_key(queries);
    return queries;
  }

  Plan plan(fhir::TypeId type, int depth) {
    const int kind = dice_.below(depth >= kMaxDepth ? 5 : 12);
    if (kind == 0 && dice_.chance(20)) return dice_.chance(70) ? Plan::make_all() : Plan::make_none();
    if (dice_.chance(8)) return shared(type, depth);
    if (kind < 6) return Plan::make_leaf(leaves_.leaf(type));
    if (kind >= 10) return link(type, depth);
    if (dice_.chance(8)) return alike(type, depth);
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
      const Parameter* parameter = column < 2 ? nullptr : leaves_.any_parameter(type, is_sortable);
      keys.push_back({parameter != nullptr ? SortKey::Column::parameter
                      : column == 0        ? SortKey::Column::id
                                           : SortKey::Column::last_updated,
                      parameter, dice_.chance(50)});
    }
    return keys;
  }

  // Mostly such that lead from resources of the type somewhere, and to them.
  std::vector<Include> includes(fhir::TypeId type) {
    std::vector<Include> includes;
    for (int left = 1 + dice_.below(3); left > 0; --left) {
      const auto [kind, link] = step(dice_.chance(70) ? type : dice_.pick(pool_.types));
      const bool is_chain = kind == Plan::Kind::chain;
      Include include{is_chain ? Include::Direction::forward : Include::Direction::reverse, dice_.chance(40)};
      if (dice_.chance(15)) include.direction = Include::Direction::forward;
      if (dice_.chance(85)) include.source = link.parameter->type;
      if (include.source != fhir::kNoType && dice_.chance(70)) include.parameter = link.parameter;
      if (dice_.chance(30)) include.target = dice_.chance(70) && is_chain ? link.type : dice_.pick(pool_.types);
      includes.push_back(include);
    }
    return includes;
  }

  static bool is_sortable(const Parameter& parameter) {
    return parameter.program != nullptr && parameter.kind != fhir::SearchParamType::composite &&
           parameter.kind != fhir::SearchParamType::special;
  }
  static bool is_drawable(const Parameter& parameter) { return RandomLeaf::is_drawable(parameter); }

 private:
  void add_steps(const Parameter& parameter, fhir::TypeId target) {
    if (!known_.insert({parameter.id, target}).second) return;
    steps_[parameter.type].push_back({Plan::Kind::chain, {&parameter, target}});
    steps_[target].push_back({Plan::Kind::has, {&parameter, parameter.type}});
  }

  void learn_contained(const IndexValues& values, const std::vector<Contained>& contained) {
    for (const ContainedReference& value : values.contained_references) {
      const Parameter& parameter = registry_.parameter(value.parameter);
      const fhir::TypeId target = contained[value.place].type;
      if (!known_.insert({parameter.id, target}).second) continue;
      steps_[parameter.type].push_back({Plan::Kind::chain, {&parameter, target}});
    }
  }
  fhir::TypeId any_contained_type() {
    return *std::next(contained_types_.begin(), dice_.below(static_cast<int>(contained_types_.size())));
  }

  // Canonicals may lead to any type that has such names; absolute references lead where they say.
  void learn_uris(const IndexValues& values) {
    for (const UriValue& value : values.uris) {
      const Parameter& parameter = registry_.parameter(value.parameter);
      if (parameter.facet == Facet::canonical) {
        const Parameter* owner = registry_.find(parameter.type, parameter.code.substr(0, parameter.code.find(':')));
        for (const fhir::TypeId type : pool_.types) {
          if (is_reference(*owner) && registry_.canonical_of(type).names != kNoParameter) add_steps(*owner, type);
        }
      } else if (is_reference(parameter)) {
        const auto own = own_resource(registry_.definitions(), RandomPool::kBaseUrl, value.uri);
        if (own) add_steps(parameter, own->type);
      }
    }
  }

  struct Step {
    Plan::Kind kind;
    Link link;
  };

  // One that the first type has, unless another one lacks it or means something else by it.
  void add_common_key(std::vector<Query>& queries) {
    const int column = dice_.below(8);
    SortKey key{column == 0 ? SortKey::Column::id : SortKey::Column::last_updated, nullptr, dice_.chance(50)};
    const Parameter* first = column < 2 ? nullptr : leaves_.any_parameter(queries.front().type, is_sortable);
    if (first != nullptr) key.column = SortKey::Column::parameter;
    std::vector<SortKey> keys;
    for (const Query& query : queries) {
      if (first != nullptr) key.parameter = registry_.find(query.type, first->code);
      if (first != nullptr && (key.parameter == nullptr || key.parameter->kind != first->kind)) return;
      keys.push_back(key);
    }
    for (std::size_t i = 0; i < queries.size(); ++i) queries[i].sort.push_back(keys[i]);
  }

  // One of before, or a new one.
  Plan shared(fhir::TypeId type, int depth) {
    constexpr std::size_t kSharedPlans = 4;  // of each type
    if (shared_[type].size() < kSharedPlans || dice_.chance(10)) {
      auto made = std::make_shared<const Plan>(plan(type, depth + 1));
      shared_[type].push_back(std::move(made));
    }
    return Plan::make_shared(dice_.pick(shared_[type]));
  }

  // A list whose children have something in common, as people write them: one twice, a part of each, several values of
  // one parameter, several plans behind one link.
  Plan alike(fhir::TypeId type, int depth) {
    const Plan common = plan(type, depth + 1);
    const auto with_common = [&] { return Plan::make(Plan::Kind::and_, {common, plan(type, depth + 2)}); };
    const Plan::Kind kind = dice_.chance(70) ? Plan::Kind::or_ : Plan::Kind::and_;
    switch (dice_.below(4)) {
      case 0:
        return Plan::make(kind, {common, common});
      case 1:
        return Plan::make(kind, {with_common(), with_common()});
      case 2: {
        const Leaf first = leaves_.leaf(type);
        if (first.parameter == nullptr || !is_drawable(*first.parameter)) return Plan::make_leaf(first);
        return Plan::make(kind, {Plan::make_leaf(first), Plan::make_leaf(leaves_.leaf_of(*first.parameter))});
      }
      default: {
        const auto [way, link] = step(type);
        return Plan::make(kind, {Plan::make_link(way, link, plan(link.type, depth + 2)),
                                 Plan::make_link(way, link, plan(link.type, depth + 2))});
      }
    }
  }

  Plan link(fhir::TypeId type, int depth) {
    if (dice_.chance(15) && !contained_types_.empty()) {
      const fhir::TypeId inner = any_contained_type();
      return Plan::make_link(Plan::Kind::contains, {nullptr, inner}, plan(inner, depth + 1));
    }
    const auto [kind, link] = step(type);
    return Plan::make_link(kind, link, plan(link.type, depth + 1));
  }

  // One that references take, or in some cases one that perhaps none can.
  Step step(fhir::TypeId type) {
    const auto known = steps_.find(type);
    if (known != steps_.end() && dice_.chance(95)) return dice_.pick(known->second);
    for (;;) {
      const fhir::TypeId other = dice_.pick(pool_.types);
      const bool is_chain = dice_.chance(50);
      const Parameter* parameter = leaves_.any_parameter(is_chain ? type : other, is_reference);
      if (parameter != nullptr) return {is_chain ? Plan::Kind::chain : Plan::Kind::has, {parameter, other}};
    }
  }
  static bool is_reference(const Parameter& parameter) {
    return parameter.kind == fhir::SearchParamType::reference && parameter.facet == Facet::value;
  }

  const Registry& registry_;
  const RandomPool& pool_;
  Dice& dice_;
  RandomLeaf leaves_;
  std::set<std::pair<ParameterId, fhir::TypeId>> known_;  // a parameter and the type that it leads to
  std::map<fhir::TypeId, std::vector<Step>> steps_;       // from resources of a type, either way
  std::set<fhir::TypeId> contained_types_;
  std::map<fhir::TypeId, std::vector<std::shared_ptr<const Plan>>> shared_;
};

}  // namespace vesta::search::testing
