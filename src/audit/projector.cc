// Batches of AuditEvents, and the pace at which they are made.
#include "audit/projector.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "access/records.h"
#include "audit/record.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "fhir/envelope.h"
#include "search/extract.h"
#include "store/version_text.h"

namespace vesta::audit {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t kEntryPage = 256;                 // entries that are read at once
constexpr int kMaxRetries = 20;                           // of a commit that lost a race
constexpr std::chrono::milliseconds kFailurePause{1000};  // after a step that failed
constexpr std::chrono::seconds kMaxStepWait{10};          // for the store, in one step: so long a stop may take

std::string text_of(const Position& position) {
  return std::to_string(position.number) + ' ' + std::to_string(position.told);
}

Result<Position> parse_position(const std::optional<std::string>& text) {
  Position position;
  if (!text) return position;
  const char* const end = text->data() + text->size();
  const auto number = std::from_chars(text->data(), end, position.number);
  const bool has_more = number.ec == std::errc() && number.ptr != end && *number.ptr == ' ';
  if (has_more) {
    const auto told = std::from_chars(number.ptr + 1, end, position.told);
    if (told.ec == std::errc() && told.ptr == end) return position;
  }
  return make_error(Category::internal, "the property " + std::string(kEventsKey) + " is damaged: " + *text);
}

}  // namespace

Result<Position> position_of(store::Store& store) {
  VESTA_TRY(const std::optional<std::string> text, store.property(kEventsKey));
  return parse_position(text);
}

// What goes into one commit, and what its index values point into.
struct Projector::Batch {
  std::size_t limit;
  std::vector<AuditEvent> events = {};
  Position end = {};
  fhir::Arena arena{256 * 1024};
  std::vector<std::unique_ptr<std::string>> texts = {};
};

Projector::Projector(store::Store& store, const search::Registry& registry, Trail& trail, Metrics* metrics,
                     ProjectorLimits limits)
    : store_(store),
      registry_(registry),
      trail_(trail),
      limits_(std::move(limits)),
      type_(registry.definitions().find_resource_type(access::kAuditEvent).value_or(fhir::kNoType)),
      patients_(store, registry),
      reader_(registry.definitions()) {
  if (metrics == nullptr) return;
  counter_ = &metrics->counter("vesta_audit_events_total", "AuditEvents made of records of the audit log.");
}

Projector::~Projector() {
  stop();
}

Status Projector::load() {
  const MutexLock step_lock(step_mutex_);
  return adopt();
}

// Goes on from where the store is.
Status Projector::adopt() {
  page_.clear();
  events_.clear();
  at_ = 0;
  VESTA_TRY(std::optional<std::string> text, store_.property(kEventsKey));
  if (text == stored_) return kOk;
  VESTA_TRY(const Position position, parse_position(text));
  stored_ = std::move(text);
  move_to(position);
  return kOk;
}

void Projector::move_to(const Position& position) {
  position_ = position;
  const MutexLock lock(mutex_);
  done_ = position.number;
  told_.notify_all();
}

// An entry that cannot be read makes none: `vesta audit verify` names it.
Status Projector::read_events(const store::AuditEntry& entry) {
  const auto records = parse_records(entry.record);
  if (!records.ok()) {
    log::error("an entry of the audit log is damaged", {{"number", entry.number}, {"reason", records.error().message}});
    return kOk;
  }
  VESTA_TRY(events_, audit_events_of(entry, *records, patients_));
  return kOk;
}

// False: there are no records.
Result<bool> Projector::make(Batch& batch) {
  if (at_ == page_.size()) {
    at_ = 0;
    VESTA_TRY(page_, store_.audit(position_.number, kEntryPage));
    if (page_.empty()) return false;
  }
  batch.end = position_;
  while (at_ < page_.size() && batch.events.size() < batch.limit) {
    if (events_.empty()) VESTA_CHECK_OK(read_events(page_[at_]));
    const std::size_t begin = std::min<std::size_t>(batch.end.told, events_.size());
    const std::size_t end = std::min(events_.size(), begin + batch.limit - batch.events.size());
    std::move(events_.begin() + static_cast<std::ptrdiff_t>(begin), events_.begin() + static_cast<std::ptrdiff_t>(end),
              std::back_inserter(batch.events));
    if (end < events_.size()) {
      batch.end.told = end;
      break;
    }
    batch.end = {page_[at_].number, 0};
    events_.clear();
    ++at_;
  }
  return true;
}

// `may_exist`: there may be one of this id already, which somebody has imported; it is gone over.
Status Projector::add(const AuditEvent& event, bool may_exist, Batch& batch, store::WriteSet& set) {
  store::Write write;
  write.type = type_;
  write.id = event.id;
  if (may_exist) {
    VESTA_TRY(const std::optional<store::Version> current, store_.read(type_, event.id));
    if (current) write.expected = current->version;
    if (current && !current->deleted) {
      auto text = std::make_unique<std::string>();
      store::append_text(registry_.definitions(), *current, *text);
      VESTA_TRY(const fhir::Node* const old, reader_.read(*text, batch.arena));
      VESTA_TRY(write.removed, search::extract(registry_, *old, batch.arena));
      batch.texts.push_back(std::move(text));
    }
  }
  VESTA_TRY(const fhir::Node* const root, reader_.read(event.text, batch.arena));
  VESTA_TRY(write.added, search::extract(registry_, *root, batch.arena));
  fhir::write_tail(registry_.definitions(), *root, write.tail);
  set.writes.push_back(std::move(write));
  return kOk;
}

// False: another node was first.
Result<bool> Projector::commit(Batch& batch) {
  for (int round = 0;; ++round) {
    store::WriteSet set;
    set.generation = registry_.generation();
    for (const AuditEvent& event : batch.events) VESTA_CHECK_OK(add(event, round > 0, batch, set));
    std::string text = text_of(batch.end);
    set.expected_properties.emplace_back(kEventsKey, stored_);
    set.properties.emplace_back(kEventsKey, text);
    const auto written = store_.commit(set);
    if (written.ok()) {
      stored_ = std::move(text);
      return true;
    }
    if (written.error().category != Category::conflict || round == kMaxRetries) return written.error();
    VESTA_TRY(const std::optional<std::string> now, store_.property(kEventsKey));
    if (now != stored_) return false;
  }
}

Result<bool> Projector::step() {
  const MutexLock step_lock(step_mutex_);
  return next_step(true);
}

Result<bool> Projector::next_step(bool is_own_task) {
  Batch batch{kUsualBatch};
  {
    const MutexLock lock(mutex_);
    if (is_hurried()) {
      batch.limit = kHurriedBatch;
      is_own_task = true;
    }
  }
  if (!is_own_task) {
    VESTA_CHECK_OK(adopt());
    return false;
  }
  auto made = make(batch);
  if (made.ok() && !*made) return false;
  Result<bool> committed = made.ok() ? commit(batch) : std::move(made);
  if (!committed.ok() || !*committed) {
    const Status adopted = adopt();
    return committed.ok() && !adopted.ok() ? Result<bool>(adopted.error()) : std::move(committed);
  }
  if (counter_ != nullptr) counter_->add(static_cast<double>(batch.events.size()));
  move_to(batch.end);
  return true;
}

std::uint64_t Projector::behind() {
  const std::uint64_t newest = store_.newest_audit();
  const MutexLock lock(mutex_);
  return newest - std::min(newest, done_);
}

Status Projector::late() {
  return make_error(Category::busy, "AuditEvents of the audit log are still being made; ask again later.");
}

Status Projector::catch_up() {
  const auto deadline = SteadyClock::now() + limits_.catch_up;
  {
    const MutexLock lock(mutex_);
    if (catching_up_ >= limits_.catching_up) return late();
    ++catching_up_;
  }
  Status caught_up = catch_up_until(deadline);
  const MutexLock lock(mutex_);
  --catching_up_;
  return caught_up;
}

// Both may wait: that the trail is on the disk, and that the events are made.
Status Projector::catch_up_until(SteadyClock::time_point deadline) {
  VESTA_CHECK_OK(trail_.flush(deadline));
  const std::uint64_t target = store_.newest_audit();
  const MutexLock lock(mutex_);
  if (done_ >= target) return kOk;
  hurry_until_ = std::max(hurry_until_, target);
  wake_.notify_one();
  while (done_ < target && !is_stopping_) {
    if (!told_.wait_until(mutex_, deadline)) break;
  }
  return done_ >= target ? kOk : late();
}

void Projector::start() {
  thread_ = std::thread([this] {
    set_thread_name("vesta-events");
    run();
  });
}

void Projector::stop() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
    told_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

// What a step took includes what it waited for the store: the busier that is, the longer is the pause.
void Projector::pause(SteadyClock::time_point begin, bool is_quiet) {
  const int share = is_quiet ? kMaxQuietShare : kMaxUsualShare;
  const auto now = SteadyClock::now();
  const auto deadline = now + (now - begin) * (100 - share) / share;
  while (!is_stopping_ && !is_hurried()) {
    if (!wake_.wait_until(mutex_, deadline)) return;
  }
}

void Projector::run() {
  std::uint64_t seen = 0;  // of the log, before the last step
  while (true) {
    const auto begin = SteadyClock::now();
    const std::uint64_t newest = store_.newest_audit();
    const bool is_quiet = newest == std::exchange(seen, newest);
    const bool is_own_task = !limits_.is_own_task || limits_.is_own_task();
    const auto worked = [&] {
      const MutexLock step_lock(step_mutex_);
      const DeadlineScope scope(begin + kMaxStepWait);
      return next_step(is_own_task);
    }();
    if (!worked.ok()) log::error("AuditEvents could not be made", {{"reason", worked.error().message}});
    const MutexLock lock(mutex_);
    if (is_stopping_) return;
    if (worked.ok() && *worked) {
      pause(begin, is_quiet);
    } else if (!worked.ok() || !is_hurried()) {
      wake_.wait_until(mutex_, SteadyClock::now() + (worked.ok() ? kMaxLook : kFailurePause));
    }
    if (is_stopping_) return;
  }
}

}  // namespace vesta::audit
