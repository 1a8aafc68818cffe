// What the language asks of the world around a tree: other resources, profiles, terminology, a place for traces.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "fhir/node.h"

namespace vesta::fhirpath {

struct Item;

// A code and its system; the system is empty where it is not known.
struct CodeInSystem {
  std::string_view system;
  std::string_view code;
};

// Implemented by the caller of an evaluation. What it does not override is an error when an expression needs it, but
// for resolve() and trace(). Called on the thread of the evaluation.
class Services {
 public:
  virtual ~Services() = default;

  // resolve(): the resource that a reference's text points to, in memory of `arena`; null: it is not at hand.
  virtual Result<const fhir::Node*> resolve(std::string_view reference, fhir::Arena& arena);
  // conformsTo(): of what is no definition of a type. https://hl7.org/fhir/R4/fhirpath.html#functions
  virtual Result<bool> conforms_to(const fhir::Node& element, const fhir::Node& resource, std::string_view profile);
  // slice(): whether an element is of the slice `name` of a profile. (`resource`: what the element is in.)
  virtual Result<bool> is_in_slice(const fhir::Node& element, const fhir::Node& resource, std::string_view profile,
                                   std::string_view name);
  // memberOf(): whether a code is in a value set.
  virtual Result<bool> is_member_of(const CodeInSystem& code, std::string_view value_set);
  // subsumes() and subsumedBy(): whether `ancestor` is `descendant` or stands above it.
  virtual Result<bool> subsumes(const CodeInSystem& ancestor, const CodeInSystem& descendant);
  // trace(): what flows through at that place.
  virtual void trace(std::string_view name, std::span<const Item> items);
};

}  // namespace vesta::fhirpath
