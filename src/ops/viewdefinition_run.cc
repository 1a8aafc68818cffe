// $viewdefinition-run: the rows of a ViewDefinition over the store, or over resources that come with it.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/OperationDefinition-ViewDefinitionRun.html
//
// - Rows come as they are, in the media type of their format. DEVIATION: with `_format` also where `Accept` names only
//   FHIR's media types, as clients of FHIR send it always, where the guide wants a Binary resource with the rows in it.
//   Without `_format` that is a 406.
// - Of the store they are sent while they are made, in pieces of a bounded size. What fails before the first piece is
//   an answer of its own; what fails later breaks the answer off.
// - A viewReference is one to a ViewDefinition of this server, or a canonical URL of one, with its version or without.
#include <memory>
#include <utility>

#include "fhir/json.h"
#include "ops/canonical.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/parquet_answer.h"
#include "ops/view_filter.h"
#include "ops/view_question.h"
#include "ops/view_scan.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

inline constexpr std::size_t kMaxInlineRowBytes = 64 << 20;  // of the rows of resources that come with the request

using SharedView = Compiled::SharedView;

// A view that cannot be run is well-formed, and breaks a rule for what it says.
Error of_view(Error error) {
  if (error.category == Category::invalid) error.category = Category::unprocessable;
  return error;
}

Error no_view(std::string_view name) {
  return make_error(Category::not_found, "There is no ViewDefinition '" + std::string(name) + "' here.");
}

// By reference to this server, else by canonical URL.
Result<std::optional<store::Version>> find_view(const Context& context, const http::Parameter& reference) {
  const CanonicalType type = CanonicalType::of(context.registry, views::kViewDefinition);
  const auto local = local_target(context, reference, type.type);
  if (local.ok() && local->first == type.type) return context.store.read(type.type, local->second);
  const std::string_view text = reference.value;
  const std::size_t bar = text.find('|');
  const std::string_view version = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
  return find_canonical(context.store, type, text.substr(0, bar), version);
}

Result<SharedView> view_of(const Context& context, const Call& call, const ViewQuestion& question) {
  std::string json;
  if (question.view != nullptr) {
    fhir::write_json(context.definitions, *question.view, {}, json);
    return context.service.compiled.view(json);
  }
  const bool is_in_path = !call.route.id.empty();
  const http::Parameter reference =
      is_in_path ? http::Parameter{"id", std::string(views::kViewDefinition) + "/" + call.route.id}
                 : *question.reference;
  VESTA_TRY(const std::optional<store::Version> version, find_view(context, reference));
  if (!version || version->deleted) return no_view(reference.value);
  store::append_text(context.definitions, *version, json);
  return context.service.compiled.view(json);
}

class RowStream : public http::BodyStream {
 public:
  RowStream(const Context& context, SharedView view, const views::RowFeedOptions& options, search::Plan resources)
      : scan_(context, std::move(view), options, std::move(resources)) {}
  Result<bool> append(std::string& out) override { return scan_.append_piece(out); }

 private:
  ViewScan scan_;
};

Status append_inline_rows(const Context& context, const views::View& view, const ViewQuestion& question,
                          std::string& out) {
  store::ScratchLease scratch(context.definitions);
  views::RowFeed rows(view, question.rows);
  rows.begin(out);
  for (const fhir::Node* const resource : question.resources) {
    scratch->reset();
    const Status added = rows.add(*resource, scratch->arena, out);
    if (!added.ok()) return of_view(added.error());
    if (out.size() > kMaxInlineRowBytes) {
      return make_error(Category::too_large, "The rows have more than kMaxInlineRowBytes (" +
                                                 std::to_string(kMaxInlineRowBytes) + ") bytes.");
    }
  }
  rows.end(out);
  return kOk;
}

std::string_view media_type_of(views::RowFormat format) {
  switch (format) {
    case views::RowFormat::ndjson:
      return "application/x-ndjson";
    case views::RowFormat::csv:
      return "text/csv;charset=utf-8";
    case views::RowFormat::json:
      break;
  }
  return "application/json;charset=utf-8";
}

Result<http::Response> run_into_parquet(Context& context, const ViewQuestion& question, SharedView view) {
  Result<http::Response> answer = [&]() -> Result<http::Response> {
    if (!question.resources.empty()) {
      return answer_in_parquet(context, std::move(view), question.rows, question.resources);
    }
    VESTA_TRY(search::Plan resources, resources_of(context, question, view->resource_type()));
    return answer_in_parquet(context, std::move(view), question.rows, std::move(resources));
  }();
  if (!answer.ok()) return of_view(answer.take_error());
  return answer;
}

}  // namespace

Result<http::Response> run_view_definition(Context& context, Call& call) {
  VESTA_TRY(ViewQuestion question, read_view_question(context, call));
  question.rows.now = context.clock.now();
  if (!question.is_acceptable) {
    return refusal(406, "not-supported",
                   "Rows are no FHIR resource: ask for them by _format, or accept application/x-ndjson, text/csv, "
                   "application/json or application/vnd.apache.parquet.");
  }
  if (!call.goes_out_as_written)
    return make_error(Category::unsupported, "Rows are no resource: they cannot be pretty, nor stand in a Bundle.");
  VESTA_TRY(SharedView view, view_of(context, call, question));
  if (question.is_parquet) return run_into_parquet(context, question, std::move(view));
  http::Response response;
  response.headers.add("Content-Type", std::string(media_type_of(question.rows.format)));
  if (!question.resources.empty()) {
    VESTA_CHECK_OK(append_inline_rows(context, *view, question, response.body));
    return response;
  }
  VESTA_TRY(search::Plan resources, resources_of(context, question, view->resource_type()));
  auto stream = std::make_unique<RowStream>(context, std::move(view), question.rows, std::move(resources));
  auto has_more = stream->append(response.body);
  if (!has_more.ok()) return of_view(has_more.take_error());
  if (*has_more) response.rest = std::move(stream);
  return response;
}

}  // namespace vesta::ops
