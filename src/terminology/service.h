// Service: which codes a value set holds, and which codes are above and below a code.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "terminology/cache.h"
#include "terminology/code_set.h"
#include "terminology/code_system.h"
#include "terminology/compose.h"
#include "terminology/names.h"
#include "terminology/source.h"

namespace vesta::terminology {

inline constexpr std::size_t kMaxImportDepth = 20;                      // value sets that import value sets
inline constexpr std::size_t kMaxCachedSystemBytes = 16 * 1024 * 1024;  // read code systems
inline constexpr std::size_t kMaxCachedSetBytes = 16 * 1024 * 1024;     // expanded value sets

// Asks its sources in their order (the store's before the definitions') and takes the first that has the resource.
// Thread-safe: what is kept between calls are two caches, which are emptied when a source's generation grows.
//
// Errors of all functions, each naming what is wrong:
//   not_found: no such CodeSystem, ValueSet or code;  unsupported: the codes of a system are needed and not here;
//   invalid: a resource that breaks its rules, or value sets that import each other in a circle;
//   too_large: kMaxExpansion, kMaxImportDepth, kMaxExpansionSteps;  and those of the sources.
//
// DEVIATION: codes are compared by their bytes, also in a system whose caseSensitive is false.
class Session;
class Service {
 public:
  // The sources outlive the service.
  Service(const fhir::Definitions& definitions, std::vector<Source*> sources);

  // The codes of a value set, by `url` or `url|version`.
  Result<std::shared_ptr<const CodeSet>> expand(std::string_view canonical);
  Result<bool> contains(std::string_view canonical, std::string_view system, std::string_view code);

  // The code and all below it (token's `:below`); the code and all above it (`:above`). `system` may be `url|version`;
  // empty: in every known system that has the code.
  Result<std::shared_ptr<const CodeSet>> subsumed_by(std::string_view system, std::string_view code);
  Result<std::shared_ptr<const CodeSet>> subsumes(std::string_view system, std::string_view code);

  // The text for a code; empty if the system has none for it.
  Result<std::string> display(std::string_view system, std::string_view code);

 private:
  friend class Session;
  enum class Direction { up, down };
  Result<std::shared_ptr<const CodeSet>> related(std::string_view system, std::string_view code, Direction direction);
  Result<CodeSet> related_everywhere(Session& session, std::string_view code, Direction direction);
  std::uint64_t generation() const;

  const fhir::Definitions& definitions_;
  const Names names_;
  const std::vector<Source*> sources_;
  Cache<CodeSystem> systems_{kMaxCachedSystemBytes};
  Cache<CodeSet> sets_{kMaxCachedSetBytes};
};

}  // namespace vesta::terminology
