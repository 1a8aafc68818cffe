// The steps of this program; a file of its own, in whose place a test's program has another.
#include <vector>

#include "store/postgres/schema.h"

namespace vesta::store::postgres {

std::vector<SchemaStep> schema_steps(bool with_citus) {
  return shipped_steps(with_citus);
}

}  // namespace vesta::store::postgres
