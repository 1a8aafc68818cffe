// ViewScan: the rows of a view over the resources of a store, as text, piece by piece.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "ops/context.h"
#include "ops/resource_pages.h"
#include "search/plan.h"
#include "store/store.h"
#include "views/row_feed.h"
#include "views/view.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxViewPieceBytes = 1 << 20;  // a piece ends behind the resource that reaches it

// Not thread-safe, but any thread may ask for the next piece. The context outlives it. Pieces are no snapshot: what was
// written meanwhile may be in the rows of a later piece; what was not is neither repeated nor skipped.
class ViewScan {
 public:
  // `resources`: which of the view's type.
  ViewScan(const Context& context, std::shared_ptr<const views::View> view, const views::RowFeedOptions& options,
           search::Plan resources);

  // Appends the rows of some more resources, with what belongs before the first and behind the last row. False: that
  // was the end. Errors: those of the view and of the store.
  Result<bool> append_piece(std::string& out);

 private:
  Status read_page();
  bool is_at_end() const;

  const Context context_;
  std::shared_ptr<const views::View> view_;
  views::RowFeed rows_;
  search::Query query_;
  store::SearchPage page_;  // that is being worked on
  std::size_t done_ = 0;    // of its entries
  bool is_begun_ = false;
};

}  // namespace vesta::ops
