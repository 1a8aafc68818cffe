// Deidentifier: a resource → one that tells of no one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "deidentify/pseudonyms.h"
#include "deidentify/rules.h"
#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::deidentify {

// A function of the resource, the rules and the key. What no rule speaks of does not come through. Immutable.
class Deidentifier {
 public:
  // `definitions` outlives it. `base_url`: of this server; absolute references below it lead to its resources.
  Deidentifier(const fhir::Definitions& definitions, Rules rules, std::string_view key, std::string base_url);

  // A new tree, whose texts are those of `resource` or the arena's. Resources that stand in it are treated likewise,
  // and links between those of a Bundle stay. `now`: ages are those of today. It has the security label PSEUDED.
  fhir::Node* apply(const fhir::Node& resource, Instant now, fhir::Arena& arena) const;
  // By the pseudonyms of this asker: who may choose what is in `resource` learns nothing of those of others.
  fhir::Node* apply_for(std::string_view asker, const fhir::Node& resource, Instant now, fhir::Arena& arena) const;

  const Rules& rules() const { return rules_; }
  const Pseudonyms& pseudonyms() const { return pseudonyms_; }

 private:
  fhir::Node* walk(const Pseudonyms& pseudonyms, const fhir::Node& resource, Instant now, fhir::Arena& arena) const;

  const fhir::Definitions& definitions_;
  Rules rules_;
  Pseudonyms pseudonyms_;
  std::string base_url_;
};

}  // namespace vesta::deidentify
