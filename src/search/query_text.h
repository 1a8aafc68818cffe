// From the text of a search (query string parameters) to a Query: the only place where search text is understood.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/json.h"
#include "http/message.h"
#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::search {

inline constexpr std::uint32_t kDefaultCount = 20;
inline constexpr std::uint32_t kMaxCount = 1000;  // a larger _count is cut to it, as R4 allows; 0 means _summary=count
inline constexpr std::size_t kMaxParameters = 128;  // of one search
inline constexpr std::size_t kMaxOrValues = 500;    // of one parameter
inline constexpr std::size_t kMaxPlanNodes = 8192;  // of the plan of one type
// Of the plans of all types together that may contain what `_contained` asks for.
inline constexpr std::size_t kMaxContainerNodes = 16'384;
inline constexpr std::size_t kMaxIncludes = 32;
inline constexpr std::size_t kMaxSortKeys = 8;
inline constexpr std::size_t kMaxValueBytes = 4096;

enum class Handling { strict, lenient };  // Prefer: handling=

// What one search asks for. `queries` has one entry per resource type (one, but for a search of the whole system).
struct Search {
  std::vector<Query> queries;
  std::vector<Include> includes;
  std::uint32_t count = kDefaultCount;
  Total total = Total::none;
  bool count_only = false;  // _summary=count or _count=0
  fhir::Summary summary = fhir::Summary::none;
  std::optional<std::vector<std::string>> elements;
  std::vector<http::Parameter> applied;  // what was understood, for the self link
  std::vector<Issue> ignored;            // what was not: parameters (lenient only), versions of references
};

class CodeSource;
class Hierarchy;
class IdOwners;

struct ParseContext {
  const Registry& registry;
  std::string_view base_url;  // "http://localhost:8080/fhir": absolute references to it are local ones
  Instant now;                // for ap
  Handling handling = Handling::strict;
  // For :in, :not-in, :above and :below; null: these are refused as not supported.
  const CodeSource* codes = nullptr;     // search/codes.h
  const Hierarchy* hierarchy = nullptr;  // search/hierarchy.h
  bool offers_contained = true;          // false: `_contained` other than false is refused
  // A bare id that two target types have is refused; null: it means both. search/id_owners.h
  const IdOwners* id_owners = nullptr;
  std::vector<Issue>* notes = nullptr;  // set by parse_search: what is to be said of a search that is answered
};

// `type`: the resource type of the path, or kNoType for a search of the whole system (`_type` then names the types;
// only parameters of all resources). Parameters that are not of search (_format, _pretty) are removed by the caller.
// Errors: invalid, each issue naming its parameter: unknown parameter (strict), a modifier that it has not, a value not
// of its type's form, a bad prefix, a chain that leads nowhere, limits. Lenient ignores what leaves the matches as they
// are or is unknown altogether, and lists it; never a modifier or a chain of a known parameter. Other categories
// (unavailable, busy, too_large) come from the context's sources of codes and resources; busy also from a parameter
// that is being indexed.
Result<Search> parse_search(const ParseContext& context, fhir::TypeId type,
                            std::span<const http::Parameter> parameters);

}  // namespace vesta::search
