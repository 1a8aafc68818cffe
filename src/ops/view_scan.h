// ViewScan: the rows of a view over the resources of a store, as text, page by page.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "ops/context.h"
#include "search/plan.h"
#include "store/store.h"
#include "views/row_feed.h"
#include "views/view.h"

namespace vesta::ops {

inline constexpr std::uint32_t kViewPageResources = 500;

// Not thread-safe, but any thread may ask for the next page. The context outlives it. Pages are no snapshot: what was
// written meanwhile may be in the rows of a later page; what was not is neither repeated nor skipped.
class ViewScan {
 public:
  // `resources`: which of the view's type.
  ViewScan(const Context& context, std::shared_ptr<const views::View> view, const views::RowFeedOptions& options,
           search::Plan resources);

  // Appends the rows of some more resources, with what belongs before the first and behind the last row. False: that
  // was the end. Errors: those of the view and of the store.
  Result<bool> append_page(std::string& out);

 private:
  const Context& context_;
  std::shared_ptr<const views::View> view_;
  views::RowFeed rows_;
  search::Query query_;
  store::Position position_;
  bool is_first_ = true;
};

}  // namespace vesta::ops
