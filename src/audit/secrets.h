// What a URL may have that nobody is to read in the audit log: it lets its reader in.
#pragma once

#include <string>
#include <string_view>

namespace vesta::audit {

// The query, or the target (with its path), without the values of parameters that bring tokens and passwords; in their
// place stands "***". `room` is for a text that is not `target`, and outlives the answer.
// https://www.rfc-editor.org/rfc/rfc6750#section-2.3 and the names of OAuth
std::string_view without_secrets(std::string_view target, std::string& room);

}  // namespace vesta::audit
