// Text to the values of XML attributes, escaped.
#pragma once

#include <string>
#include <string_view>

namespace vesta::xml {

// Appends `text` (valid UTF-8) as it stands between the double quotes of an attribute, so that it is read back equal:
// tabs and line ends are escaped too. False if XML has no way to write it: it has a control character, U+FFFE or
// U+FFFF. Source: https://www.w3.org/TR/xml/#charsets and https://www.w3.org/TR/xml/#AVNormalize
[[nodiscard]] bool append_attribute_value(std::string_view text, std::string& out);

}  // namespace vesta::xml
