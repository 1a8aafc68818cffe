// Errors as values: Error, its categories and issues, and Result<T>.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vesta {

// What went wrong, by what the caller can do about it. `ops` holds the one table from a category to an HTTP status and
// a FHIR issue code.
enum class Category {
  invalid,          // the input is wrong
  unprocessable,    // the input is well formed, and breaks a rule for what it says
  unauthenticated,  // nobody is signed in
  forbidden,        // the principal may not
  not_found,        // there is no such thing
  gone,             // it was deleted
  conflict,         // it changed meanwhile; a retry from the start may succeed
  precondition,     // an If-Match or a conditional criterion does not hold
  unsupported,      // understood, and not offered
  too_large,        // over a named limit
  throttled,        // too many requests of one client; later it may succeed
  busy,             // a queue is full; later it may succeed
  unavailable,      // a resource below is lost: disk full, I/O error, draining
  internal,         // a defect of ours
};

enum class Severity { fatal, error, warning, information };

// One entry of an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html
struct Issue {
  Severity severity = Severity::error;
  std::string code;         // IssueType code, for instance "structure" or "value"
  std::string diagnostics;  // for a human
  std::string expression;   // element path (FHIRPath), or empty
};

struct Error {
  Category category = Category::internal;
  std::string message;
  std::vector<Issue> issues;  // may be empty: then `message` is the only issue
};

// A value, or an Error. Never both, never neither.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(const T& value) : state_(std::in_place_index<0>, value) {}        // NOLINT: implicit by design
  Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::make_unique<Error>(std::move(error))) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return *std::get<1>(state_); }
  Error take_error() { return std::move(*std::get<1>(state_)); }

 private:
  std::variant<T, std::unique_ptr<Error>> state_;
};

// Success without a value: `return kOk;`.
struct Ok {};
inline constexpr Ok kOk{};
using Status = Result<Ok>;

inline Error make_error(Category category, std::string message) {
  return Error{category, std::move(message), {}};
}

}  // namespace vesta

#define VESTA_CONCAT_INNER(a, b) a##b
#define VESTA_CONCAT(a, b) VESTA_CONCAT_INNER(a, b)
// VESTA_TRY(auto x, expression): binds the value, or returns the error from the enclosing function.
#define VESTA_TRY(declaration, ...)                          \
  auto VESTA_CONCAT(try_result_, __LINE__) = (__VA_ARGS__);  \
  if (!VESTA_CONCAT(try_result_, __LINE__).ok()) {           \
    return VESTA_CONCAT(try_result_, __LINE__).take_error(); \
  }                                                          \
  declaration = std::move(VESTA_CONCAT(try_result_, __LINE__)).value()
// VESTA_CHECK_OK(expression): for a Status whose value is of no interest.
#define VESTA_CHECK_OK(...)                                   \
  do {                                                        \
    auto vesta_status = (__VA_ARGS__);                        \
    if (!vesta_status.ok()) return vesta_status.take_error(); \
  } while (false)
