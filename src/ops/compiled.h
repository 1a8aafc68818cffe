// What is compiled for one request and kept for the next ones: FHIRPath programs, views, GraphQL documents.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"
#include "graphql/graphql.h"
#include "ops/kept.h"
#include "views/view.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxKeptPrograms = 64;
inline constexpr std::size_t kMaxKeptProgramBytes = 1 << 10;  // of the text of one, with its type and variables
inline constexpr std::size_t kMaxKeptViews = 64;
inline constexpr std::size_t kMaxKeptViewBytes = 16 << 10;  // of the JSON of one
inline constexpr std::size_t kMaxKeptDocuments = 64;
inline constexpr std::size_t kMaxKeptDocumentBytes = 8 << 10;  // of the text of one, whose tree is much larger

// Thread-safe. The definitions outlive it.
class Compiled {
 public:
  using SharedProgram = std::shared_ptr<const fhirpath::Program>;
  using SharedView = std::shared_ptr<const views::View>;
  using SharedDocument = std::shared_ptr<const graphql::ReadDocument>;

  explicit Compiled(const fhir::Definitions& definitions) : definitions_(definitions) {}

  // For trees whose root is of `type`. Errors: those of fhirpath::compile.
  Result<SharedProgram> program(fhir::TypeId type, std::span<const std::string> variables, std::string_view expression);
  // Errors: those of views::compile, as unprocessable: it is well-formed, and breaks a rule for what it says.
  Result<SharedView> view(std::string_view json);
  // Or what is wrong with it.
  std::variant<SharedDocument, std::vector<graphql::Problem>> document(std::string_view text);
  // Whether a resource that is about to be written says what cannot be: a view that does not compile, whatever its
  // status, since it may be run by its id. Errors: as above.
  Status check(const fhir::Node& resource);

 private:
  const fhir::Definitions& definitions_;
  Kept<fhirpath::Program> programs_{kMaxKeptPrograms, kMaxKeptProgramBytes};
  Kept<views::View> views_{kMaxKeptViews, kMaxKeptViewBytes};
  Kept<graphql::ReadDocument> documents_{kMaxKeptDocuments, kMaxKeptDocumentBytes};
};

}  // namespace vesta::ops
