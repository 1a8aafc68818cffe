// What the tests of the commands share: folders of their own, stores on either engine, and what a store holds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "ops/context.h"
#include "ops/host.h"
#include "search/parameter.h"
#include "server/commands/export.h"
#include "server/commands/import.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace vesta::server::commands::testing {

namespace fs = std::filesystem;

inline const search::Registry& registry() {
  static const search::Registry value(fhir::r4());
  return value;
}

// A new folder, removed at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "vesta-commands-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(std::string_view name) const { return path_ / name; }
  fs::path write(std::string_view name, std::string_view text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

inline std::unique_ptr<store::Store> open_sqlite(const fs::path& directory) {
  store::sqlite::OpenOptions options;
  options.directory = directory.string();
  options.registry = &registry();
  auto store = store::sqlite::open(std::move(options));
  if (!store.ok()) {
    ADD_FAILURE() << store.error().message;
    std::abort();
  }
  return std::move(*store);
}

// A store with the context that commands take.
struct Target {
  Target() : Target(store::memory::open(registry())) {}
  explicit Target(std::unique_ptr<store::Store> engine)
      : store(std::move(engine)),
        service(fhir::r4(), registry(), *store, system_clock(), system_random(), "http://localhost:8080/fhir"),
        context(service.as_system()) {}

  int import(std::vector<fs::path> paths, std::size_t jobs = 0) {
    ImportOptions options;
    options.paths = std::move(paths);
    options.jobs = jobs;
    options.progress = ProgressStyle::none;
    std::ostringstream out;
    const int code = run_import(options, context, out, &summary);
    printed = out.str();
    return code;
  }
  std::string exported(std::vector<std::string> types = {}) {
    std::ostringstream out, messages;
    EXPECT_EQ(run_export({std::move(types), "-"}, context, out, messages), 0) << messages.str();
    return out.str();
  }
  std::uint64_t resources() { return store->statistics().value().resources; }
  std::uint64_t versions() { return store->statistics().value().versions; }

  std::unique_ptr<store::Store> store;
  ops::Host service;
  ops::Context context;
  ImportSummary summary;  // of the last import
  std::string printed;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// An exported line without what each store assigns itself: versionId and lastUpdated.
inline std::string without_version(std::string line) {
  const std::size_t begin = line.find("\"versionId\"");
  const std::size_t updated = line.find("\"lastUpdated\":\"", begin);
  if (begin == std::string::npos || updated == std::string::npos) return line;
  const std::size_t end = line.find('"', updated + std::string_view("\"lastUpdated\":\"").size()) + 1;
  return line.erase(begin, end - begin);
}

inline std::vector<std::string> without_versions(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  for (std::string& line : lines) line = without_version(std::move(line));
  return lines;
}

}  // namespace vesta::server::commands::testing
