// Asks for a resource of each type by its id.
#include "ops/store_id_owners.h"

namespace vesta::ops {
namespace {

constexpr std::size_t kEnough = 2;  // to know that an id is not one resource's

}  // namespace

Result<std::vector<fhir::TypeId>> StoreIdOwners::two_with(std::string_view id,
                                                          std::span<const fhir::TypeId> types) const {
  std::vector<fhir::TypeId> found;
  for (const fhir::TypeId type : types) {
    VESTA_TRY(const auto version, context_.store.read(type, id));
    if (version && !version->deleted) found.push_back(type);
    if (found.size() == kEnough) break;
  }
  return found;
}

}  // namespace vesta::ops
