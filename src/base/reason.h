// What is said of an error in one line.
#pragma once

#include <string>

#include "base/result.h"

namespace vesta {

// For logs and findings: the first issue with its place; of an error without issues, its message.
inline std::string reason_of(const Error& error) {
  if (error.issues.empty()) return error.message;
  const Issue& issue = error.issues.front();
  return issue.expression.empty() ? issue.diagnostics : issue.expression + ": " + issue.diagnostics;
}

}  // namespace vesta
