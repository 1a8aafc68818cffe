// Elements of a SearchParameter, by their names, and the rules for what they say.
#include "ops/search_parameter_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/search_param_type.h"
#include "http/ascii.h"

namespace vesta::ops {
namespace {

using fhir::SearchParamType;
using search::CustomParameter;

// A code is a part of query strings, where ':', '.', ',' and others mean something. R4's own begin with '_' alone.
bool is_code(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCodeBytes && std::ranges::all_of(code, [](char c) {
    return http::is_alpha(c) || http::is_digit(c) || c == '-' || c == '_';
  });
}

// A code has definitions of its own for some types.
auto core_of_code(const fhir::Definitions& definitions, std::string_view code) {
  return std::ranges::equal_range(definitions.search_parameters(), code, {}, &fhir::SearchParameter::code);
}

class Reader {
 public:
  Reader(const fhir::Definitions& definitions, const fhir::Node& resource)
      : definitions_(definitions), resource_(resource) {}

  Result<StoredParameter> read() {
    read_.is_active = is_active(definitions_, resource_);
    std::size_t bases = 0, targets = 0;
    for (const fhir::Node& child : resource_.children()) {
      const std::string_view name = definitions_.name(child.name);
      if (name == "url") parameter().url = child.value;
      if (name == "code") parameter().code = child.value;
      if (name == "description") parameter().description = child.value;
      if (name == "expression") parameter().expression = child.value;
      if (name == "type") read_type(child.value);
      if (name == "base") add_type(child.value, "base", bases++, parameter().base);
      if (name == "target") add_type(child.value, "target", targets++, parameter().targets);
      if (name == "component") read_component(child);
      if (name == "comparator") parameter().uses.comparators.emplace_back(child.value);
      if (name == "modifier") parameter().uses.modifiers.emplace_back(child.value);
      if (name == "chain") parameter().uses.chains.emplace_back(child.value);
    }
    if (!is_code(parameter().code)) {
      refuse("code", "'" + parameter().code + "' is no code: letters, digits, '-' and '_', at most " +
                         std::to_string(kMaxCodeBytes));
    }
    check_meaning();
    if (issues_.empty()) return std::move(read_);
    return Error{Category::unprocessable, {}, std::move(issues_)};
  }

 private:
  CustomParameter& parameter() { return read_.parameter; }

  void refuse(const std::string& element, std::string why) {
    issues_.push_back({Severity::error, "value", std::move(why), "SearchParameter." + element});
  }

  void read_type(std::string_view text) {
    const auto type = fhir::search_param_type(text);
    if (!type) return refuse("type", "'" + std::string(text) + "' is no type of parameter");
    parameter().type = *type;
  }

  void add_type(std::string_view text, std::string_view element, std::size_t index, std::vector<fhir::TypeId>& types) {
    const auto type = definitions_.find_type(text);
    if (type && definitions_.type(*type).kind == fhir::TypeKind::resource) {
      types.push_back(*type);
    } else {
      refuse(std::string(element) + "[" + std::to_string(index) + "]",
             "'" + std::string(text) + "' is no resource type");
    }
  }

  void read_component(const fhir::Node& node) {
    CustomParameter::Component component;
    for (const fhir::Node& child : node.children()) {
      const std::string_view name = definitions_.name(child.name);
      if (name == "definition") component.definition = child.value;
      if (name == "expression") component.expression = child.value;
    }
    parameter().components.push_back(std::move(component));
  }

  void check_meaning() {
    if (!issues_.empty() || is_core(definitions_, parameter())) return;
    if (parameter().code.starts_with('_')) {
      const std::string why = "'" + parameter().code + "': codes with '_' are those of FHIR, and mean what it says";
      const auto of_code = core_of_code(definitions_, parameter().code);
      const auto core = std::ranges::find(of_code, parameter().type, &fhir::SearchParameter::type);
      if (core == of_code.end()) return refuse("code", why);
      return refuse("expression", why + (core->expression.empty() ? ", which has no expression"
                                                                  : ", which is " + std::string(core->expression)));
    }
    if (parameter().type == SearchParamType::special) {
      return refuse("type", "what a special parameter means stands in no expression: only those of FHIR are known");
    }
    if (parameter().expression.empty()) {
      return refuse("expression", "there is no FHIRPath expression, and it is by that that resources are indexed");
    }
    const bool is_composite = parameter().type == SearchParamType::composite;
    if (is_composite != !parameter().components.empty()) {
      refuse("component", is_composite ? "a composite has components" : "only a composite has components");
    }
    if (parameter().components.size() > search::kMaxComponents) {
      refuse("component", "more than " + std::to_string(search::kMaxComponents) + " components");
    }
  }

  const fhir::Definitions& definitions_;
  const fhir::Node& resource_;
  StoredParameter read_;
  std::vector<Issue> issues_;
};

// The alternatives of an expression, at its top level: `A.x | B.y`.
std::vector<std::string_view> alternatives_of(std::string_view expression) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= expression.size(); ++at) {
    const char c = at == expression.size() ? '|' : expression[at];
    if (c == '\'' && (at == 0 || expression[at - 1] != '\\')) is_quoted = !is_quoted;
    if (is_quoted && at != expression.size()) continue;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != '|' || (depth > 0 && at != expression.size())) continue;
    parts.push_back(http::trim(expression.substr(begin, at - begin)));
    begin = at + 1;
  }
  return parts;
}

// What an alternative says of a resource of type `base`: `Patient.id`, `Resource.id` and `id` are the same.
std::string_view without_root(const fhir::Definitions& definitions, std::string_view part, fhir::TypeId base) {
  const std::size_t dot = part.find('.');
  if (dot == std::string_view::npos) return part;
  const auto type = definitions.find_type(part.substr(0, dot));
  const bool is_root =
      type && definitions.type(*type).kind == fhir::TypeKind::resource && definitions.is_a(base, *type);
  return is_root ? part.substr(dot + 1) : part;
}

// Those that are about a type: all but those that begin with another one. Sorted.
std::vector<std::string_view> alternatives_for(const fhir::Definitions& definitions, std::string_view expression,
                                               fhir::TypeId base) {
  std::vector<std::string_view> parts = alternatives_of(expression);
  std::erase_if(parts, [&](std::string_view part) {
    const std::size_t begin = part.find_first_not_of('(');
    if (begin == std::string_view::npos) return false;
    part.remove_prefix(begin);
    const auto type = definitions.find_resource_type(part.substr(0, part.find('.')));
    return type && *type != base;
  });
  for (std::string_view& part : parts) part = without_root(definitions, part, base);
  std::ranges::sort(parts);
  return parts;
}

// R4 has one definition for many types, with an alternative for each.
bool is_same(const fhir::Definitions& definitions, std::string_view core, std::string_view custom, fhir::TypeId base) {
  return alternatives_for(definitions, core, base) == alternatives_for(definitions, custom, base);
}

bool has_same_components(const fhir::SearchParameter& core, const CustomParameter& custom) {
  return std::ranges::equal(core.components, custom.components, [](const auto& left, const auto& right) {
    return left.definition == right.definition && left.expression == right.expression;
  });
}

bool covers(const fhir::Definitions& definitions, const fhir::SearchParameter& core, fhir::TypeId base) {
  return std::ranges::any_of(core.base, [&](fhir::TypeId of) { return definitions.is_a(base, of); });
}

}  // namespace

bool is_active(const fhir::Definitions& definitions, const fhir::Node& resource) {
  for (const fhir::Node& child : resource.children()) {
    if (definitions.name(child.name) == "status") return child.value == "active";
  }
  return false;
}

Result<StoredParameter> read_search_parameter(const fhir::Definitions& definitions, const fhir::Node& resource) {
  return Reader(definitions, resource).read();
}

bool is_core(const fhir::Definitions& definitions, const CustomParameter& parameter) {
  const auto of_code = core_of_code(definitions, parameter.code);
  const auto has = [&](fhir::TypeId base) {
    return std::ranges::any_of(of_code, [&](const fhir::SearchParameter& core) {
      if (core.type != parameter.type || !covers(definitions, core, base)) return false;
      if (core.type == SearchParamType::composite && !has_same_components(core, parameter)) return false;
      return is_same(definitions, core.expression, parameter.expression, base);
    });
  };
  return !parameter.base.empty() && std::ranges::all_of(parameter.base, has);
}

}  // namespace vesta::ops
