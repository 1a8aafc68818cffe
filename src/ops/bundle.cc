// The POST of a Bundle to the base: batch or transaction, and the Bundle that answers it.
#include <utility>

#include "ops/bundle_entry.h"
#include "ops/bundle_writer.h"
#include "ops/interactions.h"
#include "ops/negotiation.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "ops/transaction.h"
#include "ops/unreadable.h"

namespace vesta::ops {
namespace {

void append_written(const Context& context, const EntryResult& result, BundleWriter& writer) {
  writer.begin_object("response");
  writer.text("status", status_line(result.status));
  if (result.version) {
    if (!result.version->deleted) writer.text("location", version_url(context, *result.version));
    writer.text("etag", entity_tag(result.version->version));
    writer.text("lastModified", instant_text(result.version->last_updated));
  }
  writer.end_object();
}

// An entry that ran as a request of its own.
void append_response(const http::Response& response, BundleWriter& writer, std::string& out) {
  // Ours begins with its issues; one that is stored, and read here, has its id first.
  const bool is_outcome =
      !response.body.empty() &&
      (response.status >= 400 || response.body.starts_with(R"({"resourceType":"OperationOutcome","issue")"));
  if (!response.body.empty() && !is_outcome) {
    writer.key("resource");
    out += response.body;
  }
  writer.begin_object("response");
  writer.text("status", status_line(response.status));
  if (const std::string* location = response.headers.find("location")) writer.text("location", *location);
  if (const std::string* etag = response.headers.find("ETag")) writer.text("etag", *etag);
  if (response.last_modified) writer.text("lastModified", instant_text(*response.last_modified));
  if (is_outcome) {
    writer.key("outcome");
    out += response.body;
  }
  writer.end_object();
}

Status append_entry(const Context& context, const EntryResult& result, bool shows_text, BundleWriter& writer,
                    std::string& out) {
  writer.begin_entry();
  if (result.response) {
    append_response(*result.response, writer, out);
  } else {
    if (result.version) writer.text("fullUrl", resource_url(context, result.version->type, result.version->id));
    if (result.version && shows_text && !result.version->deleted) {
      store::ScratchLease scratch(context.definitions);
      writer.key("resource");
      VESTA_CHECK_OK(append_resource(context, *result.version, View{}, *scratch, out));
    }
    append_written(context, result, writer);
  }
  writer.end_entry();
  return kOk;
}

}  // namespace

// https://hl7.org/fhir/R4/http.html#transaction-response: one entry per entry, in the same order.
Result<http::Response> batch_or_transaction(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  store::ScratchLease scratch(context.definitions);
  ReadableBatch readable;
  fhir::Node* bundle = nullptr;
  auto tree = read_body(context, call, *scratch);
  if (tree.ok()) {
    bundle = *tree;
  } else {
    VESTA_TRY(readable,
              read_without_unreadable(body_format(call.request), call.request.body, tree.take_error(), *scratch));
    bundle = readable.bundle;
  }
  VESTA_TRY(const BundleKind kind, check_bundle(context, *bundle));
  TransactionOptions options;
  options.keyed = call.keyed;
  options.keep_text = call.return_preference == ReturnPreference::representation;
  // Of several values of one preference the first counts: this is the default.
  const std::string_view prefer = call.request.headers.get("Prefer");
  options.prefer = prefer.empty() ? "return=minimal" : std::string(prefer) + ", return=minimal";
  std::vector<EntryResult> results;
  if (kind == BundleKind::batch) {
    call.interaction = Interaction::batch;
    if (call.keyed != nullptr) {
      VESTA_TRY(const auto begun, call.keyed->answered());
      if (begun) call.keyed->settle();
    }
    results = run_batch(context, *bundle, options, readable.unreadable);
  } else {
    VESTA_TRY(results, run_transaction(context, *bundle, *scratch, options));
  }
  http::Response response;
  BundleWriter writer(kind == BundleKind::batch ? "batch-response" : "transaction-response", response.body);
  for (const EntryResult& result : results) {
    VESTA_CHECK_OK(append_entry(context, result, options.keep_text, writer, response.body));
  }
  writer.finish();
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
