// ViewScan: pages of a search, parsed and fed to the view.
#include "ops/view_scan.h"

#include <utility>

#include "store/scratch.h"

namespace vesta::ops {

ViewScan::ViewScan(const Context& context, std::shared_ptr<const views::View> view,
                   const views::RowFeedOptions& options, search::Plan resources)
    : context_(context),
      view_(std::move(view)),
      rows_(*view_, options),
      query_{view_->resource_type(), std::move(resources), {}, context.base_url} {}

Status ViewScan::read_page() {
  store::SearchOptions options;
  options.count = kViewPageResources;
  options.max_bytes = kMaxViewPageBytes;
  if (page_.next) options.from = std::move(*page_.next);
  VESTA_TRY(page_, context_.store.search(query_, options));
  done_ = 0;
  return kOk;
}

bool ViewScan::is_at_end() const {
  return rows_.is_full() || (is_begun_ && done_ == page_.entries.size() && !page_.next);
}

Result<bool> ViewScan::append_piece(std::string& out) {
  if (!is_begun_) rows_.begin(out);
  const std::size_t begin = out.size();
  while (!is_at_end() && out.size() - begin < kMaxViewPieceBytes) {
    if (done_ == page_.entries.size()) VESTA_CHECK_OK(read_page());
    is_begun_ = true;
    store::ScratchLease scratch(context_.definitions);
    for (; done_ < page_.entries.size() && !rows_.is_full() && out.size() - begin < kMaxViewPieceBytes; ++done_) {
      scratch->reset();
      VESTA_TRY(const fhir::Node* const resource, scratch->read(page_.entries[done_]));
      VESTA_CHECK_OK(rows_.add(*resource, scratch->arena, out));
    }
    if (done_ == page_.entries.size()) break;
  }
  is_begun_ = true;
  if (!is_at_end()) return true;
  rows_.end(out);
  return false;
}

}  // namespace vesta::ops
