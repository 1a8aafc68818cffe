// StoreServices: what FHIRPath asks of the world, answered by the store and its terminology.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/services.h"
#include "ops/context.h"
#include "search/codes.h"
#include "store/scratch.h"
#include "validate/checker.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxResolved = 200;  // different references that one request resolves

inline constexpr std::size_t kProfileBytesPerStep = 64;  // of the text of a profile that is read

// For one request. `scratch` holds the trees of what was resolved, and of profiles.
class StoreServices : public fhirpath::Services, private validate::Source {
 public:
  StoreServices(const Context& context, store::Scratch& scratch)
      : context_(context), scratch_(scratch), checker_(context.definitions, *this, *this, &context.clock) {}

  // A reference to this server, relative or absolute; null for any other, and for what is not there. Errors: too_large
  // (kMaxResolved), those of the store.
  Result<const fhir::Node*> resolve(std::string_view reference, fhir::Arena& arena) override;
  // A code without a system is in the value set if it is there under any.
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) override;
  Result<bool> subsumes(const fhirpath::CodeInSystem& ancestor, const fhirpath::CodeInSystem& descendant) override;
  // Of the profiles of this server. Errors: those of validate::Checker.
  Result<bool> conforms_to(const fhir::Node& element, const fhir::Node& resource, std::string_view profile) override;
  Result<bool> is_in_slice(const fhir::Node& element, const fhir::Node& resource, std::string_view profile,
                           std::string_view name) override;

  // Steps for profiles since it was asked last: they are not among those of the evaluation.
  std::size_t take_steps();

 private:
  // By canonical URL, with its version or without.
  Result<const fhir::Node*> find(std::string_view url) override;

  using Codes = std::shared_ptr<const search::TokenSet>;

  const Context& context_;
  store::Scratch& scratch_;
  std::map<std::string, const fhir::Node*, std::less<>> resolved_;
  std::map<std::string, Codes, std::less<>> value_sets_;
  validate::Checker checker_;
  std::size_t read_steps_ = 0;   // for reading profiles
  std::size_t taken_steps_ = 0;  // that take_steps() has told of
};

}  // namespace vesta::ops
