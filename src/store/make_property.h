// What all nodes over one store share, and the first one makes: keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/store.h"

namespace vesta::store {

// Sets a property that is not there yet, and gives what is there then: `value`, or what another node has made at the
// same time. Errors: those of the store.
inline Result<std::string> make_property(Store& store, std::string_view key, std::string value) {
  WriteSet writes;
  writes.expected_properties.emplace_back(key, std::nullopt);
  writes.properties.emplace_back(key, value);
  const auto written = store.commit(writes);
  if (written.ok()) return value;
  if (written.error().category != Category::conflict) return written.error();
  VESTA_TRY(std::optional<std::string> others, store.property(key));
  if (!others) return make_error(Category::internal, "the property " + std::string(key) + " has gone");
  return std::move(*others);
}

}  // namespace vesta::store
