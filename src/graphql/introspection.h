// Introspection: what the schema says of itself. https://spec.graphql.org/October2021/#sec-Introspection
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graphql/directives.h"
#include "graphql/plan.h"
#include "graphql/schema.h"

namespace vesta::graphql {

class Introspection {
 public:
  explicit Introspection(Schema& schema) : schema_(schema) {}

  // Append the JSON of __schema, and of __type: null if there is no type of that name. They end early once `out` is
  // longer than kMaxOutputBytes.
  void write_schema(const Plan& plan, std::string& out);
  void write_named_type(const Plan& plan, std::string_view name, std::string& out);

 private:
  // `type` is the text of a reference to a type: "[HumanName!]".
  void write_type(const Plan& plan, std::string_view type, std::string& out);
  void write_named_member(const PlannedField& field, const Shape& shape, std::string& out);
  void write_field(const Plan& plan, const Shape& owner, const Field& described, std::string& out);
  void write_argument(const Plan& plan, const ArgumentDefinition& argument, std::string& out);
  void write_value(const Plan& plan, std::string_view name, std::string& out);
  void write_directive(const Plan& plan, const DirectiveDefinition& directive, std::string& out);

  Schema& schema_;
};

}  // namespace vesta::graphql
