// Rounds of asking, and what they forget.
#include "store/postgres/current_versions.h"

#include "base/deadline.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kCameSince = "SELECT type, id, seq FROM history WHERE seq > $1 ORDER BY seq LIMIT $2";
constexpr const char* kNewest = "SELECT seq FROM head";

}  // namespace

CurrentVersions::CurrentVersions(Pool& pool, const Catalog& catalog, Metrics* metrics, std::size_t max_bytes)
    : pool_(pool), catalog_(catalog), kept_(max_bytes) {
  if (metrics == nullptr) return;
  hits_ = &metrics->counter("vesta_store_cache_hits_total", "Reads of current versions that were answered from memory");
  misses_ = &metrics->counter("vesta_store_cache_misses_total", "Reads of current versions by the database");
  rounds_ =
      &metrics->counter("vesta_store_cache_rounds_total", "Questions which versions have come, before such reads");
}

Result<std::optional<Version>> CurrentVersions::read(fhir::TypeId type, std::string_view id) {
  const Key key{type, std::string(id)};
  if (!kept_.find(key)) return load(key);
  VESTA_CHECK_OK(catch_up());
  const auto kept = kept_.find(key);
  if (!kept) return load(key);
  if (hits_ != nullptr) hits_->add();
  return std::optional(**kept);
}

// Whatever comes while it is read marks it: then it is not kept.
Result<std::optional<Version>> CurrentVersions::load(const Key& key) {
  if (misses_ != nullptr) misses_->add();
  {
    const MutexLock lock(mutex_);
    ++loading_[key].readers;
  }
  Result<std::optional<Version>> read = pool_.read<std::optional<Version>>(
      [&](Connection& connection) { return read_current(connection, catalog_, key.first, key.second); });
  std::shared_ptr<const Version> found;
  if (read.ok() && *read) found = std::make_shared<const Version>(**read);
  const MutexLock lock(mutex_);
  const auto at = loading_.find(key);
  if (found != nullptr && !at->second.is_stale) {
    kept_.keep(key, found, sizeof(Version) + found->tail.size() + 2 * key.second.size());
  }
  if (--at->second.readers == 0) loading_.erase(at);
  return read;
}

// Returns when a question that began behind this call has been answered.
Status CurrentVersions::catch_up() {
  std::shared_ptr<Round> round;
  for (;;) {
    const MutexLock lock(mutex_);
    if (next_ == nullptr) next_ = std::make_shared<Round>();
    round = next_;
    while (is_asking_ && !round->is_over) {
      answered_.wait_until(mutex_, deadline_within(kStatementWait));
      if (is_deadline_over()) return make_error(Category::busy, "the request's time is over");
    }
    if (!round->is_over) {
      is_asking_ = true;
      next_ = nullptr;
      break;
    }
    if (!round->error) return kOk;
    // Of a busy one only the time of who asked was over.
    if (round->error->category != Category::busy) return *round->error;
  }
  Status followed = follow();
  const MutexLock lock(mutex_);
  is_asking_ = false;
  round->is_over = true;
  if (!followed.ok()) round->error = followed.error();
  answered_.notify_all();
  return followed;
}

Status CurrentVersions::follow() {
  if (rounds_ != nullptr) rounds_->add();
  if (connection_ != nullptr) {
    Status asked = ask();
    if (asked.ok() || connection_->is_usable()) return asked;
  }
  return reconnect();
}

// Another server may have taken over, and what this one had seen last need not be there: nothing is believed.
Status CurrentVersions::reconnect() {
  connection_.reset();
  VESTA_TRY(connection_, Connection::open(pool_.url()));
  Status begun = begin_anew();
  if (!begun.ok()) connection_.reset();
  return begun;
}

Status CurrentVersions::ask() {
  Parameters parameters;
  parameters.bigint(seq_);
  parameters.bigint(kMaxFollowed + 1);
  if (catalog_.is_distributed()) connection_->send(kAwaitFeed);
  VESTA_TRY(const Rows rows, connection_->run(kCameSince, parameters));
  if (rows.size() == 0) return kOk;
  if (rows.size() > kMaxFollowed) return begin_anew();
  const MutexLock lock(mutex_);
  for (int row = 0; row < rows.size(); ++row) {
    const Key key{catalog_.type_of(rows.integer(row, 0)), std::string(rows.bytes(row, 1))};
    if (const auto loading = loading_.find(key); loading != loading_.end()) loading->second.is_stale = true;
    kept_.forget(key);
  }
  seq_ = rows.integer(rows.size() - 1, 2);
  return kOk;
}

Status CurrentVersions::begin_anew() {
  if (catalog_.is_distributed()) connection_->send(kAwaitFeed);
  VESTA_TRY(const Rows head, connection_->run(kNewest));
  if (head.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  seq_ = head.integer(0, 0);
  const MutexLock lock(mutex_);
  for (auto& [key, loading] : loading_) loading.is_stale = true;
  kept_.clear();
  return kOk;
}

}  // namespace vesta::store::postgres
