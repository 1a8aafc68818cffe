// For the tests and benches of search: the registry of R4, resources from JSON, and the Synthea population.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fhir/json.h"
#include "search/extract.h"
#include "search/parameter.h"

namespace vesta::search::testing {

// Of all tests of a process. What one of them adds it retires.
inline Registry& growing_registry() {
  static Registry made(fhir::r4());
  return made;
}
inline const Registry& registry() {
  return growing_registry();
}

inline fhir::TypeId type(std::string_view name) {
  return *fhir::r4().find_resource_type(name);
}

// A resource and what was extracted from it; `values` point into `text` and `arena`.
struct Extracted {
  explicit Extracted(std::string json) : text(std::move(json)), reader(fhir::r4()) {
    text.reserve(text.size() + fhir::kJsonPadding);
    auto read = reader.read(text, arena);
    if (!read) {
      error = read.take_error();
      return;
    }
    root = *read;
    auto extracted = extract(registry(), *root, arena);
    if (extracted) {
      values = std::move(*extracted);
    } else {
      error = extracted.take_error();
    }
  }
  std::string text;
  fhir::Arena arena;
  fhir::JsonReader reader;
  const fhir::Node* root = nullptr;
  IndexValues values;
  std::optional<Error> error;
};

// The folder of the unpacked Synthea Bundles: VESTA_SYNTHEA if set, else unpacked from VESTA_SHARED_DATA into a folder
// of its own that goes with the object. `found()` is false if there is no data.
class SyntheaFolder {
 public:
  SyntheaFolder() {
    const char* data = std::getenv("VESTA_SHARED_DATA");
    if (const char* folder = std::getenv("VESTA_SYNTHEA")) {
      path_ = folder;
    } else if (data != nullptr) {
      const auto archive = std::filesystem::path(data) / "synthea" / "synthea-r4-100-patients.tar.xz";
      if (std::filesystem::exists(archive)) unpack(archive);
    }
  }
  ~SyntheaFolder() {
    if (is_own_) std::filesystem::remove_all(path_);
  }
  SyntheaFolder(const SyntheaFolder&) = delete;
  SyntheaFolder& operator=(const SyntheaFolder&) = delete;

  bool found() const { return !path_.empty(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  void unpack(const std::filesystem::path& archive) {
    std::string name = (std::filesystem::temp_directory_path() / "vesta-search-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
    is_own_ = true;
    const std::string command = "tar -xJf '" + archive.string() + "' -C '" + name + "'";
    CHECK(std::system(command.c_str()) == 0);
  }
  std::filesystem::path path_;
  bool is_own_ = false;
};

// Calls `visit` for each resource of each Bundle in `folder`. The trees live as long as the call.
inline void for_each_resource(const std::filesystem::path& folder,
                              const std::function<void(const fhir::Node&, fhir::Arena&)>& visit) {
  const fhir::NameId entry = *fhir::r4().find_name("entry"), resource = *fhir::r4().find_name("resource");
  fhir::JsonReader reader(fhir::r4());
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    text.reserve(text.size() + fhir::kJsonPadding);
    fhir::Arena arena;
    auto bundle = reader.read(text, arena);
    CHECK(bundle.ok());
    for (const fhir::Node& child : (*bundle)->children()) {
      if (child.name != entry) continue;
      if (const fhir::Node* found = child.child(resource)) visit(*found, arena);
    }
  }
}

}  // namespace vesta::search::testing
