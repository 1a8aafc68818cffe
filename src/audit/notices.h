// Notices: tells somebody outside, by AuditEvents, of each emergency access that the audit log has.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/audit_event.h"
#include "audit/patients.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "jobs/node.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::audit {

inline constexpr std::chrono::milliseconds kNoticeLook{500};  // until a new entry is noticed
inline constexpr std::chrono::seconds kFirstNoticeRetry{1};   // each further wait is twice as long
inline constexpr std::chrono::seconds kLongestNoticeRetry{300};
inline constexpr std::size_t kMaxWaitingNotices = 10'000;  // entries that are known to wait; more stay in the log
inline constexpr std::uint64_t kMaxLookedAgain = 10'000;   // entries after a restart, if none of them waited
inline constexpr int kMaxNoticeRefusals = 5;               // of one, until later ones go first
inline constexpr std::size_t kMaxRefusedNotices = 100;     // that later ones have passed; then all wait again
inline constexpr Category kNoticeRefused = Category::unsupported;  // of Send: an answer came, and it takes it not
// The property: up to which entry all is told, and which of these are refused: "120 17/0 93/2".
inline constexpr std::string_view kNoticesKey = "emergency-notices";

// Of each write of an emergency access the AuditEvents that name it, in the order of the log, each at least once: what
// was told is kept behind the telling, so that after a crash one may come again, with the same id and the same bytes.
// It goes by the log alone, so no request waits for it, and it waits for no projector: a text has all that the store's
// AuditEvent has but `meta.versionId` and `meta.lastUpdated`. What fails is tried until it succeeds, and what is behind
// it waits; but one that was refused kMaxNoticeRefusals times steps aside, and is tried beside the others from then on,
// every kLongestNoticeRetry. Of several nodes one tells: the next one goes on from what the store says was told. Not
// thread-safe but for `stop`.
class Notices {
 public:
  // Tells of one; the caller has got it when it is ok. Errors: kNoticeRefused; any other: there was no answer.
  using Send = std::function<Status(const AuditEvent&)>;

  // All outlive it; `metrics` may be null. `lease`: of several nodes its holder tells; null: there are no others.
  Notices(store::Store& store, const search::Registry& registry, Clock& clock, Send send, Metrics* metrics = nullptr,
          const jobs::Lease* lease = nullptr);
  ~Notices();
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  // Where an earlier process came to; the end of the log, if none ever did. Before anything else. Errors: those of the
  // store; internal: the property is damaged.
  Status load();
  // The thread vesta-notices. `stop` waits for the one that is being told, and for no further one.
  void start();
  void stop() EXCLUDES(mutex_);

  // Looks at a page of the log, and tells of what waits, if it is time to. True: there may be more in the log. For the
  // thread, and for tests without one.
  bool step() EXCLUDES(mutex_);

 private:
  struct Waiting {
    std::uint64_t number;  // of the entry
    Instant at;
    std::size_t told = 0;  // events of it, those that stepped aside with them
    int refusals = 0;      // of the next one
  };
  struct Refused {
    std::uint64_t number;
    std::size_t event;  // of the entry's: from 0
    Instant at;
    std::chrono::steady_clock::time_point next_try;
  };

  Result<bool> may_tell();
  Result<bool> look();
  Status tell_all() EXCLUDES(mutex_);
  Result<bool> tell(Waiting& waiting) EXCLUDES(mutex_);
  Status send(const AuditEvent& event);
  bool may_pass(Waiting& waiting, const AuditEvent& event, const Error& error);
  void tell_refused();
  Status read_property(std::string_view text);
  Result<std::vector<AuditEvent>> events_of(std::uint64_t number);
  Status keep();
  void note(const Status& told);
  void show();
  void run() EXCLUDES(mutex_);
  bool is_stopping() EXCLUDES(mutex_);
  std::uint64_t all_told() const { return waiting_.empty() ? looked_ : waiting_.front().number - 1; }

  store::Store& store_;
  Clock& clock_;
  const Send send_;
  const jobs::Lease* const lease_;
  Counter* told_ = nullptr;
  Counter* failed_ = nullptr;
  Gauge* depth_ = nullptr;
  Gauge* age_ = nullptr;

  // Of the steps:
  Patients patients_;
  std::optional<store::ExpectedProperty> fence_;  // of the lease by which it tells
  std::uint64_t looked_ = 0;                      // at the entries up to this one
  std::uint64_t kept_ = 0;                        // what the property says
  bool must_keep_ = false;
  std::deque<Waiting> waiting_;
  std::deque<Refused> refused_;    // the next to try first
  bool is_failing_ = false;        // none was taken since it was said that one was not
  std::chrono::seconds retry_{0};  // the last wait; zero: nothing has failed
  std::chrono::steady_clock::time_point next_try_ = {};

  Mutex mutex_;
  CondVar wake_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::audit
