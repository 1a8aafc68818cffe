// The release binary as a child process: start, first answer, memory, stop.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace vesta::bench {

// A child process that the destructor stops.
class ServerProcess {
 public:
  // Runs `arguments` with "--port N" of a free port behind them, its output to `log`, and waits until `target` answers
  // 200.
  static Result<std::unique_ptr<ServerProcess>> start(std::vector<std::string> arguments, const std::string& log,
                                                      const std::string& target);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::chrono::milliseconds start_time() const { return start_time_; }  // from fork to the first answer
  std::uint64_t resident_bytes() const;
  double cpu_seconds() const;  // since it started
  // The value of a line of /metrics, summed over its labels; zero if there is none.
  double metric(const std::string& name) const;
  // SIGSTOP and SIGCONT: meanwhile it uses nothing of the machine.
  void pause() const;
  void resume() const;
  // SIGTERM, and waits.
  Status stop();

 private:
  ServerProcess() = default;

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds start_time_{0};
};

// Begins a program; its output goes to `log`. It ends with this process. -1: there is no process.
pid_t spawn_program(const std::vector<std::string>& arguments, const std::string& log);

// CPU time of a process since it started; with its children, those that have ended too. Zero: there is none.
double cpu_seconds(pid_t process, bool with_children);

// Runs a program to its end; its output goes to `log`. Errors: it did not exit with 0.
Status run_program(const std::vector<std::string>& arguments, const std::string& log);

}  // namespace vesta::bench
