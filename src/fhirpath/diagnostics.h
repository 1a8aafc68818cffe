// Errors of an expression, with the line and column that they are about.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::fhirpath {

inline constexpr std::size_t kMaxQuotedExpression = 500;  // bytes of the expression that an issue repeats

// IssueType codes that this module uses. https://hl7.org/fhir/R4/valueset-issue-type.html
inline constexpr std::string_view kCodeInvalid = "invalid";
inline constexpr std::string_view kCodeNotSupported = "not-supported";
inline constexpr std::string_view kCodeTooCostly = "too-costly";
inline constexpr std::string_view kCodeTooLong = "too-long";

// Category invalid. `offset` is a byte of `expression`; lines and columns count from 1, columns count characters.
Error expression_error(std::string_view expression, std::size_t offset, std::string_view message,
                       std::string_view code = kCodeInvalid);

}  // namespace vesta::fhirpath
