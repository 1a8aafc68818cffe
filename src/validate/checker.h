// Checker: whether elements conform to profiles, and which slices they are of.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"
#include "validate/profile.h"

namespace vesta::validate {

inline constexpr std::size_t kMaxProfiles = 50;           // that one Checker reads
inline constexpr std::size_t kMaxNestedProfiles = 16;     // profiles of elements within elements of profiles
inline constexpr std::size_t kMaxCheckSteps = 5'000'000;  // rules held against elements, and steps of FHIRPath
inline constexpr std::size_t kMaxCheckPrograms = 2'000;   // expressions that one Checker compiles

// Where StructureDefinitions come from. What it gives outlives the Checker; null: it has none of this URL.
class Source {
 public:
  virtual ~Source() = default;
  virtual Result<const fhir::Node*> find(std::string_view url) = 0;
};

// Of one request; not thread-safe. What is checked: the type, numbers of elements, types of values and profiles of
// these, fixed values and patterns, required bindings, constraints of severity error, slices. Not checked: what a
// reference leads to (but to tell slices apart), and elements below a contentReference.
//
// `services` and `clock` are those of FHIRPath. Errors (invalid): a profile that is not known or cannot be read, one
// that has slices that cannot be told apart, an expression that cannot be evaluated, what terminology refuses;
// too_large: a limit, by its name.
class Checker {
 public:
  Checker(const fhir::Definitions& definitions, Source& source, fhirpath::Services& services, Clock* clock)
      : definitions_(definitions), source_(source), services_(services), clock_(clock) {}

  // `resource`: the one that the element is in, or itself.
  Result<bool> conforms_to(const fhir::Node& element, const fhir::Node& resource, std::string_view url);
  // Whether the element is of that slice of the element that is named as it is. A slice that is not there: invalid.
  Result<bool> is_in_slice(const fhir::Node& element, const fhir::Node& resource, std::string_view url,
                           std::string_view slice);

  // That were taken, those of FHIRPath among them.
  std::size_t steps() const { return steps_; }

 private:
  struct Subject {
    const fhir::Node& node;
    const fhir::Node& resource;
  };
  using Members = std::vector<const fhir::Node*>;

  Result<const Profile*> profile(std::string_view url);
  Status spend(std::size_t steps);
  std::string_view name_of(const fhir::Node& node) const;
  bool is_of_type(const fhir::Node& node, const RuleType& type) const;
  Result<const fhirpath::Program*> program(fhir::TypeId type, std::string_view expression);
  Result<fhirpath::Collection> evaluate(const Subject& subject, std::string_view expression);
  Result<bool> is_true(const Subject& subject, std::string_view expression);

  Result<bool> is_member_of(const Subject& subject, std::string_view value_set);

  Result<bool> conforms(const Subject& subject, const Profile& profile);
  Result<bool> keeps(const Subject& subject, const Rule& rule);  // all of a rule
  Result<bool> has_type(const Subject& subject, const Rule& rule);
  Result<bool> keeps_values(const Subject& subject, const Rule& rule);
  Result<bool> keeps_children(const Subject& subject, const Rule& rule);
  Result<bool> keeps_slices(const fhir::Node& resource, const Rule& rule, const Members& members);

  // slices.cc
  Result<bool> is_of(const Subject& subject, const Rule& sliced, const Rule& slice);
  Result<bool> discriminates(const Subject& subject, const Discriminator& discriminator, const Rule& slice);
  Result<bool> discriminates_value(const Subject& subject, std::string_view path, const Rule& slice);
  Result<bool> discriminates_existence(const Subject& subject, std::string_view path, const Rule& slice);
  Result<bool> discriminates_type(const Subject& subject, std::string_view path, const Rule& slice, bool by_profile);
  Result<bool> has_values(const Subject& subject, const Rule& rule);
  Result<std::optional<fhir::TypeId>> type_of_profile(std::string_view url);

  const fhir::Definitions& definitions_;
  Source& source_;
  fhirpath::Services& services_;
  Clock* const clock_;
  fhir::Arena arena_;
  std::size_t steps_ = 0;
  std::size_t nested_ = 0;
  std::map<std::string, std::unique_ptr<Profile>, std::less<>> profiles_;
  std::map<std::pair<fhir::TypeId, std::string>, std::unique_ptr<fhirpath::Program>> programs_;
};

}  // namespace vesta::validate
