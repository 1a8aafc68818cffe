// Options about the store and its key.
#include <CLI/CLI.hpp>
#include <string>

#include "server/options.h"

namespace vesta::server {

void add_store_key_options(CLI::App& command, StoreKeyConfig& key) {
  add_option(command, "--store-key-file", key.file,
             "File with the key of an encrypted store: 32 bytes as hexadecimal digits or base64. Or the key itself in "
             "the environment, as VESTA_STORE_KEY")
      ->type_name("FILE");
  add_option(command, "--store-key-command", key.command,
             "Program with arguments that prints the key of an encrypted store; run without a shell")
      ->type_name("COMMAND");
}

void add_rekey_options(CLI::App& command, commands::RekeyOptions& rekey) {
  command.add_option("--new-key-file", rekey.next.file, "File with the key from now on; default: the key stays");
  command.add_option("--new-key-command", rekey.next.command, "Program with arguments that prints it");
  command.add_flag("--new-data-key", rekey.is_data_key_renewed,
                   "Add a data key, under which what opens the store from now on writes");
}

void add_store_engine_option(CLI::App& command, std::string& engine) {
  const bool is_server = command.get_name() == "serve";
  const auto check = [is_server](const std::string& text) -> std::string {
    if (text == "memory" && !is_server) return "memory keeps nothing when a command ends: only a server has it";
    const bool is_known =
        text == "sqlite" || text == "memory" || text.starts_with("postgresql://") || text.starts_with("postgres://");
    return is_known ? std::string() : "'" + text + "' is none of sqlite, memory and postgresql://…";
  };
  add_option(command, "--store", engine,
             "Storage engine: sqlite; memory, which keeps nothing when it ends; or the URL of a PostgreSQL database "
             "(postgresql://user@host/database), whose tables `vesta migrate` makes")
      ->check(check, "sqlite|memory|postgresql://…");
}

}  // namespace vesta::server
