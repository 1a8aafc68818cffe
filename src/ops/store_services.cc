// Resolving of references, and membership of codes.
#include "ops/store_services.h"

#include <algorithm>
#include <utility>

#include "ops/canonical.h"
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

Result<bool> StoreServices::conforms_to(const fhir::Node& element, const fhir::Node& resource,
                                        std::string_view profile) {
  return checker_.conforms_to(element, resource, profile);
}

Result<bool> StoreServices::is_in_slice(const fhir::Node& element, const fhir::Node& resource, std::string_view profile,
                                        std::string_view name) {
  return checker_.is_in_slice(element, resource, profile, name);
}

Result<const fhir::Node*> StoreServices::find(std::string_view url) {
  const CanonicalType type = CanonicalType::of(context_.registry, validate::kStructureDefinition);
  const std::size_t bar = url.find('|');
  const std::string_view version = bar == std::string_view::npos ? std::string_view() : url.substr(bar + 1);
  VESTA_TRY(const auto found, find_canonical(context_.store, type, url.substr(0, bar), version));
  if (!found) return nullptr;
  std::string text;
  store::append_text(context_.definitions, *found, text);
  read_steps_ += text.size() / kProfileBytesPerStep;
  VESTA_TRY(const fhir::Node* const tree, scratch_.read_text(std::move(text)));
  return tree;
}

std::size_t StoreServices::take_steps() {
  const std::size_t all = checker_.steps() + read_steps_;
  return all - std::exchange(taken_steps_, all);
}

}  // namespace vesta::ops
