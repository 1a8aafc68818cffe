// Consent codes: what Consents mean by a label or a purpose that they name: it and all narrower ones.
#pragma once

#include <cstddef>
#include <map>
#include <string_view>

#include "access/consent.h"
#include "search/codes.h"

namespace vesta::access {

// What says which codes are below which.
inline constexpr std::string_view kCodeSystem = "CodeSystem";
// That one label or purpose stands for; one with more is not understood.
inline constexpr std::size_t kMaxNarrowerCodes = 1'000;

// https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.securityLabel: "For other kinds of security
// labels, subsumption logic applies." It is the same for purposes, of which v3-ActReason is a hierarchy too.
// Confidentialities rise and have none. Not thread-safe.
class ConsentCodes {
 public:
  // `codes` outlives it; null: each code means itself alone. So does one that its CodeSystem does not have, or of whose
  // system nothing is known.
  explicit ConsentCodes(const search::CodeSource* codes) : codes_(codes) {}

  // The rule with all that its codes mean.
  Provision widened(const Provision& rule);
  // Has the source been asked? What it says goes by the CodeSystems that there are.
  bool were_asked() const { return !known_.empty(); }
  // False: it could not be asked for now, so that something is not understood that may be later.
  bool is_whole() const { return is_whole_; }

 private:
  const Choices<ConsentCode>& narrower(const ConsentCode& code);
  Choices<ConsentCode> ask(const ConsentCode& code);
  void widen(Choices<ConsentCode>& choices);
  void widen(Provision& provision);

  const search::CodeSource* codes_;
  std::map<ConsentCode, Choices<ConsentCode>> known_;
  bool is_whole_ = true;
};

}  // namespace vesta::access
