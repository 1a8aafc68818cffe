// Routes: which interaction a method and a path below the base ask for. https://hl7.org/fhir/R4/http.html#summary
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "http/message.h"

namespace vesta::ops {

// The interactions of R4, for metrics, the log and the CapabilityStatement.
enum class Interaction {
  read,
  vread,
  update,
  patch,
  remove,
  create,
  history_instance,
  history_type,
  history_system,
  search_type,
  search_system,
  batch,
  transaction,
  capabilities,
  operation,
  other,
};
inline constexpr std::size_t kInteractions = static_cast<std::size_t>(Interaction::other) + 1;
std::string_view to_string(Interaction interaction);

inline constexpr std::size_t kMaxIdBytes = 64;  // https://hl7.org/fhir/R4/datatypes.html#id

// What a path names; the method is another matter.
struct Route {
  enum class Kind {
    system,              // [base]
    system_search,       // [base]/_search
    system_history,      // [base]/_history
    metadata,            // [base]/metadata
    type,                // [base]/Patient
    type_search,         // [base]/Patient/_search
    type_history,        // [base]/Patient/_history
    instance,            // [base]/Patient/1
    instance_history,    // [base]/Patient/1/_history
    version,             // [base]/Patient/1/_history/2
    compartment,         // [base]/Patient/1/Observation, [base]/Patient/1/*
    compartment_search,  // [base]/Patient/1/Observation/_search, [base]/Patient/1/*/_search
    operation,           // [base]/$name, [base]/Patient/$name, [base]/Patient/1/$name
  };
  Kind kind = Kind::system;
  fhir::TypeId type = fhir::kNoType;  // of a compartment: what is searched; kNoType for `*`
  std::string id;
  fhir::TypeId compartment = fhir::kNoType;  // the type of the compartment's own resource, which `id` names
  VersionId version;                         // kind version; zero for a text that no version of ours has
  std::string operation;                     // with its '$'
};

// `path` is what follows the base: "", "/", "/Patient/1". Errors: not_found (an unknown type, or no such path), invalid
// (an id that is not of FHIR's form, a broken percent escape).
Result<Route> parse_route(const fhir::Definitions& definitions, std::string_view path);

// [A-Za-z0-9\-\.]{1,64}
bool is_id(std::string_view text);

}  // namespace vesta::ops
