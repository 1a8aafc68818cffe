// Readiness: what may be searched by while custom parameters come and go.
#pragma once

#include <span>

#include "base/result.h"
#include "search/index_value.h"
#include "search/parameter.h"
#include "search/plan.h"
#include "search/visibility.h"

namespace vesta::search {

// Errors: busy, if the search goes by a parameter that is being indexed;
// invalid, if by one that is retired meanwhile. Whatever the handling: to leave it out would find more than was asked
// for.
// `visible`: by whose guards it goes as well; null: by none.
Status check_ready(const Registry& registry, std::span<const Query> queries, std::span<const Include> includes,
                   const Visibility* visible = nullptr);

// Takes away the values of the parameters of which `is_unused` is true.
template <class IsUnused>
void erase_values(IndexValues& values, const IsUnused& is_unused) {
  const auto erase = [&is_unused](auto& of_kind) {
    std::erase_if(of_kind, [&is_unused](const auto& value) { return is_unused(value.parameter); });
  };
  erase(values.tokens);
  erase(values.strings);
  erase(values.references);
  erase(values.dates);
  erase(values.numbers);
  erase(values.quantities);
  erase(values.uris);
  erase(values.composites);
  erase(values.positions);
  erase(values.words);
  erase(values.contained_references);
  std::erase_if(values.present, is_unused);
  for (Contained& inner : values.contained) erase_values(inner.values, is_unused);
}

// Leaves the values of parameters that are ready: what stores are held to. Others may be there in part.
void keep_ready(const Registry& registry, IndexValues& values);

}  // namespace vesta::search
