// Turns the terminology's sets of codes into those of plans, and its errors into mistakes of the query.
#include "search/terminology_codes.h"

#include <utility>

namespace vesta::search {
namespace {

// https://hl7.org/fhir/R4/valueset-issue-type.html
Error mistake_of_query(Error error) {
  const char* code = error.category == Category::not_found     ? "not-found"
                     : error.category == Category::too_large   ? "too-costly"
                     : error.category == Category::unsupported ? "not-supported"
                                                               : nullptr;
  if (code == nullptr) return error;
  if (error.category != Category::unsupported) error.category = Category::invalid;
  error.issues = {{Severity::error, code, error.message, ""}};
  return error;
}

std::shared_ptr<const TokenSet> to_token_set(const terminology::CodeSet& codes) {
  TokenSet set;
  set.codes.reserve(codes.size());
  for (const terminology::SystemCodes& system : codes.systems()) {  // sorted by system, then by code
    if (system.whole) set.systems.push_back(system.system);
    for (const std::string& code : system.codes) set.codes.emplace_back(system.system, code);
  }
  return std::make_shared<const TokenSet>(std::move(set));
}

}  // namespace

Result<std::shared_ptr<const TokenSet>> TerminologyCodes::value_set(std::string_view reference) const {
  return convert(service_.expand(reference));
}

Result<std::shared_ptr<const TokenSet>> TerminologyCodes::subsumed_by(std::string_view system,
                                                                      std::string_view code) const {
  return convert(service_.subsumed_by(system, code));
}

Result<std::shared_ptr<const TokenSet>> TerminologyCodes::subsuming(std::string_view system,
                                                                    std::string_view code) const {
  return convert(service_.subsumes(system, code));
}

Result<std::shared_ptr<const TokenSet>> TerminologyCodes::convert(CodeSets codes) const {
  if (!codes.ok()) return mistake_of_query(codes.take_error());
  const terminology::CodeSet* key = codes->get();
  {
    MutexLock lock(mutex_);
    const auto kept = kept_.find(key);
    if (kept != kept_.end() && kept->second.from.lock() == *codes) return kept->second.to;
  }
  std::shared_ptr<const TokenSet> tokens = to_token_set(**codes);
  MutexLock lock(mutex_);
  kept_codes_ += 1 + tokens->codes.size();
  if (kept_codes_ > kMaxKeptCodes) {
    kept_.clear();
    kept_codes_ = 1 + tokens->codes.size();
  }
  kept_[key] = {*codes, tokens};
  return tokens;
}

}  // namespace vesta::search
