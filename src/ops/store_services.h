// StoreServices: what FHIRPath asks of the world, answered by the store and its terminology.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "fhirpath/services.h"
#include "ops/context.h"
#include "ops/scratch.h"
#include "search/codes.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxResolved = 200;  // different references that one request resolves

// For one request. `scratch` holds the trees of what was resolved.
class StoreServices : public fhirpath::Services {
 public:
  StoreServices(const Context& context, Scratch& scratch) : context_(context), scratch_(scratch) {}

  // A reference to this server, relative or absolute; null for any other, and for what is not there. Errors: too_large
  // (kMaxResolved), those of the store.
  Result<const fhir::Node*> resolve(std::string_view reference, fhir::Arena& arena) override;
  // A code without a system is in the value set if it is there under any.
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) override;
  Result<bool> subsumes(const fhirpath::CodeInSystem& ancestor, const fhirpath::CodeInSystem& descendant) override;

 private:
  using Codes = std::shared_ptr<const search::TokenSet>;

  const Context& context_;
  Scratch& scratch_;
  std::map<std::string, const fhir::Node*, std::less<>> resolved_;
  std::map<std::string, Codes, std::less<>> value_sets_;
};

}  // namespace vesta::ops
