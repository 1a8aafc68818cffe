// Links: by which of its values one resource refers to another.
//
// Three forms of a reference lead somewhere: `Patient/1` (a ReferenceValue); its absolute URL on this server (a
// UriValue of the same parameter); and a canonical (a UriValue of the parameter's facet, see Facet::canonical).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "search/matcher.h"
#include "search/parameter.h"

namespace vesta::search {

// `[base]/[type]/[id]`, and back: nullopt for what is no URL of a resource below `base_url`, with a version too, since
// absolute references are indexed without it as well.
std::string absolute_url(const fhir::Definitions& definitions, std::string_view base_url, fhir::TypeId type,
                         std::string_view id);
struct OwnResource {
  fhir::TypeId type;
  std::string_view id;
};
std::optional<OwnResource> own_resource(const fhir::Definitions& definitions, std::string_view base_url,
                                        std::string_view uri);

// Does `source` refer to `target` by this parameter of its type? https://hl7.org/fhir/R4/references.html
bool refers_to(const Surroundings& surroundings, const Parameter& parameter, const Subject& source,
               const Subject& target);

// The types of the resources, other than a subject, that `plan` asks something of.
std::set<fhir::TypeId> linked_types(const Plan& plan);

}  // namespace vesta::search
