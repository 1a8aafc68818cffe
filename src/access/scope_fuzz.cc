// Scopes from outside: what is read is written so that it is read again, and nobody is given more than is registered.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/scope.h"
#include "base/check.h"

namespace vesta::access {
namespace {

// The first line is what is asked for, the second what is registered; scopes are separated by spaces.
std::vector<std::string> scopes_of(std::string_view line) {
  std::vector<std::string> scopes;
  for (std::size_t end = 0; end != std::string_view::npos; line.remove_prefix(end == line.npos ? 0 : end + 1)) {
    end = line.find(' ');
    scopes.emplace_back(line.substr(0, end));
  }
  return scopes;
}

// Is each action of the scope covered by one of the others?
bool is_within(Scope scope, const std::vector<std::string>& others) {
  const Actions actions = scope.actions;
  for (std::size_t action = 0; action < kActions; ++action) {
    if (!actions.test(action)) continue;
    scope.actions.reset();
    scope.actions.set(action);
    const bool is_covered = std::ranges::any_of(others, [&](const std::string& text) {
      const auto other = parse_scope(text);
      return other && covers(*other, scope);
    });
    if (!is_covered) return false;
  }
  return true;
}

void check(std::string_view text) {
  const std::size_t line_end = text.find('\n');
  const std::vector<std::string> asked = scopes_of(text.substr(0, line_end));
  const std::vector<std::string> registered =
      scopes_of(line_end == std::string_view::npos ? "" : text.substr(line_end + 1));
  for (const std::string& each : asked) {
    const auto scope = parse_scope(each);
    if (!scope) continue;
    CHECK(covers(*scope, *scope));
    const std::string written = to_string(*scope);
    if (written.size() <= kMaxScopeBytes) CHECK(parse_scope(written) == scope);
  }
  const std::vector<std::string> granted = granted_scopes(asked, registered);
  CHECK(granted.size() <= kMaxScopes);
  for (const std::string& each : granted) {
    const auto scope = parse_scope(each);
    if (!scope) continue;
    CHECK(is_within(*scope, registered));
    CHECK(is_within(*scope, asked));
  }
}

}  // namespace
}  // namespace vesta::access

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vesta::access::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
