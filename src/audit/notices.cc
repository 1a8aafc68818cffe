// From the audit log to whoever is told of emergency access, record by record.
#include "audit/notices.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "access/records.h"
#include "audit/record.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "store/make_property.h"

namespace vesta::audit {
namespace {

constexpr std::uint32_t kLookPage = 256;  // entries that are read at once

bool is_emergency(const Touched& touched) {
  return touched.how != Touched::How::read && touched.type == access::kEmergencyAccess;
}

// As it stands in an AuditEvent.
std::string reference_to(const Touched& touched) {
  return "\"" + touched.type + '/' + touched.id + "/_history/" + std::to_string(touched.version.value) + '"';
}

bool writes_emergency(const Record& record) {
  return std::ranges::any_of(record.touched, is_emergency);
}

// The records of an entry, and the first of them that writes an emergency access; none: it is of no matter. Most
// entries do not name the type at all. One that cannot be read has no AuditEvents either.
struct Emergency {
  std::vector<Record> records;
  Instant at;
};
std::optional<Emergency> emergency_of(const store::AuditEntry& entry) {
  static const std::string kNamed = std::string(access::kEmergencyAccess) + '/';
  if (entry.record.find(kNamed) == std::string::npos) return std::nullopt;
  auto records = parse_records(entry.record);
  if (!records.ok()) return std::nullopt;
  const auto first = std::ranges::find_if(*records, writes_emergency);
  if (first == records->end()) return std::nullopt;
  const Instant at = first->at;
  return Emergency{std::move(*records), at};
}

}  // namespace

Notices::Notices(store::Store& store, const search::Registry& registry, Clock& clock, Send send, Metrics* metrics,
                 const jobs::Lease* lease)
    : store_(store), clock_(clock), send_(std::move(send)), lease_(lease), patients_(store, registry) {
  if (metrics == nullptr) return;
  told_ = &metrics->counter("vesta_emergency_notices_total", "Notices of emergency access that were taken.");
  failed_ = &metrics->counter("vesta_emergency_notice_failures_total", "Tries to give such a notice that failed.");
  depth_ = &metrics->gauge("vesta_emergency_notices_waiting", "Writes of emergency access that wait to be told.");
  age_ = &metrics->gauge("vesta_emergency_notice_wait_seconds", "How long the first of them has waited.");
}

Notices::~Notices() {
  stop();
}

Status Notices::load() {
  const auto first = [&] { return std::to_string(store_.newest_audit()); };
  VESTA_TRY(const std::string text, store::make_property(store_, kNoticesKey, first));
  return read_property(text);
}

// Who comes to tell begins where the one before it has ended.
Result<bool> Notices::may_tell() {
  if (lease_ == nullptr) return true;
  auto fence = lease_->fence(clock_);
  if (fence && fence == fence_) return true;
  const bool had_it = std::exchange(fence_, std::nullopt).has_value();
  if (!fence && !had_it) return false;
  waiting_.clear();
  refused_.clear();
  retry_ = {};
  must_keep_ = false;
  show();
  if (!fence) return false;
  VESTA_CHECK_OK(load());
  fence_ = std::move(fence);
  return true;
}

Status Notices::read_property(std::string_view text) {
  const auto damaged = [&] {
    return make_error(Category::internal,
                      "the property " + std::string(kNoticesKey) + " is damaged: " + std::string(text));
  };
  const char* const end = text.data() + text.size();
  auto at = std::from_chars(text.data(), end, looked_);
  if (at.ec != std::errc()) return damaged();
  refused_.clear();
  while (at.ptr != end) {
    Refused refused{};
    if (*at.ptr != ' ') return damaged();
    at = std::from_chars(at.ptr + 1, end, refused.number);
    if (at.ec != std::errc() || at.ptr == end || *at.ptr != '/') return damaged();
    at = std::from_chars(at.ptr + 1, end, refused.event);
    if (at.ec != std::errc() || refused.number == 0 || refused.number > looked_) return damaged();
    VESTA_TRY(const std::vector<store::AuditEntry> page, store_.audit(refused.number - 1, 1));
    const auto emergency = page.empty() ? std::nullopt : emergency_of(page.front());
    refused.at = emergency ? emergency->at : clock_.now();
    refused_.push_back(refused);
  }
  kept_ = looked_;
  return kOk;
}

// False: nothing is behind what was looked at, or as many wait as may.
Result<bool> Notices::look() {
  if (looked_ >= store_.newest_audit() || waiting_.size() >= kMaxWaitingNotices) return false;
  VESTA_TRY(const std::vector<store::AuditEntry> page, store_.audit(looked_, kLookPage));
  for (const store::AuditEntry& entry : page) {
    if (waiting_.size() >= kMaxWaitingNotices) return false;
    if (const auto emergency = emergency_of(entry)) waiting_.push_back({entry.number, emergency->at});
    looked_ = entry.number;
  }
  return !page.empty();
}

// Those that stepped aside of the first that waits are not among it: all of that record comes again.
Status Notices::keep() {
  std::string text = std::to_string(all_told());
  for (const Refused& each : refused_) {
    if (each.number > all_told()) continue;
    text.append(" ").append(std::to_string(each.number)).append("/").append(std::to_string(each.event));
  }
  store::WriteSet set;
  if (fence_) set.expected_properties.push_back(*fence_);
  set.properties.emplace_back(kNoticesKey, std::move(text));
  const auto written = store_.commit(set);
  if (!written.ok()) {
    if (written.error().category == Category::conflict) fence_.reset();  // another node has taken the lease
    return written.error();
  }
  kept_ = all_told();
  must_keep_ = false;
  return kOk;
}

// Those in which an emergency access is, and of a transaction no others. Made of the entry, as the projector makes its
// own: that one may be behind by much, and what happened is to be told at once.
Result<std::vector<AuditEvent>> Notices::events_of(std::uint64_t number) {
  VESTA_TRY(const std::vector<store::AuditEntry> page, store_.audit(number - 1, 1));
  std::vector<AuditEvent> events;
  const auto emergency = page.empty() || page.front().number != number ? std::nullopt : emergency_of(page.front());
  if (!emergency) {
    log::error("a record of emergency access has gone from the audit log", {{"number", number}});
    return events;
  }
  VESTA_TRY(std::vector<AuditEvent> all, audit_events_of(page.front(), emergency->records, patients_));
  for (AuditEvent& event : all) {
    const auto is_named = [&](const Touched& touched) {
      return is_emergency(touched) && event.text.find(reference_to(touched)) != std::string::npos;
    };
    if (std::ranges::any_of(emergency->records[event.record].touched, is_named)) events.push_back(std::move(event));
  }
  return events;
}

Status Notices::send(const AuditEvent& event) {
  Status sent = send_(event);
  Counter* const counter = sent.ok() ? told_ : failed_;
  if (counter != nullptr) counter->add();
  if (sent.ok() && is_failing_) {
    log::warning("notices of emergency access are taken again");
    is_failing_ = false;
    for (Refused& each : refused_) each.next_try = clock_.monotonic();
  }
  return sent;
}

// May later ones go first? The cause is then more likely this one than the receiver as a whole; should it be that after
// all, those that stepped aside are told when it is over.
bool Notices::may_pass(Waiting& waiting, const AuditEvent& event, const Error& error) {
  if (error.category != kNoticeRefused || ++waiting.refusals < kMaxNoticeRefusals) return false;
  if (refused_.size() >= kMaxRefusedNotices) return false;
  log::warning("a notice of emergency access is refused again and again, so later ones go first",
               {{"id", event.id}, {"reason", error.message}});
  refused_.push_back({waiting.number, waiting.told, waiting.at, clock_.monotonic() + kLongestNoticeRetry});
  return true;
}

// False: it is to stop before the end.
Result<bool> Notices::tell(Waiting& waiting) {
  VESTA_TRY(const std::vector<AuditEvent> events, events_of(waiting.number));
  while (waiting.told < events.size() && !is_stopping()) {
    const AuditEvent& event = events[waiting.told];
    const Status sent = send(event);
    if (!sent.ok() && !may_pass(waiting, event, sent.error())) return sent.error();
    ++waiting.told;
    waiting.refusals = 0;
  }
  return waiting.told >= events.size();
}

Status Notices::tell_all() {
  while (true) {
    if (must_keep_ || all_told() - kept_ >= kMaxLookedAgain) VESTA_CHECK_OK(keep());
    if (waiting_.empty() || is_stopping()) return kOk;
    VESTA_TRY(const bool is_told, tell(waiting_.front()));
    if (!is_told) return kOk;  // another process begins with this record anew
    waiting_.pop_front();
    must_keep_ = true;
  }
}

// One at most: none of them may hold up what is new.
void Notices::tell_refused() {
  if (refused_.empty() || clock_.monotonic() < refused_.front().next_try) return;
  Refused refused = refused_.front();
  refused_.pop_front();
  const auto events = events_of(refused.number);
  const bool is_told = events.ok() && (refused.event >= events->size() || send((*events)[refused.event]).ok());
  must_keep_ = must_keep_ || is_told;
  if (is_told) return;
  refused.next_try = clock_.monotonic() + kLongestNoticeRetry;
  refused_.push_back(refused);
}

// Said in the log when it begins to fail; `send` says when that has ended.
void Notices::note(const Status& told) {
  if (told.ok()) {
    retry_ = {};
    return;
  }
  if (!is_failing_) {
    log::warning("a notice of emergency access was not taken", {{"reason", told.error().message}});
  }
  is_failing_ = true;
  retry_ = std::clamp(2 * retry_, kFirstNoticeRetry, kLongestNoticeRetry);
  next_try_ = clock_.monotonic() + retry_;
}

void Notices::show() {
  if (depth_ == nullptr) return;
  depth_->set(static_cast<double>(waiting_.size() + refused_.size()));
  const Instant now = clock_.now();
  Instant first = waiting_.empty() ? now : waiting_.front().at;
  for (const Refused& each : refused_) first = std::min(first, each.at);
  constexpr double kMicroseconds = 1e6;
  age_->set(std::max(static_cast<double>(now.value - first.value) / kMicroseconds, 0.0));
}

bool Notices::step() {
  const auto may = may_tell();
  if (may.ok() && !*may) return false;
  const auto looked = may.ok() ? look() : Result<bool>(may.error());
  const bool is_time = retry_.count() == 0 || clock_.monotonic() >= next_try_;
  show();
  if (is_time) {
    const Status told = looked.ok() ? tell_all() : Status(looked.error());
    if (is_stopping()) return false;  // which is no success
    note(told);
  }
  tell_refused();
  show();
  return looked.ok() && *looked;
}

bool Notices::is_stopping() {
  const MutexLock lock(mutex_);
  return is_stopping_;
}

void Notices::start() {
  thread_ = std::thread([this] {
    set_thread_name("vesta-notices");
    run();
  });
}

void Notices::stop() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Notices::run() {
  while (!is_stopping()) {
    if (step()) continue;
    const auto deadline = std::chrono::steady_clock::now() + kNoticeLook;
    const MutexLock lock(mutex_);
    while (!is_stopping_) {
      if (!wake_.wait_until(mutex_, deadline)) break;
    }
  }
}

}  // namespace vesta::audit
