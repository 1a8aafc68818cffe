// MaterialisedViews: the tables of marked ViewDefinitions, kept as the change feed goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "ops/context.h"
#include "ops/host.h"
#include "store/view_tables.h"
#include "views/view.h"

namespace vesta::ops {

// A ViewDefinition with this tag has a table of its name.
inline constexpr std::string_view kMaterialisedSystem = "urn:vesta:view";
inline constexpr std::string_view kMaterialisedCode = "materialised";

inline constexpr std::uint32_t kMaxMaterialisedViews = 100;
inline constexpr std::uint32_t kViewChanges = 500;           // of the feed, in one step of a view
inline constexpr std::size_t kMaxViewBatchBytes = 4 << 20;   // of rows in one transaction, by one resource more
inline constexpr std::chrono::milliseconds kViewPoll{1000};  // how often an idle thread looks for changes

// One step brings each table forward by some changes, in one transaction with how far it has come: so a process that
// dies goes on from there, and of several nodes the one that has taken the tables steps. A table whose definition
// changes is made anew beside the old one and takes its place when it is complete. One that cannot be kept is taken
// away, for nobody should read what is no longer true. Not thread-safe but for start, stop and progress; the context
// outlives it.
class MaterialisedViews {
 public:
  // Opens the tables, when they are needed first; null: `may_create` is false, and there are none yet.
  using Open = std::function<Result<std::unique_ptr<store::ViewTables>>(bool may_create)>;

  // All outlive it.
  MaterialisedViews(Host& service, store::Store& store, Open open)
      : context_(service.as_system()), store_(store), open_(std::move(open)) {}
  ~MaterialisedViews() { stop(); }

  // True: there is more to do. Errors: those of the stores; the next step tries again.
  Result<bool> step();

  // As of the last step that came to its end.
  struct Progress {
    std::size_t tables = 0;   // of marked views, failing ones among them
    std::size_t failing = 0;  // marked views that have no table, since they cannot be kept
    // Of the other tables: all changes up to this are in each; nullopt: there are none.
    std::optional<CommitSeq> seq = {};
  };
  Progress progress() const EXCLUDES(mutex_);

  // How many views were compiled; for tests.
  std::size_t compilations() const { return compilations_; }

  // A thread that steps.
  void start();
  void stop() EXCLUDES(mutex_);

 private:
  struct Marked {
    std::string definition;  // which version of it, and of this program
    std::string name;        // of the table; of one that cannot have any, "ViewDefinition/1"
    std::shared_ptr<const views::View> view;
    std::string failure;  // why it is no view
  };

  // A version of a ViewDefinition, compiled once.
  struct Compiled {
    VersionId version;
    std::shared_ptr<const views::View> view;
    std::string failure;
  };

  Result<std::vector<Marked>> marked();
  Status step_tables(std::span<const Marked> all, CommitSeq last);
  const Compiled& compile(const store::Version& version);
  Marked mark(const store::Version& version, std::span<const Marked> others);
  void note_progress(std::span<const store::ViewState> states) EXCLUDES(mutex_);
  Status fail(const Marked& marked, const std::string& reason);
  Status take_over(const Marked& marked, CommitSeq last, std::vector<store::ViewState>& states);
  Status follow(const Marked& marked, store::ViewState state, CommitSeq last);
  Status keep(const Marked& marked, CommitSeq last, std::vector<store::ViewState>& states);
  Status apply(const Marked& marked, std::vector<store::ViewRows>& rows, CommitSeq upto);
  void run() EXCLUDES(mutex_);

  const Context context_;
  store::Store& store_;
  const Open open_;
  std::unique_ptr<store::ViewTables> tables_;
  std::optional<CommitSeq> seen_;                          // all tables have what is up to this
  std::map<std::string, Compiled, std::less<>> compiled_;  // of the views that are marked, by id
  std::size_t compilations_ = 0;
  mutable Mutex mutex_;
  Progress progress_ GUARDED_BY(mutex_);
  CondVar stopping_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::ops
