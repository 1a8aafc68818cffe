// Collecting the full URLs of a Bundle, and rewriting its resources by them.
#include "server/commands/entry_links.h"

#include <string>
#include <string_view>
#include <utility>

#include "ops/references.h"

namespace vesta::server::commands {

std::vector<fhir::Node*> link_entries(const fhir::Definitions& definitions, const ops::Vocabulary& names,
                                      fhir::Node& bundle, fhir::Arena& arena) {
  ops::LinkRewriter links(definitions, names, arena);
  std::vector<fhir::Node*> resources;
  std::vector<std::string_view> full_urls;
  for (fhir::Node* entry = bundle.first_child; entry != nullptr; entry = entry->next) {
    if (entry->name != names.entry) continue;
    const std::string_view full_url = entry->child_value(names.full_url);
    for (fhir::Node* child = entry->first_child; child != nullptr; child = child->next) {
      if (child->name != names.resource) continue;
      resources.push_back(child);
      full_urls.push_back(full_url);
      const std::string_view id = child->child_value(names.id);
      if (full_url.empty() || id.empty()) continue;
      const std::string local = std::string(definitions.type(child->type).name) + "/" + std::string(id);
      (void)links.add(full_url, {arena.copy(local), VersionId{1}});
    }
  }
  std::vector<ops::LinkRewriter::ConditionalReference> conditional;  // stay: nothing says what they are to match
  for (std::size_t i = 0; i < resources.size(); ++i) links.rewrite(*resources[i], i, full_urls[i], conditional);
  return resources;
}

}  // namespace vesta::server::commands
