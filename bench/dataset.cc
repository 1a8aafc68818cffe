// Reads the Synthea Bundles.
#include "bench/dataset.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/server_process.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

std::string text_at(element parent, std::string_view pointer) {
  std::string_view text;
  return parent.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

Status unpack(const std::string& shared, const fs::path& target, const std::string& log) {
  std::error_code error;
  if (fs::exists(target / "done", error)) return kOk;
  bool found = false;
  for (const auto& entry : fs::directory_iterator(fs::path(shared) / "synthea", error)) {
    if (!entry.path().string().ends_with(".tar.xz")) continue;
    fs::create_directories(target, error);
    VESTA_CHECK_OK(run_program({"tar", "xJf", entry.path(), "-C", target}, log));
    found = true;
  }
  if (!found) return make_error(Category::not_found, "no Synthea archive below " + shared);
  std::ofstream(target / "done") << "unpacked\n";
  return kOk;
}

// True if the file is a transaction; then it is added.
bool add_bundle(simdjson::dom::parser& parser, const fs::path& path, Dataset& out) {
  BundleText bundle;
  bundle.file = path;
  std::ifstream stream(path, std::ios::binary);
  bundle.text.assign(std::istreambuf_iterator<char>(stream), {});
  element root;
  simdjson::dom::array entries;
  if (parser.parse(bundle.text).get(root) != simdjson::SUCCESS || text_at(root, "/type") != "transaction" ||
      root["entry"].get_array().get(entries) != simdjson::SUCCESS) {
    return false;
  }
  for (const element entry : entries) {
    bundle.full_urls.push_back(text_at(entry, "/fullUrl"));
    element resource;
    if (entry["resource"].get(resource) != simdjson::SUCCESS) continue;
    const std::string type = text_at(resource, "/resourceType");
    if (type == "Observation") bundle.observations.push_back(simdjson::minify(resource));
    if (type == "Patient") {
      out.patients.push_back({text_at(resource, "/identifier/0/value"), text_at(resource, "/name/0/family"),
                              text_at(resource, "/name/0/given/0"), text_at(resource, "/birthDate")});
    }
  }
  out.entries += bundle.full_urls.size();
  out.bytes += bundle.text.size();
  out.bundles.push_back(std::move(bundle));
  return true;
}

}  // namespace

Result<Dataset> load_dataset(const std::string& shared, const std::string& work, std::size_t max_bundles) {
  const fs::path unpacked = fs::path(work) / "synthea";
  VESTA_CHECK_OK(unpack(shared, unpacked, work + "/bench.log"));
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(unpacked, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  Dataset dataset;
  dataset.folder = work + "/bundles";
  fs::remove_all(dataset.folder, error);
  fs::create_directories(dataset.folder, error);
  simdjson::dom::parser parser;
  for (const fs::path& path : paths) {
    if (dataset.bundles.size() >= max_bundles) break;
    if (add_bundle(parser, path, dataset)) {
      fs::create_symlink(fs::absolute(path), fs::path(dataset.folder) / path.filename(), error);
    }
  }
  if (dataset.bundles.empty()) return make_error(Category::not_found, "no transaction Bundle in " + unpacked.string());
  return dataset;
}

std::vector<std::string> locations_of(std::string_view answer) {
  constexpr std::string_view kKey = "\"location\":\"";
  std::vector<std::string> out;
  for (std::size_t at = answer.find(kKey); at != std::string_view::npos; at = answer.find(kKey, at)) {
    at += kKey.size();
    std::string_view location = answer.substr(at, answer.find('"', at) - at);
    location = location.substr(0, location.find("/_history"));
    const std::size_t id = location.rfind('/');
    const std::size_t type = id == std::string_view::npos ? id : location.rfind('/', id - 1);
    out.emplace_back(type == std::string_view::npos ? location : location.substr(type + 1));
  }
  return out;
}

}  // namespace vesta::bench
