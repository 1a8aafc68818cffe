// What all nodes over one store share, and the first one makes: keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/store.h"

namespace vesta::store {

// A property; if it is not there, what `make` gives is set, or what another node has made at the same time is found.
// Errors: those of the store.
template <class Make>
Result<std::string> make_property(Store& store, std::string_view key, const Make& make) {
  VESTA_TRY(std::optional<std::string> stored, store.property(key));
  if (stored) return std::move(*stored);
  std::string made = make();
  WriteSet writes;
  writes.expected_properties.emplace_back(key, std::nullopt);
  writes.properties.emplace_back(key, made);
  const auto written = store.commit(writes);
  if (written.ok()) return made;
  if (written.error().category != Category::conflict) return written.error();
  VESTA_TRY(stored, store.property(key));
  if (!stored) return make_error(Category::internal, "the property " + std::string(key) + " has gone");
  return std::move(*stored);
}

}  // namespace vesta::store
