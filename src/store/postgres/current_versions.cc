// Rounds of asking, and what they forget.
#include "store/postgres/current_versions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/deadline.h"
#include "base/thread_pool.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/shared_versions.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kCameSince = "SELECT type, id, seq FROM history WHERE seq > $1 ORDER BY seq LIMIT $2";
constexpr const char* kNewest = "SELECT seq FROM head";

}  // namespace

CurrentVersions::CurrentVersions(Pool& pool, const Catalog& catalog, const NewestWatch& newest, Metrics* metrics,
                                 std::size_t max_bytes, cache::Cache* shared)
    : pool_(pool),
      catalog_(catalog),
      newest_(newest),
      shared_(shared),
      kept_(max_bytes),
      changes_(shared == nullptr ? 0 : kChangeSlots),
      thread_([this] {
        set_thread_name("vesta-fresh");
        run();
      }) {
  if (metrics == nullptr) return;
  hits_ = &metrics->counter("vesta_store_cache_hits_total", "Reads of current versions that were answered from memory");
  misses_ = &metrics->counter("vesta_store_cache_misses_total", "Reads of current versions by the database");
  rounds_ =
      &metrics->counter("vesta_store_cache_rounds_total", "Questions which versions have come, before such reads");
  if (shared == nullptr) return;
  const auto outcome = [metrics](const char* name) {
    return &metrics->counter("vesta_cache_versions_total",
                             "Current versions that were looked up in the shared cache; doubt: one was there that may "
                             "have changed since",
                             {{"outcome", name}});
  };
  shared_hits_ = outcome("hit");
  shared_misses_ = outcome("miss");
  shared_doubts_ = outcome("doubt");
}

CurrentVersions::~CurrentVersions() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    wanted_.notify_one();
  }
  thread_.join();
}

Result<std::optional<Version>> CurrentVersions::read(fhir::TypeId type, std::string_view id) {
  const Key key{type, std::string(id)};
  const auto arrival = take_arrival();
  if (kept_.find(key)) {
    if (!arrival || !has_caught_up(type, *arrival)) VESTA_CHECK_OK(catch_up());
    if (const auto kept = kept_.find(key)) {
      if (hits_ != nullptr) hits_->add();
      return std::optional(**kept);
    }
  }
  if (const auto shared = find_shared(key)) return std::optional(*shared);
  return load(key);
}

// Null: none that is to be believed. Whoever puts it into this node's memory must not be overtaken by who forgets it.
std::shared_ptr<const Version> CurrentVersions::find_shared(const Key& key) {
  if (shared_ == nullptr) return nullptr;
  if (identity().empty() && !catch_up().ok()) return nullptr;
  const std::string asked = identity();
  const auto bytes = shared_->get(shared_key(asked, catalog_.number_of_type(key.first), key.second));
  auto found = bytes ? read_shared(*bytes) : std::nullopt;
  if (!found) {
    if (shared_misses_ != nullptr) shared_misses_->add();
    return nullptr;
  }
  if (!catch_up().ok()) return nullptr;
  found->version.type = key.first;
  found->version.id = key.second;
  const auto version = std::make_shared<const Version>(std::move(found->version));
  const MutexLock lock(mutex_);
  const bool is_believed = asked == identity_ && changes_.is_unchanged_since(key.first, key.second, found->as_of);
  if (Counter* const counter = is_believed ? shared_hits_ : shared_doubts_) counter->add();
  if (!is_believed) return nullptr;
  keep(key, version);
  return version;
}

void CurrentVersions::keep(const Key& key, const std::shared_ptr<const Version>& version) {
  kept_.keep(key, version, sizeof(Version) + version->tail.size() + 2 * key.second.size());
}

std::string CurrentVersions::identity() {
  const MutexLock lock(mutex_);
  return identity_;
}

std::int64_t CurrentVersions::seq() {
  const MutexLock lock(mutex_);
  return seq_;
}

// Whatever comes while it is read marks it: then it is not kept. What is read behind the last question is current as of
// what came until then, at least; and as of its own seq.
Result<std::optional<Version>> CurrentVersions::load(const Key& key) {
  if (misses_ != nullptr) misses_->add();
  std::int64_t as_of = 0;
  std::string identity;
  {
    const MutexLock lock(mutex_);
    ++loading_[key].readers;
    as_of = seq_;
    identity = identity_;
  }
  Result<std::optional<Version>> read = pool_.read<std::optional<Version>>(
      [&](Connection& connection) { return read_current(connection, catalog_, key.first, key.second); });
  std::shared_ptr<const Version> found;
  if (read.ok() && *read) found = std::make_shared<const Version>(**read);
  {
    const MutexLock lock(mutex_);
    const auto at = loading_.find(key);
    if (at->second.is_stale) found = nullptr;
    if (found != nullptr) keep(key, found);
    if (--at->second.readers == 0) loading_.erase(at);
  }
  if (shared_ == nullptr || found == nullptr || identity.empty()) return read;
  const std::string bytes = write_shared(*found, std::max(as_of, static_cast<std::int64_t>(found->seq.value)));
  if (bytes.size() > cache::kMaxValueBytes) return read;
  shared_->set(shared_key(identity, catalog_.number_of_type(key.first), key.second), bytes, kSharedFor);
  return read;
}

const std::shared_ptr<CurrentVersions::Round>& CurrentVersions::join_round() {
  if (next_ == nullptr) next_ = std::make_shared<Round>();
  if (++next_->callers == 1) wanted_.notify_one();
  return next_;
}

// Who was told by Store::newest that something came looks for it, and takes what is found for the newest.
bool CurrentVersions::has_caught_up(fhir::TypeId type, std::chrono::steady_clock::time_point with) {
  const MutexLock lock(mutex_);
  return with < caught_up_ && newest_.seq(type) <= static_cast<std::uint64_t>(seq_);
}

// OPTIMIZATION: a worker that waits is woken up for it, which costs more than all else about such a read. So the read
// is begun when there is nothing to wait for.
void CurrentVersions::when_readable(fhir::TypeId type, std::string_view id, std::function<void()> go) {
  if (!kept_.find({type, std::string(id)})) return go();
  const MutexLock lock(mutex_);
  join_round()->going.push_back(std::move(go));
}

// Returns when a question that began behind this call has been answered.
Status CurrentVersions::catch_up() {
  const auto deadline = deadline_within(kStatementWait);
  for (;;) {
    const MutexLock lock(mutex_);
    const std::shared_ptr<Round> round = join_round();
    while (!round->is_over) {
      if (std::chrono::steady_clock::now() >= deadline) return make_error(Category::busy, "the request's time is over");
      round->over.wait_until(mutex_, deadline);
    }
    if (!round->error) return kOk;
    // Only the time of the question was over.
    if (round->error->category != Category::busy) return *round->error;
  }
}

// The next round, once it may begin; null: it is to stop.
std::shared_ptr<CurrentVersions::Round> CurrentVersions::await_callers() {
  while (next_ == nullptr && !is_stopping_) wanted_.wait(mutex_);
  const auto wait = std::min<std::chrono::microseconds>(last_callers_ * kCrowdWait, kMaxCrowdWait);
  while (last_callers_ >= kCrowd && !is_stopping_ && wanted_.wait_until(mutex_, last_began_ + wait)) {
  }
  if (is_stopping_) return nullptr;
  last_callers_ = next_->callers;
  last_began_ = std::chrono::steady_clock::now();
  return std::exchange(next_, nullptr);
}

void CurrentVersions::run() {
  for (;;) {
    std::shared_ptr<Round> round;
    {
      const MutexLock lock(mutex_);
      round = await_callers();
      if (round == nullptr) return;
    }
    const Status followed = follow();
    std::vector<std::function<void()>> going = std::move(round->going);
    {
      const MutexLock lock(mutex_);
      round->is_over = true;
      if (followed.ok()) caught_up_ = last_began_;
      if (!followed.ok()) round->error = followed.error();
      round->over.notify_all();
      // To connect anew may take long: whoever waits for that does so by the deadline of a request.
      if (connection_ == nullptr && next_ != nullptr) {
        std::ranges::move(std::exchange(next_->going, {}), std::back_inserter(going));
      }
    }
    for (const auto& go : going) go();
  }
}

Status CurrentVersions::follow() {
  if (rounds_ != nullptr) rounds_->add();
  if (connection_ == nullptr) {
    const DeadlineScope scope(std::chrono::steady_clock::now() + kReconnectWait);
    return reconnect();
  }
  const DeadlineScope scope(std::chrono::steady_clock::now() + kAskWait);
  Status asked = ask();
  if (asked.ok() || connection_->is_usable()) return asked;
  connection_.reset();
  const MutexLock lock(mutex_);
  identity_.clear();
  kept_.clear();
  return make_error(Category::busy, "the database is connected to anew");
}

// Another server may have taken over, and what this one had seen last need not be there: nothing is believed.
Status CurrentVersions::reconnect() {
  VESTA_TRY(connection_, Connection::open(pool_.url(), kOfReads));
  Status begun = begin_anew();
  if (begun.ok() && shared_ != nullptr) begun = look_back();
  if (!begun.ok()) connection_.reset();
  return begun;
}

Status CurrentVersions::ask() {
  Parameters parameters;
  parameters.bigint(seq());
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
    changes_.note(key.first, key.second, rows.integer(row, 2));
  }
  seq_ = rows.integer(rows.size() - 1, 2);
  return kOk;
}

Status CurrentVersions::begin_anew() {
  if (catalog_.is_distributed()) connection_->send(kAwaitFeed);
  VESTA_TRY(const Rows head, connection_->run(kNewest));
  if (head.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  const MutexLock lock(mutex_);
  seq_ = head.integer(0, 0);
  for (auto& [key, loading] : loading_) loading.is_stale = true;
  kept_.clear();
  changes_.begin(seq_);
  return kOk;
}

// What others shared before this node began is of use, as far as it knows what changed since. Nothing is in memory, and
// nobody is answered, before this is over.
Status CurrentVersions::look_back() {
  VESTA_TRY(const std::string identity, read_identity(*connection_));
  const std::int64_t floor = std::max<std::int64_t>(0, seq() - kLookedBack);
  Parameters parameters;
  parameters.bigint(floor);
  parameters.bigint(kLookedBack);
  VESTA_TRY(const Rows rows, connection_->run(kCameSince, parameters));
  const MutexLock lock(mutex_);
  changes_.begin(floor);
  for (int row = 0; row < rows.size(); ++row) {
    changes_.note(catalog_.type_of(rows.integer(row, 0)), rows.bytes(row, 1), rows.integer(row, 2));
  }
  identity_ = identity;
  return kOk;
}

}  // namespace vesta::store::postgres
