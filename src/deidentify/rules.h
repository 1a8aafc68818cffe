// Rules: what becomes of each element, as a configuration says. Format: docs/deidentification.md
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"

namespace vesta::deidentify {

inline constexpr int kMaxShiftDays = 3650;

// What becomes of an element. What is said of one that it does not fit is `remove`.
enum class Rule : std::uint8_t {
  remove,
  keep,        // of a primitive: its value; its extensions have their own rule
  inner,       // of all else: what the rules of its elements leave
  date,        // moved, or made a year; one that tells of an age over max_age is removed
  birth,       // the year of it, if that does not tell of such an age
  id,          // a pseudonym that leads back to it
  reference,   // the same for what it refers to
  identifier,  // a pseudonym without a way back
  zip3,        // its first three digits, or 000
  display,     // kept beside a code of one of the systems
  system,      // kept if it is one of the systems
  age,         // a number: over max_age it is max_age + 1
  years,       // the same, of quantities that may be of something else than time
  extension,   // kept if its URL is one of the extensions
};

// What a configuration comes to for one set of definitions. Immutable.
class Rules {
 public:
  // Errors (invalid): no JSON, an unknown member, type, element or rule, a number out of its range, another rule of the
  // id of a resource than `id`, which it has where nothing is said.
  static Result<Rules> parse(const fhir::Definitions& definitions, std::string_view configuration);

  // Of the element with this name and type (kNoType: a resource) in what is of type `owner`.
  Rule of(fhir::TypeId owner, fhir::NameId name, fhir::TypeId type) const;

  enum class Dates : std::uint8_t { shift, year };
  Dates dates = Dates::shift;
  int max_shift_days = 365;
  int max_age = 89;
  std::set<fhir::TypeId> subjects;  // whose dates are moved together: Patient
  std::set<std::string, std::less<>> extensions;
  std::set<std::string, std::less<>> small_zips;     // of three digits
  std::set<std::string, std::less<>> zip_countries;  // addresses in others have no ZIP; one that names none has
  // Is it one of the systems whose texts and names tell of nobody, or below one that ends with '/'?
  bool knows_system(std::string_view system) const;

 private:
  struct ElementRule {
    fhir::NameId name;
    fhir::TypeId type;
    Rule rule;
  };
  std::vector<std::vector<ElementRule>> by_type_;  // by TypeId
  std::set<std::string, std::less<>> systems_;

  friend class RulesReader;
};

// HIPAA's Safe Harbor, as it is packed in the binary. https://www.ecfr.gov/current/title-45/section-164.514
std::string_view safe_harbor();

}  // namespace vesta::deidentify
