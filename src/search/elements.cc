// The elements that an expression goes to, by its syntax.
#include "search/elements.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "fhirpath/parser.h"

namespace vesta::search {
namespace {

using fhirpath::Syntax;
using fhirpath::SyntaxKind;

constexpr std::size_t kMaxPlaces = 256;  // of one expression; with more it is taken to read everything

// Where the items of an expression may stand.
struct Places {
  std::set<std::vector<std::string>> known;
  bool are_elsewhere = false;  // some may be resources that references lead to

  void add(const Places& others) {
    known.insert(others.known.begin(), others.known.end());
    are_elsewhere = are_elsewhere || others.are_elsewhere;
  }
};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// Does a type have elements in which whole resources stand?
bool holds_resources(const fhir::Definitions& definitions, fhir::TypeId type, std::set<fhir::TypeId>& known) {
  if (!known.insert(type).second) return false;
  return std::ranges::any_of(definitions.type(type).elements, [&](const fhir::Element& element) {
    return element.type == fhir::kNoType || holds_resources(definitions, element.type, known);
  });
}

class Walk {
 public:
  Walk(const fhir::Definitions& definitions, fhir::TypeId type) : definitions_(definitions), type_(type) {}

  // Reads what the expression yields, from these places on.
  void read(std::string_view expression, const Places& from) { read(go(expression, from)); }
  // Only goes there.
  Places go(std::string_view expression, const Places& from) {
    const auto syntax = fhirpath::parse(expression);
    if (syntax.ok()) return go(**syntax, from);
    read_everything();
    return {};
  }
  void read_everything() { read_.places.insert(std::vector<std::string>()), read_.goes_beyond = true; }
  ElementsRead take() { return std::move(read_); }

  static Places root() { return {{std::vector<std::string>()}}; }

 private:
  void read(const Places& places) {
    if (places.are_elsewhere) read_.goes_beyond = true;
    for (const auto& place : places.known) {
      if (holds_resources(place)) read_.goes_beyond = true;
      read_.places.insert(place);
    }
  }

  // Is there a resource on the way, or at its end? What is in a choice, and in what is not known, is none.
  bool holds_resources(const std::vector<std::string>& place) const {
    fhir::TypeId type = type_;
    for (const std::string& name : place) {
      const auto id = definitions_.find_name(name);
      const fhir::Element* const element = id ? definitions_.find_element(type, *id) : nullptr;
      if (element == nullptr || element->type == fhir::kNoType) return true;
      if (element->is_choice) return false;
      type = element->type;
    }
    std::set<fhir::TypeId> known;
    return search::holds_resources(definitions_, type, known);
  }

  Places child(const Places& of, const std::string& name) {
    if (of.are_elsewhere) read_.goes_beyond = true;
    Places children;
    for (auto place : of.known) {
      place.push_back(name);
      children.known.insert(std::move(place));
    }
    if (children.known.size() > kMaxPlaces) read_everything();
    if (children.known.size() > kMaxPlaces) return {};
    return children;
  }

  // A first identifier that is the name of a type is the root, if that is of it.
  Places member(const Syntax& at, const Places& here) {
    if (at.focus != nullptr) return child(go(*at.focus, here), at.text);
    const auto type = definitions_.find_type(at.text);
    if (!type) return child(here, at.text);
    return definitions_.is_a(type_, *type) ? root() : Places();
  }

  // What a function yields is of what it is asked on, or of its arguments, or it is a value.
  Places function(const Syntax& at, const Places& here) {
    const Places focus = at.focus == nullptr ? here : go(*at.focus, here);
    if (at.text == "resolve") {
      read(focus);
      return {{}, true};
    }
    if (is_one_of(at.text, {"aggregate", "children", "descendants", "repeat"})) read_everything();
    const bool only_passes = is_one_of(at.text, {"where", "select", "ofType", "as"});
    if (!only_passes) read(focus);
    if (at.text == "ofType" || at.text == "as") return focus;
    Places yielded = at.text == "select" ? Places() : focus;
    if (at.text == "extension") yielded.add(child(focus, at.text));
    Places each = focus;
    if (!is_one_of(at.text, {"all", "exists", "select", "where"})) each.add(here);  // these ask about each item
    for (const auto& operand : at.operands) {
      const Places found = go(*operand, each);
      if (at.text != "select") read(found);
      if (at.text != "where") yielded.add(found);
    }
    return yielded;
  }

  // Whether a reference leads to a resource of a type is told by the reference.
  Places type_operator(const Syntax& at, const Places& here) {
    Places tested = go(*at.operands.front(), here);
    if (at.text != "is") return tested;
    tested.are_elsewhere = false;
    read(tested);
    return {};
  }

  Places go(const Syntax& at, const Places& here) {
    switch (at.kind) {
      case SyntaxKind::member:
        return member(at, here);
      case SyntaxKind::function:
        return function(at, here);
      case SyntaxKind::type:
        return type_operator(at, here);
      case SyntaxKind::variable:
        return at.text == "$this" ? here : Places();
      case SyntaxKind::constant:
        return is_one_of(at.text, {"context", "resource", "rootResource"}) ? root() : Places();
      default:
        break;
    }
    Places yielded;
    if (at.focus != nullptr) yielded = go(*at.focus, here);
    if (at.kind == SyntaxKind::indexer) read(yielded);
    for (const auto& operand : at.operands) {
      const Places found = go(*operand, here);
      if (at.kind == SyntaxKind::unite) {
        yielded.add(found);
      } else {
        read(found);
      }
    }
    return yielded;
  }

  const fhir::Definitions& definitions_;
  const fhir::TypeId type_;
  ElementsRead read_;
};

}  // namespace

bool ElementsRead::touches(const fhir::Definitions& definitions, const ElementPath& element) const {
  return std::ranges::any_of(places, [&](const std::vector<std::string>& place) {
    const std::size_t common = std::min(place.size(), element.names.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (place[i] != definitions.name(element.names[i])) return false;
    }
    return true;
  });
}

ElementsRead elements_read(const fhir::Definitions& definitions, const Parameter& parameter) {
  Walk walk(definitions, parameter.type);
  const fhir::SearchParameter* const definition = parameter.definition;
  if (definition == nullptr || definition->expression.empty()) {
    walk.read_everything();
  } else if (definition->components.empty()) {
    walk.read(definition->expression, Walk::root());
  } else {
    const Places elements = walk.go(definition->expression, Walk::root());
    for (const fhir::SearchParamComponent& component : definition->components) {
      walk.read(component.expression, elements);
    }
  }
  return walk.take();
}

}  // namespace vesta::search
