// Redaction: versions without the elements that a principal is not shown.
#pragma once

#include <optional>
#include <string_view>

#include "access/decide.h"
#include "fhir/node.h"
#include "search/visibility.h"

namespace vesta::access {

// Is a version what the store has now, so that it can be asked which ways show it, or one of before or to come?
enum class Standing : unsigned char { current, other };

// What is hidden twice: of an element and a part of it, the part.
search::ElementPaths hidden_by_both(const search::ElementPaths& left, const search::ElementPaths& right);

// What is hidden in the version, none that was deleted: by all ways that show it; nullopt: no way does. Of a type
// without ways: nothing. Errors: those of decide.
Result<std::optional<search::ElementPaths>> hidden_in(const Deciding& deciding, const search::Visibility& visible,
                                                      const store::Version& version, Standing standing);
Result<std::optional<search::ElementPaths>> hidden_in(const Deciding& deciding, const search::Visibility& visible,
                                                      const search::Subject& subject);

// Is it, or does a resource stand in it, of a type of which elements may be hidden?
bool holds_hiding(const fhir::Definitions& definitions, const fhir::Node& element, const search::Visibility& visible);

// Takes the elements out of the tree, and from each resource that stands in it what any way hides of its type; an
// element that has nothing left goes too. Returns whether something could have been there: the same for resources that
// differ in nothing else.
bool take_out(const fhir::Definitions& definitions, const search::ElementPaths& hidden,
              const search::Visibility& visible, fhir::Node& resource);

// The version as `visible` shows it: with the tag SUBSETTED where something could have been hidden.
// https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html
Status redact(const Deciding& deciding, const search::Visibility& visible, Standing standing, store::Version& version);

inline constexpr std::string_view kSubsetted = "SUBSETTED";

// Behind the tags of meta, which is there.
void add_subsetted_tag(const fhir::Definitions& definitions, fhir::Node& resource, fhir::Arena& arena);

// Of Coding, as meta.tag has it.
bool is_subsetted(const fhir::Definitions& definitions, const fhir::Node& tag);
// Has the resource the tag?
bool is_part(const fhir::Definitions& definitions, const fhir::Node& resource);
// A part is to take the place of the whole.
Error is_no_update(const fhir::Definitions& definitions, fhir::TypeId type);

}  // namespace vesta::access
