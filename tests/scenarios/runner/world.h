// World: a fresh store and the application above it, in process, with a seeded clock and seeded chance.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace vesta::tests {

enum class Engine { memory, sqlite, postgres, citus };  // citus: postgres, on tables that it distributes
std::optional<Engine> find_engine(std::string_view name);
std::string_view name_of(Engine engine);

inline constexpr std::string_view kBaseUrl = "http://localhost:8080/fhir";

// What must not change when a request is refused.
struct StoreState {
  std::uint64_t resources = 0;
  std::uint64_t versions = 0;
  std::string newest;  // the store's newest version
  bool operator==(const StoreState&) const = default;
};

// Not thread-safe. The store is removed with it.
class World {
 public:
  static Result<std::unique_ptr<World>> make(Engine engine);
  ~World();

  http::Response answer(http::Request request);
  Result<StoreState> state();
  void advance(std::int64_t microseconds);
  // So many steps of background indexing, which runs by no other means; 0: until there is nothing to do.
  Status index(int steps);
  // The structural check of the server's readers. The JSON of the resource in `text`, which is JSON or XML.
  Result<std::string> resource_json(const std::string& text);

 private:
  struct Impl;
  explicit World(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::tests
