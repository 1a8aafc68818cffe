// The command line: options with their environment variables and the configuration file beneath them.
#pragma once

namespace vesta::server {

// Runs the binary; the exit code. Of several sources of one option the first counts: a flag, the environment, the
// configuration file, the default.
int run_command_line(int argc, char** argv);

}  // namespace vesta::server
