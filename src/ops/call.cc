// Taking a call apart: its body, its view, its conditions.
#include "ops/call.h"

#include <algorithm>

#include "http/entity_tag.h"

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

std::vector<std::string> split_elements(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) names.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
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

Result<View> extract_view(std::vector<http::Parameter>& parameters) {
  View view;
  for (const http::Parameter& parameter : parameters) {
    if (parameter.name == "_summary") {
      VESTA_TRY(view.summary, parse_summary(parameter.value));
    } else if (parameter.name == "_elements") {
      view.elements = split_elements(parameter.value);
      if (view.elements->empty()) return bad_parameter("_elements", "_elements names no element.");
    }
  }
  if (view.summary != fhir::Summary::none && view.elements) {
    return bad_parameter("_elements", "_elements and _summary cannot be used together.");
  }
  std::erase_if(parameters, [](const auto& each) { return each.name == "_summary" || each.name == "_elements"; });
  return view;
}

Result<View> take_view(const Call& call) {
  std::vector<http::Parameter> rest = call.parameters;
  VESTA_TRY(View view, extract_view(rest));
  if (!rest.empty() && call.handling == search::Handling::strict) {
    return unknown_parameter(rest.front().name, "this interaction");
  }
  return view;
}

Result<fhir::Node*> read_body(const Context& context, const Call& call, Scratch& scratch) {
  fhir::Node* resource = call.resource;
  if (resource == nullptr) {
    const std::string& body = call.request.body;
    if (body.empty()) return make_error(Category::invalid, "The body is empty, but must be a resource.");
    VESTA_TRY(resource, scratch.reader.read(body, body.capacity(), scratch.arena));
  }
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
