// Documents: transactions and batches as POST to the base does them, the entries of other Bundles under their own ids.
#include "server/commands/import_document.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json.h"
#include "ops/bundle_entry.h"
#include "ops/outcome.h"
#include "ops/transaction.h"
#include "server/commands/entry_links.h"
#include "server/commands/import_unit.h"
#include "server/commands/input_stream.h"

namespace vesta::server::commands {
namespace {

// The store cannot be written to: no other file would do better.
bool is_store_failure(const Error& error) {
  return error.category == Category::unavailable;
}

std::uint64_t count_written(const std::vector<ops::EntryResult>& results) {
  return static_cast<std::uint64_t>(std::count_if(
      results.begin(), results.end(), [](const ops::EntryResult& result) { return result.version.has_value(); }));
}

// All or nothing, and finished by the same commit.
Status run_transaction(Unit& unit, fhir::Node& bundle) {
  ops::TransactionOptions options;
  UnitProgress next = unit.progress;
  next.is_finished = true;
  options.properties.push_back(progress_property(unit.key, next));
  VESTA_TRY(const auto results, ops::run_transaction(unit.context, bundle, unit.scratch, options));
  unit.progress = next;
  unit.report.add_resources(count_written(results));
  return kOk;
}

// The error of a Bundle of one entry, as an error of the entry that it was made of.
Error at_index(Error error, std::size_t index) {
  constexpr std::string_view kFirst = "Bundle.entry[0]";
  for (Issue& issue : error.issues) {
    if (issue.expression.starts_with(kFirst)) issue.expression.replace(0, kFirst.size(), ops::entry_path(index));
  }
  return error;
}

// Each entry on its own: a transaction of one entry, so that its progress is set by its own commit.
Status run_batch(Unit& unit, fhir::Node& bundle) {
  const std::vector<fhir::Node*> entries = ops::entry_nodes(unit.context, bundle);
  for (std::size_t i = unit.progress.items; i < entries.size(); ++i) {
    fhir::Node entry = *entries[i];
    entry.next = nullptr;
    fhir::Node single = bundle;
    single.first_child = &entry;
    UnitProgress next = unit.progress;
    next.items = i + 1;
    ops::TransactionOptions options;
    options.properties.push_back(progress_property(unit.key, next));
    auto results = ops::run_transaction(unit.context, single, unit.scratch, options);
    if (results.ok()) {
      unit.report.add_resources(count_written(*results));
    } else {
      if (is_store_failure(results.error()) || results.error().category == Category::busy) return results.take_error();
      unit.report.add_error(unit.file, 0, at_index(results.take_error(), i));
      ++next.errors;
    }
    unit.progress = next;
  }
  unit.progress.is_finished = true;
  return mark_progress(unit.context.store, unit.key, unit.progress);
}

// The resources of a collection and the like. Links to fullUrls become links to the ids that the entries are stored
// under.
Status put_entries(Unit& unit, fhir::Node& bundle) {
  std::vector<Item> items;
  const ops::Context& context = unit.context;
  for (const fhir::Node* const resource :
       link_entries(context.definitions, context.vocabulary, bundle, unit.scratch.arena)) {
    items.push_back({resource, 0, std::nullopt, {}});
  }
  return put_items(unit, items);
}

Status run(Unit& unit, fhir::Node& root) {
  if (root.type != unit.context.vocabulary.bundle) {
    std::vector<Item> one(1);
    one.front().resource = &root;
    return put_items(unit, one);
  }
  const std::string_view type = root.child_value(unit.context.vocabulary.type);
  if (type == "transaction" || type == "batch") {
    VESTA_TRY(const ops::BundleKind kind, ops::check_bundle(unit.context, root));
    return kind == ops::BundleKind::transaction ? run_transaction(unit, root) : run_batch(unit, root);
  }
  if (type != "history" && !type.ends_with("-response")) return put_entries(unit, root);
  const Issue issue{Severity::error, "not-supported",
                    "A Bundle of type '" + std::string(type) + "' cannot be imported.", "Bundle.type"};
  return Error{Category::unsupported, {}, {issue}};
}

}  // namespace

Result<DocumentResult> import_document(ops::Context& context, const ImportFile& file, Patience patience,
                                       ImportReport& report) {
  const std::string name = file.path.string();
  const auto failed = [&](const Error& error) {
    report.add_error(name, 0, error);
    return DocumentResult::failed;
  };
  auto stream = open_input(file.path);
  if (!stream.ok()) return failed(stream.error());
  const auto text = read_all(**stream, kMaxImportTextBytes, fhir::kJsonPadding);
  if (!text.ok()) return failed(text.error());
  VESTA_TRY(UnitProgress progress, load_progress(context.store, file.key));
  for (int round = 1;; ++round) {
    store::ScratchLease scratch(context.definitions);
    auto root = scratch->read_json(*text, text->capacity());
    if (!root.ok()) return failed(root.error());
    Unit unit{context, *scratch, report, name, file.key, progress};
    auto status = run(unit, **root);
    progress = unit.progress;
    if (status.ok()) {
      report.finish_file();
      return DocumentResult::finished;
    }
    if (may_commit_again(status.error(), round)) continue;
    if (is_store_failure(status.error())) return status.take_error();
    if (status.error().category == Category::precondition && patience == Patience::may_wait) {
      return DocumentResult::left_for_later;
    }
    return failed(status.error());
  }
}

}  // namespace vesta::server::commands
