// Search criteria drawn from a resource, each with the tests' own decision of what it finds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/conformance/us_core_metadata.h"
#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {

// "date=ge2020-01-01": its parts, decoded, and whether a resource of the type satisfies it.
struct Criterion {
  std::string name;
  std::string value;
  std::string comparator;  // empty if the value has none
  std::function<bool(const JsonValue&)> holds;
};

// A parameter of a type: its definition in the metadata and the types that it may refer to by the package.
struct AskedParameter {
  SearchDefinition definition;
  std::vector<std::string> targets;
};

// The criteria by which `base` is to be found through one parameter, the plainest first: each form of its value; for
// times each comparator with the time itself and with times around; lists of values (an or) with values of `peers` and
// with the codes of the metadata. Empty if `base` lacks the element.
std::vector<Criterion> criteria_for(const AskedParameter& asked, const JsonValue& base,
                                    const std::vector<const JsonValue*>& peers, std::int64_t now);

// The values of all paths of a parameter.
std::vector<const JsonValue*> values_of(const SearchDefinition& definition, const JsonValue& resource);

// A copy of `base` that differs in one parameter's elements alone, so that a search that does not look at them finds
// one resource too many. Another value comes from `peers`, from the metadata's codes, or is the old one altered.
JsonValue make_decoy(const SearchDefinition& definition, const JsonValue& base,
                     const std::vector<const JsonValue*>& peers);

}  // namespace vesta::tests
