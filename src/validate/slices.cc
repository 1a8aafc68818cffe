// Slices: which one an element is of. https://hl7.org/fhir/R4/profiling.html#discriminator
#include <algorithm>

#include "fhir/structure_url.h"
#include "validate/checker.h"
#include "validate/values.h"

namespace vesta::validate {
namespace {

constexpr std::string_view kThis = "$this";
constexpr std::string_view kResolve = "resolve()";
constexpr std::string_view kUrl = "url";

// Whether a rule says which values there may be, here or below.
bool names_values(const Rule& rule) {
  if (rule.fixed != nullptr || rule.pattern != nullptr || !rule.value_set.empty()) return true;
  return std::any_of(rule.children.begin(), rule.children.end(), names_values);
}

// The rule at a path below a slice, as deep as there is one; `path` becomes the part of it that leads there.
const Rule& rule_at(const Rule& slice, std::string_view& path) {
  const std::string_view whole = path;
  const Rule* rule = &slice;
  std::size_t end = 0;
  while (end < whole.size()) {
    const std::size_t begin = end == 0 ? 0 : end + 1;
    const std::size_t next = std::min(whole.find('.', begin), whole.size());
    const Rule* const below = rule->child(whole.substr(begin, next - begin));
    if (below == nullptr) break;
    rule = below;
    end = next;
  }
  path = end == 0 ? kThis : whole.substr(0, end);
  return *rule;
}

const Rule* find_sliced(const Rule& rule, std::string_view name, std::string_view slice) {
  const bool has_slice =
      std::any_of(rule.slices.begin(), rule.slices.end(), [&](const Rule& each) { return each.slice == slice; });
  if (rule.name == name && has_slice) return &rule;
  for (const auto* const rules : {&rule.children, &rule.slices}) {
    for (const Rule& below : *rules) {
      if (const Rule* const found = find_sliced(below, name, slice)) return found;
    }
  }
  return nullptr;
}

}  // namespace

Result<bool> Checker::is_in_slice(const fhir::Node& element, const fhir::Node& resource, std::string_view url,
                                  std::string_view slice) {
  const Rule* sliced = nullptr;
  std::string_view at = url;
  for (std::size_t i = 0; sliced == nullptr && !at.empty() && !fhir::find_r4_structure(at); ++i) {
    if (i == kMaxNestedProfiles) break;
    VESTA_TRY(const Profile* const found, profile(at));
    sliced = find_sliced(found->root, name_of(element), slice);
    at = found->has_snapshot ? std::string_view() : found->base;
  }
  if (sliced == nullptr) {
    return make_error(Category::invalid, "the profile '" + std::string(url) + "' has no slice '" + std::string(slice) +
                                             "' of '" + std::string(name_of(element)) + "'");
  }
  for (const Rule& each : sliced->slices) {
    if (each.slice == slice) return is_of({element, resource}, *sliced, each);
  }
  return false;
}

// By all discriminators.
Result<bool> Checker::is_of(const Subject& subject, const Rule& sliced, const Rule& slice) {
  VESTA_CHECK_OK(spend(1));
  if (!sliced.is_sliced || sliced.discriminators.empty()) {
    return make_error(Category::invalid, "the slices of '" + std::string(sliced.name) +
                                             "' cannot be told apart: there is no discriminator");
  }
  for (const Discriminator& discriminator : sliced.discriminators) {
    VESTA_TRY(const bool is_met, discriminates(subject, discriminator, slice));
    if (!is_met) return false;
  }
  return true;
}

Result<bool> Checker::discriminates(const Subject& subject, const Discriminator& discriminator, const Rule& slice) {
  switch (discriminator.kind) {
    case Discriminator::Kind::exists:
      return discriminates_existence(subject, discriminator.path, slice);
    case Discriminator::Kind::type:
      return discriminates_type(subject, discriminator.path, slice, false);
    case Discriminator::Kind::profile:
      return discriminates_type(subject, discriminator.path, slice, true);
    case Discriminator::Kind::value:
      break;
  }
  return discriminates_value(subject, discriminator.path, slice);
}

// Some element at the path has the values that the slice wants there.
Result<bool> Checker::discriminates_value(const Subject& subject, std::string_view path, const Rule& slice) {
  std::string_view reached = path;
  const Rule& rule = rule_at(slice, reached);
  if (!names_values(rule)) {
    // "The url of an extension is the canonical URL of its definition": https://hl7.org/fhir/R4/extensibility.html
    const bool is_of_extension = path == kUrl && slice.types.size() == 1 && slice.types[0].profiles.size() == 1;
    if (is_of_extension) {
      const std::string_view url = slice.types[0].profiles[0];
      const auto name = definitions_.find_name(kUrl);
      return name && subject.node.child_value(*name) == url.substr(0, url.find('|'));
    }
    return make_error(Category::invalid, "the slice '" + std::string(slice.slice) + "' of '" + std::string(slice.name) +
                                             "' says no values at its discriminator '" + std::string(path) + "'");
  }
  VESTA_TRY(const fhirpath::Collection items, evaluate(subject, reached));
  for (const fhirpath::Item& item : items) {
    if (item.node == nullptr) continue;
    VESTA_TRY(const bool has, has_values({*item.node, subject.resource}, rule));
    if (has) return true;
  }
  return false;
}

Result<bool> Checker::has_values(const Subject& subject, const Rule& rule) {
  VESTA_CHECK_OK(spend(1));
  if (rule.fixed != nullptr && !is_exactly(subject.node, *rule.fixed)) return false;
  if (rule.pattern != nullptr && !fits_pattern(subject.node, *rule.pattern)) return false;
  const bool is_said = rule.fixed != nullptr || rule.pattern != nullptr;
  if (!is_said && !rule.value_set.empty()) {
    return is_member_of(subject, rule.value_set);
  }
  for (const Rule& below : rule.children) {
    if (!names_values(below)) continue;
    bool is_there = false;
    for (const fhir::Node& child : subject.node.children()) {
      if (name_of(child) != below.name || is_there) continue;
      VESTA_TRY(is_there, has_values({child, subject.resource}, below));
    }
    if (!is_there && (below.min > 0 || below.fixed != nullptr || below.pattern != nullptr)) return false;
  }
  return true;
}

Result<bool> Checker::discriminates_existence(const Subject& subject, std::string_view path, const Rule& slice) {
  std::string_view reached = path;
  const Rule& rule = rule_at(slice, reached);
  if (reached != path || (rule.min == 0 && rule.max > 0)) {
    return make_error(Category::invalid, "the slice '" + std::string(slice.slice) + "' of '" + std::string(slice.name) +
                                             "' does not say whether there is '" + std::string(path) + "'");
  }
  VESTA_TRY(const fhirpath::Collection items, evaluate(subject, path));
  return items.empty() == (rule.max == 0);
}

// Of the types of the slice there, of their profiles, or of those of what the reference leads to.
Result<bool> Checker::discriminates_type(const Subject& subject, std::string_view path, const Rule& slice,
                                         bool by_profile) {
  std::string_view of_rule = path;
  const bool is_resolved = of_rule.ends_with(kResolve);
  if (is_resolved) of_rule.remove_suffix(kResolve.size());
  if (of_rule.ends_with('.')) of_rule.remove_suffix(1);
  if (of_rule == kThis) of_rule = {};
  const Rule& rule = rule_at(slice, of_rule);
  VESTA_TRY(const fhirpath::Collection items, evaluate(subject, path));
  for (const fhirpath::Item& item : items) {
    for (const RuleType& type : rule.types) {
      if (!is_resolved && !by_profile && item.node != nullptr && is_of_type(*item.node, type)) return true;
      for (const std::string_view url : is_resolved ? type.targets : type.profiles) {
        if (by_profile && item.node != nullptr) {
          VESTA_TRY(const bool is_conforming, conforms_to(*item.node, subject.resource, url));
          if (is_conforming) return true;
        } else if (!by_profile && is_resolved && item.type != fhir::kNoType) {
          VESTA_TRY(const std::optional<fhir::TypeId> wanted, type_of_profile(url));
          if (wanted && definitions_.is_a(item.type, *wanted)) return true;
        }
      }
    }
  }
  return false;
}

Result<std::optional<fhir::TypeId>> Checker::type_of_profile(std::string_view url) {
  if (const auto type = fhir::find_r4_structure(url)) return type;
  VESTA_TRY(const Profile* const found, profile(url));
  return definitions_.find_type(found->type);
}

}  // namespace vesta::validate
