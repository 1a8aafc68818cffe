// Buckets in a cache, by the digest of whose they are: of any length, and no address stands where others may read it.
#include "server/rate_limit.h"

#include <optional>
#include <utility>

#include "identity/digest.h"

namespace vesta::server {

RateLimit::RateLimit(std::size_t per_second, std::string by, Clock& clock, Counter* refused, cache::Cache* shared)
    : bucket_{static_cast<double>(per_second), static_cast<double>(per_second * kBurstSeconds)},
      by_(std::move(by)),
      refused_(refused),
      shared_(shared),
      own_(clock, kRateLimitBytes) {}

bool RateLimit::admits(std::string_view who) {
  if (bucket_.per_second == 0) return true;
  const std::string key = "vesta/rate/" + by_ + "/" + identity::base64url(identity::sha256(who));
  std::optional<bool> has_one = shared_ == nullptr ? std::nullopt : shared_->take(key, bucket_);
  if (!has_one) has_one = own_.take(key, bucket_);
  if (has_one.value_or(true)) return true;
  if (refused_ != nullptr) refused_->add();
  return false;
}

}  // namespace vesta::server
