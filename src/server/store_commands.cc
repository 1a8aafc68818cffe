// Their options, each set kept by the function that runs the subcommand.
#include "server/store_commands.h"

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "fhir/definitions.h"
#include "ops/service.h"
#include "search/parameter.h"
#include "server/commands/backup.h"
#include "server/commands/copy.h"
#include "server/commands/rekey.h"
#include "server/options.h"
#include "server/store_setup.h"
#include "store/digest.h"
#include "store/store.h"

namespace vesta::server {
namespace {

Command add_migrate(CLI::App& app, CommonSettings& settings) {
  CLI::App* const command = app.add_subcommand(
      "migrate",
      "Make the tables of a PostgreSQL database, or bring them to this version; nodes of older versions serve on "
      "meanwhile, and where they could not it is refused while one does");
  const auto serving_role = std::make_shared<std::string>();
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::create);
  add_option(*command, "--serving-role", *serving_role,
             "Role of the database as which nodes serve: it gets the rights that they need, and no others")
      ->type_name("ROLE");
  return {command, [&settings, serving_role] {
            const search::Registry registry(fhir::r4());
            const Status migrated = migrate_store(settings.store, registry, *serving_role);
            return migrated.ok() ? 0 : fail_command(migrated.error().message);
          }};
}

void add_key_of(CLI::App& command, const std::string& which, StoreKeyConfig& key) {
  key.has_environment = false;  // one key for two stores would be a mistake
  command.add_option("--" + which + "-key-file", key.file, "File with the key of that store, if it is encrypted")
      ->type_name("FILE");
  command.add_option("--" + which + "-key-command", key.command, "Program with arguments that prints it")
      ->type_name("COMMAND");
}

Command add_copy(CLI::App& app, CommonSettings& settings) {
  CLI::App* const command = app.add_subcommand(
      "copy",
      "Copy a whole store into another engine, histories and audit log included, and compare both; while neither is "
      "served. It may be killed, and goes on when it is started again");
  const auto options = std::make_shared<commands::CopyStoresOptions>();
  add_common(*command, settings);
  command->add_option("FROM", options->from, "Folder of an SQLite store, or the URL of a PostgreSQL database")
      ->required();
  command->add_option("TO", options->to, "The same; made if it is missing, else empty, or what an earlier run left")
      ->required();
  add_key_of(*command, "from", options->from_key);
  add_key_of(*command, "to", options->to_key);
  return {command, [options] { return commands::run_copy(*options, std::cout, std::cerr); }};
}

Command add_digest(CLI::App& app, CommonSettings& settings) {
  CLI::App* const command =
      app.add_subcommand("digest", "Print what everything in a store adds up to, to hold it against another one");
  const auto limits = std::make_shared<store::DigestLimits>();
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  CLI::Option* const commits = add_number(*command, "--commits", limits->seq, 0, UINT64_MAX,
                                          "As it was: of versions only those up to this commit sequence");
  CLI::Option* const records = add_number(*command, "--records", limits->audit, 0, UINT64_MAX,
                                          "As it was: of the audit log only the entries up to this number");
  for (CLI::Option* const option : {commits, records}) option->default_str("all");
  return {command, [&settings, limits, commits, records] {
            const bool is_limited = !commits->empty() || !records->empty();
            const auto asked = is_limited ? std::optional(*limits) : std::nullopt;
            return run_on_store(settings.store, OpenMode::existing,
                                [&asked](const ops::Service& service, store::Store& store) {
                                  return commands::run_digest(store, service.definitions, asked, std::cout, std::cerr);
                                });
          }};
}

Command add_backup(CLI::App& app, CommonSettings& settings) {
  CLI::App* const command = app.add_subcommand(
      "backup", "Copy an SQLite store as it is at one moment into a new folder, while the server runs or not");
  const auto target = std::make_shared<std::string>();
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  command->add_option("FOLDER", *target, "Made by it: nothing of that name may be there")->required();
  return {command, [&settings, target] { return commands::run_backup(settings.store, *target, std::cout, std::cerr); }};
}

Command add_rekey(CLI::App& app, CommonSettings& settings) {
  CLI::App* const group = app.add_subcommand("store", "The store as files");
  group->require_subcommand(1);
  CLI::App* const command =
      group->add_subcommand("rekey", "Give an encrypted store another key, while the server runs or not");
  const auto options = std::make_shared<commands::RekeyOptions>();
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  add_rekey_options(*command, *options);
  return {command,
          [&settings, options] { return commands::run_rekey(*options, settings.store, std::cout, std::cerr); }};
}

}  // namespace

void add_store_commands(CLI::App& app, CommonSettings& settings, std::vector<Command>& all) {
  for (const auto add : {add_migrate, add_copy, add_digest, add_backup, add_rekey}) {
    all.push_back(add(app, settings));
  }
}

}  // namespace vesta::server
