// Writing an answer anew: as XML, or with line ends.
#include "ops/rendering.h"

#include <string>
#include <utility>

#include "fhir/json.h"
#include "fhir/xml.h"
#include "store/scratch.h"

namespace vesta::ops {
namespace {

// Errors: those of the reader and of the writer.
Result<std::string> write_anew(const Context& context, const AnswerForm& form, const std::string& body) {
  store::ScratchLease scratch(context.definitions);
  // Of a part of a resource mandatory elements may be missing.
  VESTA_TRY(const fhir::Node* const tree,
            scratch->read_json(body, body.capacity(), {fhir::Completeness::part, kMaxAnswerDepth}));
  std::string text;
  text.reserve(body.size() + body.size() / 4);
  if (form.format == Format::xml) {
    VESTA_CHECK_OK(scratch->xml_writer.write(*tree, {form.is_pretty}, text));
  } else {
    fhir::JsonWriteOptions options;
    options.pretty = form.is_pretty;
    fhir::write_json(context.definitions, *tree, options, text);
  }
  return text;
}

}  // namespace

void render(const Context& context, const AnswerForm& form, http::Response& response) {
  // For caches: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5
  response.headers.add("Vary", "Accept");
  if (response.body.empty() || response.headers.get("Content-Type") != kFhirJson) return;
  if (is_written_anew(form)) {
    auto text = write_anew(context, form, response.body);
    if (!text.ok()) return;
    response.body = std::move(*text);
  }
  if (form.content_type != kFhirJson) response.headers.set("Content-Type", std::string(form.content_type));
}

}  // namespace vesta::ops
