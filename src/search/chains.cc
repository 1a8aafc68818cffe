// Follows a path over resource types: forward to see where it leads, backward to drop the ways that end nowhere.
#include "search/chains.h"

#include <algorithm>
#include <map>

#include "fhirpath/program.h"
#include "search/combine.h"
#include "search/params/parse.h"
#include "search/query_text.h"

namespace vesta::search {
namespace {

using fhir::TypeId;

constexpr std::string_view kHas = "_has:";

// Where one step leads from one type.
struct Edge {
  const Parameter* parameter = nullptr;
  std::vector<TypeId> to;
  std::string refusal;  // why it leads nowhere
  std::string_view refusal_code = "invalid";
};
using Edges = std::map<TypeId, Edge>;

bool holds(std::span<const TypeId> types, TypeId type) {
  return std::ranges::find(types, type) != types.end();
}

bool may_chain(const Uses& uses, std::string_view name) {
  return uses.chains.empty() || std::ranges::find(uses.chains, name) != uses.chains.end();
}

Edge refused(std::string why, std::string_view code = "invalid") {
  Edge edge;
  edge.refusal = std::move(why);
  edge.refusal_code = code;
  return edge;
}

class PathBinder {
 public:
  PathBinder(const Registry& registry, std::string_view named, std::span<const PathStep> steps, const Condition& last)
      : registry_(registry), definitions_(registry.definitions()), named_(named), steps_(steps), last_(last) {}

  // Finds the edges of every step, and the types that lead on to the end.
  Status follow(TypeId from) {
    std::vector<TypeId> reached{from};
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      VESTA_TRY(Edges edges, edges_of(steps_[i], behind(i), reached));
      reached.clear();
      for (const auto& [type, edge] : edges) reached.insert(reached.end(), edge.to.begin(), edge.to.end());
      std::ranges::sort(reached);
      reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
      levels_.push_back(std::move(edges));
    }
    ends_ = reached;
    std::erase_if(ends_, [this](TypeId type) { return !last_.knows(type); });
    if (ends_.empty()) {
      return error("invalid",
                   "'" + params::quoted(last_.text()) + "' is unknown for " + list_types(definitions_, reached));
    }
    return prune();
  }

  Result<Plan> plan(TypeId from) {
    std::map<TypeId, Plan> plans;
    for (const TypeId type : ends_) {
      auto made = last_.plan(type);
      if (!made) return of_type(made.take_error(), type);
      plans.emplace(type, std::move(*made));
    }
    std::map<TypeId, std::size_t> ways;
    for (const TypeId type : ends_) ways[type] = 1;
    for (std::size_t i = levels_.size(); i-- > 0;) {
      std::map<TypeId, Plan> before;
      std::map<TypeId, std::size_t> ways_before;
      for (const auto& [type, edge] : levels_[i]) {
        std::size_t& found = ways_before[type];
        for (const TypeId target : edge.to) found += ways[target];
        if (found > kMaxChainAlternatives) return too_many_ways(steps_[i]);
        VESTA_TRY(Plan step, step_plan(steps_[i], edge, plans));
        before.emplace(type, std::move(step));
      }
      plans = std::move(before);
      ways = std::move(ways_before);
    }
    return std::move(plans.at(from));
  }

 private:
  Error error(std::string_view code, std::string_view why) const { return parameter_error(named_, code, why); }

  // What stands behind a step: the name of the next parameter.
  std::string_view behind(std::size_t step) const {
    if (step + 1 == steps_.size()) return last_.text().substr(0, last_.text().find(':'));
    return steps_[step + 1].kind == Plan::Kind::has ? "_has" : steps_[step + 1].code;
  }

  Result<Edges> edges_of(const PathStep& step, std::string_view next, std::span<const TypeId> from) const {
    TypeId wanted = fhir::kNoType;
    if (!step.type.empty()) {
      const auto found = definitions_.find_resource_type(step.type);
      if (!found) return error("invalid", "'" + params::quoted(step.type) + "' is no resource type");
      wanted = *found;
    }
    Edges edges;
    std::vector<TypeId> unknowing;
    const Edge* refusal = nullptr;
    Edge first_refusal;
    for (const TypeId type : from) {
      Edge edge = step.kind == Plan::Kind::has ? has_edge(step, type, wanted) : chain_edge(step, next, type, wanted);
      // Leaving these out would answer from a part of what is asked for.
      if (edge.refusal_code == "not-supported") return error(edge.refusal_code, edge.refusal);
      if (!edge.to.empty()) {
        edges.emplace(type, std::move(edge));
      } else if (edge.parameter == nullptr && edge.refusal.empty()) {
        unknowing.push_back(type);
      } else if (refusal == nullptr) {
        first_refusal = std::move(edge);
        refusal = &first_refusal;
      }
    }
    if (!edges.empty()) return edges;
    if (refusal != nullptr) return error(refusal->refusal_code, refusal->refusal);
    return error("invalid",
                 "'" + params::quoted(step.code) + "' is unknown for " + list_types(definitions_, unknowing));
  }

  std::string described(const Parameter& parameter) const {
    return "'" + std::string(parameter.code) + "' of " + std::string(definitions_.type(parameter.type).name);
  }

  // https://hl7.org/fhir/R4/search.html#chaining
  Edge chain_edge(const PathStep& step, std::string_view next, TypeId from, TypeId wanted) const {
    const Parameter* parameter = registry_.find(from, step.code);
    if (parameter == nullptr) return {};
    if (parameter->uses != nullptr && !may_chain(*parameter->uses, next)) {
      return refused("'" + params::quoted(next) + "' is not among what may be chained to " + described(*parameter),
                     "not-supported");
    }
    const std::string_view reason = reason_not_to_follow(registry_, *parameter);
    if (!reason.empty()) return refused(described(*parameter) + " " + std::string(reason), code_of(*parameter));
    Edge edge{parameter, targets_of(registry_, *parameter), {}};
    if (wanted == fhir::kNoType) return edge;
    if (!holds(edge.to, wanted)) {
      return refused(described(*parameter) + " cannot refer to " + std::string(step.type));
    }
    edge.to = {wanted};
    return edge;
  }

  // https://hl7.org/fhir/R4/search.html#has
  Edge has_edge(const PathStep& step, TypeId subject, TypeId source) const {
    if (source == fhir::kNoType) return refused("'_has' names no type");
    const Parameter* parameter = registry_.find(source, step.code);
    if (parameter == nullptr) {
      return refused("'" + params::quoted(step.code) + "' is unknown for " + std::string(step.type));
    }
    const std::string_view reason = reason_not_to_follow(registry_, *parameter);
    if (!reason.empty()) return refused(described(*parameter) + " " + std::string(reason), code_of(*parameter));
    if (!holds(targets_of(registry_, *parameter), subject)) {
      return refused(described(*parameter) + " cannot refer to " + std::string(definitions_.type(subject).name));
    }
    return {parameter, {source}, {}};
  }

  static std::string_view code_of(const Parameter& parameter) {
    return parameter.kind == fhir::SearchParamType::reference ? "not-supported" : "invalid";
  }

  // From the end: a type remains if one of its targets does, and knows what else is asked of it.
  Status prune() {
    std::vector<TypeId> alive = ends_;
    for (std::size_t i = levels_.size(); i-- > 0;) {
      const Condition* also = steps_[i].also;
      if (also != nullptr) {
        std::vector<TypeId> knowing = alive;
        std::erase_if(knowing, [also](TypeId type) { return !also->knows(type); });
        if (knowing.empty()) {
          return error("invalid",
                       "'" + params::quoted(also->text()) + "' is unknown for " + list_types(definitions_, alive));
        }
        alive = std::move(knowing);
      }
      std::vector<TypeId> before;
      for (auto& [type, edge] : levels_[i]) {
        std::erase_if(edge.to, [&alive](TypeId target) { return !holds(alive, target); });
        if (!edge.to.empty()) before.push_back(type);
      }
      std::erase_if(levels_[i], [](const auto& entry) { return entry.second.to.empty(); });
      alive = std::move(before);
    }
    // The ends that no way leads to any more are not asked.
    if (!levels_.empty()) {
      std::erase_if(ends_, [this](TypeId type) {
        return std::ranges::none_of(levels_.back(), [type](const auto& entry) { return holds(entry.second.to, type); });
      });
    }
    return kOk;
  }

  Result<Plan> step_plan(const PathStep& step, const Edge& edge, const std::map<TypeId, Plan>& plans) const {
    std::vector<Plan> alternatives;
    std::size_t nodes = 1;
    for (const TypeId target : edge.to) {
      const Plan& rest = plans.at(target);
      nodes += count_nodes(rest) + 1;
      if (nodes > kMaxPlanNodes) return too_many_ways(step);
      Plan child = rest;
      if (step.also != nullptr) {
        auto also = step.also->plan(target);
        if (!also) return of_type(also.take_error(), target);
        nodes += count_nodes(*also) + 1;
        std::vector<Plan> both;
        both.push_back(std::move(*also));
        both.push_back(std::move(child));
        child = Plan::make(Plan::Kind::and_, std::move(both));
      }
      alternatives.push_back(Plan::make_link(step.kind, {edge.parameter, target}, std::move(child)));
    }
    return any_of(std::move(alternatives));
  }

  Error too_many_ways(const PathStep& step) const {
    return error("too-costly", "'" + params::quoted(step.code) + "' leads on over more than " +
                                   std::to_string(kMaxChainAlternatives) + " ways; name the type, as in '" +
                                   params::quoted(step.code) + ":Patient'");
  }

  // A value that one of several types refuses is refused, with that type's name.
  Error of_type(Error error, TypeId type) const {
    if (ends_.size() == 1) return error;
    for (Issue& issue : error.issues) issue.diagnostics += " (for " + std::string(definitions_.type(type).name) + ")";
    return error;
  }

  const Registry& registry_;
  const fhir::Definitions& definitions_;
  std::string_view named_;
  std::span<const PathStep> steps_;
  const Condition& last_;
  std::vector<Edges> levels_;  // of each step: the types it starts from, pruned to those that lead on
  std::vector<TypeId> ends_;
};

// The type in a `where(resolve() is Type)` at the end of `branch`; empty if there is none.
std::string_view resolved_type(std::string_view branch) {
  constexpr std::string_view kOpening = ".where(resolve() is ";
  const std::size_t at = branch.rfind(kOpening);
  if (at == std::string_view::npos || !branch.ends_with(')')) return {};
  const std::string_view type = branch.substr(at + kOpening.size());
  return type.find_first_of(" .(") == std::string_view::npos ? type.substr(0, type.size() - 1) : std::string_view{};
}

// The types that the expression itself lets through: clinical-patient names Group among its targets and then takes
// `Observation.subject.where(resolve() is Patient)`. Empty if it says nothing, or not for each of its branches.
std::vector<TypeId> resolved_types(const fhir::Definitions& definitions, const Parameter& parameter) {
  const std::string_view own_name = definitions.type(parameter.type).name;
  std::vector<TypeId> types;
  std::string_view rest = parameter.definition->expression;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    std::string_view branch = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    branch.remove_prefix(std::min(branch.find_first_not_of(' '), branch.size()));
    branch = branch.substr(0, branch.find_last_not_of(' ') + 1);
    const bool is_of_other_type = definitions.find_resource_type(branch.substr(0, branch.find('.'))).has_value() &&
                                  branch.substr(0, branch.find('.')) != own_name;
    if (is_of_other_type) continue;
    const auto type = definitions.find_resource_type(resolved_type(branch));
    if (!type) return {};
    types.push_back(*type);
  }
  return types;
}

bool yields(const Registry& registry, const Parameter& parameter, std::string_view type_name) {
  const auto type = registry.definitions().find_type(type_name);
  return type && parameter.program != nullptr && parameter.program->may_yield(*type);
}

// Takes `_has:[type]:[reference]:` from the front.
Result<PathStep> take_has(std::string_view name, std::string_view& rest) {
  rest.remove_prefix(kHas.size());
  const std::size_t type_end = rest.find(':');
  const std::size_t code_end = type_end == std::string_view::npos ? type_end : rest.find(':', type_end + 1);
  if (code_end == std::string_view::npos) {
    return parameter_error(name, "invalid", "'_has' is written _has:[type]:[reference parameter]:[parameter]");
  }
  const PathStep step{Plan::Kind::has, rest.substr(type_end + 1, code_end - type_end - 1), rest.substr(0, type_end)};
  rest.remove_prefix(code_end + 1);
  if (step.type.empty() || step.code.empty()) {
    return parameter_error(name, "invalid", "'_has' is written _has:[type]:[reference parameter]:[parameter]");
  }
  return step;
}

}  // namespace

// https://hl7.org/fhir/R4/search.html#chaining: [reference parameter](:[type])?.[rest];
// https://hl7.org/fhir/R4/search.html#has: _has:[type]:[reference parameter]:[rest]
Result<Path> split_path(std::string_view name) {
  Path path;
  std::string_view rest = name;
  while (true) {
    PathStep step;
    if (rest.starts_with(kHas)) {
      VESTA_TRY(step, take_has(name, rest));
    } else {
      const std::size_t dot = rest.find('.');
      if (dot == std::string_view::npos) break;
      const std::string_view segment = rest.substr(0, dot);
      const std::size_t colon = segment.find(':');
      step.code = segment.substr(0, colon);
      if (colon != std::string_view::npos) step.type = segment.substr(colon + 1);
      rest.remove_prefix(dot + 1);
      if (step.code.empty() || (colon != std::string_view::npos && step.type.empty())) {
        return parameter_error(name, "invalid", "a step of the chain is empty");
      }
    }
    if (path.steps.size() == kMaxChainDepth) {
      return parameter_error(name, "too-costly", "a chain of more than " + std::to_string(kMaxChainDepth) + " steps");
    }
    path.steps.push_back(step);
  }
  if (rest.empty() || rest.front() == ':') {
    return parameter_error(name, "invalid", "the parameter at its end is missing");
  }
  path.last = rest;
  return path;
}

Result<Plan> bind_path(const Registry& registry, std::string_view named, TypeId from, std::span<const PathStep> steps,
                       const Condition& last) {
  PathBinder binder(registry, named, steps, last);
  VESTA_CHECK_OK(binder.follow(from));
  return binder.plan(from);
}

bool leads_on(const Registry& registry, TypeId from, std::span<const PathStep> steps, const Condition& last) {
  return PathBinder(registry, {}, steps, last).follow(from).ok();
}

std::string_view reason_not_to_follow(const Registry& registry, const Parameter& parameter) {
  if (parameter.kind != fhir::SearchParamType::reference) return "is no reference";
  if (parameter.program == nullptr) return "has no expression";
  if (yields(registry, parameter, "Reference")) return {};
  if (parameter.canonical == kNoParameter && yields(registry, parameter, "uri"))
    return "holds URIs that name no resource";
  if (targets_of(registry, parameter).empty()) return "leads to no type that has canonical URLs";
  return {};
}

std::vector<TypeId> named_targets(const Registry& registry, const Parameter& parameter) {
  const fhir::Definitions& definitions = registry.definitions();
  std::vector<TypeId> resolved = resolved_types(definitions, parameter);
  if (!resolved.empty()) {
    std::ranges::sort(resolved);
    resolved.erase(std::unique(resolved.begin(), resolved.end()), resolved.end());
    return resolved;
  }
  const auto named = parameter.definition->targets;
  const bool is_plain = !named.empty() && std::ranges::none_of(named, [&](TypeId target) {
    return definitions.type(target).is_abstract;
  });
  std::vector<TypeId> targets(named.begin(), named.end());
  if (is_plain) {
    std::ranges::sort(targets);
    return targets;
  }
  targets.clear();
  for (std::size_t id = 0; id < definitions.types().size(); ++id) {
    const auto type = static_cast<TypeId>(id);
    const fhir::Type& candidate = definitions.type(type);
    if (candidate.kind != fhir::TypeKind::resource || candidate.is_abstract) continue;
    const bool is_target =
        named.empty() || std::ranges::any_of(named, [&](TypeId target) { return definitions.is_a(type, target); });
    if (is_target) targets.push_back(type);
  }
  return targets;
}

// A parameter of canonicals alone leads only to what a canonical may lead to.
std::vector<TypeId> targets_of(const Registry& registry, const Parameter& parameter) {
  std::vector<TypeId> targets = named_targets(registry, parameter);
  if (parameter.canonical != kNoParameter && !yields(registry, parameter, "Reference")) {
    std::erase_if(targets, [&](TypeId type) { return registry.canonical_of(type).names == kNoParameter; });
  }
  return targets;
}

std::string list_types(const fhir::Definitions& definitions, std::span<const TypeId> types) {
  constexpr std::size_t kMostNamed = 5;
  const std::size_t named = types.size() <= kMostNamed + 1 ? types.size() : kMostNamed;  // there is no "1 others"
  std::string text;
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == types.size() ? " or " : ", ";
    text += definitions.type(types[i]).name;
  }
  if (types.size() > named) text += " or " + std::to_string(types.size() - named) + " others";
  return text;
}

Error parameter_error(std::string_view named, std::string_view code, std::string_view why) {
  std::string text = "Parameter '" + params::quoted(named) + "': " + std::string(why);
  Error error = make_error(Category::invalid, text);
  error.issues.push_back({Severity::error, std::string(code), std::move(text), ""});
  return error;
}

std::size_t count_nodes(const Plan& plan) {
  std::size_t count = 1;
  for (const Plan& child : plan.children) count += count_nodes(child);
  if (plan.shared != nullptr) count += count_nodes(*plan.shared);
  if (const auto* composite = std::get_if<CompositeMatch>(&plan.leaf.match)) count += composite->components.size();
  return count;
}

}  // namespace vesta::search
