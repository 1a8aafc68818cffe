// ResourcePages: the resources of a search, parsed, a page at a time.
#pragma once

#include <cstdint>
#include <utility>

#include "base/result.h"
#include "ops/context.h"
#include "search/plan.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::uint32_t kViewPageResources = 500;
inline constexpr std::size_t kMaxViewPageBytes = 4 << 20;  // of their texts; one at least

// Not thread-safe, but any thread may ask for the next page. What the context is made of outlives it. Pages are no
// snapshot: what was written meanwhile may be in a later page; what was not is neither repeated nor skipped.
class ResourcePages {
 public:
  ResourcePages(const Context& context, fhir::TypeId type, search::Plan resources)
      : context_(context), query_{type, std::move(resources), {}, context.base_url} {}

  // Gives each resource of the next page, with the arena that it lives in, to `take`: a Result<bool>, whose false says
  // that no more are wanted. False: that was the end. Errors: those of the store and of `take`.
  template <class Take>
  Result<bool> next(const Take& take) {
    store::SearchOptions options;
    options.count = kViewPageResources;
    options.max_bytes = kMaxViewPageBytes;
    if (from_) options.from = std::move(*from_);
    VESTA_TRY(store::SearchPage page, context_.store.search(query_, options));
    store::ScratchLease scratch(context_.definitions);
    for (const store::Version& version : page.entries) {
      scratch->reset();
      VESTA_TRY(fhir::Node* const resource, scratch->read(version));
      VESTA_TRY(const bool wants_more, take(*resource, scratch->arena));
      if (!wants_more) return false;
    }
    from_ = std::move(page.next);
    return from_.has_value();
  }

 private:
  const Context context_;
  search::Query query_;
  decltype(store::SearchPage::next) from_;
};

}  // namespace vesta::ops
