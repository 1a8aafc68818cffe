// For benches and tests: the Synthea population as write sets, one per Bundle, its `urn:uuid` references made local.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "fhir/envelope.h"
#include "fhir/json.h"
#include "search/extract.h"
#include "store/store.h"

namespace vesta::store::sqlite::bench {

// One Bundle: the write set, and what its views point into.
struct Bundle {
  std::string text;
  fhir::Arena arena;
  WriteSet set;
};

// Replaces "urn:uuid:<id>" by "<Type>/<id>" for each resource of the Bundle.
inline std::string make_local(const std::string& text, const std::unordered_map<std::string, std::string>& types) {
  static constexpr std::string_view kPrefix = "urn:uuid:";
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = text.find(kPrefix, at);
    if (found == std::string::npos) break;
    const std::string id = text.substr(found + kPrefix.size(), 36);
    const auto type = types.find(id);
    out.append(text, at, found - at);
    out += type == types.end() ? std::string(kPrefix) + id : type->second + "/" + id;
    at = found + kPrefix.size() + 36;
  }
  return out.append(text, at);
}

// Calls `visit(resource)` for each entry of the parsed Bundle.
template <class Visit>
void each_entry(const fhir::Node& bundle, const Visit& visit) {
  static const fhir::NameId entry = *fhir::r4().find_name("entry");
  static const fhir::NameId resource = *fhir::r4().find_name("resource");
  for (const fhir::Node& child : bundle.children()) {
    if (child.name != entry) continue;
    if (const fhir::Node* found = child.child(resource)) visit(*found);
  }
}

// The first Bundles of `folder`, by the names of the files. Resources that occur in several Bundles are taken once.
inline std::deque<std::unique_ptr<Bundle>> load_bundles(const search::Registry& registry, const std::string& folder,
                                                        std::size_t most) {
  std::deque<std::unique_ptr<Bundle>> bundles;
  static const fhir::NameId id_name = *fhir::r4().find_name("id");
  fhir::JsonReader reader(fhir::r4());
  std::set<std::pair<fhir::TypeId, std::string>> seen;
  std::set<std::filesystem::path> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() == ".json") files.insert(file.path());
  }
  for (const auto& path : files) {
    if (bundles.size() >= most) break;
    std::ifstream stream(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    auto bundle = std::make_unique<Bundle>();
    std::unordered_map<std::string, std::string> types;
    {
      fhir::Arena arena;
      text.reserve(text.size() + fhir::kJsonPadding);
      auto first = reader.read(text, arena);
      CHECK(first.ok());
      each_entry(**first, [&](const fhir::Node& node) {
        types[std::string(node.child_value(id_name))] = fhir::r4().type(node.type).name;
      });
    }
    bundle->text = make_local(text, types);
    bundle->text.reserve(bundle->text.size() + fhir::kJsonPadding);
    auto parsed = reader.read(bundle->text, bundle->arena);
    CHECK(parsed.ok());
    each_entry(**parsed, [&](const fhir::Node& node) {
      Write write{.type = node.type,
                  .id = std::string(node.child_value(id_name)),
                  .expected = {},
                  .tail = {},
                  .added = {},
                  .removed = {}};
      if (!seen.emplace(write.type, write.id).second) return;
      fhir::write_tail(fhir::r4(), node, write.tail);
      auto values = search::extract(registry, node, bundle->arena);
      CHECK(values.ok());
      write.added = std::move(*values);
      bundle->set.writes.push_back(std::move(write));
    });
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

}  // namespace vesta::store::sqlite::bench
