// Writing the schema's description, without holding it: each part is made when it is asked for.
#include "graphql/introspection.h"

#include "graphql/limits.h"
#include "graphql/meta_types.h"
#include "json/tokens.h"

namespace vesta::graphql {
namespace {

bool is_full(const std::string& out) {
  return out.size() > kMaxOutputBytes;
}

// An object: `write` appends the value of each field.
template <class Write>
void write_members(const Plan& plan, std::string& out, Write write) {
  out += '{';
  for (const PlannedField& field : plan.fields) {
    if (out.back() != '{') out += ',';
    json::append_string(field.key, out);
    out += ':';
    if (field.field.kind == Field::Kind::type_name) {
      out += field.text;
    } else {
      write(field);
    }
  }
  out += '}';
}

template <class Items, class Write>
void write_all(const Items& items, std::string& out, Write write) {
  out += '[';
  for (const auto& item : items) {
    if (is_full(out)) break;
    if (out.back() != '[') out += ',';
    write(item);
  }
  out += ']';
}

std::string_view kind_name(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::scalar:
      return "SCALAR";
    case Shape::Kind::any_resource:
      return "INTERFACE";
    case Shape::Kind::meta_enum:
      return "ENUM";
    default:
      return "OBJECT";
  }
}

}  // namespace

void Introspection::write_schema(const Plan& plan, std::string& out) {
  write_members(plan, out, [&](const PlannedField& field) {
    const std::string& name = field.field.name;
    if (name == "queryType") {
      write_type(*field.plan, schema_.name_of(schema_.root()), out);
    } else if (name == "types") {
      std::vector<Shape> shapes = schema_.shapes();
      for (const MetaType& meta : meta_types()) shapes.push_back(*schema_.find(meta.name));
      write_all(shapes, out, [&](const Shape& shape) { write_type(*field.plan, schema_.name_of(shape), out); });
    } else if (name == "directives") {
      write_all(kDirectives, out,
                [&](const DirectiveDefinition& directive) { write_directive(*field.plan, directive, out); });
    } else {
      out += "null";  // description; there are no mutations and no subscriptions
    }
  });
}

void Introspection::write_named_type(const Plan& plan, std::string_view name, std::string& out) {
  if (schema_.find(name)) {
    write_type(plan, name, out);
  } else {
    out += "null";
  }
}

void Introspection::write_type(const Plan& plan, std::string_view type, std::string& out) {
  const bool is_required = type.ends_with('!');
  if (!is_required && !type.starts_with('[')) {
    const Shape shape = *schema_.find(type);
    return write_members(plan, out, [&](const PlannedField& field) { write_named_member(field, shape, out); });
  }
  write_members(plan, out, [&](const PlannedField& field) {
    if (field.field.name == "kind") {
      out += is_required ? R"("NON_NULL")" : R"("LIST")";
    } else if (field.field.name == "ofType") {
      write_type(*field.plan, type.substr(is_required ? 0 : 1, type.size() - (is_required ? 1 : 2)), out);
    } else {
      out += "null";
    }
  });
}

void Introspection::write_named_member(const PlannedField& field, const Shape& shape, std::string& out) {
  const std::string& name = field.field.name;
  const bool is_interface = shape.kind == Shape::Kind::any_resource;
  const bool is_resource = shape.kind == Shape::Kind::object && schema_.is_resource(shape.type);
  if (name == "kind") {
    json::append_string(kind_name(shape.kind), out);
  } else if (name == "name") {
    json::append_string(schema_.name_of(shape), out);
  } else if (name == "fields" && !shape.is_leaf()) {
    write_all(schema_.fields_of(shape), out, [&](const Field& each) { write_field(*field.plan, shape, each, out); });
  } else if (name == "interfaces" && !shape.is_leaf()) {
    const std::vector<std::string> interfaces(is_resource ? 1 : 0, schema_.name_of({Shape::Kind::any_resource}));
    write_all(interfaces, out, [&](const std::string& each) { write_type(*field.plan, each, out); });
  } else if (name == "possibleTypes" && is_interface) {
    std::vector<Shape> possible = schema_.shapes();
    std::erase_if(possible, [&](const Shape& each) {
      return each.kind != Shape::Kind::object || !schema_.is_resource(each.type);
    });
    write_all(possible, out, [&](const Shape& each) { write_type(*field.plan, schema_.name_of(each), out); });
  } else if (name == "enumValues" && shape.kind == Shape::Kind::meta_enum) {
    write_all(meta_types()[shape.type].values, out,
              [&](std::string_view each) { write_value(*field.plan, each, out); });
  } else {
    out += "null";
  }
}

void Introspection::write_field(const Plan& plan, const Shape& owner, const Field& described, std::string& out) {
  write_members(plan, out, [&](const PlannedField& field) {
    const std::string& name = field.field.name;
    if (name == "name") {
      json::append_string(described.name, out);
    } else if (name == "args") {
      write_all(schema_.arguments_of(owner, described), out,
                [&](const ArgumentDefinition& each) { write_argument(*field.plan, each, out); });
    } else if (name == "type") {
      write_type(*field.plan, schema_.type_of(described), out);
    } else {
      out += name == "isDeprecated" ? "false" : "null";
    }
  });
}

void Introspection::write_argument(const Plan& plan, const ArgumentDefinition& argument, std::string& out) {
  write_members(plan, out, [&](const PlannedField& field) {
    const std::string& name = field.field.name;
    if (name == "name") {
      json::append_string(argument.name, out);
    } else if (name == "type") {
      write_type(*field.plan, argument.type, out);
    } else if (name == "defaultValue" && !argument.default_value.empty()) {
      json::append_string(argument.default_value, out);
    } else {
      out += name == "isDeprecated" ? "false" : "null";
    }
  });
}

void Introspection::write_value(const Plan& plan, std::string_view value, std::string& out) {
  write_members(plan, out, [&](const PlannedField& field) {
    if (field.field.name == "name") {
      json::append_string(value, out);
    } else {
      out += field.field.name == "isDeprecated" ? "false" : "null";
    }
  });
}

void Introspection::write_directive(const Plan& plan, const DirectiveDefinition& directive, std::string& out) {
  static constexpr std::string_view kPlaces[] = {"FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"};
  write_members(plan, out, [&](const PlannedField& field) {
    const std::string& name = field.field.name;
    if (name == "name") {
      json::append_string(directive.name, out);
    } else if (name == "description") {
      json::append_string(directive.description, out);
    } else if (name == "locations") {
      write_all(std::span(kPlaces).first(directive.is_for_fragments ? 3 : 1), out,
                [&](std::string_view each) { json::append_string(each, out); });
    } else if (name == "args") {
      write_all(directive.arguments, out, [&](const DirectiveArgument& each) {
        write_argument(*field.plan, {std::string(each.name), std::string(each.type)}, out);
      });
    } else {
      out += "false";  // isRepeatable
    }
  });
}

}  // namespace vesta::graphql
