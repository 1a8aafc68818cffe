// The executor: runs a plan and writes its answer as JSON. https://spec.graphql.org/October2021/#sec-Execution
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "fhir/node.h"
#include "graphql/binder.h"
#include "graphql/plan.h"
#include "graphql/problem.h"
#include "graphql/schema.h"
#include "graphql/source.h"

namespace vesta::graphql {

// Of one request. Fields without a value are left out, as in the examples of FHIR's page.
// DEVIATION: GraphQL's own rule makes them null. https://spec.graphql.org/October2021/#sec-Executing-Selection-Sets
class Executor {
 public:
  Executor(Schema& schema, Binder& binder, Source& source, const Host& host, Problems& problems);

  // The JSON of `data`; empty if the request as a whole failed. `root`: null for the system.
  std::string run(Plan& plan, const fhir::Node* root);

 private:
  // What a selection set is written from, or the value of a leaf.
  struct Item {
    const fhir::Node* node = nullptr;      // an element or a resource
    const fhir::Node* resource = nullptr;  // that it is in: contained ones are found there
    const SearchPage* page = nullptr;      // of a connection and, with the index, of an edge
    std::size_t index = 0;
    std::string_view json = {};  // of a leaf that is no element
  };
  // One field of an object whose fields are collected before they are written.
  struct Slot {
    std::string key;
    Shape shape;
    bool is_list = false;
    bool is_null = false;
    std::size_t count = 0;
    std::string json = {};
  };
  struct Slots {
    std::vector<Slot> all;
    std::unordered_map<std::string, std::size_t> index;
  };

  void write_object(Plan& plan, const Item& item, std::string& out);
  Plan* plan_for(Plan& plan, const Item& item);
  void write_fields(Plan& plan, const Item& item, std::string& out);
  bool write_field(PlannedField& field, const Item& owner, std::string& out);
  void write_value(PlannedField& field, const Item& item, std::string& out);
  bool is_shown(const PlannedField& field, std::size_t begin) const;

  // executor_reshape.cc
  void write_reshaped(Plan& plan, const Item& item, std::string& out);
  void collect_slots(Plan& plan, const Item& item, bool is_in_list, const std::string& suffix, Slots& slots);
  bool collect_value(PlannedField& field, std::size_t place, const Item& value, bool is_in_list,
                     const std::string& suffix, Slots& slots);
  void report_several(const PlannedField& field, const std::string& key);
  void add_to_slot(PlannedField& field, const Item& item, bool is_in_list, const std::string& suffix, Slots& slots);
  Slot& slot_of(const PlannedField& field, bool is_list, const std::string& suffix, Slots& slots);
  std::optional<std::string> slice_text(const PlannedField& field, const Item& item, std::size_t index);

  // executor_items.cc: append what a field is made of to `stack_`. False: that failed, and was reported.
  bool find_items(PlannedField& field, const Item& owner);
  void find_elements(const PlannedField& field, const Item& owner);
  const fhir::Node* find_contained(const fhir::Node& resource, std::string_view id);
  bool find_page_value(const PlannedField& field, const Item& owner);
  bool find_resolved(const PlannedField& field, const Item& owner);
  bool find_read(const PlannedField& field);
  bool find_searched(const PlannedField& field, const Item& owner);
  void push_text(std::string text);
  bool has_children(const fhir::Node& node, const std::vector<ElementFilter>& filters);
  // Keeps of the items from `begin` those that the expression is true of, and of these a part.
  bool narrow(const PlannedField& field, std::size_t begin, std::size_t skip, std::size_t limit);
  std::optional<bool> is_true(const PlannedField& field, const fhirpath::Program& program, const Item& item);
  bool evaluate(const PlannedField& field, const fhirpath::Program& program, const Item& item);

  std::vector<PathStep> present_path() const;
  // An error at the present place; what it stands for is null.
  void report(const PlannedField& field, Problem problem);
  // The same, at the field that was begun last, but the request as a whole ends.
  void stop(Problem problem);
  bool is_stopped() const { return is_stopped_; }
  bool visit();
  void charge(std::size_t nodes, std::size_t bytes);

  Schema& schema_;
  Binder& binder_;
  Source& source_;
  const Host host_;
  Problems& problems_;
  const fhir::Definitions& definitions_;
  std::optional<fhir::NameId> reference_, contained_, id_;
  std::vector<Item> stack_;
  std::vector<std::variant<std::string_view, std::size_t>> path_;
  std::deque<SearchPage> pages_;
  std::deque<std::string> texts_;
  fhir::Arena arena_;  // texts of FHIRPath
  fhirpath::Collection collection_;
  std::size_t steps_ = 0, reads_ = 0, searches_ = 0, nodes_ = 0, bytes_ = 0, visits_ = 0;
  std::uint32_t offset_ = 0;  // of the field that was begun last
  bool is_stopped_ = false;
};

}  // namespace vesta::graphql
