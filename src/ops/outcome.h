// OperationOutcomes: the one table from a category of errors to an HTTP status and an issue code.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace vesta::ops {

inline constexpr std::string_view kFhirJson = "application/fhir+json;charset=utf-8";
inline constexpr std::string_view kFhirXml = "application/fhir+xml;charset=utf-8";

struct OutcomeRule {
  int status;
  std::string_view code;  // https://hl7.org/fhir/R4/valueset-issue-type.html
};
OutcomeRule outcome_rule(Category category);

// Appends the JSON of an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html
void append_outcome(std::span<const Issue> issues, std::string& out);
// The issues of an error: its own, or its message under the code of its category.
std::vector<Issue> issues_of(const Error& error);

http::Response outcome_response(int status, std::span<const Issue> issues);
http::Response error_response(const Error& error);
// For what HTTP itself refuses and no category stands for: 405, 406, 415 and what the listener finds wrong.
http::Response refusal(int status, std::string_view code, std::string message);

// "200 OK", as a Bundle's response.status writes it.
std::string status_line(int status);

}  // namespace vesta::ops
