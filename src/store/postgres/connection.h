// Connection: one connection to PostgreSQL, with its prepared statements; Rows: what a statement gave.
//
// Statements are sent in pipeline mode: any number with one round trip. Every wait has a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/postgres/parameters.h"

struct pg_conn;
struct pg_result;

namespace vesta::store::postgres {

inline constexpr std::chrono::milliseconds kConnectWait{5'000};
// The server ends a statement after this, or by current_deadline(); who waits for it gives it a little longer.
inline constexpr std::chrono::milliseconds kStatementWait{30'000};
inline constexpr std::chrono::milliseconds kAnswerGrace{1'000};
inline constexpr std::chrono::milliseconds kRollbackWait{1'000};
inline constexpr std::chrono::milliseconds kScriptWait{600'000};     // for all statements of a script
inline constexpr std::chrono::milliseconds kStatementWaitStep{250};  // the server is told of whole ones
inline constexpr std::size_t kMaxPrepared = 400;  // statements of one connection; beyond them all are prepared anew

// Cells are bytes in binary form, if nobody asked for text; they live as long as the Rows.
class Rows {
 public:
  explicit Rows(pg_result* result);

  int size() const { return size_; }
  int columns() const;
  std::string name(int column) const;
  std::uint32_t type(int column) const;  // its number in pg_type
  bool is_null(int row, int column) const;
  std::string_view bytes(int row, int column) const;
  std::int64_t integer(int row, int column) const;  // of any width
  double real(int row, int column) const;
  bool boolean(int row, int column) const { return bytes(row, column) != std::string_view("\0", 1); }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
  int size_ = 0;
};

// Not thread-safe.
class Connection {
 public:
  // `url`: as of libpq. `settings`: more of the session's, statements. Errors: unavailable.
  static Result<std::unique_ptr<Connection>> open(const std::string& url, const std::string& settings = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Puts a statement into the pipeline. It is prepared once per connection, if `is_kept`.
  enum class Keep : std::uint8_t { prepared, once };
  void send(const std::string& sql, const Parameters& parameters = {}, Keep keep = Keep::prepared);
  // Sends what is in the pipeline, and waits for all of it: the rows of each statement. The first error is the error.
  // Errors beside PostgreSQL's: unavailable, if the connection was lost; busy, if current_deadline() is over.
  Result<std::vector<Rows>> sync();
  Result<Rows> run(const std::string& sql, const Parameters& parameters = {}, Keep keep = Keep::prepared);
  // The cells are texts.
  Result<Rows> run_as_text(const std::string& sql);
  // Several statements without parameters, none of them prepared: for schemas.
  Status script(const std::string& sql, std::chrono::milliseconds wait = kScriptWait);
  // The server ends the session, if a transaction waits that long for its next statement.
  Status limit_idle_transactions(std::chrono::milliseconds limit);
  // Whatever the time: so that the connection can be used again.
  Status roll_back();
  // Ends a transaction that only read; its answer is read with the next one's.
  void finish();

  // False: it is lost, and with it what was not answered.
  bool is_usable() const;
  bool is_idle() const;  // in no transaction
  // The SQLSTATE of the last error; empty: there was none, or the connection was lost.
  const std::string& state() const { return state_; }
  // The error is one of those after which the whole transaction may be tried again.
  bool may_retry() const { return state_ == "40001" || state_ == "40P01"; }

  // For LISTEN: waits until something was notified, `wake` can be read, or the time is over.
  struct Notice {
    std::string channel, payload;
  };
  Result<std::vector<Notice>> notices(int wake, std::chrono::milliseconds wait);

 private:
  explicit Connection(pg_conn* connection) : connection_(connection) {}
  std::string prepare(const std::string& sql, const std::vector<std::uint32_t>& types);
  Result<Rows> last_rows();
  void start_sending();
  void limit_statements();
  Status flush(std::chrono::steady_clock::time_point deadline);
  Status wait_readable(std::chrono::steady_clock::time_point deadline);
  Result<pg_result*> next(std::chrono::steady_clock::time_point deadline);
  Status drain_to_sync(std::vector<Rows>* rows, std::optional<Error>& error,
                       std::chrono::steady_clock::time_point deadline);
  Error error_of(const pg_result* result);
  Error lost(const std::string& what);

  struct Statement {
    std::string name;
    std::vector<std::uint32_t> types;
  };
  pg_conn* connection_;
  std::unordered_map<std::string, Statement> prepared_;
  std::vector<std::string> unsure_;  // prepared by what was not answered yet
  std::uint64_t next_name_ = 1;
  int unread_syncs_ = 0;
  bool is_sending_ = false;                      // something is in the pipeline
  std::chrono::milliseconds statement_wait_{0};  // what the server was told
  bool is_lost_ = false;
  std::string state_;
};

}  // namespace vesta::store::postgres
