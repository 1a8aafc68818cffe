// display(): a parsed code in words.
#include <string>

#include "ucum/parser.h"
#include "ucum/ucum.h"

namespace vesta::ucum {
namespace {

void write(const std::vector<Component>& components, std::string& out);

void write(const Component& component, std::string& out) {
  switch (component.kind) {
    case Component::Kind::annotation:
      break;
    case Component::Kind::factor:
      out += component.digits;
      break;
    case Component::Kind::group:
      out += '(';
      write(component.group, out);
      out += ')';
      break;
    case Component::Kind::unit:
      out += '(';
      if (component.prefix != nullptr) out += component.prefix->name;
      out += component.unit->name;
      if (component.has_exponent) out.append(" ^ ").append(std::to_string(component.exponent));
      out += ')';
      break;
  }
  out += component.annotation;
}

void write(const std::vector<Component>& components, std::string& out) {
  for (const Component& component : components) {
    const bool divides = component.joined_by == Component::Operator::divide;
    if (&component != &components.front()) out += divides ? " / " : " * ";
    if (&component == &components.front() && divides) out += "1 / ";
    write(component, out);
  }
}

}  // namespace

Result<std::string> display(std::string_view code) {
  VESTA_TRY(const Term term, parse(code));
  if (term.components.empty()) return std::string("(unity)");
  std::string out;
  write(term.components, out);
  return out;
}

}  // namespace vesta::ucum
