// Durable progress, and the storing of resources one by one under their own ids.
#include "server/commands/import_unit.h"

#include <charconv>
#include <set>
#include <thread>

#include "ops/writes.h"

namespace vesta::server::commands {
namespace {

constexpr std::string_view kFinished = "finished ";  // then the number of errors
constexpr std::string_view kAt = "at ";              // then the items, a space, the errors

std::uint64_t take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

// The items of one commit: no two of them are the same resource, because a WriteSet takes each once.
std::size_t end_of_run(const std::vector<Item>& items, std::size_t begin) {
  std::set<std::pair<fhir::TypeId, std::string_view>> seen;
  std::size_t end = begin;
  while (end < items.size() && end - begin < kResourcesPerCommit) {
    const Item& item = items[end];
    if (item.resource != nullptr && !seen.emplace(item.resource->type, item.id).second) break;
    ++end;
  }
  return end;
}

struct Failure {
  const Item* item;
  Error error;
};

// Adds the write of one item. An error of the item goes to `failures`; returned errors are those of the store.
Status add_item(Unit& unit, const Item& item, store::WriteSet& writes, std::vector<Failure>& failures) {
  if (item.error) {
    failures.push_back({&item, *item.error});
    return kOk;
  }
  VESTA_TRY(const ops::Current current, unit.context.store.read(item.resource->type, item.id));
  auto added = ops::add_put(unit.context, *item.resource, item.id, current, unit.scratch, writes);
  if (!added.ok()) failures.push_back({&item, added.take_error()});
  return kOk;
}

Status put_run(Unit& unit, const std::vector<Item>& items, std::size_t end) {
  for (int round = 1;; ++round) {
    store::WriteSet writes;
    std::vector<Failure> failures;
    for (std::size_t i = unit.progress.items; i < end; ++i) VESTA_CHECK_OK(add_item(unit, items[i], writes, failures));
    const UnitProgress next{end, unit.progress.errors + failures.size(), end == items.size()};
    writes.properties.push_back(progress_property(unit.key, next));
    const std::size_t count = writes.writes.size();
    auto written = ops::commit(unit.context, writes);
    if (written.ok()) {
      unit.progress = next;
      unit.report.add_resources(count);
      for (const Failure& failure : failures) unit.report.add_error(unit.file, failure.item->line, failure.error);
      return kOk;
    }
    if (!may_commit_again(written.error(), round)) return written.take_error();
  }
}

}  // namespace

Result<UnitProgress> load_progress(const access::GuardedStore& store, std::string_view key) {
  VESTA_TRY(const std::optional<std::string> value, store.property(key));
  UnitProgress progress;
  if (!value) return progress;
  std::string_view text = *value;
  if (text.starts_with(kFinished)) {
    text.remove_prefix(kFinished.size());
    progress.is_finished = true;
    progress.errors = take_number(text);
  } else if (text.starts_with(kAt)) {
    text.remove_prefix(kAt.size());
    progress.items = take_number(text);
    progress.errors = take_number(text);
  }
  return progress;
}

std::pair<std::string, std::string> progress_property(std::string key, const UnitProgress& progress) {
  std::string value(progress.is_finished ? kFinished : kAt);
  if (!progress.is_finished) value.append(std::to_string(progress.items)).append(" ");
  value.append(std::to_string(progress.errors));
  return {std::move(key), std::move(value)};
}

Status put_items(Unit& unit, std::vector<Item>& items) {
  const auto id_name = unit.context.vocabulary.id;
  for (Item& item : items) {
    if (item.resource == nullptr) continue;
    item.id = item.resource->child_value(id_name);
    if (item.id.empty()) item.id = unit.context.service.uuids.next();
  }
  do {
    VESTA_CHECK_OK(put_run(unit, items, end_of_run(items, unit.progress.items)));
  } while (!unit.progress.is_finished);
  return kOk;
}

bool may_commit_again(const Error& error, int round) {
  if (error.category == Category::conflict) return round < ops::kMaxCommitRetries;
  if (error.category != Category::busy || round >= kMaxBusyRounds) return false;
  std::this_thread::sleep_for(kBusyWait);
  return true;
}

Status mark_progress(const access::GuardedStore& store, const std::string& key, const UnitProgress& progress) {
  for (int round = 1;; ++round) {
    store::WriteSet mark;
    mark.properties.push_back(progress_property(key, progress));
    auto committed = store.commit(mark);
    if (committed.ok()) return kOk;
    if (!may_commit_again(committed.error(), round)) return committed.take_error();
  }
}

}  // namespace vesta::server::commands
