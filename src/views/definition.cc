// Reading of a ViewDefinition: property by property, with the place of what is wrong.
#include "views/definition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "fhir/primitive.h"
#include "fhirpath/value.h"
#include "views/limits.h"
#include "views/object_reader.h"

namespace vesta::views {
namespace {

struct Metadata {
  std::string_view name;
  JsonKind kind;
};
// Of any resource that is a canonical one; a view does nothing with them. (`id` and extensions: accept_element().)
constexpr std::array<Metadata, 24> kMetadata = {{
    {"meta", JsonKind::object},
    {"implicitRules", JsonKind::string},
    {"language", JsonKind::string},
    {"text", JsonKind::object},
    {"contained", JsonKind::array},
    {"url", JsonKind::string},
    {"identifier", JsonKind::array},
    {"version", JsonKind::string},
    {"versionAlgorithmString", JsonKind::string},
    {"versionAlgorithmCoding", JsonKind::object},
    {"title", JsonKind::string},
    {"experimental", JsonKind::boolean},
    {"date", JsonKind::string},
    {"publisher", JsonKind::string},
    {"contact", JsonKind::array},
    {"description", JsonKind::string},
    {"useContext", JsonKind::array},
    {"jurisdiction", JsonKind::array},
    {"purpose", JsonKind::string},
    {"copyright", JsonKind::string},
    {"copyrightLabel", JsonKind::string},
    {"profile", JsonKind::array},
    {"fhirVersion", JsonKind::array},
    {"resourceVersion", JsonKind::array},  // what earlier drafts call fhirVersion
}};
constexpr std::array<std::string_view, 4> kStatuses = {"draft", "active", "retired", "unknown"};

struct ConstantType {
  std::string_view property;
  fhir::Primitive primitive;
};
constexpr std::array<ConstantType, 18> kConstantTypes = {{
    {"valueBase64Binary", fhir::Primitive::base64_binary},
    {"valueBoolean", fhir::Primitive::boolean},
    {"valueCanonical", fhir::Primitive::canonical},
    {"valueCode", fhir::Primitive::code},
    {"valueDate", fhir::Primitive::date},
    {"valueDateTime", fhir::Primitive::date_time},
    {"valueDecimal", fhir::Primitive::decimal},
    {"valueId", fhir::Primitive::id},
    {"valueInstant", fhir::Primitive::instant},
    {"valueInteger", fhir::Primitive::integer},
    {"valueOid", fhir::Primitive::oid},
    {"valuePositiveInt", fhir::Primitive::positive_int},
    {"valueString", fhir::Primitive::string},
    {"valueTime", fhir::Primitive::time},
    {"valueUnsignedInt", fhir::Primitive::unsigned_int},
    {"valueUri", fhir::Primitive::uri},
    {"valueUrl", fhir::Primitive::url},
    {"valueUuid", fhir::Primitive::uuid},
}};
constexpr std::string_view kInteger64 = "valueInteger64";  // a type that R4 lacks; in JSON a string

// The invariant sql-name: ^[A-Za-z][A-Za-z0-9_]*$
bool is_sql_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_part);
}

Status check_sql_name(std::string_view name, const std::string& place) {
  if (is_sql_name(name)) return kOk;
  return view_error(place, "'" + std::string(name) + "' is no name of letters, digits and _ that begins with a letter",
                    "value");
}

std::string item_place(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

class DefinitionReader {
 public:
  Result<ViewDefinition> read(const json::Value& root) {
    VESTA_TRY(ObjectReader object, ObjectReader::open(root, "ViewDefinition"));
    VESTA_CHECK_OK(read_metadata(object));
    ViewDefinition view;
    VESTA_TRY(std::optional<std::string> name, object.string("name"));
    if (name) {
      VESTA_CHECK_OK(check_sql_name(*name, object.place_of("name")));
      view.name = std::move(*name);
    }
    VESTA_TRY(view.resource, object.required_string("resource"));
    VESTA_CHECK_OK(read_constants(object, view.constants));
    VESTA_CHECK_OK(read_selects(object, "select", 1, view.selects));
    if (view.selects.empty()) return view_error(object.place_of("select"), "it is missing", "required");
    VESTA_CHECK_OK(read_conditions(object, view.conditions));
    VESTA_CHECK_OK(object.finish());
    return view;
  }

 private:
  static Status read_metadata(ObjectReader& object) {
    VESTA_TRY(const std::optional<std::string> type, object.string("resourceType"));
    if (type && *type != "ViewDefinition") {
      return view_error(object.place_of("resourceType"), "'" + *type + "' is no ViewDefinition", "value");
    }
    VESTA_CHECK_OK(object.accept_element());
    for (const Metadata& metadata : kMetadata) VESTA_CHECK_OK(object.accept(metadata.name, metadata.kind));
    VESTA_TRY(const std::optional<std::string> status, object.string("status"));
    if (status && std::find(kStatuses.begin(), kStatuses.end(), *status) == kStatuses.end()) {
      return view_error(object.place_of("status"), "'" + *status + "' is none of draft, active, retired and unknown",
                        "value");
    }
    return kOk;
  }

  static Status read_constants(ObjectReader& object, std::vector<Constant>& constants) {
    VESTA_TRY(const auto values, object.array("constant"));
    const std::string place = object.place_of("constant");
    if (values.size() > kMaxConstants) return limit_error(place, "kMaxConstants", kMaxConstants, "constants");
    for (std::size_t i = 0; i < values.size(); ++i) {
      VESTA_TRY(ObjectReader part, ObjectReader::open(values[i], item_place(place, i)));
      VESTA_CHECK_OK(part.accept_element());
      Constant constant;
      VESTA_TRY(constant.name, part.required_string("name"));
      VESTA_CHECK_OK(check_sql_name(constant.name, part.place_of("name")));
      const auto is_same = [&](const Constant& other) { return other.name == constant.name; };
      if (std::any_of(constants.begin(), constants.end(), is_same)) {
        return view_error(part.place_of("name"), "there is a constant '" + constant.name + "' already", "duplicate");
      }
      VESTA_CHECK_OK(read_value(part, constant));
      VESTA_CHECK_OK(part.finish());
      constants.push_back(std::move(constant));
    }
    return kOk;
  }

  // value[x]: exactly one.
  static Status read_value(ObjectReader& object, Constant& constant) {
    const std::vector<const json::Member*> members = object.beginning_with("value");
    if (members.size() != 1) {
      return view_error(object.place_of("value[x]"), members.empty() ? "it is missing" : "one value is needed",
                        members.empty() ? "required" : "structure");
    }
    const std::string& name = members[0]->name;
    const json::Value& value = members[0]->value;
    const bool is_string = value.kind == json::Value::Kind::string;
    constant.text = value.text;
    if (name == kInteger64) {
      std::int64_t number = 0;
      const char* const end = value.text.data() + value.text.size();
      const auto [stop, error] = std::from_chars(value.text.data(), end, number);
      constant.kind = fhirpath::Item::Kind::integer;
      if (is_string && error == std::errc() && stop == end) return kOk;
      return view_error(object.place_of(name), "a string of digits is needed", "value");
    }
    for (const ConstantType& type : kConstantTypes) {
      if (type.property != name) continue;
      const bool is_scalar = is_string || value.kind == json::Value::Kind::literal;
      constant.kind = fhirpath::system_kind(type.primitive);
      if (is_scalar && is_string != fhir::is_bare_in_json(type.primitive) && fhir::has_form(type.primitive, value.text))
        return kOk;
      return view_error(object.place_of(name), "it is not " + std::string(fhir::describe_form(type.primitive)),
                        "value");
    }
    return view_error(object.place_of(name), "constants are not of this type", "structure");
  }

  Status read_selects(ObjectReader& object, std::string_view name, std::size_t depth, std::vector<Select>& selects) {
    VESTA_TRY(const auto values, object.array(name));
    const std::string place = object.place_of(name);
    if (!values.empty() && depth > kMaxSelectDepth)
      return limit_error(place, "kMaxSelectDepth", kMaxSelectDepth, "levels");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (++selects_ > kMaxSelects) return limit_error(place, "kMaxSelects", kMaxSelects, "selects");
      VESTA_TRY(Select select, read_select(values[i], item_place(place, i), depth));
      selects.push_back(std::move(select));
    }
    return kOk;
  }

  Result<Select> read_select(const json::Value& value, std::string place, std::size_t depth) {
    VESTA_TRY(ObjectReader object, ObjectReader::open(value, std::move(place)));
    VESTA_CHECK_OK(object.accept_element());
    Select select;
    select.place = object.place();
    VESTA_CHECK_OK(read_iteration(object, select));
    VESTA_CHECK_OK(read_columns(object, select.columns));
    VESTA_CHECK_OK(read_selects(object, "select", depth + 1, select.selects));
    VESTA_CHECK_OK(read_selects(object, "unionAll", depth + 1, select.union_all));
    VESTA_CHECK_OK(object.finish());
    return select;
  }

  // The invariant sql-expressions: at most one of the three.
  static Status read_iteration(ObjectReader& object, Select& select) {
    VESTA_TRY(std::optional<std::string> for_each, object.string("forEach"));
    VESTA_TRY(std::optional<std::string> for_each_or_null, object.string("forEachOrNull"));
    VESTA_TRY(const auto repeat, object.array("repeat"));
    if (for_each.has_value() + for_each_or_null.has_value() + !repeat.empty() > 1) {
      return view_error(object.place(), "only one of forEach, forEachOrNull and repeat may be there", "structure");
    }
    if (for_each) {
      select.iteration = Iteration::for_each;
      select.paths.push_back({std::move(*for_each), object.place_of("forEach")});
    } else if (for_each_or_null) {
      select.iteration = Iteration::for_each_or_null;
      select.paths.push_back({std::move(*for_each_or_null), object.place_of("forEachOrNull")});
    }
    const std::string place = object.place_of("repeat");
    if (repeat.size() > kMaxRepeatPaths) return limit_error(place, "kMaxRepeatPaths", kMaxRepeatPaths, "paths");
    for (std::size_t i = 0; i < repeat.size(); ++i) {
      if (repeat[i].kind != json::Value::Kind::string || repeat[i].text.empty())
        return view_error(item_place(place, i), "a string is needed", "structure");
      select.iteration = Iteration::repeat;
      select.paths.push_back({repeat[i].text, item_place(place, i)});
    }
    return kOk;
  }

  Status read_columns(ObjectReader& object, std::vector<Column>& columns) {
    VESTA_TRY(const auto values, object.array("column"));
    const std::string place = object.place_of("column");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (++columns_ > kMaxColumns) return limit_error(place, "kMaxColumns", kMaxColumns, "columns");
      VESTA_TRY(Column column, read_column(values[i], item_place(place, i)));
      columns.push_back(std::move(column));
    }
    return kOk;
  }

  static Result<Column> read_column(const json::Value& value, std::string place) {
    VESTA_TRY(ObjectReader object, ObjectReader::open(value, std::move(place)));
    VESTA_CHECK_OK(object.accept_element());
    Column column;
    column.place = object.place();
    VESTA_TRY(column.name, object.required_string("name"));
    VESTA_CHECK_OK(check_sql_name(column.name, object.place_of("name")));
    VESTA_TRY(column.path.text, object.required_string("path"));
    column.path.place = object.place_of("path");
    VESTA_CHECK_OK(object.accept("description", JsonKind::string));
    VESTA_TRY(const std::optional<bool> is_collection, object.boolean("collection"));
    column.is_collection = is_collection.value_or(false);
    VESTA_TRY(std::optional<std::string> type, object.string("type"));
    if (type) column.type = std::move(*type);
    VESTA_TRY(const auto tags, object.array("tag"));
    for (std::size_t i = 0; i < tags.size(); ++i) {
      VESTA_TRY(ObjectReader tag, ObjectReader::open(tags[i], item_place(object.place_of("tag"), i)));
      VESTA_CHECK_OK(tag.accept_element());
      VESTA_CHECK_OK(tag.required_string("name"));
      VESTA_CHECK_OK(tag.required_string("value"));
      VESTA_CHECK_OK(tag.finish());
    }
    VESTA_CHECK_OK(object.finish());
    return column;
  }

  static Status read_conditions(ObjectReader& object, std::vector<Expression>& conditions) {
    VESTA_TRY(const auto values, object.array("where"));
    const std::string place = object.place_of("where");
    if (values.size() > kMaxConditions) return limit_error(place, "kMaxConditions", kMaxConditions, "conditions");
    for (std::size_t i = 0; i < values.size(); ++i) {
      VESTA_TRY(ObjectReader part, ObjectReader::open(values[i], item_place(place, i)));
      VESTA_CHECK_OK(part.accept_element());
      VESTA_TRY(std::string path, part.required_string("path"));
      conditions.push_back({std::move(path), part.place_of("path")});
      VESTA_CHECK_OK(part.accept("description", JsonKind::string));
      VESTA_CHECK_OK(part.finish());
    }
    return kOk;
  }

  std::size_t selects_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace

Result<ViewDefinition> read_view_definition(std::string_view json) {
  if (json.size() > kMaxViewBytes) {
    return view_error("ViewDefinition", "more than kMaxViewBytes (" + std::to_string(kMaxViewBytes) + ") bytes",
                      "too-long");
  }
  auto root = json::parse_value(json);
  if (!root.ok()) return view_error("ViewDefinition", root.error().message, "structure");
  return DefinitionReader().read(*root);
}

}  // namespace vesta::views
