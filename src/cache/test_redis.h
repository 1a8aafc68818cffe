// For tests: a redis-server of the process's own, on a Unix socket, which can be killed, paused and started again.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "cache/redis_cache.h"
#include "cache/redis_link.h"
#include "cache/redis_url.h"

namespace vesta::cache::test {

// Long for machines that are busy; a pause that tests can wait out.
inline constexpr RedisWaits kPatient{.call = std::chrono::milliseconds(5'000),
                                     .connect = std::chrono::milliseconds(20'000),
                                     .pause = std::chrono::milliseconds(20)};

// It ends with the thread that made it.
class Redis {
 public:
  explicit Redis(std::vector<std::string> flags = {}) : flags_(std::move(flags)) {
    std::string folder = (std::filesystem::temp_directory_path() / "vesta-redis-XXXXXX").string();
    CHECK(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    start();
  }
  ~Redis() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  const std::string& folder() const { return folder_; }
  std::string socket() const { return folder_ + "/socket"; }
  RedisUrl url() const {
    RedisUrl url;
    url.socket = socket();
    return url;
  }

  void start() {
    const pid_t child = ::fork();
    CHECK(child >= 0);
    if (child == 0) run();
    process_ = child;
    // The socket is there before anybody listens.
    for (int i = 0; i < kTries && !is_listening(); ++i) pause_shortly();
    CHECK(is_listening());
  }
  void kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(std::exchange(process_, -1), nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove(socket(), ignored);
  }
  // From now on, until it is woken, it takes connections and answers nothing.
  void pause() const { ::kill(process_, SIGSTOP); }
  void wake() const { ::kill(process_, SIGCONT); }
  // Of a link of its own.
  Reply ask(const std::vector<std::string_view>& words) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatient.connect;
    auto link = RedisLink::open(url(), deadline);
    CHECK(link.ok());
    auto reply = (*link)->ask(words, deadline);
    CHECK(reply.ok());
    return *reply;
  }

 private:
  static constexpr int kTries = 3'000;

  bool is_listening() const { return RedisLink::open(url(), std::chrono::steady_clock::now() + kPatient.connect).ok(); }
  static void pause_shortly() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

  [[noreturn]] void run() const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<std::string> words = {"redis-server", "--port", "0",         "--unixsocket",  socket(), "--save", "",
                                      "--dir",        folder_,  "--logfile", folder_ + "/log"};
    words.insert(words.end(), flags_.begin(), flags_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(1);
  }

  std::vector<std::string> flags_;
  std::string folder_;
  pid_t process_ = -1;
};

// Waits until it is so.
inline void wait_until_connected(RedisCache& cache, bool is_so = true) {
  const auto deadline = std::chrono::steady_clock::now() + kPatient.connect;
  while (cache.is_connected() != is_so) {
    CHECK(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace vesta::cache::test
