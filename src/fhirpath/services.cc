// Services that nobody gave.
#include "fhirpath/services.h"

#include <string>

namespace vesta::fhirpath {
namespace {

Error not_given(std::string_view function) {
  return make_error(Category::invalid, std::string(function) + " needs a service that this evaluation was not given");
}

}  // namespace

Result<const fhir::Node*> Services::resolve(std::string_view /*reference*/, fhir::Arena& /*arena*/) {
  return nullptr;
}

Result<bool> Services::conforms_to(const fhir::Node& /*element*/, const fhir::Node& /*resource*/,
                                   std::string_view profile) {
  return make_error(Category::invalid, "conformsTo() knows the definitions of FHIR's types here, of which '" +
                                           std::string(profile) + "' is none");
}

Result<bool> Services::is_in_slice(const fhir::Node& /*element*/, const fhir::Node& /*resource*/,
                                   std::string_view /*profile*/, std::string_view /*name*/) {
  return not_given("slice()");
}

Result<bool> Services::is_member_of(const CodeInSystem& /*code*/, std::string_view /*value_set*/) {
  return not_given("memberOf()");
}

Result<bool> Services::subsumes(const CodeInSystem& /*ancestor*/, const CodeInSystem& /*descendant*/) {
  return not_given("subsumes()");
}

void Services::trace(std::string_view /*name*/, std::span<const Item> /*items*/) {}

}  // namespace vesta::fhirpath
