// The binder: from selections to plans, checked against the schema.
// https://spec.graphql.org/October2021/#sec-Validation
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graphql/ast.h"
#include "graphql/plan.h"
#include "graphql/problem.h"
#include "graphql/schema.h"
#include "graphql/source.h"
#include "graphql/variables.h"

namespace vesta::graphql {

// Lives as long as the plans that it makes. Everything it is given outlives it.
class Binder {
 public:
  Binder(Schema& schema, Source& source, const Document& document, const Variables& variables, std::string_view text);

  // What is wrong goes to `problems`; the plan is of no use then.
  std::unique_ptr<Plan> bind(const Operation& operation, Problems& problems);

  // The plan for a resource whose type is known now.
  const Plan::OfType& of_type(Plan& plan, fhir::TypeId type);

 private:
  struct Selected {
    const Selection* selection;
    bool is_loose;
  };
  // The fields of one response key, in the order of the keys' first appearance.
  struct Group {
    std::string key;
    std::vector<Selected> fields;
  };
  struct Collected {
    std::vector<Group> groups;
    std::map<std::string, std::size_t, std::less<>> index;
    std::set<std::pair<std::string_view, bool>> spreads;
  };

  std::unique_ptr<Plan> make_plan(std::vector<SelectionSource> sources, Shape shape);
  void collect(const std::vector<Selection>& selections, bool is_loose, const Shape& shape, Collected& collected);
  void collect_one(const Selection& selection, bool is_loose, const Shape& shape, Collected& collected);
  // Of what @skip and @include leave out.
  void check_only(const Selection& selection, bool is_loose, const Shape& shape);
  // Whether a fragment on this type counts for the shape; `is_loose` goes false if its type is named.
  bool applies(const Selection& selection, std::string_view condition, const Shape& shape, bool& is_loose);
  void check_any(const std::vector<Selection>& selections, std::set<fhir::TypeId>& named,
                 std::set<std::string_view>& spreads);
  void check_any_fragment(std::string_view condition, const std::vector<Selection>& inner, std::uint32_t offset,
                          std::set<fhir::TypeId>& named, std::set<std::string_view>& spreads);
  bool is_included(const std::vector<Directive>& directives);
  bool check_directive_usages(const Directive& directive);
  // Counts a selection that is looked at. False: there were too many, which was reported.
  bool visit(const Selection& selection);

  void plan_group(const Group& group, Plan& plan);
  bool is_same(const Selection& one, const Selection& other);
  void plan_field(const std::vector<Selected>& fields, Plan& plan);
  void bind_directives(const Selection& selection, const Shape& owner, PlannedField& planned);
  const fhirpath::Program* compile(const Value& value, const Shape& shape, std::uint32_t offset);

  // binder_arguments.cc
  void bind_arguments(const Selection& selection, const Shape& owner, PlannedField& planned);
  bool check_usages(const Selection& selection, const Shape& owner, const Field& field);
  bool check_usages(std::string_view name, const Value& value, std::string_view type, bool has_default);
  void bind_argument(const Argument& argument, const Value& value, const Shape& owner, PlannedField& planned);
  bool bind_list_argument(const Argument& argument, const Value& value, PlannedField& planned);
  bool bind_element_argument(const Argument& argument, const Value& value, PlannedField& planned);
  bool bind_resolved_argument(const Argument& argument, const Value& value, PlannedField& planned);
  bool bind_search_argument(const Argument& argument, const Value& value, const Shape& owner, PlannedField& planned);
  void bind_reference(const Argument& argument, const Value& value, const Shape& owner, PlannedField& planned);
  void check_search(const Selection& selection, const Shape& owner, PlannedField& planned);
  bool check_search_arguments(const Selection& selection, const Search& search);
  // The value with variables replaced; null: a variable without a value.
  const Value* resolve(const Value& value) const;
  std::vector<std::string> texts(const Argument& argument, const Value& value, bool& has_null);
  bool take_number(const Argument& argument, const Value& value, std::size_t& number);
  bool take_text(const Argument& argument, const Value& value, std::string& text);

  void report(std::uint32_t offset, std::string message, std::string code = "invalid");

  Schema& schema_;
  Source& source_;
  const Document& document_;
  const Variables& variables_;
  std::string_view text_;
  Problems* problems_ = nullptr;  // where what is wrong goes now
  const Operation* operation_ = nullptr;
  std::set<std::uint32_t> misused_;  // variables in wrong places, by their own, that were reported
  std::size_t planned_ = 0;
  std::map<std::pair<fhir::TypeId, std::string>, std::unique_ptr<fhirpath::Program>> programs_;
};

}  // namespace vesta::graphql
