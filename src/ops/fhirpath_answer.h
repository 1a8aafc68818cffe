// The answer of $fhirpath: results and traces as parts of a Parameters resource.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"
#include "ops/parameters_writer.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxFhirpathContexts = 100;   // each is an evaluation, of kMaxSteps at most
inline constexpr std::size_t kMaxFhirpathParts = 10'000;   // values of one answer, those of traces among them
inline constexpr std::size_t kMaxFhirpathBytes = 8 << 20;  // of their texts, and 16 for each of their elements

// The extension of a value that is no FHIR type: its JSON.
inline constexpr std::string_view kJsonExtension = "http://fhir.forms-lab.com/StructureDefinition/json-value";

// What trace() saw.
struct Traced {
  std::string name;
  fhirpath::Collection items;
};

// Where the elements of a resource are in it: "Patient.name[0].given[1]".
class ElementPaths {
 public:
  ElementPaths(const fhir::Definitions& definitions, const fhir::Node& resource);
  std::string path_of(const fhir::Node& element) const;  // empty for what is not in the resource

 private:
  struct Place {
    const fhir::Node* parent = nullptr;
    std::size_t index = 0;  // among those of its name
  };
  void note_children(const fhir::Node& parent);

  const fhir::Definitions& definitions_;
  std::unordered_map<const fhir::Node*, Place> places_;
};

// Source of the form: https://github.com/brianpos/fhirpath-lab/blob/develop/server-api.md
class FhirpathAnswer {
 public:
  FhirpathAnswer(const fhir::Definitions& definitions, const fhir::Node& resource, fhir::Arena& arena);

  ParametersWriter& parameters() { return writer_; }
  // The results of one context: a `result`, whose value is the path of the context. Errors (too_large):
  // kMaxFhirpathParts, kMaxFhirpathBytes.
  Status add_result(std::string_view context, const fhirpath::Collection& items, const std::vector<Traced>& traces);
  std::string path_of(const fhirpath::Item& item) const;

 private:
  Status add_item(ParametersWriter::Part& owner, const fhirpath::Item& item);

  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
  ParametersWriter writer_;
  ElementPaths paths_;
  std::size_t parts_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace vesta::ops
