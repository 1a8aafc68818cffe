// Looks codes up in the sorted tables.
#include "ucum/tables.h"

#include <algorithm>

namespace vesta::ucum {
namespace {

template <class Definition>
const Definition* find(std::span<const Definition> table, std::string_view code) {
  auto at = std::ranges::lower_bound(table, code, {}, &Definition::code);
  return at != table.end() && at->code == code ? &*at : nullptr;
}

}  // namespace

const PrefixDefinition* find_prefix(std::string_view code) {
  return find(prefixes(), code);
}
const UnitDefinition* find_unit(std::string_view code) {
  return find(units(), code);
}

}  // namespace vesta::ucum
