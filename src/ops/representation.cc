// Text, headers and links of stored versions.
#include "ops/representation.h"

#include "http/date.h"
#include "ops/outcome.h"
#include "search/vocabulary.h"
#include "store/version_text.h"

namespace vesta::ops {

Result<const fhir::Node*> read_contained(const Context& context, const store::Version& version,
                                         store::Scratch& scratch) {
  VESTA_TRY(const fhir::Node* const tree, scratch.read(version));
  std::uint32_t place = 0;
  for (const fhir::Node& child : tree->children()) {
    if (child.name != context.registry.vocabulary().contained) continue;
    if (place++ == version.contained) return &child;
  }
  return make_error(Category::internal, "A contained resource that was found is not in what contains it.");
}

Status append_resource(const Context& context, const store::Version& version, const View& view, store::Scratch& scratch,
                       std::string& out) {
  if (view.is_whole()) {
    store::append_text(context.definitions, version, out);
    return kOk;
  }
  VESTA_TRY(const fhir::Node* const tree, scratch.read(version));
  append_node(context, *tree, view, out);
  return kOk;
}

void append_node(const Context& context, const fhir::Node& node, const View& view, std::string& out) {
  fhir::JsonWriteOptions options;
  options.summary = view.summary;
  options.elements = view.elements ? &*view.elements : nullptr;
  fhir::write_json(context.definitions, node, options, out);
}

std::string entity_tag(VersionId version) {
  return "W/\"" + std::to_string(version.value) + "\"";
}

std::string resource_url(const Context& context, fhir::TypeId type, std::string_view id) {
  const std::string_view name = context.definitions.type(type).name;
  std::string url;
  url.reserve(context.base_url.size() + name.size() + id.size() + 2);
  url += context.base_url;
  url += '/';
  url += name;
  url += '/';
  url += id;
  return url;
}

std::string version_url(const Context& context, const store::Version& version) {
  return resource_url(context, version.type, version.id) + "/_history/" + std::to_string(version.version.value);
}

std::string instant_text(Instant instant) {
  std::string text;
  fhir::append_instant(instant, text);
  return text;
}

void add_version_headers(const store::Version& version, http::Response& response) {
  response.headers.add("ETag", entity_tag(version.version));
  response.headers.add("Last-Modified", http::format_date(version.last_updated));
  response.last_modified = version.last_updated;
}

void add_location(const Context& context, const store::Version& version, http::Headers& headers) {
  headers.add("Location", version_url(context, version));
}

Result<http::Response> written_response(const Context& context, const Call& call, int status,
                                        const store::Version& version) {
  http::Response response;
  if (call.return_preference == ReturnPreference::operation_outcome) {
    const Issue issue{Severity::information, "informational", "Stored as " + version_url(context, version) + ".", {}};
    response = outcome_response(status, {&issue, 1});
  } else if (call.return_preference != ReturnPreference::minimal) {
    response.body.reserve(version.tail.size() + 192);
    store::ScratchLease scratch(context.definitions);
    VESTA_CHECK_OK(append_resource(context, version, View{}, *scratch, response.body));
    response.headers.add("Content-Type", std::string(kFhirJson));
  }
  response.status = status;
  add_version_headers(version, response);
  if (status == 201) add_location(context, version, response.headers);
  return response;
}

}  // namespace vesta::ops
