// Units: what one worker imports at a time (a document, or some lines of NDJSON), with progress that survives a kill.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "ops/context.h"
#include "server/commands/import_report.h"
#include "store/scratch.h"

namespace vesta::server::commands {

inline constexpr std::size_t kResourcesPerCommit = 500;  // of resources that are stored one by one
inline constexpr int kMaxBusyRounds = 600;               // a full commit queue is waited for so often
inline constexpr std::chrono::milliseconds kBusyWait{50};

// How far a unit has come: a property of the store, set by the same commits as the unit's resources.
struct UnitProgress {
  std::uint64_t items = 0;  // done with, in their order; those with errors too
  std::uint64_t errors = 0;
  bool is_finished = false;
};
// Errors: those of Store::property.
Result<UnitProgress> load_progress(const access::GuardedStore& store, std::string_view key);
std::pair<std::string, std::string> progress_property(std::string key, const UnitProgress& progress);
// Commits progress alone. Errors: those of Store::commit.
Status mark_progress(const access::GuardedStore& store, const std::string& key, const UnitProgress& progress);

// One resource to be stored under its own id, or under a new one if it has none; or what is wrong with it.
struct Item {
  const fhir::Node* resource = nullptr;  // null: `error` is set
  std::uint64_t line = 0;                // 0: of a document
  std::optional<Error> error;
  std::string id;  // set by put_items
};

// A unit while it is worked on. The references outlive it.
struct Unit {
  ops::Context& context;
  store::Scratch& scratch;
  ImportReport& report;
  const std::string& file;  // for messages
  std::string key;          // of its property
  UnitProgress progress;
};

// Stores what `unit.progress` has not passed yet, some at a time, and reports. An item that cannot be stored is an
// error of its own; errors of the whole: those of Store::commit, after which `unit.progress` says what is durable.
Status put_items(Unit& unit, std::vector<Item>& items);

// Whether a commit that failed so in its `round`-th try (from 1) may be tried again: it lost a race, or the queue is
// full, after waiting a little.
bool may_commit_again(const Error& error, int round);

}  // namespace vesta::server::commands
