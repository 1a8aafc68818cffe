// The files of the definitions package, and the ledger of those that are known not to pass.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace vesta::tests {

struct ExampleFile {
  std::string name;  // "Patient-example.json"
  std::string text;
  bool is_definition =
      false;  // a StructureDefinition, ValueSet …: the specification itself, not an example of a resource
};

// Sorted by name. The folder is the one that the tables were generated from.
Result<std::vector<ExampleFile>> load_examples();

// What is known to fail, by "check file", with its reason. The list may only shrink: what passes must leave it.
class Ledger {
 public:
  // ledger.txt beside this file. Lines: check, file, reason.
  static Result<Ledger> load();

  // Notes the outcome of one check (empty: it passed).
  void note(const std::string& check, const std::string& file, const std::string& failure);
  // What is not as the ledger says: failures that it lacks, and entries that pass by now.
  std::vector<std::string> surprises(const std::string& check) const;

 private:
  std::map<std::string, std::string> reasons_;
  std::map<std::string, std::vector<std::string>> surprises_;
};

}  // namespace vesta::tests
