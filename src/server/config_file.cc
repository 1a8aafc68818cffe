// Reading of the configuration file. (Library: toml++.)
#include "server/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace vesta::server {
namespace {

Result<std::string> to_text(const std::string& path, std::string_view key, const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* flag = value.as_boolean()) return std::string(flag->get() ? "true" : "false");
  std::ostringstream line;
  line << value.source().begin.line;
  return make_error(Category::invalid, path + ", line " + line.str() + ": '" + std::string(key) +
                                           "' must be a text, an integer, or true or false.");
}

}  // namespace

Result<std::map<std::string, std::string>> read_config_file(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    if (error.source().begin.line > 0) where << ", line " << error.source().begin.line;
    return make_error(Category::invalid, path + where.str() + ": " + std::string(error.description()));
  }
  std::map<std::string, std::string> options;
  for (const auto& [key, value] : table) {
    std::string name(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    VESTA_TRY(std::string text, to_text(path, key.str(), value));
    options.emplace(std::move(name), std::move(text));
  }
  return options;
}

}  // namespace vesta::server
