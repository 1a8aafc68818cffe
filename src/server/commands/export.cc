// The export: pages of each type by id, head and tail of each version as they are stored.
#include "server/commands/export.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "store/store.h"
#include "store/version_text.h"

namespace vesta::server::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPageSize = 500;

// A file that is made with its first line; a type without resources has none.
class Target {
 public:
  Target(fs::path file, std::ostream& out) : file_path_(std::move(file)), out_(&out) {}

  Status write(std::string_view text) {
    if (!file_path_.empty() && !file_.is_open()) {
      file_.open(file_path_, std::ios::binary | std::ios::trunc);
      out_ = &file_;
    }
    out_->write(text.data(), static_cast<std::streamsize>(text.size()));
    return check();
  }
  Status finish() {
    if (file_.is_open()) file_.close();
    return check();
  }

 private:
  Status check() {
    if (out_->good()) return kOk;
    const std::string name = file_path_.empty() ? "the output" : file_path_.string();
    return make_error(Category::unavailable, "Writing to " + name + " failed.");
  }

  fs::path file_path_;  // empty: the stream that was handed in
  std::ofstream file_;
  std::ostream* out_;
};

Status export_type(ops::Context& context, fhir::TypeId type, Target& target, std::uint64_t& count) {
  search::Query query;
  query.type = type;
  query.plan = search::Plan::make_all();
  query.sort.push_back({search::SortKey::Column::id, nullptr, false});  // the same order in every store
  store::SearchOptions options;
  options.count = kPageSize;
  std::string text;
  for (;;) {
    VESTA_TRY(store::SearchPage page, context.store.search(query, options));
    text.clear();
    for (const store::Version& version : page.entries) {
      store::append_text(context.definitions, version, text);
      text.push_back('\n');
    }
    if (!text.empty()) VESTA_CHECK_OK(target.write(text));
    count += page.entries.size();
    if (!page.next) return target.finish();
    options.from = std::move(*page.next);
  }
}

Result<std::vector<fhir::TypeId>> chosen_types(const fhir::Definitions& definitions,
                                               const std::vector<std::string>& names) {
  std::vector<fhir::TypeId> types;
  for (const std::string& name : names) {
    const auto type = definitions.find_resource_type(name);
    if (!type) return make_error(Category::invalid, "'" + name + "' is no resource type.");
    types.push_back(*type);
  }
  if (names.empty()) {
    for (const fhir::Type& type : definitions.types()) {
      if (const auto id = definitions.find_resource_type(type.name)) types.push_back(*id);
    }
  }
  std::sort(types.begin(), types.end());  // as their names
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

// Refused if it holds lines already: beside new ones, a file of a type that has no resources now would pass for
// current.
Status prepare_folder(const std::string& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return make_error(Category::unavailable, folder + ": " + code.message());
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    if (entry->path().extension() != ".ndjson") continue;
    return make_error(Category::conflict, "There is " + entry->path().filename().string() + " in " + folder +
                                              " already: export to a new folder, or empty this one.");
  }
  if (code) return make_error(Category::unavailable, folder + ": " + code.message());
  return kOk;
}

Status run(const ExportOptions& options, ops::Context& context, std::ostream& out, std::ostream& messages) {
  VESTA_TRY(const std::vector<fhir::TypeId> types, chosen_types(context.definitions, options.types));
  const bool is_folder = options.output != "-";
  if (is_folder) VESTA_CHECK_OK(prepare_folder(options.output));
  std::uint64_t count = 0;
  for (fhir::TypeId type : types) {
    fs::path file;
    if (is_folder) file = fs::path(options.output) / (std::string(context.definitions.type(type).name) + ".ndjson");
    Target target(file, out);
    VESTA_CHECK_OK(export_type(context, type, target, count));
  }
  out.flush();
  messages << "Exported " << count << " resources.\n";
  return kOk;
}

}  // namespace

int run_export(const ExportOptions& options, ops::Context& context, std::ostream& out, std::ostream& messages) {
  const auto status = run(options, context, out, messages);
  if (status.ok()) return 0;
  messages << status.error().message << '\n';
  return 1;
}

}  // namespace vesta::server::commands
