// Buckets of tokens, filled when they are looked at.
#include "server/rate_limit.h"

#include <algorithm>
#include <string>

namespace vesta::server {

RateLimit::RateLimit(std::size_t per_second, Clock& clock, Counter* refused)
    : per_second_(static_cast<double>(per_second)), clock_(clock), refused_(refused) {}

bool RateLimit::admits(std::string_view who) {
  if (per_second_ == 0) return true;
  const double most = per_second_ * kBurstSeconds;
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  Bucket* bucket = buckets_.find(who);
  if (bucket == nullptr) bucket = &buckets_.put(std::string(who), {most, now});
  const double passed = std::chrono::duration<double>(now - bucket->filled).count();
  bucket->tokens = std::min(most, bucket->tokens + passed * per_second_);
  bucket->filled = now;
  if (bucket->tokens >= 1) {
    bucket->tokens -= 1;
    return true;
  }
  if (refused_ != nullptr) refused_->add();
  return false;
}

}  // namespace vesta::server
