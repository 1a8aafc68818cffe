// Following of the change feed by the tables of views.
#include "ops/materialised_views.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/reason.h"
#include "base/thread_pool.h"
#include "http/ascii.h"
#include "ops/row_maker.h"
#include "search/parameter.h"
#include "store/scratch.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

using store::ViewRows;
using store::ViewState;

// To SQL names that differ in case only are one.
template <class Range>
auto find_named(const Range& all, std::string_view name) {
  return std::ranges::find_if(all, [&](const auto& each) { return http::equals_ignoring_case(each.name, name); });
}

}  // namespace

const MaterialisedViews::Compiled& MaterialisedViews::compile(const store::Version& version) {
  Compiled& compiled = compiled_[version.id];
  if (compiled.version == version.version) return compiled;
  ++compilations_;
  compiled = {version.version, {}, {}};
  std::string json;
  store::append_text(context_.definitions, version, json);
  auto view = views::compile(context_.definitions, json);
  if (!view.ok()) {
    compiled.failure = reason_of(view.error());
  } else if ((*view)->name().empty()) {
    compiled.failure = "The view has no name.";
  } else {
    compiled.view = std::move(*view);
  }
  return compiled;
}

MaterialisedViews::Marked MaterialisedViews::mark(const store::Version& version, std::span<const Marked> others) {
  const Compiled& compiled = compile(version);
  const std::string reference = std::string(views::kViewDefinition) + "/" + version.id;
  Marked marked;
  marked.definition = reference + "/_history/" + std::to_string(version.version.value) + " by Vesta " +
                      context_.service.software_version;
  marked.name = reference;
  marked.failure = compiled.failure;
  if (marked.failure.empty() && others.size() >= kMaxMaterialisedViews) {
    marked.failure = "More than " + std::to_string(kMaxMaterialisedViews) + " views are marked.";
  }
  if (!marked.failure.empty()) return marked;
  if (const auto other = find_named(others, compiled.view->name()); other != others.end()) {
    marked.failure = "Another view has the table " + other->name + ".";
    return marked;
  }
  marked.view = compiled.view;
  marked.name = marked.view->name();
  return marked;
}

// In the order in which they were created: of two of one name the first has the table.
Result<std::vector<MaterialisedViews::Marked>> MaterialisedViews::marked() {
  const auto type = context_.definitions.find_resource_type(views::kViewDefinition);
  const search::Parameter* const tag = type ? context_.registry.find_core(*type, "_tag") : nullptr;
  std::vector<Marked> all;
  if (tag == nullptr) return all;
  const search::TokenMatch tagged{std::string(kMaterialisedSystem), std::string(kMaterialisedCode)};
  const search::Query query{*type, search::Plan::make_leaf({tag, tagged}), {}, context_.base_url};
  store::SearchOptions options;
  options.count = kMaxMaterialisedViews;
  std::set<std::string, std::less<>> ids;
  while (true) {
    VESTA_TRY(store::SearchPage page, context_.store.search(query, options));
    for (const store::Version& version : page.entries) {
      all.push_back(mark(version, all));
      ids.insert(version.id);
    }
    if (!page.next) break;
    options.from = std::move(*page.next);
  }
  std::erase_if(compiled_, [&](const auto& each) { return !ids.contains(each.first); });
  return all;
}

Status MaterialisedViews::fail(const Marked& marked, const std::string& reason) {
  log::warning("a view has no table", {{"view", marked.definition}, {"reason", reason}});
  return tables_->fail(marked.name, marked.definition, reason);
}

// Brings the state of a table to that of its definition. One that is ahead of the store is of another: of a store that
// was put back from a copy, say.
Status MaterialisedViews::take_over(const Marked& marked, CommitSeq last, std::vector<ViewState>& states) {
  const auto state = find_named(states, marked.name);
  if (state != states.end() && state->definition == marked.definition && state->seq <= last) return kOk;
  if (state != states.end() && state->seq > last) VESTA_CHECK_OK(tables_->drop(marked.name));
  if (!marked.failure.empty()) {
    VESTA_CHECK_OK(fail(marked, marked.failure));
  } else {
    VESTA_CHECK_OK(tables_->begin({marked.name, marked.definition, columns_of(context_.definitions, *marked.view)}));
    log::info("a table of a view is made", {{"view", marked.definition}, {"table", marked.name}});
  }
  VESTA_TRY(states, tables_->states());
  return kOk;
}

Status MaterialisedViews::apply(const Marked& marked, std::vector<ViewRows>& rows, CommitSeq upto) {
  VESTA_CHECK_OK(tables_->apply(marked.name, rows, upto));
  rows.clear();
  return kOk;
}

// Some changes; a table that has all up to `last` is complete. Errors other than those of the stores are the view's.
Status MaterialisedViews::follow(const Marked& marked, ViewState state, CommitSeq last) {
  if (state.seq < last) {
    VESTA_TRY(const std::vector<store::Version> changes, store_.changes(state.seq, kViewChanges));
    // Without a clock: rows that time changes could not be kept by following the changes of resources.
    RowMaker maker(context_.definitions, *marked.view);
    store::ScratchLease scratch(context_.definitions);
    std::vector<ViewRows> rows;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const store::Version& version = changes[i];
      if (version.type != marked.view->resource_type()) continue;
      // A resource has one place in a batch: its last version's.
      const bool is_superseded = std::any_of(
          changes.begin() + static_cast<std::ptrdiff_t>(i) + 1, changes.end(),
          [&](const store::Version& later) { return later.type == version.type && later.id == version.id; });
      if (is_superseded) continue;
      ViewRows& made = rows.emplace_back(ViewRows{version.id, {}});
      if (!version.deleted) {
        scratch->reset();
        VESTA_TRY(const fhir::Node* const resource, scratch->read(version));
        const auto size = maker.make(*resource, scratch->arena, made.values);
        if (!size.ok()) {
          return make_error(Category::invalid, std::string(context_.definitions.type(version.type).name) + "/" +
                                                   version.id + ": " + reason_of(size.error()));
        }
        bytes += *size;
      }
      if (bytes < kMaxViewBatchBytes) continue;
      // What is superseded behind this version comes in its own place, later in the step.
      VESTA_CHECK_OK(apply(marked, rows, version.seq));
      bytes = 0;
    }
    if (!changes.empty()) {
      VESTA_CHECK_OK(apply(marked, rows, changes.back().seq));
      state.seq = changes.back().seq;
    }
  }
  if (state.is_complete || state.seq < last) return kOk;
  log::info("a table of a view is complete", {{"view", marked.definition}, {"table", marked.name}});
  return tables_->complete(marked.name, state.seq);
}

Status MaterialisedViews::keep(const Marked& marked, CommitSeq last, std::vector<ViewState>& states) {
  VESTA_CHECK_OK(take_over(marked, last, states));
  const auto state = find_named(states, marked.name);
  if (state == states.end() || !state->failure.empty()) return kOk;
  return follow(marked, *state, last);
}

// What is wrong with one view is no matter of the others'.
Status MaterialisedViews::step_tables(std::span<const Marked> all, CommitSeq last) {
  VESTA_TRY(std::vector<ViewState> states, tables_->states());
  for (const ViewState& state : states) {
    if (find_named(all, state.name) != all.end()) continue;
    VESTA_CHECK_OK(tables_->drop(state.name));
    log::info("a table of a view was taken away", {{"table", state.name}});
  }
  for (const Marked& each : all) {
    const Status kept = keep(each, last, states);
    if (kept.ok()) continue;
    const bool is_of_the_store =
        kept.error().category == Category::unavailable || kept.error().category == Category::busy;
    if (is_of_the_store) return kept.error();
    VESTA_CHECK_OK(fail(each, kept.error().message));
  }
  return kOk;
}

// The tables are taken before the store is asked how far it is: what another node has put into them is not ahead of it.
Result<bool> MaterialisedViews::step() {
  if (tables_ != nullptr) {
    VESTA_TRY(const bool is_ours, tables_->take());
    if (!is_ours) {  // another node keeps them; this one looks again
      seen_.reset();
      note_progress({});
      return false;
    }
  }
  VESTA_TRY(const store::Statistics now, store_.statistics());
  if (seen_ == now.last_seq) return false;
  VESTA_TRY(const std::vector<Marked> all, marked());
  if (tables_ == nullptr) {
    VESTA_TRY(tables_, open_(!all.empty()));
    if (tables_ != nullptr) return true;
  } else {
    VESTA_CHECK_OK(step_tables(all, now.last_seq));
    VESTA_TRY(const std::vector<ViewState> states, tables_->states());
    note_progress(states);
    const bool has_more = std::ranges::any_of(
        states, [&](const ViewState& state) { return state.failure.empty() && state.seq < now.last_seq; });
    if (has_more) return true;
  }
  seen_ = now.last_seq;
  return false;
}

void MaterialisedViews::note_progress(std::span<const ViewState> states) {
  Progress progress;
  progress.tables = states.size();
  for (const ViewState& state : states) {
    if (!state.failure.empty()) {
      ++progress.failing;
    } else if (!progress.seq || state.seq < *progress.seq) {
      progress.seq = state.seq;
    }
  }
  const MutexLock lock(mutex_);
  progress_ = progress;
}

MaterialisedViews::Progress MaterialisedViews::progress() const {
  const MutexLock lock(mutex_);
  return progress_;
}

void MaterialisedViews::start() {
  thread_ = std::thread([this] {
    set_thread_name("views");
    run();
  });
}

void MaterialisedViews::run() {
  bool failed = false;
  while (true) {
    const Result<bool> stepped = step();
    if (!stepped.ok() && !failed) log::warning("tables of views wait", {{"reason", stepped.error().message}});
    failed = !stepped.ok();
    const auto until = std::chrono::steady_clock::now() + kViewPoll;
    const MutexLock lock(mutex_);
    const bool waits = failed || !*stepped;
    while (waits && !is_stopped_ && stopping_.wait_until(mutex_, until)) continue;
    if (is_stopped_) return;
  }
}

void MaterialisedViews::stop() {
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    stopping_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace vesta::ops
