// Keeping of statements.
#include "ops/statement_cache.h"

namespace vesta::ops {

std::shared_ptr<const std::string> StatementCache::get(StatementMode mode, std::uint64_t edition,
                                                       const std::function<std::string()>& make) {
  const MutexLock lock(mutex_);
  Kept& kept = kept_[static_cast<std::size_t>(mode)];
  if (kept.text == nullptr || kept.edition < edition) kept = {edition, std::make_shared<const std::string>(make())};
  return kept.text;
}

}  // namespace vesta::ops
