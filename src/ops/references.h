// References of a transaction: which links its resources have to each other, and their replacement by assigned ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "ops/context.h"

namespace vesta::ops {

// What a fullUrl became.
struct LinkTarget {
  std::string_view local;  // "Patient/0192…": lives in the arena
  VersionId version;       // what it will be once committed, for version-specific references
};

// The path of `node` below `root`, which it is a part of: "participant[1].individual".
std::string path_below(const fhir::Definitions& definitions, const fhir::Node& root, const fhir::Node& node);

// A reference that only the Bundle around a resource can resolve (`urn:uuid:…`, `urn:oid:…`) is of no use once the
// resource stands by itself. Errors (invalid): the first one in `resource`, with its path below it; those inside of a
// Bundle that is itself stored (a document, a message) may mean its own entries.
Status check_no_urn_reference(const Context& context, const fhir::Node& resource);

// Rewrites links in the trees of one transaction, and can put them back for another attempt.
// https://hl7.org/fhir/R4/http.html#trules: "Servers SHALL replace all matching links in the bundle, whether they are
// found in the resource ids, resource references, elements of type uri, url, oid, uuid, and <a href="" & <img src="" in
// the narrative. Elements of type canonical are not replaced."
class LinkRewriter {
 public:
  // All outlive it.
  LinkRewriter(const fhir::Definitions& definitions, const Vocabulary& names, fhir::Arena& arena);

  // False: the full URL has a target already.
  bool add(std::string_view full_url, LinkTarget target);

  // A Reference.reference of the form `Type?criteria`, which means a resource by search.
  struct ConditionalReference {
    fhir::Node* node;   // the primitive
    std::size_t entry;  // index in the Bundle
    fhir::TypeId type;
    std::string_view criteria;
  };
  // Replaces the links in `resource`, which is of the entry with this index and full URL; collects its conditional
  // references.
  void rewrite(fhir::Node& resource, std::size_t entry, std::string_view full_url,
               std::vector<ConditionalReference>& conditional);
  // Replaces one value.
  void replace(fhir::Node& node, std::string_view value);
  // Everything as it was before the first rewrite; forgets the targets.
  void undo();

 private:
  enum class Kind : std::uint8_t { none, link, narrative, reference };
  struct Saved {
    fhir::Node* node;
    std::string_view value;
    bool needs_escape;
  };
  struct Place {
    std::size_t entry;
    std::string_view root;  // of the entry's full URL: "http://example.org/fhir/", or empty
    std::vector<ConditionalReference>& conditional;
  };

  void visit(fhir::Node& node, const Place& place);
  void visit_reference(fhir::Node& value, const Place& place);
  void visit_narrative(fhir::Node& node);
  bool may_be_target(std::string_view link) const;
  // The new text of a link, or empty.
  std::string_view find(std::string_view link);
  std::string_view find_with_suffix(std::string_view link);

  const fhir::Definitions& definitions_;
  const Vocabulary& names_;
  fhir::Arena& arena_;
  std::vector<Kind> kinds_;  // by TypeId
  std::unordered_map<std::string_view, LinkTarget> targets_;
  bool has_urls_ = false;  // a target that is not a urn:uuid
  std::vector<Saved> saved_;
};

}  // namespace vesta::ops
