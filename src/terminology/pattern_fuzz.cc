// Fuzzes regular expressions: any pattern, any text; what compiles is matched, within its cost.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "terminology/pattern.h"

// The first line is the pattern, the rest the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = input.find('\n');
  const auto pattern = vesta::terminology::Pattern::compile(input.substr(0, line_end));
  if (!pattern.ok()) {
    CHECK(!pattern.error().message.empty());
    return 0;
  }
  if (line_end != std::string_view::npos) pattern->matches(input.substr(line_end + 1));
  return 0;
}
