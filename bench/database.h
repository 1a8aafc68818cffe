// A PostgreSQL of the bench's own, of Debian's package, with the durability that a site has.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace vesta::bench {

// A server on a socket in a folder, which the destructor stops. As root it runs as the user `postgres`, as it refuses
// root. It ends with this process, however that ends.
class Database {
 public:
  // The folder is made anew. `settings`: as of postgresql.conf. Errors: there is no PostgreSQL 15; it does not start
  // (see `log`).
  static Result<std::unique_ptr<Database>> start(const std::string& folder, const std::string& log,
                                                 const std::vector<std::string>& settings = {});
  // It can be created in a database.
  static bool has_extension(const std::string& name);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& folder() const { return folder_; }
  std::string url(const std::string& name) const;
  // One that is empty, in the place of one that is there.
  Status create(const std::string& name) const;
  // So that searches are planned well.
  Status analyze(const std::string& name) const;
  // CPU time of all its processes since it started, in seconds.
  double cpu_seconds() const;

 private:
  Database(std::string folder, std::string log) : folder_(std::move(folder)), log_(std::move(log)) {}
  Status run(const std::string& program, std::vector<std::string> arguments) const;

  const std::string folder_;
  const std::string log_;
  pid_t pid_ = -1;
};

}  // namespace vesta::bench
