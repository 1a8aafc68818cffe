// Any bytes through the JSON reader: an answer, and what was read writes back to the same tree.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "fhir/envelope.h"
#include "fhir/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::fhir;
  static JsonReader reader(r4());
  Arena arena;
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto root = reader.read(text, arena);
  if (!root.ok()) {
    CHECK(root.error().category == vesta::Category::invalid);
    CHECK(!root.error().issues.empty());
    return 0;
  }
  std::string once;
  write_json(r4(), **root, {}, once);
  auto again = reader.read(once, arena);
  CHECK(again.ok());
  std::string twice;
  write_json(r4(), **again, {}, twice);
  CHECK(once == twice);
  std::string tail;
  write_tail(r4(), **root, tail);
  CHECK(tail.back() == '}');
  return 0;
}
