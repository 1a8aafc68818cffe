// Places of a document, and problems from errors.
#include "graphql/problem.h"

#include <algorithm>

#include "graphql/limits.h"

namespace vesta::graphql {

Location locate(std::string_view text, std::size_t offset) {
  Location location;
  for (std::size_t at = 0; at < std::min(offset, text.size()); ++at) {
    const char c = text[at];
    // "\r\n" is one line terminator. https://spec.graphql.org/October2021/#sec-Line-Terminators
    const bool is_line_end = c == '\n' || (c == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n'));
    if (is_line_end) {
      ++location.line;
      location.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++location.column;
    }
  }
  return location;
}

Problem over_limit(std::string_view name, std::size_t limit, std::string_view what) {
  return {"More than " + std::to_string(limit) + " " + std::string(what) + " (" + std::string(name) + ").",
          Category::too_large, "too-costly"};
}

Problem problem_of(const Error& error) {
  Problem problem;
  problem.category = error.category;
  problem.message = error.message;
  if (!error.issues.empty()) {
    problem.code = error.issues.front().code;
    problem.message.clear();
    for (const Issue& issue : error.issues) {
      problem.message += (problem.message.empty() ? "" : " ") + issue.diagnostics;
    }
  } else if (error.category == Category::not_found || error.category == Category::gone) {
    problem.code = "not-found";
  } else if (error.category == Category::too_large) {
    problem.code = "too-costly";
  } else if (error.category != Category::invalid) {
    problem.code = "exception";
  }
  return problem;
}

void Problems::add(Problem problem) {
  if (all_.size() < kMaxProblems) all_.push_back(std::move(problem));
}

void Problems::add(std::size_t offset, Problem problem) {
  if (all_.size() >= kMaxProblems) return;
  problem.locations.push_back(locate(document_, offset));
  all_.push_back(std::move(problem));
}

std::string describe(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += "\n";
    for (const Location& location : problem.locations) {
      text += std::to_string(location.line) + ":" + std::to_string(location.column) + ": ";
    }
    for (std::size_t i = 0; i < problem.path.size(); ++i) {
      if (i > 0) text += ".";
      const PathStep& step = problem.path[i];
      text += step.index() == 0 ? std::get<std::string>(step) : std::to_string(std::get<std::size_t>(step));
    }
    if (!problem.path.empty()) text += ": ";
    text += problem.message;
  }
  return text;
}

}  // namespace vesta::graphql
