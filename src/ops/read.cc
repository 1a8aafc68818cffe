// The read interaction. https://hl7.org/fhir/R4/http.html#read
#include "http/date.h"
#include "ops/interactions.h"
#include "ops/outcome.h"
#include "ops/representation.h"

namespace vesta::ops {
namespace {

// RFC 9110, section 13.2.2: If-None-Match decides alone where it is given; Last-Modified has whole seconds.
Result<bool> is_not_modified(const Context& context, const http::Headers& headers, const store::Version& version) {
  if (const std::string* none_match = headers.find("If-None-Match")) {
    return names_version(*none_match, version.version);
  }
  const access::Deidentification* const shown = context.store.grant().deidentification();
  if (shown != nullptr && shown->covers(version.type)) return false;  // the time is the same for all of a year
  if (const std::string* since = headers.find("If-Modified-Since")) {
    const auto instant = http::parse_date(*since, context.clock.now());
    return instant && version.last_updated.value / 1'000'000 <= instant->value / 1'000'000;
  }
  return false;
}

}  // namespace

Error not_known(const Context& context, const Route& route) {
  std::string text = std::string(context.definitions.type(route.type).name) + "/" + route.id;
  if (route.kind == Route::Kind::version) text += "/_history/" + std::to_string(route.version.value);
  return make_error(Category::not_found, text + " is not known here.");
}

// A GET or HEAD of a version that exists: 304 (https://hl7.org/fhir/R4/http.html#cread), 410 with the deletion's ETag,
// or 200 with the text.
Result<http::Response> respond_with(const Context& context, const Call& call, const store::Version& version) {
  VESTA_TRY(const View view, take_view(context, call, version.type));
  http::Response response;
  if (version.deleted) {
    response = error_response(make_error(Category::gone, std::string(context.definitions.type(version.type).name) +
                                                             "/" + version.id + " was deleted as version " +
                                                             std::to_string(version.version.value) + "."));
    add_version_headers(version, response);
    return response;
  }
  add_version_headers(version, response);
  VESTA_TRY(const bool not_modified, is_not_modified(context, call.request.headers, version));
  if (not_modified) {
    response.status = 304;
    return response;
  }
  store::ScratchLease scratch(context.definitions);
  VESTA_CHECK_OK(append_resource(context, version, view, *scratch, response.body));
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

Result<http::Response> read(Context& context, Call& call) {
  VESTA_TRY(const auto version, context.store.read(call.route.type, call.route.id));
  if (!version) return not_known(context, call.route);
  return respond_with(context, call, *version);
}

}  // namespace vesta::ops
