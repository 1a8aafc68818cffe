// Problem: one error of a request, with the places in the document and in the answer that it is about.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace vesta::graphql {

// Lines and columns count from 1, columns count characters.
struct Location {
  std::size_t line = 1;
  std::size_t column = 1;

  bool operator==(const Location&) const = default;
};
Location locate(std::string_view text, std::size_t offset);

// A response key, or an index in a list.
using PathStep = std::variant<std::string, std::size_t>;

// https://spec.graphql.org/October2021/#sec-Errors
struct Problem {
  std::string message;
  Category category = Category::invalid;
  std::string code = "invalid";  // https://hl7.org/fhir/R4/valueset-issue-type.html
  std::vector<Location> locations = {};
  std::vector<PathStep> path = {};
};

// What stands in a document: how many levels, tokens … it may have. The message names the limit.
Problem over_limit(std::string_view name, std::size_t limit, std::string_view what);
// The problem that an error of another module is.
Problem problem_of(const Error& error);

// The problems of one document, kMaxProblems at most: what comes behind them is dropped.
class Problems {
 public:
  explicit Problems(std::string_view document) : document_(document) {}

  void add(Problem problem);
  // With the place of a byte of the document.
  void add(std::size_t offset, Problem problem);

  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  const std::vector<Problem>& all() const { return all_; }
  std::vector<Problem> take() { return std::move(all_); }

 private:
  std::string_view document_;
  std::vector<Problem> all_;
};

// "2:14: what", one line each; for tests and logs.
std::string describe(const std::vector<Problem>& problems);

}  // namespace vesta::graphql
