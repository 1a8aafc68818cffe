// The codes of search parameter types: one table, looked up from both sides.
#include "fhir/search_param_type.h"

#include <algorithm>
#include <iterator>

namespace vesta::fhir {
namespace {

// In the order of the enumeration.
constexpr std::string_view kCodes[] = {"number",    "date",     "string", "token",  "reference",
                                       "composite", "quantity", "uri",    "special"};
static_assert(std::size(kCodes) == static_cast<std::size_t>(SearchParamType::special) + 1);

}  // namespace

std::string_view code_of(SearchParamType type) {
  return kCodes[static_cast<std::size_t>(type)];
}

std::optional<SearchParamType> search_param_type(std::string_view code) {
  const auto found = std::ranges::find(kCodes, code);
  if (found == std::end(kCodes)) return std::nullopt;
  return static_cast<SearchParamType>(found - std::begin(kCodes));
}

}  // namespace vesta::fhir
