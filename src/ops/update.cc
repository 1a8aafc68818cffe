// The update interaction, with update-as-create. https://hl7.org/fhir/R4/http.html#update
#include "ops/interactions.h"
#include "ops/writes.h"

namespace vesta::ops {

Status check_body_id(const Context& context, const fhir::Node& resource, std::string_view path_id) {
  const std::string_view body_id = resource.child_value(context.vocabulary.id);
  if (body_id == path_id) return kOk;
  const std::string said = body_id.empty() ? "no id" : "the id '" + std::string(body_id) + "'";
  return Error{Category::invalid,
               {},
               {Issue{Severity::error, "value",
                      "The resource has " + said + ", the URL has '" + std::string(path_id) + "': they must be equal.",
                      std::string(context.definitions.type(resource.type).name) + ".id"}}};
}

Status check_chosen_id(const Context& context, fhir::TypeId type, const Current& current) {
  if (current || context.store.may_choose_ids(type)) return kOk;
  return make_error(Category::forbidden,
                    "You may not choose the id of a new " + std::string(context.definitions.type(type).name) + ".");
}

Status check_if_none_match(std::string_view if_none_match, const Current& current) {
  if (if_none_match.empty()) return kOk;
  VESTA_TRY(const bool named, names_version(if_none_match, version_of(current)));
  if (!named || !exists(current)) return kOk;
  return make_error(Category::precondition,
                    "If-None-Match: the resource exists as version " + std::to_string(current->version.value) + ".");
}

// 1. The body must have the id of the URL. 2. If-Match: 412 unless it is the current version. 3. `If-None-Match: *`:
// 412 if the resource exists. 4. A resource that never was, or was deleted, is made under this id (201).
Result<http::Response> update(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, read_body(context, call, *scratch));
  VESTA_CHECK_OK(check_body_id(context, *resource, call.route.id));
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(const Current current, context.store.read(call.route.type, call.route.id));
    VESTA_CHECK_OK(check_chosen_id(context, call.route.type, current));
    VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), version_of(current), exists(current)));
    VESTA_CHECK_OK(check_if_none_match(call.request.headers.get("If-None-Match"), current));
    store::WriteSet writes;
    VESTA_CHECK_OK(add_put(context, *resource, call.route.id, current, *scratch, writes));
    return commit_one(context, call, exists(current) ? 200 : 201, writes);
  });
}

}  // namespace vesta::ops
