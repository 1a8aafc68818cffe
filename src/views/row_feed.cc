// RowFeed: the rows of each resource, counted.
#include "views/row_feed.h"

#include "views/plan.h"

namespace vesta::views {
namespace {

// "…, in Patient/1"
Error in_resource(Error error, const fhir::Definitions& definitions, const fhir::Node& resource) {
  std::string name = ", in " + std::string(definitions.type(resource.type).name);
  for (const fhir::Node& child : resource.children()) {
    if (definitions.name(child.name) == "id") name += "/" + std::string(child.value);
  }
  error.message += name;
  for (Issue& issue : error.issues) issue.diagnostics += name;
  return error;
}

}  // namespace

RowFeed::RowFeed(const View& view, const RowFeedOptions& options)
    : definitions_(view.plan().definitions),
      clock_(options.now),
      runner_(view, clock_ ? &*clock_ : nullptr),
      writer_(view, options.format, options.header),
      max_rows_(options.max_rows) {}

Status RowFeed::add(const fhir::Node& resource, fhir::Arena& arena, std::string& out) {
  if (is_full()) return kOk;
  auto rows = runner_.run(resource, arena);
  if (!rows.ok()) return in_resource(rows.take_error(), definitions_, resource);
  for (std::size_t i = 0; i < rows->size() && !is_full(); ++i) {
    writer_.write(*rows, i, out);
    ++rows_;
  }
  return kOk;
}

}  // namespace vesta::views
