// CodeSource: where `:in`, `:not-in`, `:above` and `:below` of tokens get their sets of codes from.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "search/plan.h"

namespace vesta::search {

// Search knows neither stores nor terminologies: who parses a query hands in one of these. Called on the thread of the
// query. Sets are shared, since plans are copied and a source may keep them.
//
// Errors are the answer to the client: invalid or not_found (no such value set or system), too_large (its limit of
// codes), unavailable. Never an empty set in place of one of these.
class CodeSource {
 public:
  virtual ~CodeSource() = default;

  // All codes of a value set. `reference`: its canonical URL, with or without |version; or, as in the query, a literal
  // reference to one of this server (`ValueSet/123`).
  virtual Result<std::shared_ptr<const TokenSet>> value_set(std::string_view reference) const = 0;
  // The code itself and all that it subsumes. An empty `system`: of every known system that has the code.
  virtual Result<std::shared_ptr<const TokenSet>> subsumed_by(std::string_view system, std::string_view code) const = 0;
  // The code itself and all that subsume it. An empty `system`: as above.
  virtual Result<std::shared_ptr<const TokenSet>> subsuming(std::string_view system, std::string_view code) const = 0;
};

}  // namespace vesta::search
