// Where the entries of a batch stand in its text, and what can stand there in their place.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/format.h"

namespace vesta::ops {

// The texts of the entries, in their order, as views into `body`; none if it is no batch. Errors: what is not JSON or
// XML.
Result<std::vector<std::string_view>> entry_texts(Format format, std::string_view body,
                                                  std::pmr::memory_resource& memory);

// An entry that any reader takes. That of XML has the line ends of `entry`, and its length where there is room: what
// stands behind it stays at its line and column.
std::string entry_placeholder(Format format, std::string_view entry);

}  // namespace vesta::ops
