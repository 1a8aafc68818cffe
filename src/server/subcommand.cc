// Options that subcommands share.
#include "server/subcommand.h"

#include <cstdio>

#include "server/options.h"

namespace vesta::server {

int fail_command(const std::string& message) {
  std::fprintf(stderr, "vesta: %s\n", message.c_str());
  return 1;
}

void add_common(CLI::App& command, CommonSettings& settings) {
  add_option(command, "--config", settings.config_file,
             "Configuration file (TOML): options by their long names, such as `port = 8080`");
  add_option(command, "--log-level", settings.log.level, "What is logged")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}));
  add_option(command, "--log-format", settings.log.format, "Lines of JSON or of text; auto: text on a terminal")
      ->check(CLI::IsMember({"auto", "json", "text"}));
}

void add_store(CLI::App& command, CommonSettings& settings, OpenMode mode) {
  add_option(command, "--data", settings.store.data,
             mode == OpenMode::create ? "Folder of the store; made if it is missing" : "Folder of the store");
  add_store_key_options(command, settings.store.key);
  add_store_engine_option(command, settings.store.engine);
}

}  // namespace vesta::server
