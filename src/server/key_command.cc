// A child by posix_spawn, its output by a pipe with a deadline.
#include "server/key_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <vector>

#include "store/sqlite/secret_key.h"

extern char** environ;

namespace vesta::server {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kPollMs = 5;  // between two looks at whether the child has ended

// The end of a pipe that we read; closed with its object.
class Pipe {
 public:
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool make() { return ::pipe2(ends_, O_CLOEXEC) == 0; }
  int end(int i) const { return ends_[i]; }
  void close(int i) {
    if (ends_[i] >= 0) ::close(ends_[i]);
    ends_[i] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

// What the child is given. The command may be run when there are sockets that listen, and where a password comes by
// standard input.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<pid_t> spawn(std::vector<std::string> words, int output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const SpawnSettings settings(output);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments.front(), settings.actions(), settings.attributes(), arguments.data(), environ);
  if (failed != 0) return make_error(Category::unavailable, std::strerror(failed));
  return child;
}

int left_ms(Steady::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// How it has ended is kept for wait_for.
bool has_ended(pid_t child) {
  siginfo_t about{};
  return ::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOHANG | WNOWAIT) != 0 || about.si_pid == child;
}

// Until the program closes its output, or has ended and all of it is read: what it has left running may hold it open.
Status read_output(pid_t child, int input, Steady::time_point deadline, std::string& text) {
  text.reserve(kMaxKeyText + 1);  // so that no copy stays behind
  std::size_t size = 0;
  text.resize(kMaxKeyText + 1);
  for (bool is_all = false; size <= kMaxKeyText;) {
    pollfd waiting{input, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, is_all ? 0 : std::min(left_ms(deadline), kPollMs));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return make_error(Category::unavailable, std::strerror(errno));
    if (ready == 0 && !is_all) {
      is_all = has_ended(child);
      if (!is_all && left_ms(deadline) == 0) return make_error(Category::unavailable, "it took too long");
      continue;
    }
    const ssize_t got = ready == 0 ? 0 : ::read(input, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return make_error(Category::unavailable, std::strerror(errno));
    if (got == 0) {
      text.resize(size);
      return kOk;
    }
    size += static_cast<std::size_t>(got);
  }
  return make_error(Category::unavailable, "it prints too much for a key");
}

// A program that has closed its output and does not end is not waited for beyond the deadline either.
Status wait_for(pid_t child, Steady::time_point deadline) {
  constexpr timespec kPoll{0, kPollMs * 1'000'000};
  int state = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child, &state, WNOHANG)) == 0) {
    if (Steady::now() >= deadline) return make_error(Category::unavailable, "it took too long");
    ::nanosleep(&kPoll, nullptr);
  }
  if (ended == child && WIFEXITED(state) && WEXITSTATUS(state) == 0) return kOk;
  if (ended == child && WIFEXITED(state)) {
    return make_error(Category::unavailable, "it ended with " + std::to_string(WEXITSTATUS(state)));
  }
  return make_error(Category::unavailable, "it was ended");
}

// With what it has started.
void end(pid_t child) {
  ::kill(-child, SIGKILL);
  ::kill(child, SIGKILL);  // if it has left its group
  ::waitpid(child, nullptr, 0);
}

}  // namespace

Result<std::string> run_key_command(const std::string& command, std::chrono::milliseconds max_time) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  // Its arguments may be secrets.
  const std::string name = words.empty() ? "" : words.front();
  const auto failed = [&name](const std::string& why) {
    return make_error(Category::unavailable, "the command for the key of the store, '" + name + "': " + why);
  };
  if (words.empty()) return failed("there is no program");
  const auto deadline = Steady::now() + max_time;
  Pipe pipe;
  if (!pipe.make()) return failed(std::strerror(errno));
  auto child = spawn(std::move(words), pipe.end(1));
  if (!child.ok()) return failed(child.error().message);
  pipe.close(1);
  std::string text;
  const Status read = read_output(*child, pipe.end(0), deadline, text);
  const Status waited = read.ok() ? wait_for(*child, deadline) : kOk;
  if (read.ok() && waited.ok()) return text;
  store::sqlite::cleanse(text);
  const Error& why = read.ok() ? waited.error() : read.error();
  if (!read.ok() || why.message == "it took too long") end(*child);
  return failed(why.message);
}

}  // namespace vesta::server
