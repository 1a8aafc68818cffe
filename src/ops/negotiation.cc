// _format, _pretty, Accept and Content-Type.
#include "ops/negotiation.h"

#include <algorithm>
#include <array>

#include "http/ascii.h"
#include "http/media_type.h"
#include "ops/outcome.h"
#include "ops/patch.h"

namespace vesta::ops {
namespace {

constexpr std::array<std::string_view, 3> kOffers = {"application/fhir+json", "application/json", "text/json"};

http::Response not_acceptable(std::string_view asked) {
  return refusal(406, "not-supported",
                 "'" + std::string(asked) + "' is not offered; this server answers in application/fhir+json.");
}

// The media type's parameter of R4: "4.0" and its patch releases. https://hl7.org/fhir/R4/versioning.html#mt-version
bool is_our_version(const http::MediaType& type) {
  const std::string_view version = type.parameter("fhirversion");
  return version.empty() || version == "4.0" || version == "4.0.1";
}

bool is_json(std::string_view essence) {
  return std::find(kOffers.begin(), kOffers.end(), essence) != kOffers.end();
}

std::optional<http::Response> take_format(const http::Parameter& parameter) {
  // A '+' that a client left unescaped has become a space.
  std::string value = parameter.value;
  std::replace(value.begin(), value.end(), ' ', '+');
  if (value == "json") return std::nullopt;
  const auto type = http::parse_media_type(value);
  if (!type || !is_json(type->essence()) || !is_our_version(*type)) return not_acceptable(parameter.value);
  return std::nullopt;
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string wanted_type(BodyKind kind) {
  switch (kind) {
    case BodyKind::form:
      return std::string(kForm);
    case BodyKind::patch:
      return std::string(kJsonPatch) + ", " + std::string(kXmlPatch) + " or, for a FHIRPath Patch, " +
             std::string(kOffers.front());
    case BodyKind::resource:
      break;
  }
  return std::string(kOffers.front());
}

bool is_taken(BodyKind kind, std::string_view essence) {
  switch (kind) {
    case BodyKind::form:
      return essence == kForm;
    case BodyKind::patch:
      return essence == kJsonPatch || essence == kXmlPatch || is_json(essence);
    case BodyKind::resource:
      break;
  }
  return is_json(essence);
}

}  // namespace

std::optional<http::Response> negotiate_response(Call& call, std::string& content_type) {
  content_type = kFhirJson;
  bool has_format = false;
  for (const http::Parameter& parameter : call.parameters) {
    if (parameter.name == "_format") {
      has_format = true;
      if (auto refused = take_format(parameter)) return refused;
      call.format.push_back(parameter);
    } else if (parameter.name == "_pretty") {
      if (parameter.value != "true" && parameter.value != "false") {
        return refusal(400, "value", "_pretty is true or false.");
      }
      call.pretty = parameter.value == "true";
      call.format.push_back(parameter);
    }
  }
  std::erase_if(call.parameters, [](const auto& each) { return each.name == "_format" || each.name == "_pretty"; });
  if (has_format) return std::nullopt;
  // _format overrides the header, which counts only without it.
  const std::string_view accept = call.request.headers.get("Accept");
  if (accept.empty()) return std::nullopt;
  const auto chosen = http::choose_media_type(accept, kOffers);
  if (!chosen) return not_acceptable(accept);
  if (*chosen != 0) content_type = std::string(kOffers[*chosen]) + ";charset=utf-8";
  return std::nullopt;
}

std::optional<http::Response> check_content_type(const http::Request& request, BodyKind kind) {
  const std::string_view header = request.headers.get("Content-Type");
  const auto refused = [&](std::string_view what) {
    return refusal(415, "not-supported", std::string(what) + ": the body must be " + wanted_type(kind) + ", in UTF-8.");
  };
  if (header.empty()) {
    if (kind == BodyKind::form && request.body.empty()) return std::nullopt;
    return refused("Content-Type is missing");
  }
  const auto type = http::parse_media_type(header);
  if (!type) return refused("Content-Type is malformed");
  const std::string essence = type->essence();
  if (!is_taken(kind, essence)) return refused("Content-Type is " + essence);
  const std::string charset = http::lower_case(type->parameter("charset"));
  if (!charset.empty() && charset != "utf-8" && charset != "us-ascii") return refused("The charset is " + charset);
  if (!is_our_version(*type)) return refused("The FHIR version is not 4.0");
  return std::nullopt;
}

}  // namespace vesta::ops
