// Connection: libpq without its blocking calls.
#include "store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"

namespace vesta::store::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kText = 0;
constexpr int kBinary = 1;
constexpr const char* kForgetStatements = "DEALLOCATE ALL";
constexpr std::string_view kIdleInTransaction = "25P03";  // the session was ended for it

// A session's settings; what the URL says of `options` comes first and stays.
const std::string kSettings =
    "SET statement_timeout = 30000; SET idle_in_transaction_session_timeout = 60000; SET jit = off;"
    " SET bytea_output = 'hex'; SET client_min_messages = warning; SET synchronize_seqscans = off;";

// Of what runs from now on: whole steps, so that the server need not be told of each request's. As much as zero: the
// deadline is over.
std::chrono::milliseconds statement_wait() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_within(kStatementWait) - SteadyClock::now());
  const auto steps = (left.count() + kStatementWaitStep.count() - 1) / kStatementWaitStep.count();
  return std::clamp(steps * kStatementWaitStep, std::chrono::milliseconds(0), kStatementWait);
}

int milliseconds_until(SteadyClock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// Who asks is told that it failed; how, and where the database is, stands in the log, once a second at most.
Error failed(std::string what, const std::string& detail) {
  static std::atomic<std::int64_t> last_logged = -1;
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now().time_since_epoch()).count();
  if (last_logged.exchange(second) != second) log::warning(what, {{"reason", one_line(detail)}});
  return make_error(Category::unavailable, std::move(what));
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
Category category_of(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (state == kIdleInTransaction) return Category::unavailable;
  if (state == "57014") return Category::busy;  // the statement's time was over
  if (state == "55P03") return Category::busy;  // a lock was not to be had
  if (kind == "40") return Category::busy;      // serialization, deadlock: tried again before
  if (kind == "08" || kind == "57") return Category::unavailable;
  if (kind == "53" || kind == "58") return Category::unavailable;  // resources, disk full; I/O
  if (state == "25006") return Category::unavailable;              // it has become a standby
  if (kind == "54") return Category::too_large;
  return Category::internal;
}

}  // namespace

Rows::Rows(pg_result* result) : result_(result), size_(PQntuples(result)) {}

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

int Rows::columns() const {
  return PQnfields(result_.get());
}

std::string Rows::name(int column) const {
  return PQfname(result_.get(), column);
}

std::uint32_t Rows::type(int column) const {
  return PQftype(result_.get(), column);
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view cell = bytes(row, column);
  if (cell.empty()) return 0;
  std::int64_t value = static_cast<signed char>(cell.front());
  for (const char c : cell.substr(1)) {
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8 | static_cast<unsigned char>(c));
  }
  return value;
}

double Rows::real(int row, int column) const {
  return std::bit_cast<double>(integer(row, column));
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& url, const std::string& settings) {
  if (is_deadline_over()) return make_error(Category::busy, "the request's time is over");
  // A connection whose other side is gone is noticed within some 11 s, or when an answer is overdue.
  const std::string wait = std::to_string(
      std::chrono::ceil<std::chrono::seconds>(deadline_within(kConnectWait) - SteadyClock::now()).count());
  const char* keywords[] = {"dbname",
                            "connect_timeout",
                            "keepalives_idle",
                            "keepalives_interval",
                            "keepalives_count",
                            "tcp_user_timeout",
                            "client_encoding",
                            "fallback_application_name",
                            nullptr};
  const char* values[] = {url.c_str(), wait.c_str(), "5", "2", "3", "15000", "UTF8", "vesta", nullptr};
  pg_conn* handle = PQconnectdbParams(keywords, values, 1);
  std::unique_ptr<Connection> made(new Connection(handle));
  if (handle != nullptr) PQsetNoticeReceiver(handle, [](void*, const PGresult*) {}, nullptr);  // not to stderr
  if (handle == nullptr || PQstatus(handle) != CONNECTION_OK) {
    return failed("the database cannot be reached", handle == nullptr ? "" : PQerrorMessage(handle));
  }
  VESTA_CHECK_OK(made->script(kSettings + settings, kConnectWait));
  made->statement_wait_ = kStatementWait;
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) return made->lost("pipeline mode");
  return made;
}

Connection::~Connection() {
  PQfinish(connection_);
}

bool Connection::is_usable() const {
  return !is_lost_ && PQstatus(connection_) == CONNECTION_OK;
}

bool Connection::is_idle() const {
  return !is_sending_ && (unread_syncs_ > 0 || PQtransactionStatus(connection_) == PQTRANS_IDLE);
}

Error Connection::lost(const std::string& what) {
  is_lost_ = true;
  state_.clear();
  return failed("the connection to the database was lost", what + ": " + PQerrorMessage(connection_));
}

Error Connection::error_of(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr || PQstatus(connection_) != CONNECTION_OK) return lost("answer");
  state_ = state;
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  // The server says so before it closes the connection.
  if (state_.starts_with("57P") || state_.starts_with("08") || state_ == kIdleInTransaction) is_lost_ = true;
  const std::string said = std::string(message == nullptr ? "" : message) + " (" + state_ + ")";
  const Category category = category_of(state_);
  if (category == Category::unavailable) return failed("the database has failed (" + state_ + ")", said);
  return make_error(category, "PostgreSQL: " + said);
}

std::string Connection::prepare(const std::string& sql, const std::vector<std::uint32_t>& types) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end() && found->second.types == types) return found->second.name;
  if (prepared_.size() >= kMaxPrepared) {
    prepared_.clear();
    PQsendQueryParams(connection_, kForgetStatements, 0, nullptr, nullptr, nullptr, nullptr, kBinary);
  }
  std::string name = "s" + std::to_string(next_name_++);
  PQsendPrepare(connection_, name.c_str(), sql.c_str(), static_cast<int>(types.size()), types.data());
  prepared_[sql] = {name, types};
  unsure_.push_back(sql);
  return name;
}

// In a transaction of its own, so that none that fails takes it back. What is left of one that has begun goes by what
// was said before it.
void Connection::limit_statements() {
  const std::chrono::milliseconds wait = statement_wait();
  if (statement_wait_ == wait || wait.count() == 0 || !is_idle()) return;
  const std::string sql = "SET statement_timeout = " + std::to_string(wait.count());
  PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, kBinary);
  if (PQpipelineSync(connection_) != 1) {
    is_lost_ = true;
    return;
  }
  ++unread_syncs_;
  statement_wait_ = wait;
}

void Connection::start_sending() {
  if (!is_sending_) limit_statements();
  is_sending_ = true;
}

Status Connection::limit_idle_transactions(std::chrono::milliseconds limit) {
  VESTA_CHECK_OK(run("SET idle_in_transaction_session_timeout = " + std::to_string(limit.count()), {}, Keep::once));
  return kOk;
}

void Connection::send(const std::string& sql, const Parameters& parameters, Keep keep) {
  start_sending();
  const BinaryValues values(parameters);
  const std::vector<int> formats(parameters.values().size(), kBinary);
  if (keep == Keep::prepared) {
    const std::string name = prepare(sql, values.types());
    PQsendQueryPrepared(connection_, name.c_str(), values.size(), values.values(), values.lengths(), formats.data(),
                        kBinary);
  } else {
    PQsendQueryParams(connection_, sql.c_str(), values.size(), values.types().data(), values.values(), values.lengths(),
                      formats.data(), kBinary);
  }
}

Status Connection::roll_back() {
  const DeadlineScope own(SteadyClock::now() + kRollbackWait);
  VESTA_CHECK_OK(run("ROLLBACK"));
  return kOk;
}

Result<Rows> Connection::run(const std::string& sql, const Parameters& parameters, Keep keep) {
  send(sql, parameters, keep);
  return last_rows();
}

Result<Rows> Connection::run_as_text(const std::string& sql) {
  start_sending();
  PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, kText);
  return last_rows();
}

Result<Rows> Connection::last_rows() {
  VESTA_TRY(std::vector<Rows> rows, sync());
  if (rows.empty()) return make_error(Category::internal, "a statement gave no answer");
  return std::move(rows.back());
}

Status Connection::script(const std::string& sql, std::chrono::milliseconds wait) {
  const auto deadline = deadline_within(wait);
  const bool is_pipeline = PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
  if (is_pipeline && PQexitPipelineMode(connection_) != 1) return lost("end of the pipeline");
  const bool was_nonblocking = PQisnonblocking(connection_) != 0;
  PQsetnonblocking(connection_, 0);
  if (PQsendQuery(connection_, sql.c_str()) != 1) return lost("sending");
  std::optional<Error> error;
  for (;;) {
    VESTA_TRY(pg_result* const result, next(deadline));
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result);
    const bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_good && !error) error = error_of(result);
    PQclear(result);
    if (is_lost_) return std::move(*error);
  }
  PQsetnonblocking(connection_, was_nonblocking ? 1 : 0);
  if (is_pipeline && PQenterPipelineMode(connection_) != 1) return lost("pipeline mode");
  if (error) return std::move(*error);
  return kOk;
}

Status Connection::flush(SteadyClock::time_point deadline) {
  for (;;) {
    const int left = PQflush(connection_);
    if (left == 0) return kOk;
    if (left < 0) return lost("sending");
    pollfd ready{PQsocket(connection_), POLLIN | POLLOUT, 0};
    const int polled = ::poll(&ready, 1, milliseconds_until(deadline));
    if (polled == 0) return lost("no answer in time");
    if (polled < 0 && errno != EINTR) return lost("poll");
    if ((ready.revents & POLLIN) != 0 && PQconsumeInput(connection_) != 1) return lost("receiving");
  }
}

Status Connection::wait_readable(SteadyClock::time_point deadline) {
  pollfd ready{PQsocket(connection_), POLLIN, 0};
  const int polled = ::poll(&ready, 1, milliseconds_until(deadline));
  if (polled == 0) return lost("no answer in time");
  if (polled < 0 && errno != EINTR) return lost("poll");
  if (PQconsumeInput(connection_) != 1) return lost("receiving");
  return kOk;
}

// Null: the end of one statement's results.
Result<pg_result*> Connection::next(SteadyClock::time_point deadline) {
  while (PQisBusy(connection_) != 0) VESTA_CHECK_OK(wait_readable(deadline));
  return PQgetResult(connection_);
}

Status Connection::drain_to_sync(std::vector<Rows>* rows, std::optional<Error>& error,
                                 SteadyClock::time_point deadline) {
  for (int nulls = 0;;) {
    VESTA_TRY(pg_result * result, next(deadline));
    if (result == nullptr) {
      if (++nulls > 1 && PQstatus(connection_) != CONNECTION_OK) return lost("answer");
      if (nulls > 2) return lost("the pipeline has no end");
      continue;
    }
    nulls = 0;
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
      PQclear(result);
      return kOk;
    }
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      // What prepares has no columns and no tag.
      const std::string_view tag = PQcmdStatus(result);
      const bool is_preparation = status == PGRES_COMMAND_OK && (tag.empty() || tag == kForgetStatements);
      if (rows != nullptr && !is_preparation)
        rows->emplace_back(result);
      else
        PQclear(result);
      continue;
    }
    if (status != PGRES_PIPELINE_ABORTED && !error) error = error_of(result);
    PQclear(result);
    if (is_lost_) return std::move(*error);
  }
}

Result<std::vector<Rows>> Connection::sync() {
  state_.clear();
  is_sending_ = false;
  if (is_deadline_over()) {  // nobody waits for what is in the pipeline
    is_lost_ = true;
    return make_error(Category::busy, "the request's time is over");
  }
  const auto deadline = SteadyClock::now() + statement_wait() + kAnswerGrace;
  if (!is_usable() || PQpipelineSync(connection_) != 1) return lost("sending");
  VESTA_CHECK_OK(flush(deadline));
  std::optional<Error> error;
  for (; unread_syncs_ > 0; --unread_syncs_) {
    std::optional<Error> earlier;
    VESTA_CHECK_OK(drain_to_sync(nullptr, earlier, deadline));
  }
  std::vector<Rows> rows;
  VESTA_CHECK_OK(drain_to_sync(&rows, error, deadline));
  if (error) {
    for (const std::string& sql : unsure_) prepared_.erase(sql);
    unsure_.clear();
    return std::move(*error);
  }
  unsure_.clear();
  return rows;
}

void Connection::finish() {
  send("COMMIT");
  is_sending_ = false;
  if (PQpipelineSync(connection_) != 1 || PQflush(connection_) < 0) {
    is_lost_ = true;
    return;
  }
  unsure_.clear();
  ++unread_syncs_;
}

Result<std::vector<Connection::Notice>> Connection::notices(int wake, std::chrono::milliseconds wait) {
  pollfd ready[] = {{PQsocket(connection_), POLLIN, 0}, {wake, POLLIN, 0}};
  const int polled = ::poll(ready, 2, static_cast<int>(wait.count()));
  if (polled < 0 && errno != EINTR) return lost("poll");
  if (polled > 0 && ready[0].revents != 0 && PQconsumeInput(connection_) != 1) return lost("receiving");
  std::vector<Notice> found;
  while (PGnotify* notice = PQnotifies(connection_)) {
    found.push_back({notice->relname, notice->extra});
    PQfreemem(notice);
  }
  return found;
}

}  // namespace vesta::store::postgres
