// initdb, postgres and its clients, as child processes.
#include "bench/database.h"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "bench/server_process.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPoll{100};
constexpr int kStartPolls = 300;
constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr const char* kExtensions = "/usr/share/postgresql/15/extension/";
constexpr const char* kUser = "vesta";

// As the user who may run PostgreSQL.
std::vector<std::string> as_its_user(std::vector<std::string> command) {
  if (::getuid() != 0) return command;
  std::vector<std::string> whole = {"setpriv",        "--reuid=postgres", "--regid=postgres",
                                    "--clear-groups", "--pdeathsig",      "SIGQUIT"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::start(const std::string& folder, const std::string& log,
                                                  const std::vector<std::string>& settings) {
  if (!fs::exists(std::string(kPrograms) + "postgres")) {
    return make_error(Category::unavailable, std::string("no PostgreSQL in ") + kPrograms);
  }
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (const passwd* const user = ::getuid() == 0 ? ::getpwnam("postgres") : nullptr; user != nullptr) {
    if (::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return make_error(Category::unavailable, "cannot give " + folder + " to the user postgres");
    }
  }
  std::unique_ptr<Database> database(new Database(folder, log));
  VESTA_CHECK_OK(database->run("initdb", {"--no-sync", "--auth=trust", std::string("--username=") + kUser,
                                          "--encoding=UTF8", "--locale=C", "--pgdata=" + folder + "/data"}));
  std::vector<std::string> command = {std::string(kPrograms) + "postgres",
                                      "-D",
                                      folder + "/data",
                                      "-k",
                                      folder,
                                      "-c",
                                      "listen_addresses=",
                                      "-c",
                                      "shared_buffers=512MB",
                                      "-c",
                                      "max_wal_size=4GB",
                                      "-c",
                                      "max_connections=200"};
  for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
  database->pid_ = spawn_program(as_its_user(std::move(command)), log);
  for (int i = 0; i < kStartPolls; ++i) {
    if (database->run("pg_isready", {"-q", "-h", folder}).ok()) return database;
    std::this_thread::sleep_for(kPoll);
  }
  return make_error(Category::unavailable, "PostgreSQL does not start; see " + log);
}

bool Database::has_extension(const std::string& name) {
  return fs::exists(kExtensions + name + ".control");
}

// A fast shutdown: https://www.postgresql.org/docs/15/server-shutdown.html
Database::~Database() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGINT);
  ::waitpid(pid_, nullptr, 0);
}

std::string Database::url(const std::string& name) const {
  return "postgresql:///" + name + "?host=" + folder_ + "&user=" + kUser;
}

Status Database::run(const std::string& program, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), kPrograms + program);
  return run_program(as_its_user(std::move(arguments)), log_);
}

Status Database::create(const std::string& name) const {
  VESTA_CHECK_OK(run("dropdb", {"--if-exists", "-h", folder_, "-U", kUser, name}));
  return run("createdb", {"-h", folder_, "-U", kUser, name});
}

Status Database::analyze(const std::string& name) const {
  return run("vacuumdb", {"-q", "--analyze", "-h", folder_, "-U", kUser, "-d", name});
}

double Database::cpu_seconds() const {
  return bench::cpu_seconds(pid_, true);
}

}  // namespace vesta::bench
