// _format, _pretty, Accept and Content-Type.
#include "ops/negotiation.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "http/ascii.h"
#include "http/media_type.h"
#include "ops/graphql.h"
#include "ops/patch.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
// Those of JSON come first: of formats that are as welcome as each other the first is taken.
constexpr std::array<std::string_view, 6> kOffers = {"application/fhir+json", "application/json", "text/json",
                                                     "application/fhir+xml",  "application/xml",  "text/xml"};
constexpr std::array<AnswerForm, kOffers.size()> kForms = {{
    {Format::json, kFhirJson},
    {Format::json, "application/json;charset=utf-8"},
    {Format::json, "text/json;charset=utf-8"},
    {Format::xml, kFhirXml},
    {Format::xml, "application/xml;charset=utf-8"},
    {Format::xml, "text/xml;charset=utf-8"},
}};

// `by`: what asked for it.
http::Response not_acceptable(std::string_view by, std::string_view asked) {
  return refusal(406, "not-supported",
                 std::string(by) + " '" + std::string(asked) +
                     "' is not offered; this server answers in application/fhir+json and application/fhir+xml.");
}

// The media type's parameter of R4: "4.0" and its patch releases. https://hl7.org/fhir/R4/versioning.html#mt-version
bool is_our_version(const http::MediaType& type) {
  const std::string_view version = type.parameter("fhirversion");
  return version.empty() || version == "4.0" || version == "4.0.1";
}

std::optional<Format> find_format(std::string_view essence) {
  const auto* const found = std::find(kOffers.begin(), kOffers.end(), essence);
  if (found == kOffers.end()) return std::nullopt;
  return kForms[static_cast<std::size_t>(found - kOffers.begin())].format;
}

std::optional<Format> read_format(std::string value) {
  if (value == "json") return Format::json;
  if (value == "xml") return Format::xml;
  // A '+' that a client left unescaped has become a space.
  std::replace(value.begin(), value.end(), ' ', '+');
  const auto type = http::parse_media_type(value);
  if (!type || !is_our_version(*type)) return std::nullopt;
  return find_format(type->essence());
}

void set_form(const AnswerForm& form, Negotiation& negotiation) {
  negotiation.form.format = form.format;
  negotiation.form.content_type = form.content_type;
}

// "The values xml, text/xml, application/xml, and application/fhir+xml SHALL be interpreted to mean the XML format":
// whichever of its names it has, the answer has that of FHIR. https://hl7.org/fhir/R4/http.html#parameters
void take_format(const http::Parameter& parameter, Negotiation& negotiation) {
  const auto format = read_format(parameter.value);
  if (!format) {
    negotiation.refused_format = not_acceptable("_format", parameter.value);
    return;
  }
  set_form({*format, *format == Format::json ? kFhirJson : kFhirXml}, negotiation);
}

void take_pretty(const http::Parameter& parameter, Negotiation& negotiation) {
  if (parameter.value != "true" && parameter.value != "false") {
    negotiation.refused = refusal(400, "value", "_pretty is true or false.");
  }
  negotiation.form.is_pretty = parameter.value == "true";
}

// It counts only without a _format.
void take_accept(std::string_view accept, Negotiation& negotiation) {
  if (accept.empty()) return;
  const auto chosen = http::choose_media_type(accept, kOffers, is_our_version);
  if (!chosen) {
    negotiation.refused_format = not_acceptable("Accept", accept);
  } else {
    set_form(kForms[*chosen], negotiation);
  }
}

// Takes over what a query or a form has.
Status take_query(std::string_view part, std::string_view query, std::vector<http::Parameter>& parameters) {
  auto parsed = http::parse_query(query);
  if (!parsed) {
    return make_error(Category::invalid, std::string(part) + " is malformed: " + http::query_defect(query) + ".");
  }
  parameters.insert(parameters.end(), std::make_move_iterator(parsed->begin()), std::make_move_iterator(parsed->end()));
  if (parameters.size() <= http::kMaxQueryParameters) return kOk;
  return make_error(Category::invalid, "The query string and the form have more than " +
                                           std::to_string(http::kMaxQueryParameters) + " parameters.");
}

bool has_form(const http::Request& request) {
  if (request.method != http::Method::post || request.body.empty()) return false;
  const auto type = http::parse_media_type(request.headers.get("Content-Type"));
  return type && type->essence() == kForm;
}

constexpr std::string_view kResource = "application/fhir+json or application/fhir+xml";

std::string wanted_types(BodyKind kind) {
  switch (kind) {
    case BodyKind::form:
      return std::string(kForm);
    case BodyKind::patch:
      return std::string(kJsonPatch) + ", " + std::string(kXmlPatch) + " or, for a FHIRPath Patch, " +
             std::string(kResource);
    case BodyKind::graphql:
      return std::string(kGraphqlJson) + ", " + std::string(kGraphqlDocument) + " or, for Parameters, " +
             std::string(kResource);
    case BodyKind::resource:
      break;
  }
  return std::string(kResource);
}

bool is_wanted(BodyKind kind, std::string_view essence) {
  switch (kind) {
    case BodyKind::form:
      return essence == kForm;
    case BodyKind::patch:
      return essence == kJsonPatch || essence == kXmlPatch || find_format(essence).has_value();
    case BodyKind::graphql:
      return essence == kGraphqlDocument || find_format(essence).has_value();
    case BodyKind::resource:
      break;
  }
  return find_format(essence).has_value();
}

}  // namespace

Negotiation negotiate(const http::Request& request) {
  Negotiation negotiation;
  std::vector<http::Parameter>& parameters = negotiation.parameters;
  Status taken = take_query("The query string", request.query, parameters);
  // R4 takes the parameters of both: https://hl7.org/fhir/R4/http.html#search
  if (taken.ok() && has_form(request)) taken = take_query("The form in the body", request.body, parameters);
  if (!taken.ok()) {
    negotiation.refused = error_response(taken.error());
    parameters.clear();
  }
  bool has_format = false;
  for (const http::Parameter& parameter : parameters) {
    const bool is_format = parameter.name == "_format";
    if (!is_format && parameter.name != "_pretty") continue;
    is_format ? take_format(parameter, negotiation) : take_pretty(parameter, negotiation);
    has_format = has_format || is_format;
    negotiation.format_parameters.push_back(parameter);
  }
  std::erase_if(parameters, [](const auto& each) { return each.name == "_format" || each.name == "_pretty"; });
  if (!has_format) take_accept(request.headers.get("Accept"), negotiation);
  return negotiation;
}

std::optional<http::Response> check_content_type(const http::Request& request, BodyKind kind) {
  const std::string_view header = request.headers.get("Content-Type");
  const auto refused = [&](std::string_view what) {
    return refusal(415, "not-supported",
                   std::string(what) + ": the body must be " + wanted_types(kind) + ", in UTF-8.");
  };
  if (header.empty()) {
    if (kind == BodyKind::form && request.body.empty()) return std::nullopt;
    return refused("Content-Type is missing");
  }
  const auto type = http::parse_media_type(header);
  if (!type) return refused("Content-Type is malformed");
  const std::string essence = type->essence();
  if (!is_wanted(kind, essence)) return refused("Content-Type is " + essence);
  const std::string charset = http::lower_case(type->parameter("charset"));
  if (!charset.empty() && charset != "utf-8" && charset != "us-ascii") return refused("The charset is " + charset);
  if (!is_our_version(*type)) return refused("The FHIR version is not 4.0");
  return std::nullopt;
}

bool has_fhir_body(const http::Request& request) {
  const auto type = http::parse_media_type(request.headers.get("Content-Type"));
  return type && find_format(type->essence()).has_value();
}

Format body_format(const http::Request& request) {
  const auto type = http::parse_media_type(request.headers.get("Content-Type"));
  return type ? find_format(type->essence()).value_or(Format::json) : Format::json;
}

}  // namespace vesta::ops
