// Running an expression once, with variables of the caller. What runs often is compiled: program.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// Copies of texts in an arena, each made once while what it is a copy of stays where it is.
class TextCopies {
 public:
  explicit TextCopies(fhir::Arena& arena) : arena_(arena) {}
  std::string_view copy(std::string_view text);
  void forget() { copies_.clear(); }

 private:
  fhir::Arena& arena_;
  std::unordered_map<const char*, std::string_view> copies_;
};

// %name in the expression; its items are borrowed from trees and texts that outlive the run.
struct Variable {
  std::string name;
  Collection items;
};

// Appends what `expression` yields on `root` to `out`; texts that the expression made are in `arena`.
// Errors (category invalid): those of compile() and Program::evaluate(); a variable with the name of a constant of the
// language, or of another one. https://hl7.org/fhirpath/N1/#environment-variables
Status run(const fhir::Definitions& definitions, std::string_view expression, const fhir::Node& root,
           std::span<const Variable> variables, const Surroundings& surroundings, fhir::Arena& arena, Collection& out);

}  // namespace vesta::fhirpath
