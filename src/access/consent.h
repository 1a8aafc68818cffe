// Consent: what a patient's Consent resource says of who may see and do what with their record.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/node.h"
#include "search/index_value.h"

namespace vesta::access {

inline constexpr std::string_view kConsent = "Consent";

inline constexpr std::size_t kMaxProvisionDepth = 8;  // of provisions in provisions; what is deeper denies everything
inline constexpr std::size_t kMaxProvisions = 128;    // of one Consent; one with more denies everything
inline constexpr std::size_t kMaxChoices = 256;       // that one Consent lists, of all elements; the same

struct ConsentCode {
  std::string system, code;
  std::strong_ordering operator<=>(const ConsentCode&) const = default;
};

// What one element of a provision lists: it applies to any of these. Sorted, each once.
template <class Value>
struct Choices {
  std::vector<Value> of;
  bool has_others = false;  // there are more of them, which are not understood
  std::strong_ordering operator<=>(const Choices&) const = default;

  bool says_nothing() const { return of.empty() && !has_others; }
};

// [low, high), in microseconds.
struct ConsentPeriod {
  std::int64_t low = search::kDateMin;
  std::int64_t high = search::kDateMax;
  std::strong_ordering operator<=>(const ConsentPeriod&) const = default;

  bool is_always() const { return low == search::kDateMin && high == search::kDateMax; }
};

// https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
// It applies where each element that says something is satisfied. Then it permits or denies, but where a provision in
// it applies, which decides in its place; of several such, one that denies. Where it is not certain whether a
// provision applies, both are tried, and what denies counts.
struct Provision {
  enum class Kind : std::uint8_t {
    silent,  // leaves what is around it
    permit,
    deny,
  };
  Kind kind = Kind::silent;
  bool is_of_research = false;  // about research alone: a rule that does not say what it is for is not meant
  bool is_vague = false;        // something else in it restricts it too, which is not understood
  ConsentPeriod period;
  Choices<std::string> actors;  // "Practitioner/1"
  Choices<ConsentCode> actions;
  Choices<ConsentCode> labels;
  bool is_of_higher_labels = true;  // of a confidentiality it is about what is more confidential; else what is less
  Choices<ConsentCode> purposes;
  Choices<std::string> types;     // of `class`: "Observation"
  Choices<std::string> profiles;  // of `class`, beside those
  Choices<ConsentCode> codes;
  ConsentPeriod data_period;
  Choices<std::string> instances;     // of `data`: "Observation/1"
  std::vector<Provision> provisions;  // sorted, each once
  std::strong_ordering operator<=>(const Provision& other) const;
  bool operator==(const Provision& other) const { return (*this <=> other) == 0; }

  static Provision deny_everything() {
    Provision made;
    made.kind = Kind::deny;
    return made;
  }
  // Does it apply to some only, of those who ask or of what they ask for?
  bool restricts() const {
    return is_vague || !period.is_always() || !actors.says_nothing() || !actions.says_nothing() ||
           !purposes.says_nothing() || restricts_resources();
  }
  bool restricts_resources() const {
    return !labels.says_nothing() || !types.says_nothing() || !profiles.says_nothing() || !codes.says_nothing() ||
           !data_period.is_always() || !instances.says_nothing();
  }
};

struct Consent {
  std::string patient;     // id; empty: of nobody who is here
  bool is_active = false;  // and about privacy or research
  Provision rule;          // around `provision` what `policyRule` says; applies always
};

// "Practitioner/1" of a Reference, without a version; empty: it leads to nothing that is here.
std::string local_reference(const fhir::Definitions& definitions, std::string_view base_url, const fhir::Node& node);

// What a Consent says. References that begin with `base_url` are local ones.
Consent read_consent(const fhir::Definitions& definitions, const fhir::Node& resource, std::string_view base_url);

}  // namespace vesta::access
