// vesta: the one binary.
#include <sys/stat.h>

#include "server/command_line.h"

int main(int argc, char** argv) {
  ::umask(S_IRWXG | S_IRWXO);  // files hold health records and keys: what is made is its owner's alone
  return vesta::server::run_command_line(argc, argv);
}
