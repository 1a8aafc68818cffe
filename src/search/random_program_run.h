// For tests: runs a random program on a random tree, with and without what it may ask for, and checks what must hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fhir/json.h"
#include "fhirpath/program.h"
#include "search/random_program.h"
#include "search/random_resource.h"

namespace vesta::search::testing {

// Answers without meaning that are the same each time.
class RandomServices : public fhirpath::Services {
 public:
  explicit RandomServices(const fhir::Node& target) : target_(target) {}

  Result<const fhir::Node*> resolve(std::string_view reference, fhir::Arena& /*arena*/) override {
    return is_odd(reference) ? &target_ : nullptr;
  }
  Result<bool> conforms_to(const fhir::Node& element, const fhir::Node& /*resource*/,
                           std::string_view profile) override {
    return is_odd(profile) == (element.first_child == nullptr);
  }
  Result<bool> is_in_slice(const fhir::Node& element, const fhir::Node& /*resource*/, std::string_view /*profile*/,
                           std::string_view name) override {
    return is_odd(name) == (element.first_child == nullptr);
  }
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) override {
    if (value_set.empty()) return make_error(Category::not_found, "no such value set");
    return is_odd(code.code);
  }
  Result<bool> subsumes(const fhirpath::CodeInSystem& ancestor, const fhirpath::CodeInSystem& descendant) override {
    return is_odd(ancestor.code) != is_odd(descendant.code);
  }

 private:
  static bool is_odd(std::string_view text) { return text.size() % 2 == 1; }
  const fhir::Node& target_;
};

class StoppedClock : public Clock {
 public:
  Instant now() override { return Instant{1'600'000'000'123'456}; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
};

enum class Ran : std::uint8_t { unbound, failed, empty, yielded };

// One tree, and what any program must do on it.
class ProgramRunner {
 public:
  explicit ProgramRunner(std::string json) : text_(std::move(json)) {
    const auto root = fhir::JsonReader(fhir::r4()).read(text_, arena_);
    CHECK(root.ok());
    root_ = *root;
  }

  // An expression that does not bind is an error with its place. One that does ends within the limits, with an error or
  // with items, and does so again. What it ran to is told of the run with services.
  Ran run(std::string_view expression, const fhirpath::CompileOptions& options) const {
    const auto program = fhirpath::compile(fhir::r4(), root_->type, expression, options);
    if (!program.ok()) {
      check_error(program.error());
      return Ran::unbound;
    }
    RandomServices services(*root_);
    StoppedClock clock;
    fhirpath::Surroundings with;
    with.services = &services;
    with.clock = &clock;
    const Run first = evaluate(**program, with);
    if (first.steps > kMaxRepeatedSteps) return first.ran;
    check_same(first, evaluate(**program, with));
    evaluate(**program, {});
    return first.ran;
  }

 private:
  // What takes more is run once: a run to the limit takes seconds under sanitizers.
  static constexpr std::size_t kMaxRepeatedSteps = fhirpath::kMaxSteps / 10;

  struct Run {
    Ran ran = Ran::failed;
    fhirpath::Collection items = {};
    std::string error = {};
    std::size_t steps = 0;
    std::unique_ptr<fhir::Arena> arena = std::make_unique<fhir::Arena>();
  };

  static void check_error(const Error& error) {
    CHECK(error.category == Category::invalid);
    CHECK(!error.message.empty() && error.issues.size() == 1 && !error.issues[0].diagnostics.empty());
  }

  Run evaluate(const fhirpath::Program& program, fhirpath::Surroundings surroundings) const {
    Run run;
    surroundings.steps = &run.steps;
    const Status status = program.evaluate(*root_, *run.arena, run.items, surroundings);
    CHECK(run.items.size() <= fhirpath::kMaxOutput);
    if (!status.ok()) {
      check_error(status.error());
      run.error = status.error().message;
      return run;
    }
    CHECK(run.steps <= fhirpath::kMaxSteps);
    CHECK(run.items.empty() || !program.always_empty());
    check_types(program, run.items);
    run.ran = run.items.empty() ? Ran::empty : Ran::yielded;
    return run;
  }

  static void check_same(const Run& one, const Run& other) {
    CHECK(one.ran == other.ran && one.error == other.error && one.steps == other.steps);
    CHECK(one.items.size() == other.items.size());
    for (std::size_t i = 0; i < one.items.size(); ++i) CHECK(is_same(one.items[i], other.items[i]));
  }

  static bool is_same(const fhirpath::Item& one, const fhirpath::Item& other) {
    CHECK((one.kind == fhirpath::Item::Kind::node) == (one.node != nullptr));
    return one.kind == other.kind && one.type == other.type && is_same(one.node, other.node) &&
           one.text == other.text && one.boolean_value == other.boolean_value;
  }

  // What elementDefinition() makes is made each time.
  static bool is_same(const fhir::Node* one, const fhir::Node* other) {
    if (one == other || one == nullptr || other == nullptr) return one == other;
    std::string text, other_text;
    fhir::write_element_json(fhir::r4(), *one, text);
    fhir::write_element_json(fhir::r4(), *other, other_text);
    return text == other_text;
  }

  // What the program says of its items before it runs is true of each.
  static void check_types(const fhirpath::Program& program, const fhirpath::Collection& items) {
    if (!program.node_types()) return;
    for (const fhirpath::Item& item : items) {
      if (item.kind == fhirpath::Item::Kind::node) CHECK(program.may_yield(item.node->type));
    }
  }

  std::string text_;
  fhir::Arena arena_;
  const fhir::Node* root_ = nullptr;
};

// The dialects and checks that a compilation may have.
inline fhirpath::CompileOptions random_options(Dice& dice) {
  fhirpath::CompileOptions options;
  if (dice.chance(20)) options.choice_names = fhirpath::ChoiceNames::element_or_json;
  if (dice.chance(30)) options.dialect = dice.chance(50) ? fhirpath::Dialect::search : fhirpath::Dialect::view;
  if (dice.chance(10)) options.order_check = fhirpath::OrderCheck::on;
  if (dice.chance(20)) options.unknown_elements = fhirpath::UnknownElements::empty;
  return options;
}

// Small, so that many are run: of any type, with any types contained.
inline std::string random_tree(fhir::TypeId type, std::span<const fhir::TypeId> types, Dice& dice) {
  RandomPool pool;
  pool.types.assign(types.begin(), types.end());
  RandomResource::Limits limits;
  limits.max_elements = 80;
  limits.max_depth = 4;
  return RandomResource(fhir::r4(), pool, dice, limits).json(type, "r");
}

// All types that a resource may be of.
inline std::vector<fhir::TypeId> resource_types() {
  std::vector<fhir::TypeId> types;
  for (const fhir::Type& each : fhir::r4().types()) {
    if (const auto id = fhir::r4().find_resource_type(each.name)) types.push_back(*id);
  }
  return types;
}

}  // namespace vesta::search::testing
