// Reads the files of the definitions package and the ledger.
#include "tests/conformance/examples.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace vesta::tests {
namespace {

bool is_definition_name(const std::string& name) {
  constexpr std::array<const char*, 7> kPrefixes = {
      "CodeSystem-",      "CompartmentDefinition-", "ConceptMap-", "OperationDefinition-",
      "SearchParameter-", "StructureDefinition-",   "ValueSet-"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](const char* prefix) { return name.starts_with(prefix); });
}

}  // namespace

Result<std::vector<ExampleFile>> load_examples() {
  const std::filesystem::path folder = VESTA_DEFINITIONS_FOLDER;
  std::error_code error;
  std::vector<ExampleFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    ExampleFile file;
    file.name = entry.path().filename();
    // Resources are named by their type, which begins with a capital; the package's own files are not.
    if (!file.name.ends_with(".json") || file.name[0] < 'A' || file.name[0] > 'Z') continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    file.text.assign(std::istreambuf_iterator<char>(stream), {});
    file.is_definition = is_definition_name(file.name);
    files.push_back(std::move(file));
  }
  if (error || files.empty()) return make_error(Category::not_found, "no definitions package at " + folder.string());
  std::sort(files.begin(), files.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
  return files;
}

Result<Ledger> Ledger::load() {
  Ledger ledger;
  std::ifstream stream(VESTA_LEDGER_FILE);
  if (!stream) return make_error(Category::not_found, "no ledger at " VESTA_LEDGER_FILE);
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string check, file, reason;
    words >> check >> file;
    std::getline(words >> std::ws, reason);
    if (reason.empty()) return make_error(Category::invalid, "a ledger entry without a reason: " + line);
    ledger.reasons_[check + " " + file] = reason;
  }
  return ledger;
}

void Ledger::note(const std::string& check, const std::string& file, const std::string& failure) {
  const bool is_known = reasons_.contains(check + " " + file);
  if (!failure.empty() && !is_known) surprises_[check].push_back(file + ": " + failure);
  if (failure.empty() && is_known) surprises_[check].push_back(file + ": passes by now: take it out of the ledger");
}

std::vector<std::string> Ledger::surprises(const std::string& check) const {
  const auto found = surprises_.find(check);
  return found == surprises_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace vesta::tests
