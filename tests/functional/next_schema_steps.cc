// The steps of a program that is one version of the tables ahead: what the tests of upgrades take for the next release.
#include <vector>

#include "store/postgres/schema.h"

namespace vesta::store::postgres {

// A column that older programs neither read nor write, on a table that each commit writes.
std::vector<SchemaStep> schema_steps(bool with_citus) {
  std::vector<SchemaStep> steps = shipped_steps(with_citus);
  steps.push_back({"ALTER TABLE type_count ADD COLUMN next_release text", steps.back().oldest});
  return steps;
}

}  // namespace vesta::store::postgres
