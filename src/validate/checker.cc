// Rules held against elements.
#include "validate/checker.h"

#include <algorithm>

#include "base/reason.h"
#include "fhir/structure_url.h"
#include "validate/values.h"

namespace vesta::validate {
namespace {

constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/";  // System.String: of ids and URLs of extensions

Error over(std::string_view limit, std::size_t number) {
  return make_error(Category::too_large,
                    "a profile takes more than " + std::string(limit) + " (" + std::to_string(number) + ")");
}

// Counts itself while it lives.
class Nesting {
 public:
  explicit Nesting(std::size_t& depth) : depth_(++depth) {}
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  std::size_t& depth_;
};

}  // namespace

Status Checker::spend(std::size_t steps) {
  steps_ += steps;
  return steps_ <= kMaxCheckSteps ? Status(kOk) : Status(over("kMaxCheckSteps", kMaxCheckSteps));
}

std::string_view Checker::name_of(const fhir::Node& node) const {
  return node.name == fhir::kNoName ? std::string_view() : definitions_.name(node.name);
}

Result<const Profile*> Checker::profile(std::string_view url) {
  const auto known = profiles_.find(url);
  if (known != profiles_.end()) return known->second.get();
  if (profiles_.size() == kMaxProfiles) return over("kMaxProfiles", kMaxProfiles);
  VESTA_TRY(const fhir::Node* const structure, source_.find(url));
  if (structure == nullptr) {
    return make_error(Category::invalid, "the profile '" + std::string(url) + "' is not known here");
  }
  VESTA_TRY(std::unique_ptr<Profile> made, read_profile(definitions_, *structure));
  return profiles_.emplace(url, std::move(made)).first->second.get();
}

Result<const fhirpath::Program*> Checker::program(fhir::TypeId type, std::string_view expression) {
  auto& program = programs_[{type, std::string(expression)}];
  if (program != nullptr) return program.get();
  if (programs_.size() > kMaxCheckPrograms) return over("kMaxCheckPrograms", kMaxCheckPrograms);
  // DEVIATION: US Core's us-core-3 asks a value of any type for its `value`.
  fhirpath::CompileOptions options;
  options.dialect = fhirpath::Dialect::invariant;
  options.unknown_elements = fhirpath::UnknownElements::empty;
  VESTA_TRY(program, fhirpath::compile(definitions_, type, expression, options));
  return program.get();
}

Result<fhirpath::Collection> Checker::evaluate(const Subject& subject, std::string_view expression) {
  VESTA_TRY(const fhirpath::Program* const compiled, program(subject.node.type, expression));
  fhirpath::Surroundings surroundings{&subject.resource, clock_, &services_};
  surroundings.steps = &steps_;
  fhirpath::Collection items;
  VESTA_CHECK_OK(compiled->evaluate(subject.node, arena_, items, surroundings));
  VESTA_CHECK_OK(spend(1));
  return items;
}

// Of an invariant: what is empty does not hold.
Result<bool> Checker::is_true(const Subject& subject, std::string_view expression) {
  VESTA_TRY(const fhirpath::Collection items, evaluate(subject, "(" + std::string(expression) + "\n) = true"));
  return items.size() == 1 && items[0].boolean_value;
}

Result<bool> Checker::is_member_of(const Subject& subject, std::string_view value_set) {
  std::string expression = "memberOf('";
  for (const char c : value_set) {
    if (c == '\'' || c == '\\') expression += '\\';
    expression += c;
  }
  return is_true(subject, expression + "')");
}

Result<bool> Checker::conforms_to(const fhir::Node& element, const fhir::Node& resource, std::string_view url) {
  if (const auto type = fhir::find_r4_structure(url)) return definitions_.is_a(element.type, *type);
  if (nested_ == kMaxNestedProfiles) return over("kMaxNestedProfiles", kMaxNestedProfiles);
  const Nesting nesting(nested_);
  VESTA_TRY(const Profile* const found, profile(url));
  const bool is_resource = definitions_.type(element.type).kind == fhir::TypeKind::resource;
  return conforms({element, is_resource ? element : resource}, *found);
}

Result<bool> Checker::conforms(const Subject& subject, const Profile& profile) {
  const auto type = definitions_.find_type(profile.type);
  if (!type) {
    return make_error(Category::invalid, "the profile '" + std::string(profile.url) + "' is of an unknown type");
  }
  if (!definitions_.is_a(subject.node.type, *type)) return false;
  VESTA_TRY(const bool keeps_own, keeps(subject, profile.root));
  if (!keeps_own || profile.has_snapshot || profile.base.empty()) return keeps_own;
  return conforms_to(subject.node, subject.resource, profile.base);
}

Result<bool> Checker::keeps(const Subject& subject, const Rule& rule) {
  VESTA_CHECK_OK(spend(1));
  for (const auto check : {&Checker::has_type, &Checker::keeps_values, &Checker::keeps_children}) {
    VESTA_TRY(const bool is_kept, (this->*check)(subject, rule));
    if (!is_kept) return false;
  }
  return true;
}

bool Checker::is_of_type(const fhir::Node& node, const RuleType& type) const {
  if (type.code.starts_with(kSystemTypes)) return true;
  const auto wanted = definitions_.find_type(type.code);
  return wanted && definitions_.is_a(node.type, *wanted);
}

// Of some of the types, and of some of that one's profiles.
Result<bool> Checker::has_type(const Subject& subject, const Rule& rule) {
  if (rule.types.empty()) return true;
  for (const RuleType& type : rule.types) {
    if (!is_of_type(subject.node, type)) continue;
    if (type.profiles.empty()) return true;
    for (const std::string_view url : type.profiles) {
      VESTA_TRY(const bool is_conforming, conforms_to(subject.node, subject.resource, url));
      if (is_conforming) return true;
    }
  }
  return false;
}

Result<bool> Checker::keeps_values(const Subject& subject, const Rule& rule) {
  if (rule.fixed != nullptr && !is_exactly(subject.node, *rule.fixed)) return false;
  if (rule.pattern != nullptr && !fits_pattern(subject.node, *rule.pattern)) return false;
  if (!rule.value_set.empty()) {
    VESTA_TRY(const bool is_member, is_member_of(subject, rule.value_set));
    if (!is_member) return false;
  }
  for (const Constraint& constraint : rule.constraints) {
    const auto is_kept = is_true(subject, constraint.expression);
    if (!is_kept.ok()) {
      return make_error(is_kept.error().category,
                        "the constraint " + std::string(constraint.key) + ": " + reason_of(is_kept.error()));
    }
    if (!*is_kept) return false;
  }
  return true;
}

Result<bool> Checker::keeps_children(const Subject& subject, const Rule& rule) {
  for (const Rule& child_rule : rule.children) {
    Members members;
    for (const fhir::Node& child : subject.node.children()) {
      VESTA_CHECK_OK(spend(1));
      if (name_of(child) == child_rule.name) members.push_back(&child);
    }
    if (members.size() < child_rule.min || members.size() > child_rule.max) return false;
    for (const fhir::Node* const member : members) {
      const bool is_resource = definitions_.type(member->type).kind == fhir::TypeKind::resource;
      VESTA_TRY(const bool is_kept, keeps({*member, is_resource ? *member : subject.resource}, child_rule));
      if (!is_kept) return false;
    }
    VESTA_TRY(const bool are_kept, keeps_slices(subject.resource, child_rule, members));
    if (!are_kept) return false;
  }
  return true;
}

// Each member is of the first slice that it fits; how many there are of each, and what holds of these.
Result<bool> Checker::keeps_slices(const fhir::Node& resource, const Rule& rule, const Members& members) {
  if (rule.slices.empty()) return true;
  std::vector<std::uint32_t> counts(rule.slices.size());
  std::size_t last = 0;
  for (const fhir::Node* const member : members) {
    std::size_t at = 0;
    for (; at < rule.slices.size(); ++at) {
      VESTA_TRY(const bool is_member, is_of({*member, resource}, rule, rule.slices[at]));
      if (is_member) break;
    }
    if (at == rule.slices.size()) {
      if (rule.is_closed) return false;
      continue;
    }
    if (rule.is_ordered && at < last) return false;
    last = at;
    ++counts[at];
    VESTA_TRY(const bool is_kept, keeps({*member, resource}, rule.slices[at]));
    if (!is_kept) return false;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < rule.slices[i].min || counts[i] > rule.slices[i].max) return false;
  }
  return true;
}

}  // namespace vesta::validate
