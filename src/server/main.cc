// vesta: the one binary.
#include "server/command_line.h"

int main(int argc, char** argv) {
  return vesta::server::run_command_line(argc, argv);
}
