// Writes the steps of an explanation.
#include "ops/explain.h"

namespace vesta::ops {
namespace {

void append_lines(const search::PlanStep& step, std::size_t depth, std::vector<std::string>& lines) {
  std::string line(2 * depth, ' ');
  line += step.what;
  std::string figures;
  const auto add = [&](std::string figure) { figures += (figures.empty() ? "" : ", ") + std::move(figure); };
  if (step.estimated) add((step.is_at_least ? "at least " : "estimated ") + std::to_string(*step.estimated));
  if (step.rows) add("found " + std::to_string(*step.rows));
  if (step.time) add(std::to_string(step.time->count()) + " us");
  if (!figures.empty()) line += " [" + figures + "]";
  lines.push_back(std::move(line));
  for (const search::PlanStep& child : step.children) append_lines(child, depth + 1, lines);
}

}  // namespace

std::vector<std::string> explanation_lines(const search::PlanStep& step) {
  std::vector<std::string> lines;
  append_lines(step, 0, lines);
  return lines;
}

std::vector<Issue> explanation_issues(const search::PlanStep& step) {
  std::vector<Issue> issues;
  for (std::string& line : explanation_lines(step)) {
    issues.push_back({Severity::information, "informational", std::move(line), {}});
  }
  return issues;
}

}  // namespace vesta::ops
