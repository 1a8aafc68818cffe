// From FHIR's definitions to types, fields and arguments.
#include "graphql/schema.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "graphql/meta_types.h"
#include "graphql/variables.h"

namespace vesta::graphql {
namespace {

using Kind = Shape::Kind;

constexpr std::string_view kList = "List";
constexpr std::string_view kConnection = "Connection";
constexpr std::string_view kEdge = "Edge";
constexpr std::string_view kPrimitiveExtension = "ElementBase";
constexpr std::string_view kQuery = "Query";
constexpr std::string_view kSearchValues = "[String]";  // the type of a search parameter

// "ObservationComponent" of "Observation.component": a name of GraphQL has no dots.
std::string schema_name(std::string_view name) {
  std::string out;
  bool is_first_of_part = false;
  for (const char c : name) {
    if (c == '.') {
      is_first_of_part = true;
      continue;
    }
    const bool is_raised = std::exchange(is_first_of_part, false) && c >= 'a' && c <= 'z';
    out += is_raised ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

struct PageField {
  std::string_view name;
  Field::Kind kind;
  std::string_view primitive;
};
constexpr PageField kConnectionFields[] = {{"count", Field::Kind::count, "integer"},
                                           {"offset", Field::Kind::offset, "integer"},
                                           {"pagesize", Field::Kind::page_size, "integer"},
                                           {"first", Field::Kind::first, "string"},
                                           {"previous", Field::Kind::previous, "string"},
                                           {"next", Field::Kind::next, "string"},
                                           {"last", Field::Kind::last, "string"}};
constexpr PageField kEdgeFields[] = {{"mode", Field::Kind::mode, "code"}, {"score", Field::Kind::score, "decimal"}};

}  // namespace

Schema::Schema(const fhir::Definitions& definitions, fhir::TypeId root, Source& source)
    : definitions_(definitions), root_(root), source_(source) {
  for (fhir::TypeId id = 0; id < definitions_.types().size(); ++id) {
    const fhir::Type& type = definitions_.type(id);
    if (type.kind == fhir::TypeKind::resource && type.is_abstract && type.base == fhir::kNoType) any_ = id;
    if (type.name == "Reference") reference_ = id;
    if (type.kind == fhir::TypeKind::primitive) {
      types_.emplace(scalar_name(type.name), id);
    } else if (!type.is_abstract) {
      types_.emplace(schema_name(type.name), id);
    }
  }
  CHECK(any_ != fhir::kNoType);
}

Shape Schema::root() const {
  return root_ == fhir::kNoType ? Shape{Kind::query} : Shape{Kind::object, root_};
}

bool Schema::is_resource(fhir::TypeId type) const {
  const fhir::Type& definition = definitions_.type(type);
  return definition.kind == fhir::TypeKind::resource && !definition.is_abstract;
}

std::string Schema::name_of(const Shape& shape) const {
  switch (shape.kind) {
    case Kind::query:
      return std::string(kQuery);
    case Kind::any_resource:
      return std::string(definitions_.type(any_).name);
    case Kind::primitive_extension:
      return std::string(kPrimitiveExtension);
    case Kind::meta:
    case Kind::meta_enum:
      return std::string(meta_types()[shape.type].name);
    default:
      break;
  }
  const std::string_view name = definitions_.type(shape.type).name;
  if (shape.kind == Kind::scalar) return std::string(scalar_name(name));
  std::string text = schema_name(name);
  if (shape.kind == Kind::connection) text += kConnection;
  if (shape.kind == Kind::edge) text += kEdge;
  return text;
}

std::optional<Shape> Schema::find(std::string_view name) const {
  if (name == kQuery && root_ == fhir::kNoType) return Shape{Kind::query};
  if (name == kPrimitiveExtension) {
    return Shape{Kind::primitive_extension, definitions_.find_type("string").value_or(fhir::kNoType)};
  }
  if (name == definitions_.type(any_).name) return Shape{Kind::any_resource};
  if (const auto meta = find_meta_type(name)) {
    const bool is_enum = meta_types()[*meta].fields.empty();
    return Shape{is_enum ? Kind::meta_enum : Kind::meta, static_cast<fhir::TypeId>(*meta)};
  }
  const auto found = types_.find(name);
  if (found != types_.end()) {
    const bool is_primitive = definitions_.type(found->second).kind == fhir::TypeKind::primitive;
    return Shape{is_primitive ? Kind::scalar : Kind::object, found->second};
  }
  for (const auto& [suffix, kind] : {std::pair(kConnection, Kind::connection), std::pair(kEdge, Kind::edge)}) {
    if (!name.ends_with(suffix)) continue;
    const auto type = definitions_.find_resource_type(name.substr(0, name.size() - suffix.size()));
    if (type) return Shape{kind, *type};
  }
  return std::nullopt;
}

std::vector<Shape> Schema::shapes() const {
  std::vector<Shape> all;
  if (root_ == fhir::kNoType) all.push_back({Kind::query});
  all.push_back({Kind::any_resource});
  all.push_back(*find(kPrimitiveExtension));
  for (const auto& [name, type] : types_) {
    const bool is_primitive = definitions_.type(type).kind == fhir::TypeKind::primitive;
    all.push_back({is_primitive ? Kind::scalar : Kind::object, type});
    if (!is_resource(type)) continue;
    all.push_back({Kind::connection, type});
    all.push_back({Kind::edge, type});
  }
  return all;
}

Field Schema::field_of(const fhir::Element& element) const {
  Field field{Field::Kind::element, std::string(element.json_name), {}, element.is_list, false, &element};
  if (element.type == fhir::kNoType) {
    field.shape = {Kind::any_resource};
  } else {
    const bool is_primitive = definitions_.type(element.type).kind == fhir::TypeKind::primitive;
    field.shape = {is_primitive ? Kind::scalar : Kind::object, element.type};
  }
  return field;
}

std::optional<Field> Schema::find_field(const Shape& owner, std::string_view name) const {
  const auto string_type = definitions_.find_type("string").value_or(fhir::kNoType);
  if (name == "__typename" && !owner.is_leaf()) {
    return Field{Field::Kind::type_name, std::string(name), {Kind::scalar, string_type}, false, true};
  }
  if (owner == root() && (name == "__schema" || name == "__type")) {
    const bool is_schema = name == "__schema";
    const auto index = static_cast<fhir::TypeId>(*find_meta_type(is_schema ? "__Schema" : "__Type"));
    return Field{
        is_schema ? Field::Kind::schema : Field::Kind::named, std::string(name), {Kind::meta, index}, false, is_schema};
  }
  const auto find_page_field = [&](std::span<const PageField> fields) -> std::optional<Field> {
    for (const PageField& each : fields) {
      if (each.name != name) continue;
      const auto type = definitions_.find_type(each.primitive).value_or(fhir::kNoType);
      return Field{each.kind, std::string(name), {Kind::scalar, type}};
    }
    return std::nullopt;
  };
  switch (owner.kind) {
    case Kind::connection:
      if (name == "edges") return Field{Field::Kind::edges, std::string(name), {Kind::edge, owner.type}, true};
      return find_page_field(kConnectionFields);
    case Kind::edge:
      if (name == "resource") return Field{Field::Kind::found, std::string(name), {Kind::object, owner.type}};
      return find_page_field(kEdgeFields);
    case Kind::meta:
      for (const MetaField& each : meta_types()[owner.type].fields) {
        if (each.name != name) continue;
        return Field{Field::Kind::meta,       std::string(name), *find(named_type(each.type)), each.type.front() == '[',
                     each.type.back() == '!', nullptr,           std::string(each.type)};
      }
      return std::nullopt;
    case Kind::query:
    case Kind::any_resource:
      return find_resource_field(owner, name);
    case Kind::object:
    case Kind::primitive_extension:
      break;
    default:
      return std::nullopt;
  }
  if (auto field = find_element_field(owner, name)) return field;
  return owner.kind == Kind::object && is_resource(owner.type) ? find_resource_field(owner, name) : std::nullopt;
}

// An element by its JSON name, the extensions of a primitive, or what a reference leads to.
std::optional<Field> Schema::find_element_field(const Shape& owner, std::string_view name) const {
  if (owner.kind == Kind::object && owner.type == reference_ && name == "resource") {
    return Field{Field::Kind::resolved, std::string(name), {Kind::any_resource}};
  }
  const bool is_extension = name.starts_with('_');
  const fhir::Element* const element = definitions_.find_element(owner.type, is_extension ? name.substr(1) : name);
  if (element == nullptr) return std::nullopt;
  if (owner.kind == Kind::primitive_extension && element->json_name != "id" && element->json_name != "extension") {
    return std::nullopt;
  }
  Field field = field_of(*element);
  if (!is_extension) return field;
  if (field.shape.kind != Kind::scalar) return std::nullopt;
  field.kind = Field::Kind::extension;
  field.name = name;
  field.shape.kind = Kind::primitive_extension;
  return field;
}

// resourceType; of the system `Patient`; of both `PatientList` and `PatientConnection`.
std::optional<Field> Schema::find_resource_field(const Shape& owner, std::string_view name) const {
  if (owner.kind != Kind::query && name == "resourceType") {
    const auto code = definitions_.find_type("code").value_or(fhir::kNoType);
    return Field{Field::Kind::resource_type, std::string(name), {Kind::scalar, code}, false, true};
  }
  if (owner.kind == Kind::any_resource) {
    if (auto field = find_element_field({Kind::object, any_}, name)) return field;
  }
  if (owner.kind == Kind::query) {
    if (const auto type = definitions_.find_resource_type(name)) {
      return Field{Field::Kind::read, std::string(name), {Kind::object, *type}};
    }
  }
  const bool is_list = name.ends_with(kList);
  if (!is_list && !name.ends_with(kConnection)) return std::nullopt;
  const auto type =
      definitions_.find_resource_type(name.substr(0, name.size() - (is_list ? kList : kConnection).size()));
  if (!type) return std::nullopt;
  return Field{is_list ? Field::Kind::list : Field::Kind::connection,
               std::string(name),
               {is_list ? Kind::object : Kind::connection, *type},
               is_list};
}

bool Schema::is_field_of_resources(std::string_view name) {
  const auto known = fields_of_resources_.find(name);
  if (known != fields_of_resources_.end()) return known->second;
  bool is_field = false;
  for (fhir::TypeId type = 0; type < definitions_.types().size() && !is_field; ++type) {
    is_field = is_resource(type) && find_field({Kind::object, type}, name).has_value();
  }
  fields_of_resources_.emplace(name, is_field);
  return is_field;
}

const std::vector<SearchArgument>& Schema::search_arguments(fhir::TypeId type) {
  const auto [found, is_new] = search_arguments_.try_emplace(type);
  if (is_new) found->second = source_.search_arguments(type);
  return found->second;
}

std::vector<const SearchArgument*> Schema::references(fhir::TypeId type, fhir::TypeId target) {
  std::vector<const SearchArgument*> found;
  for (const SearchArgument& each : search_arguments(type)) {
    const bool may_lead_there = each.targets.empty() || std::ranges::find(each.targets, target) != each.targets.end();
    if (each.is_reference && may_lead_there) found.push_back(&each);
  }
  return found;
}

std::string Schema::type_of(const Field& field) const {
  if (!field.meta_type.empty()) return field.meta_type;
  std::string text = name_of(field.shape);
  if (field.is_list) text = "[" + text + "]";
  if (field.is_required) text += "!";
  return text;
}

std::vector<Field> Schema::fields_of(const Shape& owner) {
  std::vector<Field> fields;
  const auto add = [&](std::string_view name) {
    if (auto field = find_field(owner, name)) fields.push_back(std::move(*field));
  };
  if (owner.kind == Kind::connection) {
    for (const PageField& each : kConnectionFields) add(each.name);
    add("edges");
  } else if (owner.kind == Kind::edge) {
    for (const PageField& each : kEdgeFields) add(each.name);
    add("resource");
  } else if (owner.kind == Kind::meta) {
    for (const MetaField& each : meta_types()[owner.type].fields) add(each.name);
  } else if (owner.kind != Kind::query) {
    if (owner.kind == Kind::any_resource || is_resource(owner.type)) add("resourceType");
    for (const fhir::Element& each : definitions_.type(owner.kind == Kind::any_resource ? any_ : owner.type).elements) {
      add(each.json_name);
      add("_" + std::string(each.json_name));
    }
    if (owner.kind == Kind::object && owner.type == reference_) add("resource");
  }
  const bool is_of_resource = owner.kind == Kind::object && is_resource(owner.type);
  if (owner.kind != Kind::query && !is_of_resource) return fields;
  for (fhir::TypeId type = 0; type < definitions_.types().size(); ++type) {
    if (!is_resource(type)) continue;
    const std::string name(definitions_.type(type).name);
    if (owner.kind == Kind::query) {
      add(name);
    } else if (references(type, owner.type).empty()) {
      continue;
    }
    add(name + std::string(kList));
    add(name + std::string(kConnection));
  }
  return fields;
}

std::vector<ArgumentDefinition> Schema::arguments_of(const Shape& owner, const Field& field) {
  switch (field.kind) {
    case Field::Kind::element: {
      if (field.shape.is_leaf()) return {};
      std::vector<ArgumentDefinition> arguments = {{"fhirpath", "String"}, {"_offset", "Int"}, {"_count", "Int"}};
      const fhir::TypeId type = field.shape.kind == Kind::any_resource ? any_ : field.shape.type;
      for (const fhir::Element& each : definitions_.type(type).elements) {
        const Field part = field_of(each);
        if (part.shape.kind == Kind::scalar) arguments.push_back({part.name, "[" + name_of(part.shape) + "]"});
      }
      return arguments;
    }
    case Field::Kind::resolved:
      return {{"optional", "Boolean", "false"}, {"type", "code"}};
    case Field::Kind::read:
      return {{"id", "ID!"}};
    case Field::Kind::list:
    case Field::Kind::connection:
      return search_definitions(owner, field);
    case Field::Kind::named:
      return {{"name", "String!"}};
    case Field::Kind::meta:
      for (const MetaField& each : meta_types()[owner.type].fields) {
        if (each.name == field.name && each.takes_deprecated) return {{"includeDeprecated", "Boolean", "false"}};
      }
      return {};
    default:
      return {};
  }
}

std::optional<ArgumentDefinition> Schema::find_argument(const Shape& owner, const Field& field, std::string_view name) {
  for (ArgumentDefinition& each : arguments_of(owner, field)) {
    if (each.name == name) return std::move(each);
  }
  if (field.kind != Field::Kind::list && field.kind != Field::Kind::connection) return std::nullopt;
  for (const SearchArgument& each : search_arguments(field.shape.type)) {
    if (each.name == name) return ArgumentDefinition{each.name, std::string(kSearchValues)};
  }
  return std::nullopt;
}

// Of a reverse reference only those by which everything can be asked are listed: with all parameters of all types that
// refer to a type, the schema would be several times as long. Those of the field of the root are taken there too.
std::vector<ArgumentDefinition> Schema::search_definitions(const Shape& owner, const Field& field) {
  const bool is_root = owner.kind == Kind::query;
  std::vector<ArgumentDefinition> arguments;
  if (!is_root) arguments.push_back({"_reference", "String!"});
  if (is_root && field.kind == Field::Kind::connection) arguments.push_back({"_cursor", "String"});
  if (field.kind == Field::Kind::list) arguments.push_back({"_offset", "Int"});
  for (const auto& [name, type] : {std::pair("_count", "Int"), {"_sort", "[String]"}, {"fhirpath", "String"}}) {
    arguments.push_back({name, type});
  }
  for (const SearchArgument& each : search_arguments(field.shape.type)) {
    if (is_root || each.name == "_filter") arguments.push_back({each.name, std::string(kSearchValues)});
  }
  return arguments;
}

}  // namespace vesta::graphql
