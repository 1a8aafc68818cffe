// Canonical references and the names of kinds.
#include "terminology/source.h"

namespace vesta::terminology {

std::string_view kind_name(Kind kind) {
  return kind == Kind::code_system ? "CodeSystem" : "ValueSet";
}

Canonical parse_canonical(std::string_view text) {
  const std::size_t bar = text.rfind('|');
  if (bar == std::string_view::npos) return {text, {}};
  return {text.substr(0, bar), text.substr(bar + 1)};
}

}  // namespace vesta::terminology
