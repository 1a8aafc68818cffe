// Reads the metadata files (YAML) and the package's resources (JSON).
#include "tests/conformance/us_core_metadata.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vesta::tests {
namespace {

// The files are written by Ruby: their keys are symbols, which YAML reads as strings that begin with a colon.
std::vector<std::string> texts(const YAML::Node& list) {
  std::vector<std::string> out;
  for (const auto& item : list) out.push_back(item.as<std::string>());
  return out;
}

std::string without_colon(const std::string& symbol) {
  return symbol.starts_with(':') ? symbol.substr(1) : symbol;
}

SearchDefinition read_definition(const std::string& name, const YAML::Node& node) {
  SearchDefinition definition;
  definition.name = name;
  definition.full_paths = texts(node[":full_paths"]);
  definition.type = node[":type"].as<std::string>();
  definition.values = texts(node[":values"]);
  for (const auto& entry : node[":comparators"]) {
    definition.comparators.push_back(without_colon(entry.first.as<std::string>()));
  }
  for (const auto& entry : node[":chain"]) definition.chains.push_back(entry[":chain"].as<std::string>());
  return definition;
}

ProfileMetadata read_profile(const std::filesystem::path& path) {
  const YAML::Node root = YAML::LoadFile(path.string());
  ProfileMetadata profile;
  profile.file = path.filename();
  profile.resource = root[":resource"].as<std::string>();
  profile.profile_url = root[":profile_url"].as<std::string>();
  for (const auto& search : root[":searches"]) profile.searches.push_back(texts(search[":names"]));
  for (const auto& entry : root[":search_definitions"]) {
    const std::string name = without_colon(entry.first.as<std::string>());
    profile.definitions[name] = read_definition(name, entry.second);
  }
  profile.includes = texts(root[":include_params"]);
  profile.revincludes = texts(root[":revincludes"]);
  return profile;
}

Result<std::vector<std::filesystem::path>> files_of(const std::string& folder, const std::string& prefix,
                                                    const std::string& extension) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix) && name.ends_with(extension)) paths.push_back(entry.path());
  }
  if (error || paths.empty())
    return make_error(Category::not_found, "no " + prefix + "*" + extension + " in " + folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<std::vector<ProfileMetadata>> load_us_core_metadata(const std::string& folder) {
  VESTA_TRY(const auto paths, files_of(folder, "", ".yml"));
  std::vector<ProfileMetadata> profiles;
  for (const auto& path : paths) {
    try {
      profiles.push_back(read_profile(path));
    } catch (const YAML::Exception& error) {  // a missing key is one too
      return make_error(Category::invalid, path.string() + ": " + error.what());
    }
  }
  return profiles;
}

Result<std::vector<JsonValue>> load_resources(const std::string& folder, const std::string& prefix) {
  VESTA_TRY(const auto paths, files_of(folder, prefix, ".json"));
  std::vector<JsonValue> resources;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    auto value = parse_json(text);
    // The package's own files (package.json, .index.json) are no resources.
    if (value && value->find("resourceType") != nullptr && value->find("id") != nullptr) {
      resources.push_back(std::move(*value));
    }
  }
  return resources;
}

}  // namespace vesta::tests
