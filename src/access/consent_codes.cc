// Asking for the narrower codes, once for each.
#include "access/consent_codes.h"

#include <algorithm>
#include <utility>

#include "access/rule_plans.h"

namespace vesta::access {
namespace {

// There is no such code, or nobody knows what is below it.
bool means_itself(const Error& error) {
  return error.category == Category::not_found || error.category == Category::unsupported ||
         (!error.issues.empty() && error.issues.front().code == "not-found");
}

}  // namespace

Choices<ConsentCode> ConsentCodes::ask(const ConsentCode& code) {
  Choices<ConsentCode> found{{code}, false};
  const auto below = codes_->subsumed_by(code.system, code.code);
  if (!below.ok()) {
    found.has_others = !means_itself(below.error());
    if (is_passing(below.error())) is_whole_ = false;
    return found;
  }
  if ((*below)->codes.size() > kMaxNarrowerCodes) {
    found.has_others = true;
    return found;
  }
  for (const auto& [system, narrower] : (*below)->codes) found.of.push_back({system, narrower});
  return found;
}

const Choices<ConsentCode>& ConsentCodes::narrower(const ConsentCode& code) {
  const auto known = known_.find(code);
  return known != known_.end() ? known->second : known_.emplace(code, ask(code)).first->second;
}

void ConsentCodes::widen(Choices<ConsentCode>& choices) {
  Choices<ConsentCode> all{{}, choices.has_others};
  for (const ConsentCode& code : choices.of) {
    const Choices<ConsentCode>& meant = narrower(code);
    all.of.insert(all.of.end(), meant.of.begin(), meant.of.end());
    all.has_others = all.has_others || meant.has_others;
  }
  std::ranges::sort(all.of);
  all.of.erase(std::unique(all.of.begin(), all.of.end()), all.of.end());
  choices = std::move(all);
}

void ConsentCodes::widen(Provision& provision) {
  widen(provision.labels);
  widen(provision.purposes);
  for (Provision& each : provision.provisions) widen(each);
}

Provision ConsentCodes::widened(const Provision& rule) {
  Provision made = rule;
  if (codes_ != nullptr) widen(made);
  return made;
}

}  // namespace vesta::access
