// The elements that an expression goes to, by its syntax.
#include "search/elements.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <span>
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

// Names that lead somewhere from a type on, and a place there.
struct Touch {
  fhir::TypeId from;
  std::span<const fhir::NameId> names;
  std::span<const std::string> place;

  Touch next(fhir::TypeId type) const { return {type, names.subspan(1), place.subspan(1)}; }
};

// May an element of type `again` stand in one of the type, by nested ones?
bool may_stand_in(const fhir::Definitions& definitions, fhir::TypeId again, fhir::TypeId type,
                  std::set<fhir::TypeId>& known) {
  if (!known.insert(type).second) return false;
  return std::ranges::any_of(definitions.type(type).elements, [&](const fhir::Element& element) {
    return is_nested(definitions, type, element.type) &&
           (element.type == again || may_stand_in(definitions, again, element.type, known));
  });
}

bool touches(const fhir::Definitions& definitions, const Touch& touch);

// The names are those of an element of type `again`, and of such ones that stand in it; `touch.from` stands in it.
bool touches_again(const fhir::Definitions& definitions, fhir::TypeId again, const Touch& touch) {
  std::set<fhir::TypeId> known;
  if (touch.place.empty()) return may_stand_in(definitions, again, touch.from, known);
  const auto id = definitions.find_name(touch.place.front());
  const fhir::Element* const element = id ? definitions.find_element(touch.from, *id) : nullptr;
  if (element == nullptr || !is_nested(definitions, touch.from, element->type)) return false;
  const Touch deeper{element->type, touch.names, touch.place.subspan(1)};
  return (element->type == again && touches(definitions, deeper)) || touches_again(definitions, again, deeper);
}

bool touches(const fhir::Definitions& definitions, const Touch& touch) {
  if (touch.names.empty() || touch.place.empty()) return true;
  if (touch.place.front() != definitions.name(touch.names.front())) return false;
  const fhir::Element* const element = definitions.find_element(touch.from, touch.names.front());
  if (element == nullptr || element->type == fhir::kNoType || touch.names.size() == 1) return true;
  const Touch next = touch.next(element->type);
  return touches(definitions, next) || touches_again(definitions, element->type, next);
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

bool is_nested(const fhir::Definitions& definitions, fhir::TypeId outer, fhir::TypeId inner) {
  if (inner == fhir::kNoType) return false;
  return inner == outer || definitions.type(inner).kind == fhir::TypeKind::backbone;
}

bool ElementsRead::touches(const fhir::Definitions& definitions, const ElementPath& element) const {
  return std::ranges::any_of(places, [&](const std::vector<std::string>& place) {
    return search::touches(definitions, {element.type, element.names, place});
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
