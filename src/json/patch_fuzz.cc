// Fuzzes JSON Patch: what stands before the first zero byte is the document, the rest the patch.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/patch.h"
#include "json/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::json;
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes are text here
  const std::size_t middle = std::min(input.find('\0'), size);
  auto document = parse_value(input.substr(0, middle));
  const auto patch = parse_patch(input.substr(std::min(middle + 1, size)));
  if (!document.ok() || !patch.ok() || !apply_patch(*patch, *document).ok()) return 0;
  std::string text;
  append_value(*document, text);
  const auto again = parse_value(text);
  CHECK(again.ok() && are_equal(*again, *document));  // what comes out can be read, and means the same
  CHECK(depth_of(*document) <= kMaxDepth);
  return 0;
}
