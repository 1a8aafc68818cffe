// Reads ValueSet.expansion where it is complete. https://hl7.org/fhir/R4/valueset.html#expansion
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "terminology/compose.h"

namespace vesta::terminology {
namespace {

// Parameters of an expansion that change what is said about codes, or the version of a system, not which codes there
// are. Any other may have left codes out. https://hl7.org/fhir/R4/valueset-operation-expand.html
constexpr std::string_view kHarmless[] = {"displayLanguage",     "excludeNested",  "includeDefinition",
                                          "includeDesignations", "system-version", "used-codesystem",
                                          "used-valueset",       "version"};

struct Contents {
  std::map<std::string, std::vector<std::string>, std::less<>> codes;  // by system
  std::size_t nodes = 0;
  bool has_unclear = false;  // a code without a system
};

// Recursion is bounded by the depth that the JSON reader allows. An entry without a code only groups others; one that
// is `abstract` is in the set, as a compose that does not exclude it would have it.
void read_contains(const Names& names, const fhir::Node& parent, Contents& contents) {
  for (const fhir::Node& child : parent.children()) {
    if (child.name != names.contains) continue;
    ++contents.nodes;
    const std::string_view code = child.child_value(names.code);
    const std::string_view system = child.child_value(names.system);
    if (!code.empty() && system.empty()) contents.has_unclear = true;
    if (!code.empty()) contents.codes[std::string(system)].emplace_back(code);
    read_contains(names, child, contents);
  }
}

bool is_cut(const Names& names, const fhir::Node& expansion, std::size_t nodes) {
  const std::string_view offset = expansion.child_value(names.offset);
  if (!offset.empty() && offset != "0") return true;
  const std::string_view total = expansion.child_value(names.total);
  if (!total.empty() && total != std::to_string(nodes)) return true;
  for (const fhir::Node& child : expansion.children()) {
    if (child.name == names.parameter &&
        std::find(std::begin(kHarmless), std::end(kHarmless), child.child_value(names.name)) == std::end(kHarmless)) {
      return true;
    }
    if (child.name != names.extension) continue;
    const std::string_view url = child.child_value(names.url);
    if (url.ends_with("/valueset-toocostly") || url.ends_with("/valueset-unclosed")) return true;
  }
  return false;
}

}  // namespace

std::optional<CodeSet> read_expansion(const Names& names, const fhir::Node& resource) {
  const fhir::Node* expansion = resource.child(names.expansion);
  if (expansion == nullptr) return {};
  Contents contents;
  read_contains(names, *expansion, contents);
  if (contents.has_unclear || is_cut(names, *expansion, contents.nodes)) return {};
  CodeSet set;
  for (auto& [system, codes] : contents.codes) set.unite(CodeSet::of(system, std::move(codes)));
  return set;
}

}  // namespace vesta::terminology
