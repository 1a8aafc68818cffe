// Objects and their fields, written as they are found.
#include "graphql/executor.h"

#include <utility>

#include "fhir/json.h"
#include "graphql/limits.h"
#include "json/tokens.h"

namespace vesta::graphql {

Executor::Executor(Schema& schema, Binder& binder, Source& source, const Host& host, Problems& problems)
    : schema_(schema),
      binder_(binder),
      source_(source),
      host_(host),
      problems_(problems),
      definitions_(schema.definitions()),
      reference_(definitions_.find_name("reference")),
      contained_(definitions_.find_name("contained")),
      id_(definitions_.find_name("id")) {}

std::string Executor::run(Plan& plan, const fhir::Node* root) {
  std::string out;
  write_object(plan, {root, root}, out);
  if (is_stopped_) return {};
  return out;
}

std::vector<PathStep> Executor::present_path() const {
  std::vector<PathStep> path;
  for (const auto& step : path_) {
    if (const auto* const key = std::get_if<std::string_view>(&step)) {
      path.emplace_back(std::string(*key));
    } else {
      path.emplace_back(std::get<std::size_t>(step));
    }
  }
  return path;
}

void Executor::report(const PlannedField& field, Problem problem) {
  // The store cannot be asked, or there was too much of it: what is left would say less than it seems to.
  const bool is_fatal = problem.category == Category::too_large || problem.category == Category::busy ||
                        problem.category == Category::unavailable || problem.category == Category::internal;
  if (!is_fatal && problems_.size() >= kMaxProblems) return;
  if (is_fatal) return stop(std::move(problem));
  problem.path = present_path();
  problems_.add(field.offset, std::move(problem));
}

// It becomes the only problem.
void Executor::stop(Problem problem) {
  if (std::exchange(is_stopped_, true)) return;
  problems_.take();
  problem.path = present_path();
  if (problem.locations.empty()) return problems_.add(offset_, std::move(problem));
  problems_.add(std::move(problem));
}

void Executor::charge(std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > kMaxNodes) stop(over_limit("kMaxNodes", kMaxNodes, "values in the answer"));
  if (bytes_ > kMaxOutputBytes) stop(over_limit("kMaxOutputBytes", kMaxOutputBytes, "bytes in the answer"));
}

// Null: it cannot be made for this type of resource, which was reported.
Plan* Executor::plan_for(Plan& plan, const Item& item) {
  if (plan.shape.kind != Shape::Kind::any_resource) return &plan;
  const Plan::OfType& known = binder_.of_type(plan, item.node->type);
  if (known.problems.empty()) return known.plan.get();
  for (const Problem& each : known.problems) {
    const bool is_fatal = each.category == Category::too_large;
    if (!is_fatal && problems_.size() >= kMaxProblems) continue;
    Problem problem = each;
    if (is_fatal) {
      stop(std::move(problem));
    } else {
      problem.path = present_path();
      problems_.add(std::move(problem));
    }
  }
  return nullptr;
}

void Executor::write_object(Plan& plan, const Item& item, std::string& out) {
  Plan* const known = plan_for(plan, item);
  if (known == nullptr) {
    out += "null";
  } else if (known->reshapes) {
    write_reshaped(*known, item, out);
  } else {
    write_fields(*known, item, out);
  }
}

void Executor::write_fields(Plan& plan, const Item& item, std::string& out) {
  out += '{';
  const PlannedField* written = nullptr;
  for (PlannedField& field : plan.fields) {
    if (is_stopped()) break;
    // `resource` with different types: one of them has a value, or one says that there is none.
    if (written != nullptr && written->key == field.key) continue;
    path_.emplace_back(std::string_view(field.key));
    if (write_field(field, item, out)) written = &field;
    path_.pop_back();
  }
  out += '}';
}

// Whether a field with these items has a value: a list of elements that is empty, or of which none has one, has not.
bool Executor::is_shown(const PlannedField& field, std::size_t begin) const {
  const bool is_found = field.field.kind == Field::Kind::list || field.field.kind == Field::Kind::edges;
  if (is_found) return true;
  for (std::size_t i = begin; i < stack_.size(); ++i) {
    const Item& item = stack_[i];
    if (item.node == nullptr) return true;
    if (field.field.kind == Field::Kind::extension ? item.node->first_child != nullptr
                                                   : !field.field.shape.is_leaf() || item.node->has_value) {
      return true;
    }
  }
  return false;
}

// False: it has no value, and nothing was written.
bool Executor::write_field(PlannedField& field, const Item& owner, std::string& out) {
  const std::size_t begin = stack_.size();
  const bool is_ok = find_items(field, owner);
  const bool is_written = !is_ok || is_shown(field, begin);
  if (is_written) {
    if (out.back() != '{') out += ',';
    out += '"';
    out += field.key;
    out += "\":";
    charge(0, field.key.size() + 4);
    if (!is_ok) {
      out += "null";
    } else if (!field.field.is_list) {
      write_value(field, Item(stack_[begin]), out);
    } else {
      out += '[';
      for (std::size_t i = begin; i < stack_.size() && !is_stopped(); ++i) {
        if (i > begin) out += ',';
        path_.emplace_back(i - begin);
        write_value(field, Item(stack_[i]), out);
        path_.pop_back();
      }
      out += ']';
    }
  }
  stack_.resize(begin);
  return is_written;
}

// Of a list of primitives, and of their extensions, null holds the place of what is not there.
// https://hl7.org/fhir/R4/json.html#primitive
void Executor::write_value(PlannedField& field, const Item& item, std::string& out) {
  const std::size_t before = out.size();
  const bool is_hole = field.field.kind == Field::Kind::extension && item.node->first_child == nullptr;
  if (is_hole) {
    out += "null";
  } else if (field.plan != nullptr && item.json.empty()) {
    charge(1, 2);
    return write_object(*field.plan, item, out);
  } else if (item.node == nullptr) {
    out += item.json;
  } else {
    fhir::write_element_json(definitions_, *item.node, out);
  }
  charge(1, out.size() - before + 1);
}

}  // namespace vesta::graphql
