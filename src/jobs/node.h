// Node: this process among the others that serve one store. It shows that it lives, and takes leases.
// Format: docs/formats/nodes.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::jobs {

inline constexpr std::chrono::milliseconds kBeat{2'000};       // how often a node shows that it lives
inline constexpr std::chrono::milliseconds kNodeLife{10'000};  // without a beat; then others take over what it held
inline constexpr std::chrono::milliseconds kBeatWait{3'000};   // for the store, at one beat
inline constexpr std::chrono::milliseconds kMaxClockDifference{5'000};
inline constexpr std::size_t kMaxNodes = 256;
inline constexpr std::string_view kNodesKey = "nodes";  // the property: a line for each

// What a node says of itself. No field has a space or a line break in it.
struct NodeEntry {
  std::string id;  // that no other process ever has
  std::string version;
  std::string roles;   // "api,worker"
  std::string issuer;  // the base URL, where tokens are asked for; "-": they are not
  std::uint64_t beat = 0;
  Instant at = {};  // by its own clock
  bool operator==(const NodeEntry&) const = default;
};

std::string encode_nodes(const std::vector<NodeEntry>& nodes);
// Errors (internal): it is damaged.
Result<std::vector<NodeEntry>> decode_nodes(std::string_view text);

// What only one node may do at a time. Each taking has a number of its own (a fencing token): what the holder commits
// expects it, so that nothing of a node that has lost the lease is written, whatever that node believes. Thread-safe.
class Lease {
 public:
  explicit Lease(std::string name) : key_("lease." + std::move(name)) {}

  // What commits must expect of the store. nullopt: another node has it, or this one has not shown lately that it
  // lives.
  std::optional<store::ExpectedProperty> fence(Clock& clock) const EXCLUDES(mutex_);

 private:
  friend class Node;
  void set(std::optional<std::string> text, std::chrono::steady_clock::time_point until) EXCLUDES(mutex_);

  const std::string key_;
  mutable Mutex mutex_;
  std::optional<std::string> text_ GUARDED_BY(mutex_);  // of the property, while this node has it
  std::chrono::steady_clock::time_point until_ GUARDED_BY(mutex_) = {};
};

// Whether another node lives is judged by its beats alone, as they are seen to go on: no clock of another is believed.
// Thread-safe but for the order of lease, join, start and stop.
class Node {
 public:
  // All outlive it; `metrics` may be null. `self`: without beat and time.
  Node(store::Store& store, Clock& clock, NodeEntry self, Metrics* metrics = nullptr);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // It tries to get this lease, and to keep it. Before `join`.
  Lease& lease(std::string name);
  // The first beat. Errors: invalid: a node that lives asks for tokens of another issuer; busy: kMaxNodes, or others
  // keep changing the list; those of the store.
  Status join();
  // A thread that beats. `stop` gives back what it holds.
  void start();
  void stop() EXCLUDES(mutex_);

  // One beat, for the thread and for tests without one. Errors: those of the store; the next beat tries again.
  Status step();

 private:
  struct Seen {
    std::uint64_t beat;
    std::chrono::steady_clock::time_point at;  // when it was first seen to be this one
  };

  Status beat();
  Status take(Lease& lease);
  Status give_back();
  void observe(const std::vector<NodeEntry>& nodes);
  void compare_clocks(const NodeEntry& other);
  bool is_alive(const std::string& id) const;
  Result<std::vector<NodeEntry>> read(std::optional<std::string>& text);
  Status check_issuers();
  void show(const std::vector<NodeEntry>& nodes);
  void run() EXCLUDES(mutex_);

  store::Store& store_;
  Clock& clock_;
  Metrics* const metrics_;
  NodeEntry self_;
  std::vector<std::unique_ptr<Lease>> leases_;

  // Of the steps:
  std::map<std::string, Seen> seen_;    // the others, by id
  std::vector<NodeEntry> nodes_;        // as of the last beat, this one with them
  std::optional<std::string> too_far_;  // the other whose clock is apart
  std::chrono::steady_clock::time_point beaten_ = {};

  Mutex mutex_;
  CondVar stopping_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::jobs
