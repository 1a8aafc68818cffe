// The version of this build.
#pragma once

#include <string_view>

namespace vesta::server {

std::string_view version();  // "0.1.0", from the build file

}  // namespace vesta::server
