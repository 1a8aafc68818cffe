// The patch interaction. https://hl7.org/fhir/R4/http.html#patch
#include "ops/patch.h"

#include <utility>

#include "base/base64.h"
#include "fhir/xml.h"
#include "http/media_type.h"
#include "ops/conditional.h"
#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/representation.h"
#include "ops/writes.h"
#include "search/query_text.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kParameters = "Parameters";  // where a FHIRPath Patch stands that is the whole body

Result<Patch> read_json_patch(std::string_view text) {
  if (text.empty()) return make_error(Category::invalid, "The body is empty, but must be a JSON Patch.");
  VESTA_TRY(std::vector<json::PatchOperation> operations, json::parse_patch(text));
  return Patch(std::move(operations));
}

// The two prefixes are those of XPath expressions in R4 itself; official patches use them undeclared.
Result<Patch> read_xml_patch(std::string_view text) {
  const xml::Namespaces known = {{"f", std::string(fhir::kFhirNamespace)}, {"h", std::string(fhir::kXhtmlNamespace)}};
  VESTA_TRY(xml::Patch patch, xml::Patch::parse(text, known));
  return Patch(std::move(patch));
}

Result<Patch> read_fhirpath_patch(const Context& context, fhir::TypeId target, const fhir::Node& resource,
                                  std::string_view place) {
  VESTA_TRY(std::vector<fhirpath::PatchOperation> operations,
            fhirpath::read_patch(context.definitions, target, resource, place));
  return Patch(std::move(operations));
}

struct OperationCount {
  std::size_t operator()(const std::vector<json::PatchOperation>& patch) const { return patch.size(); }
  std::size_t operator()(const std::vector<fhirpath::PatchOperation>& patch) const { return patch.size(); }
  std::size_t operator()(const xml::Patch& patch) const { return patch.operation_count(); }
};

// The text of the resource that each language makes of the current one. The budget is asked before each walk over it.
class Patched {
 public:
  Patched(const Context& context, const store::Version& current, store::Scratch& scratch, PatchBudget& budget)
      : context_(context), current_(current), scratch_(scratch), budget_(budget) {}

  Result<std::string> operator()(const std::vector<json::PatchOperation>& patch) const {
    std::string text;
    store::append_text(context_.definitions, current_, text);
    VESTA_CHECK_OK(budget_.take_text(text.size()));
    VESTA_TRY(json::Value document, json::parse_value(text));
    VESTA_CHECK_OK(json::apply_patch(patch, document));
    text.clear();
    json::append_value(document, text);
    VESTA_CHECK_OK(budget_.take_text(text.size()));
    return text;
  }

  Result<std::string> operator()(const std::vector<fhirpath::PatchOperation>& patch) const {
    VESTA_CHECK_OK(budget_.take_text(current_.tail.size()));
    VESTA_TRY(fhir::Node* const tree, scratch_.read(current_));
    VESTA_CHECK_OK(fhirpath::apply_patch(context_.definitions, patch, *tree, scratch_.arena, budget_.steps()));
    std::string text;
    fhir::write_json(context_.definitions, *tree, {}, text);
    return text;
  }

  // The resource is XML on the way, and so must be what comes out of it: elements in the order of their definition.
  Result<std::string> operator()(const xml::Patch& patch) const {
    VESTA_TRY(const fhir::Node* const tree, scratch_.read(current_));
    std::string text;
    VESTA_CHECK_OK(fhir::XmlWriter(context_.definitions).write(*tree, {}, text));
    VESTA_CHECK_OK(budget_.take_text(text.size() * (1 + patch.operation_count())));
    VESTA_TRY(const std::string changed, patch.apply(text));
    VESTA_TRY(const fhir::Node* const made, scratch_.read_xml(changed));
    text.clear();
    fhir::write_json(context_.definitions, *made, {}, text);
    return text;
  }

 private:
  const Context& context_;
  const store::Version& current_;
  store::Scratch& scratch_;
  PatchBudget& budget_;
};

// A patch changes what is there.
Status check_exists(const Context& context, const Route& route, const Current& current) {
  if (!current) return not_known(context, route);
  if (!current->deleted) return kOk;
  return make_error(Category::gone, "The resource is deleted; a patch cannot bring it back.");
}

Result<http::Response> patch_current(Context& context, Call& call, const Patch& change, PatchBudget& budget,
                                     const Current& current, store::WriteSet writes) {
  VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), version_of(current), exists(current)));
  VESTA_CHECK_OK(check_exists(context, call.route, current));
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, apply_patch(context, change, *current, *scratch, budget));
  VESTA_CHECK_OK(add_put(context, *resource, current->id, current, *scratch, writes));
  return commit_one(context, call, 200, writes);
}

Result<Patch> counted(Result<Patch> patch, PatchBudget& budget) {
  if (patch.ok()) VESTA_CHECK_OK(budget.take_operations(std::visit(OperationCount(), *patch)));
  return patch;
}

Result<Patch> read_body_patch(const Context& context, const Call& call, store::Scratch& scratch) {
  const auto type = http::parse_media_type(call.request.headers.get("Content-Type"));
  const std::string essence = type ? type->essence() : std::string();
  if (essence == kJsonPatch) return read_json_patch(call.request.body);
  if (essence == kXmlPatch) return read_xml_patch(call.request.body);
  VESTA_TRY(const fhir::Node* const resource, read_any_body(call, scratch));
  return read_fhirpath_patch(context, call.route.type, *resource, kParameters);
}

// "a Binary resource with a contentType of application/json-patch+json":
// https://hl7.org/fhir/R4/http.html#jsonpatch
Result<Patch> read_resource_patch(const Context& context, fhir::TypeId target, const fhir::Node& resource,
                                  std::string_view place) {
  const Vocabulary& names = context.vocabulary;
  if (resource.type != names.binary) return read_fhirpath_patch(context, target, resource, place);
  const std::string_view type = resource.child_value(names.content_type);
  if (type != kJsonPatch && type != kXmlPatch) {
    return make_error(Category::invalid, "The contentType of a patch in a Binary is " + std::string(kJsonPatch) +
                                             " or " + std::string(kXmlPatch) + ".");
  }
  const auto text = decode_base64(resource.child_value(names.data));
  if (!text) return make_error(Category::invalid, "The data of the Binary are not base64.");
  return type == kJsonPatch ? read_json_patch(*text) : read_xml_patch(*text);
}

// The budget of the Bundle that the call is an entry of, or its own.
PatchBudget& budget_of(const Call& call, PatchBudget& own) {
  return call.budget == nullptr ? own : call.budget->patches;
}

}  // namespace

Result<Patch> read_patch(const Context& context, const Call& call, store::Scratch& scratch, PatchBudget& budget) {
  if (call.resource != nullptr) return read_entry_patch(context, call.route.type, *call.resource, kParameters, budget);
  return counted(read_body_patch(context, call, scratch), budget);
}

Result<Patch> read_entry_patch(const Context& context, fhir::TypeId target, const fhir::Node& resource,
                               std::string_view place, PatchBudget& budget) {
  return counted(read_resource_patch(context, target, resource, place), budget);
}

Result<fhir::Node*> apply_patch(const Context& context, const Patch& patch, const store::Version& current,
                                store::Scratch& scratch, PatchBudget& budget) {
  auto resource = [&]() -> Result<fhir::Node*> {
    VESTA_TRY(std::string text, std::visit(Patched(context, current, scratch, budget), patch));
    return scratch.read_text(std::move(text));
  }();
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
  store::ScratchLease scratch(context.definitions);
  PatchBudget own;
  PatchBudget& budget = budget_of(call, own);
  VESTA_TRY(const Patch change, read_patch(context, call, *scratch, budget));
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(const Current current, context.store.read(call.route.type, call.route.id));
    return patch_current(context, call, change, budget, current, {});
  });
}

// The one match: none is a 404, several are a 412. https://hl7.org/fhir/R4/http.html#patch
Result<http::Response> conditional_patch(Context& context, Call& call) {
  store::ScratchLease scratch(context.definitions);
  PatchBudget own;
  PatchBudget& budget = budget_of(call, own);
  VESTA_TRY(const Patch change, read_patch(context, call, *scratch, budget));
  const std::string criteria = query_text(call.parameters);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(Matches matches, find_matches(context, call.route.type, criteria));
    VESTA_TRY(const std::string id, the_only_match(context, matches, call.route.type, criteria));
    VESTA_TRY(const Current current, context.store.read(call.route.type, id));
    if (!exists(current)) return make_error(Category::conflict, "The matching resource was deleted meanwhile.");
    store::WriteSet writes;
    writes.conditions.push_back(std::move(matches).condition());
    return patch_current(context, call, change, budget, current, std::move(writes));
  });
}

}  // namespace vesta::ops
