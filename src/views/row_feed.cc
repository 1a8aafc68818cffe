// RowFeed: the rows of each resource, counted.
#include "views/row_feed.h"

namespace vesta::views {

RowFeed::RowFeed(const View& view, const RowFeedOptions& options)
    : runner_(view), writer_(view, options.format, options.header), max_rows_(options.max_rows) {}

Status RowFeed::add(const fhir::Node& resource, fhir::Arena& arena, std::string& out) {
  if (is_full()) return kOk;
  VESTA_TRY(const Rows rows, runner_.run(resource, arena));
  for (std::size_t i = 0; i < rows.size() && !is_full(); ++i) {
    writer_.write(rows, i, out);
    ++rows_;
  }
  return kOk;
}

}  // namespace vesta::views
