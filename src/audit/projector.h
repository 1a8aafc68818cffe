// Projector: makes AuditEvents of the records of the audit log, behind the requests that left them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/audit_event.h"
#include "audit/patients.h"
#include "audit/trail.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "fhir/json.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::audit {

inline constexpr std::size_t kUsualBatch = 32;     // events of one commit, which those of requests may wait for
inline constexpr std::size_t kHurriedBatch = 256;  // while somebody waits for them
inline constexpr int kMaxUsualShare = 5;           // percent of its time that the thread works while requests come
inline constexpr int kMaxQuietShare = 50;          // while none come
inline constexpr std::chrono::milliseconds kMaxLook{500};       // until a new record is noticed
inline constexpr std::chrono::seconds kMaxCatchUp{2};           // of a request, for the events of those before it
inline constexpr std::size_t kMaxCatchingUp = 8;                // requests that wait for it at once
inline constexpr std::string_view kEventsKey = "audit-events";  // the property: how far it has come

struct ProjectorLimits {
  std::chrono::milliseconds catch_up = kMaxCatchUp;
  std::size_t catching_up = kMaxCatchingUp;
  // Whether it is for this node to make what nobody waits for; of several nodes one is enough. Null: always.
  std::function<bool()> is_own_task = {};
};

// How far: all events of the log's entries up to `number` are in the store, and `told` of those of the next one.
struct Position {
  std::uint64_t number = 0;
  std::uint64_t told = 0;
  bool operator==(const Position&) const = default;
};
// Errors: those of Store::property; internal: it is damaged.
Result<Position> position_of(store::Store& store);

// Each record's events are made once, whatever happens: the commit that has them says how far they go, and expects how
// far they went. So any node may make them, and one that comes second goes on from where the first came to. What waits
// is in the log, so nothing bounds it but the disk. Its own commits leave no records. Thread-safe.
class Projector {
 public:
  // All outlive it; `metrics` may be null.
  Projector(store::Store& store, const search::Registry& registry, Trail& trail, Metrics* metrics = nullptr,
            ProjectorLimits limits = {});
  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  // Reads how far an earlier process came. Before anything else.
  Status load();
  // The thread vesta-events. `stop` waits for the commit at hand.
  void start();
  void stop();

  // Makes a batch. False: there was nothing to make, or another node made it. For the thread, and for tests without
  // one. Errors: those of the store; then nothing was made, and the next step tries again.
  Result<bool> step() EXCLUDES(mutex_);

  // All that was appended to the log before is told when it returns; from then on at full speed until it is, even if
  // nobody waits any more. Errors (busy): not within kMaxCatchUp, or too many wait.
  Status catch_up() EXCLUDES(mutex_);
  // Of what it makes.
  fhir::TypeId type() const { return type_; }
  // How many entries of the log it is behind.
  std::uint64_t behind() EXCLUDES(mutex_);

 private:
  struct Batch;

  static Status late();
  Status catch_up_until(std::chrono::steady_clock::time_point deadline) EXCLUDES(mutex_);
  Result<bool> make(Batch& batch);
  Status read_events(const store::AuditEntry& entry);
  Result<bool> commit(Batch& batch);
  Status adopt() EXCLUDES(mutex_);
  void move_to(const Position& position) EXCLUDES(mutex_);
  Result<bool> next_step(bool is_own_task) EXCLUDES(mutex_);
  Status add(const AuditEvent& event, bool may_exist, Batch& batch, store::WriteSet& set);
  void run() EXCLUDES(mutex_);
  void pause(std::chrono::steady_clock::time_point begin, bool is_quiet) REQUIRES(mutex_);
  bool is_hurried() const REQUIRES(mutex_) { return hurry_until_ > done_; }

  store::Store& store_;
  const search::Registry& registry_;
  Trail& trail_;
  const ProjectorLimits limits_;
  const fhir::TypeId type_;
  Counter* counter_ = nullptr;

  Mutex step_mutex_;  // one step at a time; before mutex_
  // Of the steps:
  Patients patients_;
  fhir::JsonReader reader_;
  std::optional<std::string> stored_;    // the property
  Position position_;                    // the same
  std::vector<store::AuditEntry> page_;  // entries behind it
  std::size_t at_ = 0;                   // in the page
  std::vector<AuditEvent> events_;       // of the entry there; empty: not made yet

  Mutex mutex_;
  CondVar wake_;                                      // the thread
  CondVar told_;                                      // requests
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;         // Position::number
  std::uint64_t hurry_until_ GUARDED_BY(mutex_) = 0;  // a number that somebody has waited for
  std::size_t catching_up_ GUARDED_BY(mutex_) = 0;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::audit
