// The batch interaction. https://hl7.org/fhir/R4/http.html#brules
#include <algorithm>
#include <utility>

#include "fhir/datetime.h"
#include "http/date.h"
#include "ops/bundle_entry.h"
#include "ops/dispatch.h"
#include "ops/entry_request.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/references.h"
#include "ops/transaction.h"

namespace vesta::ops {
namespace {

// What a write answers is no longer than what it was sent.
bool is_answered_at_length(const BundleEntry& entry) {
  switch (entry.route.kind) {
    case Route::Kind::system_search:
    case Route::Kind::type_search:
    case Route::Kind::compartment_search:
    case Route::Kind::operation:
      return true;
    default:
      return entry.method == http::Method::get;
  }
}

// What an entry asks for; of one that cannot be read, its place.
struct Asked {
  std::string method = "-";
  std::string target;
};

// `left`: how many bytes the answers may still have.
http::Response run_entry(Context& context, fhir::Node& node, std::size_t index, const std::string& prefer,
                         std::size_t left, RequestBudget& budget, KeyedRequest* keyed, Asked& asked) {
  auto entry = read_entry(context, node, index);
  if (!entry.ok()) return error_response(entry.error());
  asked = {std::string(http::to_string(entry->method)), entry->path};
  if (!entry->query.empty()) asked.target.append("?").append(entry->query);
  if (left == 0 && is_answered_at_length(*entry)) {
    return refusal(413, "too-costly",
                   "The answers to the entries before have reached the limit of " +
                       std::to_string(kMaxBundleAnswerBytes) + " bytes: ask again in another batch.");
  }
  if (entry->route.kind == Route::Kind::system && entry->method == http::Method::post) {
    return refusal(400, "not-supported", "A Bundle cannot be processed inside a Bundle.");
  }
  const Operation* const operation = find_operation(context, entry->route);
  if (operation != nullptr && operation->body == BodyKind::graphql) {
    return refusal(400, "not-supported",
                   "'" + entry->route.operation + "' answers with no resource: it cannot be an entry of a Bundle.");
  }
  // The entries of a batch do not know each other: https://hl7.org/fhir/R4/http.html#brules
  if (entry->resource != nullptr) {
    auto checked = check_no_urn_reference(context, *entry->resource);
    if (!checked.ok()) return error_response(at_entry(checked.take_error(), index, "resource"));
  }
  const http::Request request = entry_request(*entry, prefer);
  http::Response response =
      dispatch(context, request, negotiate(request), entry->path, {entry->resource, &budget, keyed}).response;
  if (entry->method == http::Method::head) response.body.clear();
  return response;
}

}  // namespace

http::Request entry_request(const BundleEntry& entry, const std::string& prefer) {
  http::Request request;
  request.method = entry.method;
  request.path = entry.path;
  request.query = entry.query;
  const auto add = [&](std::string name, std::string_view value) {
    if (!value.empty()) request.headers.add(std::move(name), std::string(value));
  };
  add("If-Match", entry.if_match);
  add("If-None-Match", entry.if_none_match);
  add("If-None-Exist", entry.if_none_exist);
  // An instant here, a date of HTTP there: to the second, which is how reads compare them.
  if (const auto since = fhir::parse_time_range(entry.if_modified_since)) {
    add("If-Modified-Since", http::format_date(Instant{since->low}));
  }
  add("Prefer", prefer);
  return request;
}

std::vector<EntryResult> run_batch(Context& context, fhir::Node& bundle, const TransactionOptions& options,
                                   const std::map<std::size_t, Error>& unreadable) {
  std::vector<EntryResult> results;
  std::size_t index = 0;
  std::size_t left = kMaxBundleAnswerBytes;
  RequestBudget budget;
  for (fhir::Node* node : entry_nodes(context, bundle)) {
    EntryResult result;
    const auto defect = unreadable.find(index);
    Asked asked{.target = entry_path(index)};
    std::optional<KeyedRequest> keyed;
    if (options.keyed != nullptr) keyed.emplace(*options.keyed, index);
    result.response = defect != unreadable.end() ? error_response(defect->second)
                                                 : run_entry(context, *node, index, options.prefer, left, budget,
                                                             keyed ? &*keyed : nullptr, asked);
    if (access::Witness* const witness = context.store.witness(); witness != nullptr) {
      witness->answered_entry(asked.method, asked.target, result.response->status);
    }
    ++index;
    left -= std::min(left, result.response->body.size());
    result.status = result.response->status;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace vesta::ops
