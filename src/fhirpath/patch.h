// FHIRPath Patch: a Parameters resource whose operations change another resource.
// https://hl7.org/fhir/R4/fhirpatch.html
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

inline constexpr std::size_t kMaxPatchOperations = 200;  // each may take kMaxSteps
// In all patches that share a counter: steps of their paths, and nodes that are looked at to find what these lead to.
inline constexpr std::size_t kMaxPatchSteps = 10'000'000;
inline constexpr std::size_t kMaxPatchedDepth = 64;  // elements inside each other that a patch may make

struct PatchOperation {
  enum class Kind : unsigned char { add, insert, remove, replace, move };
  enum Part : unsigned char { type, path, name, value, index, source, destination };
  static constexpr std::size_t kParts = 7;

  Kind kind = Kind::add;
  std::unique_ptr<const Program> program;  // of the path
  std::string_view element;                // of add: the name of what is added
  const fhir::Node* content = nullptr;     // of add, insert and replace: the part "value"
  std::size_t from = 0;                    // of move: "source"
  std::size_t to = 0;                      // of insert: "index"; of move: "destination"
  std::array<std::string, kParts> places;  // of the parts that are there: "Parameters.parameter[0].part[1]"
};

// The operations of a Parameters resource that stands at `place` ("Parameters"), for resources of `target`. Views and
// nodes point into the tree of `parameters`. Errors, each with its place: invalid (no Parameters, another parameter,
// a part that is missing, repeated, of another type, or not of this operation, an expression that cannot be compiled),
// too_large (kMaxPatchOperations).
Result<std::vector<PatchOperation>> read_patch(const fhir::Definitions& definitions, fhir::TypeId target,
                                               const fhir::Node& parameters, std::string_view place);

// All operations one after the other on the tree of `root`, whose new nodes live in `arena`; their texts are those of
// the patch. What the tree then says is to be checked by writing and reading it again: forms, cardinalities, and what
// is missing. Errors (unprocessable), each with its place: a path that leads to no element, to several or to a value;
// an element that is not defined, is there already or has another type; a list that is shorter; kMaxPatchedDepth.
// Too_large: `steps`, which counts on, comes to more than kMaxPatchSteps. Then the tree is in no state to be used.
Status apply_patch(const fhir::Definitions& definitions, const std::vector<PatchOperation>& patch, fhir::Node& root,
                   fhir::Arena& arena, std::size_t& steps);
// The error of that.
Error too_many_patch_steps();

}  // namespace vesta::fhirpath
