// Subcommands and their options. (Library: CLI11.)
#include "server/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/grant.h"
#include "access/records.h"
#include "audit/own_events.h"
#include "audit/request_audit.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "fhir/definitions.h"
#include "ops/context.h"
#include "ops/host.h"
#include "ops/own_writes.h"
#include "server/commands/accounts.h"
#include "server/commands/audit.h"
#include "server/commands/audited.h"
#include "server/commands/check.h"
#include "server/commands/client.h"
#include "server/commands/explain.h"
#include "server/commands/export.h"
#include "server/commands/fhirpath.h"
#include "server/commands/import.h"
#include "server/commands/policy.h"
#include "server/commands/sample.h"
#include "server/commands/sql.h"
#include "server/commands/user.h"
#include "server/commands/view.h"
#include "server/config.h"
#include "server/config_file.h"
#include "server/options.h"
#include "server/serve.h"
#include "server/store_commands.h"
#include "server/store_setup.h"
#include "server/subcommand.h"
#include "server/version.h"

namespace vesta::server {
namespace {

// Everything that options are read into.
struct Settings : CommonSettings {
  ServeConfig serve;
  std::vector<std::string> import_paths;
  commands::ImportOptions import;
  commands::ExportOptions export_;
  commands::SampleOptions sample;
  std::string explain;
  commands::FhirpathOptions fhirpath;
  commands::ViewOptions view;
  std::vector<std::string> view_files;
  commands::SqlOptions sql;
  commands::ClientOptions client;
  commands::UserOptions user;
  std::string account;  // the id of a client or a user
  commands::PolicyTestOptions policy;
};

// Sets what neither a flag nor the environment has set. A key must be an option of some command: one file serves all.
Status apply_config_file(const std::string& path, CLI::App& command, const std::vector<CLI::App*>& commands) {
  VESTA_TRY(const auto options, read_config_file(path));
  for (const auto& [name, value] : options) {
    const bool is_known = name != "config" && std::any_of(commands.begin(), commands.end(), [&](CLI::App* each) {
                            return each->get_option_no_throw("--" + name) != nullptr;
                          });
    if (!is_known) return make_error(Category::invalid, path + ": there is no option '" + name + "'.");
    CLI::Option* const option = command.get_option_no_throw("--" + name);
    if (option == nullptr || option->count() > 0) continue;
    try {
      option->add_result(value);
      option->run_callback();
    } catch (const CLI::Error& error) {
      return make_error(Category::invalid, path + ": " + error.what());
    }
  }
  return kOk;
}

void apply_log(const LogConfig& config) {
  using log::Level;
  const std::pair<std::string_view, Level> levels[] = {{"debug", Level::debug},
                                                       {"info", Level::info},
                                                       {"warning", Level::warning},
                                                       {"error", Level::error},
                                                       {"off", Level::off}};
  for (const auto& [name, level] : levels) {
    if (config.level == name) log::set_level(level);
  }
  log::set_format(config.format == "json"   ? log::Format::json
                  : config.format == "text" ? log::Format::text
                                            : log::Format::automatic);
}

// In the audit log, before it does anything.
template <class Run>
int run_recorded(const CLI::App& command, std::string_view interaction, ops::Host& service, store::Store& store,
                 Run run) {
  const Status recorded = commands::record_command(store, service.clock, interaction, words_of(command));
  if (!recorded.ok()) return fail_command(recorded.error().message);
  ops::Context context = service.as_system();
  return run(context);
}

// Changes stand in the audit log with their commits; what has changed nothing leaves a record too.
template <class Run>
int run_on_accounts(const std::string& words, ops::Host& service, store::Store& store, Run run) {
  constexpr int kDone = 200;
  constexpr int kRefused = 400;
  audit::Trail trail(store);
  const auto audit = std::make_shared<audit::RequestAudit>(trail, nullptr, service.definitions, service.clock,
                                                           commands::about_command(words));
  ops::Context context = service.as(access::Grant::everything(), audit);
  const int code = run(commands::Accounts{service, context, store, std::cout, std::cerr});
  if (const Status recorded = audit->answered(audit::kCommand, code == 0 ? kDone : kRefused); !recorded.ok()) {
    return fail_command(recorded.error().message);
  }
  return code;
}

Command add_import(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("import", "Load Bundles, resources and NDJSON, plain, .gz or .xz");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::create);
  command->add_option("PATH", settings.import_paths, "Files and folders")->required()->check(CLI::ExistingPath);
  add_number(*command, "--jobs", settings.import.jobs, 0, commands::kMaxImportJobs,
             "Worker threads; 0: as many as suit this machine");
  static const std::map<std::string, commands::ProgressStyle> kStyles = {{"none", commands::ProgressStyle::none},
                                                                         {"lines", commands::ProgressStyle::lines},
                                                                         {"bar", commands::ProgressStyle::terminal}};
  settings.import.progress =
      isatty(STDOUT_FILENO) != 0 ? commands::ProgressStyle::terminal : commands::ProgressStyle::lines;
  add_choice(*command, "--progress", settings.import.progress, kStyles,
             "How progress is shown; default: bar on a terminal, else lines");
  return {command, [&settings, command] {
            settings.import.paths.assign(settings.import_paths.begin(), settings.import_paths.end());
            return run_on_store(settings.store, OpenMode::create, [&](ops::Host& service, store::Store& store) {
              return run_recorded(*command, audit::kImport, service, store, [&](ops::Context& context) {
                return commands::run_import(settings.import, context, std::cout);
              });
            });
          }};
}

Command add_export(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("export", "Write the current resources as NDJSON");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  command->add_option("--type", settings.export_.types, "Resource types; default: all");
  add_option(*command, "--output", settings.export_.output, "Folder for one file per type, or - for one stream");
  return {command, [&settings, command] {
            return run_on_store(settings.store, OpenMode::existing, [&](ops::Host& service, store::Store& store) {
              return run_recorded(*command, audit::kExport, service, store, [&](ops::Context& context) {
                return commands::run_export(settings.export_, context, std::cout, std::cerr);
              });
            });
          }};
}

Command add_sample(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("sample", "Write a synthetic population, the same for the same seed");
  add_common(*command, settings);
  add_number(*command, "--patients", settings.sample.patients, 1, commands::kMaxSamplePatients, "Number of patients");
  add_number(*command, "--seed", settings.sample.seed, 0, commands::kMaxSampleSeed, "Seed");
  static const std::map<std::string, commands::SampleFormat> kFormats = {{"ndjson", commands::SampleFormat::ndjson},
                                                                         {"bundles", commands::SampleFormat::bundles}};
  add_choice(*command, "--format", settings.sample.format, kFormats,
             "ndjson (default), or one transaction Bundle per patient");
  add_option(*command, "--output", settings.sample.output, "Folder, or - for one stream");
  return {command, [&settings] { return commands::run_sample(settings.sample, std::cout, std::cerr); }};
}

// A command that looks at a store and takes no options of its own.
Command add_look(CLI::App& command, Settings& settings, int (*look)(const ops::Service&, store::Store&)) {
  add_common(command, settings);
  add_store(command, settings, OpenMode::existing);
  return {&command, [&settings, look] { return run_on_store(settings.store, OpenMode::existing, look); }};
}

Command add_check(CLI::App& app, Settings& settings) {
  return add_look(
      *app.add_subcommand("check", "Verify a store: its structures, bodies and index"), settings,
      [](const ops::Service& service, store::Store& store) { return commands::run_check(service, store, std::cout); });
}

Command add_audit(CLI::App& app, Settings& settings) {
  CLI::App* const audit = app.add_subcommand("audit", "The audit log; the server must not run");
  audit->require_subcommand(1);
  return add_look(
      *audit->add_subcommand("verify", "Find the first record or AuditEvent that was changed or is missing"), settings,
      [](const ops::Service& service, store::Store& store) {
        return commands::run_audit_verify(store, service.registry, std::cout);
      });
}

Command add_explain(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("explain", "Run a search and print how its first page was found");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  command->add_option("SEARCH", settings.explain, "Below the base: 'Observation?code=8480-6', 'Patient/1/*'")
      ->required();
  return {command, [&settings] {
            return run_on_store(settings.store, OpenMode::existing, [&](ops::Host& service, store::Store&) {
              ops::Context context = service.as_system();
              return commands::run_explain(settings.explain, context, std::cout, std::cerr);
            });
          }};
}

Command add_fhirpath(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand(
      "fhirpath",
      "Run a FHIRPath expression on a resource in a file. There is no store: resolve() finds contained resources only, "
      "and memberOf(), subsumes(), and slice() and conformsTo() of a profile are errors; POST /$fhirpath of a server "
      "has them.");
  add_common(*command, settings);
  command->add_option("EXPRESSION", settings.fhirpath.expression, "\"Patient.name.given\"")->required();
  command->add_option("FILE", settings.fhirpath.file, "JSON or XML, plain, .gz or .xz; -: standard input")->required();
  command->add_flag("--trace", settings.fhirpath.shows_trace, "Print what trace() sees as well");
  return {command, [&settings] {
            return commands::run_fhirpath(settings.fhirpath, fhir::r4(), std::cin, std::cout, std::cerr);
          }};
}

Command add_sql(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("sql", "Ask the tables of views by SQL, while the server runs or not");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  command->add_option("STATEMENT", settings.sql.statement,
                      "'select …'; without it: a console, or those of the standard input");
  add_choice(*command, "--format", settings.sql.format, commands::sql_formats(),
             "csv (default), an object a line, an array, or a table (default on a terminal)");
  return {command, [&settings, command] {
            const auto keys = open_store_keys(settings.store, OpenMode::existing);
            if (!keys.ok()) return fail_command(keys.error().message);
            const auto tables = open_view_query(settings.store, *keys);
            if (!tables.ok()) return fail_command(tables.error().message);
            settings.sql.is_terminal = isatty(STDIN_FILENO) != 0;
            const bool is_console = settings.sql.is_terminal && settings.sql.statement.empty();
            if (is_console && command->get_option("--format")->empty())
              settings.sql.format = commands::SqlFormat::table;
            return commands::run_sql(settings.sql, **tables, std::cin, std::cout, std::cerr);
          }};
}

Command add_view(CLI::App& app, Settings& settings) {
  CLI::App* const view = app.add_subcommand("view", "SQL on FHIR: tables made of resources");
  view->require_subcommand(1);
  CLI::App* const command = view->add_subcommand("run", "Print the rows of a ViewDefinition");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  command->add_option("VIEW", settings.view.view, "ViewDefinition (JSON)")->required()->check(CLI::ExistingFile);
  command->add_option("FILE", settings.view_files,
                      "JSON, XML, Bundles and NDJSON, plain, .gz or .xz; folders, of JSON, XML and NDJSON; -: standard "
                      "input. Without any: "
                      "the store");
  static const std::map<std::string, views::RowFormat> kFormats = {
      {"csv", views::RowFormat::csv}, {"json", views::RowFormat::json}, {"ndjson", views::RowFormat::ndjson}};
  add_choice(*command, "--format", settings.view.rows.format, kFormats, "ndjson (default), csv, or one JSON array");
  add_number(*command, "--limit", settings.view.rows.max_rows, 0, commands::kMaxViewRows, "Rows to print at most")
      ->default_str("all");
  command->add_option("--parquet", settings.view.parquet,
                      "Write the rows into this Parquet file, with DuckDB's library");
  command->add_flag_callback(
      "--no-header", [&settings] { settings.view.rows.header = views::CsvHeader::absent; }, "CSV without its header");
  return {command, [&settings, command] {
            settings.view.files.assign(settings.view_files.begin(), settings.view_files.end());
            if (!settings.view.files.empty())
              return commands::run_view(settings.view, fhir::r4(), std::cin, std::cout, std::cerr);
            return run_on_store(settings.store, OpenMode::existing, [&](ops::Host& service, store::Store& store) {
              return run_recorded(*command, audit::kExport, service, store, [&](ops::Context& context) {
                return commands::run_view(settings.view, context, std::cout, std::cerr);
              });
            });
          }};
}

// A subcommand of `client` or `user` on the accounts of the store.
template <class Run>
Command add_accounts(CLI::App& group, const std::string& name, const std::string& description, OpenMode mode,
                     Settings& settings, Run run) {
  CLI::App* const command = group.add_subcommand(name, description);
  add_common(*command, settings);
  add_store(*command, settings, mode);
  return {command, [&settings, mode, run, command] {
            return run_on_store(settings.store, mode, [&](ops::Host& service, store::Store& store) {
              if (const Status added = ops::add_shipped_policies(service); !added.ok()) {
                return fail_command(added.error().message);
              }
              return run_on_accounts(words_of(*command), service, store, run);
            });
          }};
}

// What `client` and `user` have both.
void add_list_and_off(CLI::App& group, std::string_view type, Settings& settings, std::vector<Command>& all) {
  all.push_back(
      add_accounts(group, "list", "Print id, status and name of each", OpenMode::existing, settings,
                   [type](const commands::Accounts& accounts) { return commands::list_records(accounts, type); }));
  all.push_back(add_accounts(group, "off", "Take all access away, with the next request", OpenMode::existing, settings,
                             [type, &settings](const commands::Accounts& accounts) {
                               return commands::turn_off(accounts, type, settings.account);
                             }));
  all.back().app->add_option("ID", settings.account, "The id")->required();
}

void add_client(CLI::App& app, Settings& settings, std::vector<Command>& all) {
  CLI::App* const group = app.add_subcommand("client", "Applications that may get tokens; the server must not run");
  group->require_subcommand(1);
  all.push_back(add_accounts(*group, "add", "Register one; prints its id and secret", OpenMode::create, settings,
                             [&settings](const commands::Accounts& accounts) {
                               return commands::add_client(settings.client, accounts, system_random());
                             }));
  add_client_options(*all.back().app, settings.client);
  add_list_and_off(*group, access::kClient, settings, all);
}

void add_user(CLI::App& app, Settings& settings, std::vector<Command>& all) {
  CLI::App* const group = app.add_subcommand("user", "People who may sign in; the server must not run");
  group->require_subcommand(1);
  all.push_back(add_accounts(*group, "add", "Add one; prints id and password", OpenMode::create, settings,
                             [&settings](const commands::Accounts& accounts) {
                               return commands::add_user(settings.user, accounts, std::cin, system_clock(),
                                                         system_random());
                             }));
  commands::UserOptions& user = settings.user;
  add_user_options(*all.back().app, user);
  all.push_back(add_accounts(*group, "password", "Set another password; it ends the user's sessions",
                             OpenMode::existing, settings, [&settings](const commands::Accounts& accounts) {
                               return commands::set_password(settings.user, accounts, std::cin, system_clock(),
                                                             system_random());
                             }));
  add_password_options(*all.back().app, user);
  const auto add_factor = [&](const char* name, const char* description, auto set) {
    all.push_back(add_accounts(*group, name, description, OpenMode::existing, settings,
                               [&user, set](const commands::Accounts& accounts) {
                                 return set(user, accounts, system_clock(), system_random());
                               }));
    all.back().app->add_option("NAME", user.name, "The name to sign in by")->required();
    all.back().app->add_flag_callback(
        "--off", [&user] { user.has_factor = false; }, "Take it away, which ends them too");
    return all.back().app;
  };
  CLI::App* const totp = add_factor("totp", "Set up an app for codes; ends sessions, prints a URI and recovery codes",
                                    commands::set_second_factor);
  totp->add_option("--issuer", user.issuer, "What the app calls this server; default: Vesta");
  CLI::App* const passkey =
      add_factor("passkey", "Print a link, good once and for 24 hours, to set up a passkey by", commands::set_passkeys);
  add_option(*passkey, "--base-url", user.base_url, "URL of the FHIR base, as the server has it");
  add_list_and_off(*group, access::kUser, settings, all);
}

Command add_policy(CLI::App& app, Settings& settings) {
  CLI::App* const group = app.add_subcommand("policy", "What policies grant; the server must not run");
  group->require_subcommand(1);
  CLI::App* const command = group->add_subcommand(
      "test", "May somebody do this, and what does each rule say of it? The exit code: 0 yes, 2 no");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::existing);
  add_policy_test_options(*command, settings.policy);
  return {command, [&settings] {
            return run_on_store(
                settings.store, OpenMode::existing,
                [&](ops::Host& service, store::Store& store) {
                  ops::Context context = service.as_system();
                  return commands::test_policies(settings.policy, {service, context, store, std::cout, std::cerr});
                },
                settings.policy.base_url);
          }};
}

Command add_server(CLI::App& app, Settings& settings) {
  CLI::App* const command = app.add_subcommand("serve", "Serve the FHIR API");
  add_common(*command, settings);
  add_store(*command, settings, OpenMode::create);
  add_number(*command, "--running-searches", settings.store.running_searches, 0, kMaxRunningSearches,
             "Searches that run at the same time, the others wait; 0: by the processors");
  add_serve_options(*command, settings.serve);
  return {command, [&settings] { return run_serve(settings.serve, settings.store); }};
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Settings settings;
  CLI::App app(
      "Vesta, a FHIR R4 server. Of several sources of one option the first counts: a flag, the environment "
      "variable that the option's help names, the configuration file, the default.",
      "vesta");
  app.set_version_flag("--version", "vesta " + std::string(version()));
  app.require_subcommand(1);
  std::vector<Command> all = {add_server(app, settings),   add_import(app, settings), add_export(app, settings),
                              add_sample(app, settings),   add_check(app, settings),  add_explain(app, settings),
                              add_fhirpath(app, settings), add_view(app, settings),   add_sql(app, settings),
                              add_audit(app, settings),    add_policy(app, settings)};
  add_store_commands(app, settings, all);
  add_client(app, settings, all);
  add_user(app, settings, all);

  CLI11_PARSE(app, argc, argv);
  for (const Command& command : all) {
    if (!command.app->parsed()) continue;
    if (!settings.config_file.empty()) {
      std::vector<CLI::App*> known;
      for (const Command& each : all) known.push_back(each.app);
      const Status applied = apply_config_file(settings.config_file, *command.app, known);
      if (!applied.ok()) return fail_command(applied.error().message);
    }
    apply_log(settings.log);
    return command.run();
  }
  return 1;
}

}  // namespace vesta::server
