// For tests on the PostgreSQL engine: a server of the process's own, and a database for each test.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "fhir/definitions.h"
#include "search/parameter.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"

namespace vesta::store::postgres::test {

// A PostgreSQL on a socket in a temporary folder, without fsync. A keeper process starts it, and stops and removes it
// once this process is gone, however that ended. As root it runs as the user `postgres`, as it refuses root.
// The folder is in memory where there is room: a database is made of hundreds of files, and ext4 takes a second to make
// those that follow ones just removed.
// With VESTA_TEST_CITUS in the environment it has the extension, and is its own only worker; where that is not
// installed the process ends, and ctest tells that it was skipped.
class Server {
 public:
  static constexpr const char* kServingRole = "serving";

  static Server& instance() {
    static Server server;
    return server;
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  static bool with_citus() { return ::getenv("VESTA_TEST_CITUS") != nullptr; }
  // Of a page: it asks each shard, behind a lock. So much less is drawn at random.
  static int slowness() { return with_citus() ? 10 : 1; }
  std::string url(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + folder_ + "&user=vesta";
  }
  // As one who may do only what nodes must.
  std::string serving_url(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + folder_ + "&user=" + kServingRole;
  }
  // Runs SQL in a database; gives the first cell, if it is a number.
  std::int64_t run_sql(const std::string& database, const std::string& sql) const {
    auto connection = Connection::open(url(database));
    CHECK(connection.ok());
    const auto rows = (*connection)->run(sql, {}, Connection::Keep::once);
    if (!rows.ok()) std::fprintf(stderr, "%s\n", rows.error().message.c_str());
    CHECK(rows.ok());
    return rows->size() == 0 || rows->bytes(0, 0).size() > 8 ? 0 : rows->integer(0, 0);
  }
  // Makes or drops a database. The server waits for five seconds until those whom it has ended are gone from it; on a
  // busy machine that takes longer.
  void run_alone(const std::string& sql) const {
    constexpr int kTries = 12;
    for (int i = 1;; ++i) {
      auto connection = Connection::open(url("postgres"));
      CHECK(connection.ok());
      const auto rows = (*connection)->run(sql, {}, Connection::Keep::once);
      if (rows.ok()) return;
      std::fprintf(stderr, "%s\n", rows.error().message.c_str());
      CHECK(i < kTries && rows.error().message.find("55006") != std::string::npos);  // object_in_use
    }
  }

 private:
  Server() : folder_(parent_folder() + "/vesta-pg-XXXXXX") {
    if (with_citus() && ::access(binary("../lib/citus.so").c_str(), R_OK) != 0) {
      std::fprintf(stderr, "skipped: Citus is not installed\n");
      ::_exit(kSkipped);
    }
    CHECK(::mkdtemp(folder_.data()) != nullptr);
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    const pid_t keeper = ::fork();
    CHECK(keeper >= 0);
    if (keeper == 0) {
      ::close(ends[1]);
      keep(ends[0]);
    }
    ::close(ends[0]);
    alive_ = ends[1];
    keeper_ = keeper;
    wait_until_ready();
    run_sql("postgres", "CREATE DATABASE vesta_template");
    run_sql("postgres", std::string("CREATE ROLE ") + kServingRole + " LOGIN");
    if (with_citus()) {
      run_sql("vesta_template", "CREATE EXTENSION citus");
      run_sql("vesta_template", "SELECT citus_set_coordinator_host('" + folder_ + "', 5432)");
      run_sql("vesta_template", "SELECT citus_set_node_property('" + folder_ + "', 5432, 'shouldhaveshards', true)");
    }
    const search::Registry registry(fhir::r4());
    const Status migrated =
        migrate({.url = url("vesta_template"), .registry = &registry, .serving_role = kServingRole});
    if (!migrated.ok()) std::fprintf(stderr, "%s\n", migrated.error().message.c_str());
    CHECK(migrated.ok());
    // Citus' own connections would keep it from being copied; as nobody uses it again, none comes back.
    run_sql("postgres",
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            " WHERE datname = 'vesta_template'");
  }
  ~Server() {
    ::close(alive_);
    ::waitpid(keeper_, nullptr, 0);
  }

  static constexpr int kSkipped = 77;
  static std::string parent_folder() {
    constexpr std::uintmax_t kRoom = std::uintmax_t{2} << 30;
    const std::string memory = "/dev/shm";
    std::error_code failed;
    const std::filesystem::space_info space = std::filesystem::space(memory, failed);
    if (!failed && space.available >= kRoom && ::access(memory.c_str(), W_OK) == 0) return memory;
    return std::filesystem::temp_directory_path().string();
  }
  void wait_until_ready() const {
    constexpr int kTries = 600;
    for (int i = 0; i < kTries; ++i) {
      if (Connection::open(url("postgres")).ok()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it cannot be waited for otherwise
    }
    CHECK(false && "PostgreSQL did not start");
  }

  static std::string binary(const std::string& name) {
    const char* folder = ::getenv("VESTA_POSTGRES_BIN");
    return std::string(folder == nullptr ? "/usr/lib/postgresql/15/bin" : folder) + "/" + name;
  }
  pid_t spawn(const std::vector<std::string>& command) const {
    const pid_t child = ::fork();
    CHECK(child >= 0);
    if (child > 0) return child;
    if (::getuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      CHECK(user != nullptr);
      CHECK(::setgroups(0, nullptr) == 0 && ::setgid(user->pw_gid) == 0 && ::setuid(user->pw_uid) == 0);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    CHECK(::chdir(folder_.c_str()) == 0);
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    if (::freopen((folder_ + "/log").c_str(), "a", stdout) == nullptr) ::_exit(1);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(1);
  }
  // Of the keeper: until the other end of the pipe is closed.
  [[noreturn]] void keep(int alive) const {
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_IGN);
    if (::getuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      CHECK(user != nullptr && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) == 0);
    }
    const std::string data = folder_ + "/data";
    ::waitpid(spawn({binary("initdb"), "--no-sync", "--auth=trust", "--username=vesta", "--encoding=UTF8", "--locale=C",
                     "--pgdata=" + data}),
              nullptr, 0);
    std::vector<std::string> command = {binary("postgres"),
                                        "-D",
                                        data,
                                        "-k",
                                        folder_,
                                        "-c",
                                        "listen_addresses=",
                                        "-c",
                                        "fsync=off",
                                        "-c",
                                        "full_page_writes=off",
                                        "-c",
                                        "max_connections=200",
                                        "-c",
                                        "shared_buffers=64MB",
                                        "-c",
                                        "max_wal_size=256MB"};
    if (with_citus()) {
      for (const char* setting :
           {"shared_preload_libraries=citus", "max_prepared_transactions=200", "max_worker_processes=64",
            "citus.shard_count=2", "citus.node_conninfo=sslmode=disable"}) {
        command.insert(command.end(), {"-c", setting});
      }
      command.insert(command.end(), {"-c", "citus.local_hostname=" + folder_});
    }
    const pid_t server = spawn(command);
    char byte = 0;
    while (::read(alive, &byte, 1) < 0) {
    }
    ::kill(server, SIGQUIT);
    ::waitpid(server, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    ::_exit(0);
  }

  std::string folder_;
  int alive_ = -1;
  pid_t keeper_ = -1;
};

// A database with the tables in it, which goes away with its object.
class TemporaryDatabase {
 public:
  TemporaryDatabase() : name_("test" + std::to_string(next_number())) {
    Server::instance().run_alone("CREATE DATABASE " + name_ + " TEMPLATE vesta_template STRATEGY file_copy");
  }
  // Nobody comes back between the end of the connections and that of the database, as Citus' own would.
  ~TemporaryDatabase() {
    let_in(false);
    Server::instance().run_alone("DROP DATABASE " + name_ + " WITH (FORCE)");
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  std::string url() const { return Server::instance().url(name_); }
  std::string serving_url() const { return Server::instance().serving_url(name_); }
  std::int64_t run_sql(const std::string& sql) const { return Server::instance().run_sql(name_, sql); }
  // All that are there now end.
  void cut_connections() const {
    Server::instance().run_sql(
        "postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  }
  // False: nobody gets a connection.
  void let_in(bool anybody) const {
    Server::instance().run_sql(
        "postgres", "ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS " + (anybody ? std::string("true") : "false"));
  }

 private:
  static int next_number() {
    static std::atomic<int> last = 0;
    return ++last;
  }
  std::string name_;
};

}  // namespace vesta::store::postgres::test
