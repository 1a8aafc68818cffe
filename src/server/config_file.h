// The configuration file (TOML): options by their long names, beneath flags and environment.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace vesta::server {

// The options of a file as texts by name, '_' read as '-'. Values are texts, integers and booleans; tables are no
// options. Errors (invalid): it cannot be read, it is no TOML (with the line), a value of another kind.
Result<std::map<std::string, std::string>> read_config_file(const std::string& path);

}  // namespace vesta::server
