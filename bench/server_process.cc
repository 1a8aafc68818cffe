// Child processes of the bench.
#include "bench/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/load_client.h"

namespace vesta::bench {
namespace {

constexpr std::chrono::seconds kMaxStart{30};
constexpr std::chrono::seconds kMaxStop{60};
constexpr std::chrono::milliseconds kPoll{1};

// A port that nobody uses now. Another process could take it before the child does; then the start fails and says so.
Result<std::uint16_t> free_port() {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(handle);
  if (!bound) return make_error(Category::unavailable, "no free port");
  return static_cast<std::uint16_t>(ntohs(address.sin_port));
}

// The numbers of /proc/PID/stat behind the name, which may have spaces: the first is the state.
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
std::vector<std::string> stat_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream behind(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::vector<std::string> fields;
  for (std::string field; behind >> field;) fields.push_back(std::move(field));
  return fields;
}
constexpr std::size_t kParent = 1, kUserTime = 11, kSystemTime = 12, kChildrenUserTime = 13, kChildrenSystemTime = 14;

double ticks(const std::vector<std::string>& stat, std::size_t field) {
  return field < stat.size() ? std::strtod(stat[field].c_str(), nullptr) : 0;
}

}  // namespace

pid_t spawn_program(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

double cpu_seconds(pid_t process, bool with_children) {
  const std::vector<std::string> own = stat_of(std::to_string(process));
  double sum = ticks(own, kUserTime) + ticks(own, kSystemTime);
  if (with_children) {
    sum += ticks(own, kChildrenUserTime) + ticks(own, kChildrenSystemTime);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::vector<std::string> stat = stat_of(entry.path().filename());
      if (stat.size() <= kParent || stat[kParent] != std::to_string(process)) continue;
      sum += ticks(stat, kUserTime) + ticks(stat, kSystemTime);
    }
  }
  return sum / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(std::vector<std::string> arguments, const std::string& log,
                                                            const std::string& target) {
  std::unique_ptr<ServerProcess> server(new ServerProcess());
  VESTA_TRY(server->port_, free_port());
  arguments.emplace_back("--port");
  arguments.push_back(std::to_string(server->port_));
  const auto begin = std::chrono::steady_clock::now();
  server->pid_ = spawn_program(arguments, log);
  if (server->pid_ < 0) return make_error(Category::unavailable, "fork failed");
  const std::string request = get_request(target);
  while (std::chrono::steady_clock::now() - begin < kMaxStart) {
    const auto answer = ask(server->port_, request);
    if (answer.ok() && answer->status == 200) {
      server->start_time_ =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
      return server;
    }
    int status = 0;
    if (::waitpid(server->pid_, &status, WNOHANG) == server->pid_) {
      server->pid_ = -1;
      return make_error(Category::unavailable, arguments[0] + " ended at its start; see " + log);
    }
    std::this_thread::sleep_for(kPoll);
  }
  return make_error(Category::unavailable, arguments[0] + " does not answer; see " + log);
}

ServerProcess::~ServerProcess() {
  if (pid_ < 0 || stop().ok()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ServerProcess::pause() const {
  if (pid_ >= 0) ::kill(pid_, SIGSTOP);
}

void ServerProcess::resume() const {
  if (pid_ >= 0) ::kill(pid_, SIGCONT);
}

Status ServerProcess::stop() {
  if (pid_ < 0) return kOk;
  ::kill(pid_, SIGTERM);
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < kMaxStop) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return kOk;
      return make_error(Category::internal, "the server ended with status " + std::to_string(status));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return make_error(Category::internal, "the server does not stop");
}

std::uint64_t ServerProcess::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

double ServerProcess::cpu_seconds() const {
  return bench::cpu_seconds(pid_, false);
}

double ServerProcess::metric(const std::string& name) const {
  const auto answer = ask(port_, get_request("/metrics"));
  if (!answer.ok()) return 0;
  std::istringstream lines(answer->body);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() ||
        (line[name.size()] != ' ' && line[name.size()] != '{')) {
      continue;
    }
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

Status run_program(const std::vector<std::string>& arguments, const std::string& log) {
  const pid_t pid = spawn_program(arguments, log);
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid)
    return make_error(Category::unavailable, "cannot run " + arguments[0]);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return kOk;
  return make_error(Category::internal, arguments[0] + " " + (arguments.size() > 1 ? arguments[1] : "") +
                                            " ended with status " + std::to_string(status) + "; see " + log);
}

}  // namespace vesta::bench
