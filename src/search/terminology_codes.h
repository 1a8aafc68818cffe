// TerminologyCodes: the CodeSource that asks the terminology service.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "search/codes.h"
#include "terminology/service.h"

namespace vesta::search {

// Codes of sets that are kept in search's form, all together.
inline constexpr std::size_t kMaxKeptCodes = 100'000;

// What the service says in the form of plans. That there is no such value set, system or code, or that there are too
// many codes, is a mistake of the query: category invalid, the code tells which. Thread-safe.
class TerminologyCodes : public CodeSource {
 public:
  // The service outlives this.
  explicit TerminologyCodes(terminology::Service& service) : service_(service) {}

  Result<std::shared_ptr<const TokenSet>> value_set(std::string_view reference) const override;
  Result<std::shared_ptr<const TokenSet>> subsumed_by(std::string_view system, std::string_view code) const override;
  Result<std::shared_ptr<const TokenSet>> subsuming(std::string_view system, std::string_view code) const override;

 private:
  using CodeSets = Result<std::shared_ptr<const terminology::CodeSet>>;
  Result<std::shared_ptr<const TokenSet>> convert(CodeSets codes) const;

  // The service keeps its sets; as long as it keeps one, its conversion is not repeated.
  struct Kept {
    std::weak_ptr<const terminology::CodeSet> from;
    std::shared_ptr<const TokenSet> to;
  };
  terminology::Service& service_;
  mutable Mutex mutex_;
  mutable std::unordered_map<const terminology::CodeSet*, Kept> kept_ GUARDED_BY(mutex_);
  mutable std::size_t kept_codes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::search
