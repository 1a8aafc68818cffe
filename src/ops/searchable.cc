// By the readiness of a parameter and the reading of its values.
#include "ops/searchable.h"

#include "search/params/parse.h"

namespace vesta::ops {

bool is_searchable(const Context& context, const search::Parameter& parameter) {
  if (context.registry.readiness(parameter.id) != search::Readiness::ready) return false;
  if (parameter.facet != search::Facet::value) return false;  // a part of another one, reached by its modifiers
  for (const std::string_view code : {"_id", "_lastUpdated", "_filter", "_list"}) {
    if (parameter.code == code) return true;
  }
  return search::params::is_readable(parameter);
}

}  // namespace vesta::ops
