// Explain: each part of the plan with its relation and conditions.
#include "store/postgres/explain.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "json/document.h"

namespace vesta::store::postgres {
namespace {

constexpr std::string_view kConditions[] = {"Index Cond",  "Recheck Cond", "Hash Cond",      "Merge Cond",
                                            "Join Filter", "Filter",       "One-Time Filter"};

std::string_view text_at(const json::Value& part, std::string_view name) {
  const json::Value* value = part.find(name);
  return value == nullptr ? std::string_view() : std::string_view(value->text);
}

// Zero if it is not there.
double number_at(const json::Value& part, std::string_view name) {
  const std::string_view text = text_at(part, name);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::chrono::microseconds time_of(double milliseconds) {
  return std::chrono::microseconds(std::llround(milliseconds * 1000));
}

std::string describe(const json::Value& part) {
  std::string text(text_at(part, "Node Type"));
  const std::string_view join = text_at(part, "Join Type");
  if (!join.empty() && join != "Inner") text.append(", ").append(join);
  if (const auto index = text_at(part, "Index Name"); !index.empty()) text.append(" by ").append(index);
  if (const auto relation = text_at(part, "Relation Name"); !relation.empty()) text.append(" of ").append(relation);
  if (const auto alias = text_at(part, "Alias"); !alias.empty()) text.append(" as ").append(alias);
  if (const auto subplan = text_at(part, "Subplan Name"); !subplan.empty()) text.append(" for ").append(subplan);
  for (const std::string_view name : kConditions) {
    if (const auto condition = text_at(part, name); !condition.empty()) {
      text.append(", ").append(name).append(" ").append(condition);
    }
  }
  if (text.size() > kMaxStepBytes) {
    text.resize(valid_utf8_prefix(std::string_view(text).substr(0, kMaxStepBytes)));
    text += "…";
  }
  return text;
}

search::PlanStep step_of(const json::Value& part);

const json::Value* plan_of(const json::Value& statements) {
  return statements.items.empty() ? nullptr : statements.items.front().find("Plan");
}

// Of Citus: what is gathered before, and one of the tasks that shards are given; the others are alike.
void add_distributed(const json::Value& query, search::PlanStep& step) {
  if (const json::Value* subplans = query.find("Subplans")) {
    for (const json::Value& subplan : subplans->items) {
      const json::Value* statements = subplan.find("PlannedStmt");
      const json::Value* plan = statements == nullptr ? nullptr : plan_of(*statements);
      if (plan == nullptr) continue;
      step.children.push_back(step_of(*plan));
      step.children.back().what.insert(0, "gathered before: ");
    }
  }
  const json::Value* job = query.find("Job");
  if (job == nullptr) return;
  step.what.append(", tasks ").append(text_at(*job, "Task Count"));
  const json::Value* tasks = job->find("Tasks");
  if (tasks == nullptr || tasks->items.empty()) return;
  const json::Value* remote = tasks->items.front().find("Remote Plan");
  if (remote == nullptr || remote->items.empty()) return;
  if (const json::Value* plan = plan_of(remote->items.front())) step.children.push_back(step_of(*plan));
}

search::PlanStep step_of(const json::Value& part) {
  search::PlanStep step;
  step.what = describe(part);
  const double loops = number_at(part, "Actual Loops");
  const auto total = [&](double of_one) { return static_cast<std::uint64_t>(std::llround(of_one * loops)); };
  if (loops > 0) {
    step.estimated = total(number_at(part, "Plan Rows"));
    step.rows = total(number_at(part, "Actual Rows"));
    step.time = time_of(number_at(part, "Actual Total Time") * loops);
  } else {
    step.what += " (never run)";
    step.estimated = static_cast<std::uint64_t>(std::llround(number_at(part, "Plan Rows")));
  }
  if (const json::Value* below = part.find("Plans")) {
    for (const json::Value& each : below->items) step.children.push_back(step_of(each));
  }
  if (const json::Value* query = part.find("Distributed Query")) add_distributed(*query, step);
  return step;
}

}  // namespace

Result<search::PlanStep> read_plan(std::string_view json) {
  search::PlanStep step;
  step.what = "search by PostgreSQL's plan";
  const auto all = json::parse_value(json);
  if (!all) {
    step.what += ", which is nested too deep to be told";
    return step;
  }
  const json::Value* plan = all->items.size() == 1 ? all->items.front().find("Plan") : nullptr;
  if (plan == nullptr) return make_error(Category::internal, "PostgreSQL's plan is not as it was");
  const json::Value& whole = all->items.front();
  step.time = time_of(number_at(whole, "Planning Time") + number_at(whole, "Execution Time"));
  step.children.push_back(step_of(*plan));
  return step;
}

}  // namespace vesta::store::postgres
