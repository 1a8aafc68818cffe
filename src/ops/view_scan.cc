// ViewScan: pages of a search, parsed and fed to the view.
#include "ops/view_scan.h"

#include <utility>

#include "ops/scratch.h"

namespace vesta::ops {

ViewScan::ViewScan(const Context& context, std::shared_ptr<const views::View> view,
                   const views::RowFeedOptions& options, search::Plan resources)
    : context_(context),
      view_(std::move(view)),
      rows_(*view_, options),
      query_{view_->resource_type(), std::move(resources), {}, context.base_url} {}

Result<bool> ViewScan::append_page(std::string& out) {
  if (std::exchange(is_first_, false)) rows_.begin(out);
  bool has_more = !rows_.is_full();
  if (has_more) {
    store::SearchOptions options;
    options.count = kViewPageResources;
    options.from = std::move(position_);
    VESTA_TRY(store::SearchPage page, context_.store.search(query_, options));
    ScratchLease scratch(context_.definitions);
    for (const store::Version& version : page.entries) {
      if (rows_.is_full()) break;
      scratch->reset();
      VESTA_TRY(const fhir::Node* const resource, scratch->read(version));
      VESTA_CHECK_OK(rows_.add(*resource, scratch->arena, out));
    }
    has_more = page.next.has_value() && !rows_.is_full();
    if (page.next) position_ = std::move(*page.next);
  }
  if (!has_more) rows_.end(out);
  return has_more;
}

}  // namespace vesta::ops
