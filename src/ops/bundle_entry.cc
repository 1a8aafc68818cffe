// Reading of Bundle entries. https://hl7.org/fhir/R4/bundle.html#bundle-unique
#include "ops/bundle_entry.h"

#include <algorithm>
#include <utility>

#include "ops/outcome.h"

namespace vesta::ops {
namespace {

http::Method parse_method(std::string_view text) {
  if (text == "GET") return http::Method::get;
  if (text == "HEAD") return http::Method::head;
  if (text == "POST") return http::Method::post;
  if (text == "PUT") return http::Method::put;
  if (text == "DELETE") return http::Method::delete_;
  if (text == "PATCH") return http::Method::patch;
  return http::Method::other;
}

fhir::Node* find_child(fhir::Node& node, fhir::NameId name) {
  for (fhir::Node* child = node.first_child; child != nullptr; child = child->next) {
    if (child->name == name) return child;
  }
  return nullptr;
}

// The URL is relative to the base; one that spells the base out is as good.
void split_url(const Context& context, std::string_view url, BundleEntry& entry) {
  if (url.starts_with(context.base_url)) url.remove_prefix(context.base_url.size());
  const std::size_t mark = url.find('?');
  const std::string_view path = url.substr(0, mark);
  entry.path = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  if (mark != std::string_view::npos) entry.query = url.substr(mark + 1);
}

}  // namespace

std::string entry_path(std::size_t index) {
  return "Bundle.entry[" + std::to_string(index) + "]";
}

Error at_entry(Error error, std::size_t index, std::string_view below) {
  error.issues = issues_of(error);
  std::string prefix = entry_path(index);
  if (!below.empty()) {
    prefix += '.';
    prefix += below;
  }
  for (Issue& issue : error.issues) {
    if (issue.expression.starts_with("Bundle.entry[")) continue;  // the reader's own path from the root
    issue.expression = issue.expression.empty() ? prefix : prefix + "." + issue.expression;
  }
  return error;
}

Result<BundleKind> check_bundle(const Context& context, const fhir::Node& bundle) {
  const auto refused = [](std::string path, std::string message) {
    return Error{Category::invalid, {}, {Issue{Severity::error, "value", std::move(message), std::move(path)}}};
  };
  if (bundle.type != context.vocabulary.bundle) {
    const std::string type(context.definitions.type(bundle.type).name);
    return refused(type, "The base takes a Bundle of type batch or transaction, not a " + type + ".");
  }
  const std::string_view type = bundle.child_value(context.vocabulary.type);
  if (type != "batch" && type != "transaction") {
    return refused("Bundle.type", "The base takes a batch or a transaction, not '" + std::string(type) + "'.");
  }
  std::size_t entries = 0;
  for (const fhir::Node& child : bundle.children()) entries += child.name == context.vocabulary.entry ? 1 : 0;
  if (entries > kMaxBundleEntries) {
    return make_error(Category::too_large, "The Bundle has " + std::to_string(entries) + " entries; at most " +
                                               std::to_string(kMaxBundleEntries) + " are taken.");
  }
  return type == "batch" ? BundleKind::batch : BundleKind::transaction;
}

std::vector<fhir::Node*> entry_nodes(const Context& context, fhir::Node& bundle) {
  std::vector<fhir::Node*> nodes;
  for (fhir::Node* child = bundle.first_child; child != nullptr; child = child->next) {
    if (child->name == context.vocabulary.entry) nodes.push_back(child);
  }
  return nodes;
}

Result<BundleEntry> read_entry(const Context& context, fhir::Node& node, std::size_t index) {
  const Vocabulary& names = context.vocabulary;
  const auto refused = [&](std::string_view below, std::string message) {
    const Issue issue{Severity::error, "invalid", std::move(message), std::string(below)};
    return at_entry(Error{Category::invalid, {}, {issue}}, index, {});
  };
  BundleEntry entry;
  entry.index = index;
  entry.resource = find_child(node, names.resource);
  entry.full_url = node.child_value(names.full_url);
  const fhir::Node* const request = node.child(names.request);
  if (request == nullptr) return refused("request", "An entry of a batch or transaction needs a request.");
  const std::string_view method = request->child_value(names.method);
  const std::string_view url = request->child_value(names.url);
  entry.method = parse_method(method);
  if (entry.method == http::Method::other) {
    return refused("request.method",
                   "'" + std::string(method) + "' is none of GET, HEAD, POST, PUT, PATCH and DELETE.");
  }
  if (request->child(names.url) == nullptr) return refused("request.url", "A request needs a url.");
  split_url(context, url, entry);
  auto route = parse_route(context.definitions, entry.path);
  if (!route.ok()) return at_entry(route.take_error(), index, "request.url");
  entry.route = std::move(*route);
  entry.if_none_match = request->child_value(names.if_none_match);
  entry.if_modified_since = request->child_value(names.if_modified_since);
  entry.if_match = request->child_value(names.if_match);
  entry.if_none_exist = request->child_value(names.if_none_exist);
  const bool carries =
      entry.method == http::Method::post || entry.method == http::Method::put || entry.method == http::Method::patch;
  const bool is_search = entry.route.kind == Route::Kind::type_search || entry.route.kind == Route::Kind::system_search;
  if (carries && entry.resource == nullptr && !is_search) {
    return refused("resource", std::string(method) + " needs a resource.");
  }
  return entry;
}

}  // namespace vesta::ops
