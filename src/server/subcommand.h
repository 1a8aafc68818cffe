// Subcommand: what subcommands of the command line have in common. (Library: CLI11.)
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/clock.h"
#include "fhir/definitions.h"
#include "ops/custom_parameters.h"
#include "ops/host.h"
#include "ops/search_sources.h"
#include "search/parameter.h"
#include "server/config.h"
#include "server/store_setup.h"

namespace vesta::server {

struct CommonSettings {
  std::string config_file;
  LogConfig log;
  StoreConfig store;
};

struct Command {
  CLI::App* app;
  std::function<int()> run;
};

// Says it on stderr; the exit code.
int fail_command(const std::string& message);

void add_common(CLI::App& command, CommonSettings& settings);
void add_store(CLI::App& command, CommonSettings& settings, OpenMode mode);

// Runs `command` on the configured store, opened for it alone.
template <class Command>
int run_on_store(const StoreConfig& config, OpenMode mode, Command command,
                 const std::string& base_url = "http://localhost/fhir") {
  search::Registry registry(fhir::r4());
  const auto keys = open_store_keys(config, mode);
  if (!keys.ok()) return fail_command(keys.error().message);
  auto store = open_store(config, *keys, mode, registry, system_clock(), nullptr);
  if (!store.ok()) return fail_command(store.error().message);
  wait_for_index(**store);
  ops::CustomParameters parameters(registry, **store);
  if (const Status loaded = parameters.load(); !loaded.ok()) return fail_command(loaded.error().message);
  ops::Host service(fhir::r4(), registry, **store, system_clock(), system_random(), base_url);
  const ops::SearchSources sources(registry, **store, service.base_url);
  sources.serve(service);
  service.parameters = &parameters;
  return command(service, **store);
}

}  // namespace vesta::server
