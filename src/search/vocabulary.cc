// Finds the names and shapes of a Definitions, and turns items into what the converters see.
#include "search/vocabulary.h"

#include <utility>

namespace vesta::search {
namespace {

Shape shape_of_primitive(fhir::Primitive primitive) {
  switch (primitive) {
    case fhir::Primitive::boolean:
      return Shape::boolean;
    case fhir::Primitive::integer:
    case fhir::Primitive::unsigned_int:
    case fhir::Primitive::positive_int:
    case fhir::Primitive::decimal:
      return Shape::number;
    case fhir::Primitive::string:
    case fhir::Primitive::markdown:
    case fhir::Primitive::id:
      return Shape::text;
    case fhir::Primitive::code:
      return Shape::code;
    case fhir::Primitive::uri:
    case fhir::Primitive::url:
    case fhir::Primitive::oid:
    case fhir::Primitive::uuid:
      return Shape::uri;
    case fhir::Primitive::canonical:
      return Shape::canonical;
    case fhir::Primitive::date:
    case fhir::Primitive::date_time:
    case fhir::Primitive::instant:
      return Shape::date;
    case fhir::Primitive::none:
    case fhir::Primitive::base64_binary:
    case fhir::Primitive::time:
    case fhir::Primitive::xhtml:
      return Shape::other;
  }
  return Shape::other;
}

// Texts that people read, and codes. Ids, URIs, numbers and dates are found by their own parameters.
WordsOf words_of_primitive(fhir::Primitive primitive) {
  switch (primitive) {
    case fhir::Primitive::string:
    case fhir::Primitive::markdown:
    case fhir::Primitive::code:
      return WordsOf::text;
    case fhir::Primitive::xhtml:
      return WordsOf::markup;
    default:
      return WordsOf::none;
  }
}

constexpr std::pair<std::string_view, Shape> kDatatypes[] = {
    {"Coding", Shape::coding},         {"CodeableConcept", Shape::codeable_concept},
    {"Identifier", Shape::identifier}, {"ContactPoint", Shape::contact_point},
    {"HumanName", Shape::human_name},  {"Address", Shape::address},
    {"Reference", Shape::reference},   {"Period", Shape::period},
    {"Timing", Shape::timing},         {"Quantity", Shape::quantity},
    {"Money", Shape::money},           {"Range", Shape::range},
    {"Extension", Shape::extension},   {"SampledData", Shape::sampled_data},
};

}  // namespace

Vocabulary::Vocabulary(const fhir::Definitions& from)
    : definitions(from), shapes(from.types().size(), Shape::other), words_of(from.types().size(), WordsOf::none) {
  for (std::size_t id = 0; id < shapes.size(); ++id) {
    const fhir::Type& type = from.types()[id];
    shapes[id] = type.kind == fhir::TypeKind::resource ? Shape::resource : shape_of_primitive(type.primitive);
    words_of[id] = words_of_primitive(type.primitive);
  }
  for (const auto& [name, shape] : kDatatypes) {
    const auto base = from.find_type(name);
    if (!base) continue;
    for (std::size_t id = 0; id < shapes.size(); ++id) {
      if (from.is_a(static_cast<fhir::TypeId>(id), *base)) shapes[id] = shape;
    }
  }
  const std::pair<fhir::NameId*, std::string_view> names[] = {
      {&bounds, "bounds"},
      {&city, "city"},
      {&code, "code"},
      {&coding, "coding"},
      {&comparator, "comparator"},
      {&contained, "contained"},
      {&country, "country"},
      {&currency, "currency"},
      {&data, "data"},
      {&display, "display"},
      {&district, "district"},
      {&div, "div"},
      {&end, "end"},
      {&event, "event"},
      {&extension, "extension"},
      {&factor, "factor"},
      {&family, "family"},
      {&given, "given"},
      {&high, "high"},
      {&id, "id"},
      {&identifier, "identifier"},
      {&latitude, "latitude"},
      {&line, "line"},
      {&longitude, "longitude"},
      {&low, "low"},
      {&origin, "origin"},
      {&postal_code, "postalCode"},
      {&prefix, "prefix"},
      {&reference, "reference"},
      {&repeat, "repeat"},
      {&start, "start"},
      {&state, "state"},
      {&suffix, "suffix"},
      {&system, "system"},
      {&text, "text"},
      {&type, "type"},
      {&unit, "unit"},
      {&value, "value"},
  };
  for (const auto& [field, name] : names) *field = from.find_name(name).value_or(fhir::kNoName);
}

bool has_content(const Vocabulary& names, const fhir::Node& node) {
  if (node.has_value) return true;
  for (const fhir::Node& child : node.children()) {
    if (child.name != names.id && child.name != names.extension) return true;
  }
  // An element of extensions alone has no value of its own; but what an expression selects as an extension is one.
  return node.type < names.shapes.size() && names.shapes[node.type] == Shape::extension;
}

Datum to_datum(const Vocabulary& vocabulary, const fhir::Node& node) {
  if (node.type >= vocabulary.shapes.size()) return {};
  const Shape shape = vocabulary.shapes[node.type];
  if (shape != Shape::extension) return {shape, &node, node.value};
  // Expressions such as Patient.extension('…') stop at the extension; what is searched is its value.
  const fhir::Node* value = node.child(vocabulary.value);
  return value == nullptr ? Datum{} : to_datum(vocabulary, *value);
}

Datum to_datum(const Vocabulary& vocabulary, const fhirpath::Item& item) {
  using Kind = fhirpath::Item::Kind;
  switch (item.kind) {
    case Kind::node:
      return to_datum(vocabulary, *item.node);
    case Kind::boolean:
      return {Shape::boolean, nullptr, item.boolean_value ? "true" : "false"};
    case Kind::integer:
    case Kind::decimal:
      return {Shape::number, nullptr, item.text};
    case Kind::string:
      return {Shape::text, nullptr, item.text};
    case Kind::date:
    case Kind::date_time:
      return {Shape::date, nullptr, item.text};
    case Kind::resolved:
    case Kind::time:
    case Kind::quantity:
    case Kind::type_info:
      return {};  // no expression of a search parameter yields these
  }
  return {};
}

}  // namespace vesta::search
