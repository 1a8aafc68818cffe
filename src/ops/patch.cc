// The patch interaction. https://hl7.org/fhir/R4/http.html#patch
#include "ops/patch.h"

#include <utility>

#include "base/base64.h"
#include "ops/conditional.h"
#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/representation.h"
#include "ops/writes.h"
#include "search/query_text.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

Result<Patch> read_patch(const Context& context, const Call& call) {
  if (call.resource != nullptr) return read_entry_patch(context, *call.resource);
  return read_json_patch(call.request.body);
}

// A patch changes what is there.
Status check_exists(const Context& context, const Route& route, const Current& current) {
  if (!current) return not_known(context, route);
  if (!current->deleted) return kOk;
  return make_error(Category::gone, "The resource is deleted; a patch cannot bring it back.");
}

Result<http::Response> patch_current(Context& context, Call& call, const Patch& change, const Current& current,
                                     store::WriteSet writes) {
  VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), version_of(current), exists(current)));
  VESTA_CHECK_OK(check_exists(context, call.route, current));
  ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, apply_patch(context, change, *current, *scratch));
  VESTA_CHECK_OK(add_put(context, *resource, current->id, current, *scratch, writes));
  return commit_one(context, call, 200, writes);
}

}  // namespace

Result<Patch> read_json_patch(std::string_view text) {
  if (text.empty()) return make_error(Category::invalid, "The body is empty, but must be a JSON Patch.");
  VESTA_TRY(std::vector<json::PatchOperation> operations, json::parse_patch(text));
  return Patch{std::move(operations)};
}

// "a Binary resource with a contentType of application/json-patch+json":
// https://hl7.org/fhir/R4/http.html#jsonpatch
Result<Patch> read_entry_patch(const Context& context, const fhir::Node& resource) {
  const Vocabulary& names = context.vocabulary;
  if (resource.type != names.binary || resource.child_value(names.content_type) != kJsonPatch) {
    return make_error(Category::invalid,
                      "The patch of an entry is a Binary whose contentType is " + std::string(kJsonPatch) + ".");
  }
  const auto text = decode_base64(resource.child_value(names.data));
  if (!text) return make_error(Category::invalid, "The data of the Binary are not base64.");
  return read_json_patch(*text);
}

Result<fhir::Node*> apply_patch(const Context& context, const Patch& patch, const store::Version& current,
                                Scratch& scratch) {
  std::string text;
  store::append_text(context.definitions, current, text);
  VESTA_TRY(json::Value document, json::parse_value(text));
  VESTA_CHECK_OK(json::apply_patch(patch.operations, document));
  text.clear();
  json::append_value(document, text);
  auto resource = scratch.read_text(std::move(text));
  if (!resource.ok()) {
    Error error = resource.take_error();
    if (error.category == Category::invalid) error.category = Category::unprocessable;
    return error;
  }
  const std::string type(context.definitions.type(current.type).name);
  const auto refused = [&](const char* element) {
    return Error{Category::unprocessable,
                 {},
                 {Issue{Severity::error, "value", "A patch cannot change it.", type + "." + element}}};
  };
  if ((*resource)->type != current.type) return refused("resourceType");
  if ((*resource)->child_value(context.vocabulary.id) != current.id) return refused("id");
  return resource;
}

// 1. 404 or 410 for what is not there. 2. If-Match: 412 unless it is the current version. 3. All of the patch is
// applied, or nothing.
Result<http::Response> patch(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  VESTA_TRY(const Patch change, read_patch(context, call));
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(const Current current, context.store.read(call.route.type, call.route.id));
    return patch_current(context, call, change, current, {});
  });
}

// The one match: none is a 404, several are a 412. https://hl7.org/fhir/R4/http.html#patch
Result<http::Response> conditional_patch(Context& context, Call& call) {
  VESTA_TRY(const Patch change, read_patch(context, call));
  const std::string criteria = query_text(call.parameters);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(Matches matches, find_matches(context, call.route.type, criteria));
    VESTA_TRY(const std::string id, the_only_match(context, matches, call.route.type, criteria));
    VESTA_TRY(const Current current, context.store.read(call.route.type, id));
    if (!exists(current)) return make_error(Category::conflict, "The matching resource was deleted meanwhile.");
    store::WriteSet writes;
    writes.conditions.push_back(std::move(matches).condition());
    return patch_current(context, call, change, current, std::move(writes));
  });
}

}  // namespace vesta::ops
