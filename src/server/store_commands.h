// The subcommands that work on a store as a whole: migrate, copy, digest, backup, store rekey.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "server/subcommand.h"

namespace vesta::server {

void add_store_commands(CLI::App& app, CommonSettings& settings, std::vector<Command>& all);

}  // namespace vesta::server
