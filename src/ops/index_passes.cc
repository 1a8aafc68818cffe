// What an IndexJob does: its passes over the resources of its types.
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/reason.h"
#include "ops/index_jobs.h"
#include "search/extract.h"
#include "search/plan.h"
#include "store/scratch.h"

namespace vesta::ops {
namespace {

search::Query all_of(fhir::TypeId type) {
  return {type, search::Plan::make_all(), {}};
}

}  // namespace

Result<std::uint64_t> IndexJobs::total_of(std::span<const fhir::TypeId> types) {
  std::uint64_t total = 0;
  for (const fhir::TypeId type : types) {
    store::SearchOptions options;
    options.total = search::Total::accurate;
    VESTA_TRY(const store::SearchPage page, store_.search(all_of(type), options));
    total += page.total.value_or(0);
  }
  return total;
}

// What resources contain is indexed with them: so types that contain some of the job's types are looked at as well.
// Those that come to contain some later are indexed as they are written.
Status IndexJobs::add_containers(IndexJob& job) {
  using search::Plan;
  std::vector<Plan> either;
  for (const fhir::TypeId type : job.types) {
    either.push_back(Plan::make_link(Plan::Kind::contains, {nullptr, type}, Plan::make_all()));
  }
  if (either.empty()) return kOk;
  const Plan contains = Plan::make(Plan::Kind::or_, std::move(either));
  const std::size_t own = job.types.size();
  const std::span<const fhir::Type> all = registry_.definitions().types();
  for (std::size_t id = 0; id < all.size(); ++id) {
    const auto type = static_cast<fhir::TypeId>(id);
    if (all[id].kind != fhir::TypeKind::resource || all[id].is_abstract) continue;
    if (std::binary_search(job.types.begin(), job.types.begin() + static_cast<std::ptrdiff_t>(own), type)) continue;
    VESTA_TRY(const store::SearchPage page, store_.search(search::Query{type, contains, {}}, {.count = 1}));
    if (!page.entries.empty()) job.types.push_back(type);
  }
  return kOk;
}

Status IndexJobs::begin_pass(IndexJob& job) {
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  job.pass_seq = statistics.last_seq.value;
  job.type = 0;
  job.cursor.clear();
  job.in_type = job.done = job.changed = job.failed = 0;
  warnings_ = 0;
  VESTA_TRY(job.total, total_of(job.types));
  return kOk;
}

// Of pass 0: of parameters, the rows of an earlier time are taken away; then the first pass begins.
Status IndexJobs::begin_job(IndexJob job) {
  if (job.kind == IndexJob::Kind::parameters) {
    VESTA_TRY(const bool is_done, store_.forget(parameters_.ids_of(indexing_)));
    if (!is_done) return kOk;
    VESTA_CHECK_OK(add_containers(job));
  }
  job.pass = 1;
  VESTA_CHECK_OK(begin_pass(job));
  return save(job);
}

// One page of the job, or the end of a type or a pass.
Result<IndexJobs::Step> IndexJobs::index_page(IndexJob job) {
  if (job.pass == 0) {
    VESTA_CHECK_OK(begin_job(std::move(job)));
    return Step::worked;
  }
  IndexJob counted = job;  // where it was, should what follows fail
  store::WriteSet set;
  set.generation = registry_.generation();
  if (fence_) set.expected_properties.push_back(*fence_);
  store::ScratchLease scratch(registry_.definitions());
  if (job.type < job.types.size()) {
    store::SearchOptions options;
    options.count = page_size_;
    options.from = job.cursor;
    VESTA_TRY(const store::SearchPage page, store_.search(all_of(job.types[job.type]), options));
    VESTA_CHECK_OK(index_entries(page, *scratch, job, set));
    job.cursor = page.next.value_or(store::Position());
    auto written = store_.commit(set);
    if (!written.ok() && written.error().category == Category::conflict) {
      if (!has_lease()) return Step::worked;  // the next step sees it
      if (page_size_ == 1) return Step::blocked;
      page_size_ = std::max(1u, page_size_ / 2);
      return Step::worked;  // read again
    }
    if (!written.ok()) return written.take_error();
    page_size_ = std::min(kIndexPageSize, page_size_ * 2);
    const auto changed = static_cast<std::uint64_t>(std::ranges::count(*written, true, &store::Written::changed));
    for (IndexJob* each : {&job, &counted}) {
      each->changed += changed;
      each->indexed += changed;
    }
    put(counted);
    if (!page.next) VESTA_CHECK_OK(check_count(job));
  }
  if (job.type >= job.types.size()) {
    VESTA_CHECK_OK(end_pass(job));
    return Step::worked;
  }
  VESTA_CHECK_OK(save(job));
  return Step::worked;
}

// Index values that are as they were make no version and hurt nobody: what cannot be extracted stays as it is.
Status IndexJobs::index_entries(const store::SearchPage& page, store::Scratch& scratch, IndexJob& job,
                                store::WriteSet& set) {
  for (const store::Version& version : page.entries) {
    ++job.done;
    ++job.in_type;
    std::size_t failures = 0;
    const auto tree = scratch.read(version);
    Result<search::IndexValues> values = tree.ok() ? search::extract(registry_, **tree, scratch.arena, &failures)
                                                   : Result<search::IndexValues>(tree.error());
    if (!values.ok() || failures > 0) {
      ++job.failed;
      const std::string name = std::string(registry_.definitions().type(version.type).name) + "/" + version.id;
      const std::string reason =
          values.ok() ? "an expression of a custom search parameter fails on it" : reason_of(values.error());
      if (warnings_++ < kMaxIndexWarnings) {
        log::warning("a resource could not be indexed", {{"resource", name}, {"reason", reason}});
      }
    }
    if (!values.ok()) continue;
    store::Write write;
    write.kind = store::Write::Kind::index;
    write.type = version.type;
    write.id = version.id;
    write.expected = version.version;
    write.added = std::move(*values);
    set.writes.push_back(std::move(write));
  }
  return kOk;
}

// The end of a type: as many resources as the store counts must have been looked at, unless some were written
// meanwhile: those were indexed as they were written, and the count is of another moment than the pass. Else the pass
// was none.
Status IndexJobs::check_count(IndexJob& job) {
  const fhir::TypeId type = job.types[job.type];
  VESTA_TRY(const std::uint64_t total, total_of(std::span(&type, 1)));
  store::HistoryQuery newest;
  newest.type = type;
  newest.count = 1;
  VESTA_TRY(const store::HistoryPage page, store_.history(newest));
  const bool was_written = !page.entries.empty() && page.entries.front().seq.value > job.pass_seq;
  if (total != job.in_type && !was_written) {
    log::error("not all resources were looked at", {{"job", job.id},
                                                    {"type", registry_.definitions().type(type).name},
                                                    {"looked_at", job.in_type},
                                                    {"of", total}});
    ++job.changed;
  }
  job.in_type = 0;
  ++job.type;
  return kOk;
}

// A pass that changed something shows that the index was not whole when it began: another one looks whether it is now.
Status IndexJobs::end_pass(IndexJob& job) {
  if (job.changed > 0 && job.pass < kMaxIndexPasses) {
    ++job.pass;
    VESTA_CHECK_OK(begin_pass(job));
    return save(job);
  }
  job.ended = clock_.now().value;
  job.state = job.changed == 0 ? IndexJob::State::completed : IndexJob::State::failed;
  if (job.state == IndexJob::State::completed && job.kind == IndexJob::Kind::parameters) {
    const MutexLock saving(save_mutex_);
    const auto finish = [&](store::WriteSet& set) { return parameters_.finish_indexing(indexing_, job.epoch, set); };
    VESTA_CHECK_OK(save_locked(job, fence_, finish));
  } else {
    VESTA_CHECK_OK(save(job));
  }
  if (job.kind == IndexJob::Kind::parameters) {
    indexing_.clear();
    note_end(job.state);
  }
  log::info("indexing ended", {{"job", job.id},
                               {"state", to_string(job.state)},
                               {"resources", job.done},
                               {"indexed", job.indexed},
                               {"failed", job.failed}});
  return kOk;
}

}  // namespace vesta::ops
