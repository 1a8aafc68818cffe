// What reading references takes, with and without a modifier.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "search/params/parse.h"

namespace vesta::search::params {

// A resource of this server; views into the text that it was read from.
struct LocalReference {
  fhir::TypeId type;
  std::string_view type_name;
  std::string_view id;
};

// True for `scheme:…` (RFC 3986), so for URLs and URNs.
bool is_absolute(std::string_view text);
// `Type/id`, or that behind the base URL of this server; a version is dropped.
std::optional<LocalReference> read_local(const ParseContext& context, std::string_view text);
// Whether the parameter's definition has the type among its targets, and its expression lets it through.
bool may_target(const ParseContext& context, const Parameter& parameter, fhir::TypeId type);
// The types that an id alone may mean; empty if any. R4 spells "any" out as a list of all resource types.
std::vector<fhir::TypeId> types_of_bare_id(const ParseContext& context, const Parameter& parameter);
// References to it, relative and by the base URL: "a relative reference resolving to the same value as a specified
// absolute URL, or vice versa, qualifies as a match".
Plan local_plan(const ValueText& value, const LocalReference& local);
// Says of a value that names a version, if it does, that it is searched without.
void note_version(const ValueText& value, std::string_view text);

}  // namespace vesta::search::params
