// Resolving of references, and membership of codes.
#include "ops/store_services.h"

#include <algorithm>
#include <utility>

#include "ops/view_filter.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

bool has_code(const search::TokenSet& set, std::string_view system, std::string_view code) {
  if (!system.empty()) {
    return std::ranges::binary_search(set.systems, system) ||
           std::ranges::binary_search(set.codes, std::pair<std::string, std::string>(system, code));
  }
  return std::ranges::any_of(set.codes, [&](const auto& each) { return each.second == code; });
}

Error no_terminology() {
  return make_error(Category::unsupported, "there is no terminology here");
}

}  // namespace

Result<const fhir::Node*> StoreServices::resolve(std::string_view reference, fhir::Arena& /*arena*/) {
  const auto known = resolved_.find(reference);
  if (known != resolved_.end()) return known->second;
  if (resolved_.size() == kMaxResolved) {
    return make_error(Category::too_large, "more than kMaxResolved (" + std::to_string(kMaxResolved) +
                                               ") references are resolved in one request");
  }
  const fhir::Node* tree = nullptr;
  const auto target = local_target(context_, {"reference", std::string(reference)}, fhir::kNoType);
  if (target.ok()) {
    VESTA_TRY(const auto version, context_.store.read(target->first, target->second));
    if (version && !version->deleted) {
      std::string text;
      store::append_text(context_.definitions, *version, text);
      VESTA_TRY(tree, scratch_.read_text(std::move(text)));
    }
  }
  resolved_.emplace(reference, tree);
  return tree;
}

Result<bool> StoreServices::is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) {
  if (context_.codes == nullptr) return no_terminology();
  auto known = value_sets_.find(value_set);
  if (known == value_sets_.end()) {
    VESTA_TRY(Codes codes, context_.codes->value_set(value_set));
    known = value_sets_.emplace(value_set, std::move(codes)).first;
  }
  return has_code(*known->second, code.system, code.code);
}

Result<bool> StoreServices::subsumes(const fhirpath::CodeInSystem& ancestor, const fhirpath::CodeInSystem& descendant) {
  if (context_.codes == nullptr) return no_terminology();
  VESTA_TRY(const Codes below, context_.codes->subsumed_by(ancestor.system, ancestor.code));
  return has_code(*below, descendant.system, descendant.code);
}

}  // namespace vesta::ops
