// Taking a call apart: its body, its view, its conditions.
#include "ops/call.h"

#include <algorithm>

#include "http/entity_tag.h"
#include "ops/negotiation.h"

namespace vesta::ops {
namespace {

Error bad_parameter(std::string_view name, std::string message) {
  return Error{Category::invalid, {}, {Issue{Severity::error, "value", std::move(message), std::string(name)}}};
}

Result<fhir::Summary> parse_summary(std::string_view text) {
  if (text == "true") return fhir::Summary::true_;
  if (text == "text") return fhir::Summary::text;
  if (text == "data") return fhir::Summary::data;
  if (text == "false") return fhir::Summary::none;
  if (text == "count") return bad_parameter("_summary", "_summary=count is for searches and histories.");
  return bad_parameter("_summary", "_summary is one of true, text, data and false.");
}

// By its JSON name, or that of a choice: `value` as well as `valueQuantity`.
bool has_element(const fhir::Definitions& definitions, fhir::TypeId type, std::string_view element) {
  if (definitions.find_element(type, element) != nullptr) return true;
  const auto name = definitions.find_name(element);
  return name && definitions.find_element(type, *name) != nullptr;
}

bool is_element(const fhir::Definitions& definitions, fhir::TypeId type, std::string_view element) {
  if (type != fhir::kNoType) return has_element(definitions, type, element);
  for (fhir::TypeId each = 0; each < definitions.types().size(); ++each) {
    if (definitions.type(each).kind == fhir::TypeKind::resource && has_element(definitions, each, element)) return true;
  }
  return false;
}

// https://hl7.org/fhir/R4/search.html#elements, with the rules of a search: names of elements at the root, strictly.
Result<std::vector<std::string>> read_elements(const Context& context, const Call& call, fhir::TypeId type,
                                               std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    begin = end + 1;
    if (is_element(context.definitions, type, name)) {
      names.emplace_back(name);
    } else if (call.handling == search::Handling::strict) {
      const std::string of = type == fhir::kNoType ? "any resource" : std::string(context.definitions.type(type).name);
      return bad_parameter("_elements", "'" + std::string(name) + "' is no element of " + of + ".");
    }
  }
  return names;
}

}  // namespace

Error unknown_parameter(std::string_view name, std::string_view where) {
  return Error{
      Category::invalid,
      {},
      {Issue{Severity::error, "not-supported",
             "'" + std::string(name) + "' is not a parameter of " + std::string(where) + ".", std::string(name)}}};
}

Result<View> extract_view(const Context& context, const Call& call, fhir::TypeId type,
                          std::vector<http::Parameter>& parameters) {
  View view;
  for (const http::Parameter& parameter : parameters) {
    if (parameter.name == "_summary") {
      VESTA_TRY(view.summary, parse_summary(parameter.value));
    } else if (parameter.name == "_elements") {
      VESTA_TRY(std::vector<std::string> names, read_elements(context, call, type, parameter.value));
      if (!names.empty()) view.elements = std::move(names);
    }
  }
  if (view.summary != fhir::Summary::none && view.elements) {
    return bad_parameter("_elements", "_elements and _summary cannot be used together.");
  }
  std::erase_if(parameters, [](const auto& each) { return each.name == "_summary" || each.name == "_elements"; });
  return view;
}

Status refuse_parameters(const Call& call) {
  if (call.parameters.empty() || call.handling == search::Handling::lenient) return kOk;
  return unknown_parameter(call.parameters.front().name, "this interaction");
}

Result<View> take_view(const Context& context, const Call& call, fhir::TypeId type) {
  std::vector<http::Parameter> rest = call.parameters;
  VESTA_TRY(View view, extract_view(context, call, type, rest));
  if (!rest.empty() && call.handling == search::Handling::strict) {
    return unknown_parameter(rest.front().name, "this interaction");
  }
  return view;
}

Error bad_value(const http::Parameter& parameter, std::string_view wanted) {
  return Error{Category::invalid,
               {},
               {Issue{Severity::error, "value",
                      "'" + parameter.value + "' is no value of " + parameter.name + ": " + std::string(wanted) + ".",
                      parameter.name}}};
}

Result<fhir::Node*> read_any_body(const Call& call, store::Scratch& scratch) {
  if (call.resource != nullptr) return call.resource;
  const std::string& body = call.request.body;
  if (body.empty()) return make_error(Category::invalid, "The body is empty, but must be a resource.");
  return read_text(body_format(call.request), body, scratch);
}

Result<fhir::Node*> read_body(const Context& context, const Call& call, store::Scratch& scratch) {
  VESTA_TRY(fhir::Node* const resource, read_any_body(call, scratch));
  if (call.route.type != fhir::kNoType && resource->type != call.route.type) {
    const std::string_view actual = context.definitions.type(resource->type).name;
    const std::string_view wanted = context.definitions.type(call.route.type).name;
    return Error{
        Category::invalid,
        {},
        {Issue{Severity::error, "value",
               "The body is of type " + std::string(actual) + ", the path of type " + std::string(wanted) + ".",
               std::string(actual)}}};
  }
  return resource;
}

Result<bool> names_version(std::string_view header, VersionId version) {
  const auto tags = http::parse_entity_tags(header);
  if (!tags) {
    return make_error(Category::invalid,
                      "'" + std::string(header) + "' is not an entity tag like W/\"3\", a list of them, or *.");
  }
  return tags->is_any || tags->matches(std::to_string(version.value));
}

// https://hl7.org/fhir/R4/http.html#concurrency
Status check_if_match(std::string_view if_match, VersionId current, bool exists) {
  if (if_match.empty()) return kOk;
  VESTA_TRY(const bool named, names_version(if_match, current));
  if (current == VersionId{}) return make_error(Category::precondition, "If-Match: there is no such resource.");
  // "*" asks for a current representation, which a deleted resource has not.
  // https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
  if (!exists && http::parse_entity_tags(if_match)->is_any) {
    return make_error(Category::precondition, "If-Match: the resource is deleted.");
  }
  if (!named) {
    return make_error(Category::precondition, "If-Match names another version than the current one, W/\"" +
                                                  std::to_string(current.value) + "\".");
  }
  return kOk;
}

}  // namespace vesta::ops
