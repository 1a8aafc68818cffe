// Code: one code of a code system, and the systems that the population uses.
#pragma once

#include <string_view>

namespace vesta::sample {

inline constexpr std::string_view kSnomed = "http://snomed.info/sct";
inline constexpr std::string_view kLoinc = "http://loinc.org";
inline constexpr std::string_view kRxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
inline constexpr std::string_view kCvx = "http://hl7.org/fhir/sid/cvx";
inline constexpr std::string_view kIcd10 = "http://hl7.org/fhir/sid/icd-10-cm";
inline constexpr std::string_view kNpi = "http://hl7.org/fhir/sid/us-npi";

// All views are static text.
struct Code {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

constexpr Code snomed(std::string_view code, std::string_view display) {
  return {kSnomed, code, display};
}
constexpr Code loinc(std::string_view code, std::string_view display) {
  return {kLoinc, code, display};
}
constexpr Code rxnorm(std::string_view code, std::string_view display) {
  return {kRxNorm, code, display};
}
constexpr Code cvx(std::string_view code, std::string_view display) {
  return {kCvx, code, display};
}
constexpr Code icd10(std::string_view code, std::string_view display) {
  return {kIcd10, code, display};
}

}  // namespace vesta::sample
