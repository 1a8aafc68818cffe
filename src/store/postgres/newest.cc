// NewestWatch: the thread that listens.
#include "store/postgres/newest.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "sql/dialect.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kCurrentSchema = "SELECT current_schema()";
constexpr const char* kNewestHead = "SELECT seq, audit FROM head";
constexpr const char* kNewestTypes = "SELECT type, seq FROM type_count";

void raise_to(std::atomic<std::uint64_t>& value, std::uint64_t to) {
  std::uint64_t known = value.load(std::memory_order_acquire);
  while (known < to && !value.compare_exchange_weak(known, to, std::memory_order_acq_rel)) {
  }
}

// The number at the beginning, which is taken away with the character behind it.
std::uint64_t take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(std::min(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
  return error == std::errc() ? number : 0;
}

}  // namespace

NewestWatch::NewestWatch(std::string url, const Catalog& catalog)
    : url_(std::move(url)),
      catalog_(catalog),
      types_(catalog.definitions().types().size()),
      wake_(::eventfd(0, EFD_CLOEXEC)) {
  CHECK(wake_ >= 0);
}

NewestWatch::~NewestWatch() {
  is_stopping_ = true;
  const std::uint64_t one = 1;
  CHECK(::write(wake_, &one, sizeof one) == sizeof one);
  if (thread_.joinable()) thread_.join();
  ::close(wake_);
}

Status NewestWatch::start() {
  VESTA_TRY(std::unique_ptr<Connection> connection, connect());
  thread_ = std::thread([this, made = std::move(connection)]() mutable {
    set_thread_name("vesta-newest");
    run(std::move(made));
  });
  return kOk;
}

// It listens before it reads: nothing is missed in between.
Result<std::unique_ptr<Connection>> NewestWatch::connect() {
  VESTA_TRY(std::unique_ptr<Connection> connection, Connection::open(url_));
  VESTA_TRY(const Rows schema, connection->run(kCurrentSchema));
  const std::string channel = sql::quoted_name("vesta_" + std::string(schema.bytes(0, 0)));
  VESTA_CHECK_OK(connection->run("LISTEN " + channel, {}, Connection::Keep::once));
  VESTA_CHECK_OK(load(*connection));
  return connection;
}

Status NewestWatch::load(Connection& connection) {
  connection.send(kNewestHead);
  connection.send(kNewestTypes);
  VESTA_TRY(const std::vector<Rows> rows, connection.sync());
  if (rows[0].size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  for (int row = 0; row < rows[1].size(); ++row) {
    const fhir::TypeId type = catalog_.type_of(rows[1].integer(row, 0));
    if (type != fhir::kNoType) raise_to(types_[type], static_cast<std::uint64_t>(rows[1].integer(row, 1)));
  }
  raise_to(seq_, static_cast<std::uint64_t>(rows[0].integer(0, 0)));
  raise_to(audit_, static_cast<std::uint64_t>(rows[0].integer(0, 1)));
  return kOk;
}

void NewestWatch::raise(const Newest& newest) {
  for (const auto& [type, seq] : newest.types) raise_to(types_[type], seq);
  raise_to(seq_, newest.seq);
  raise_to(audit_, newest.audit);
}

std::string NewestWatch::payload_of(const Newest& newest, const Catalog& catalog) {
  std::string text = std::to_string(newest.seq) + " " + std::to_string(newest.audit);
  for (const auto& [type, seq] : newest.types) {
    text += " " + std::to_string(catalog.number_of_type(type)) + "=" + std::to_string(seq);
  }
  return text;
}

void NewestWatch::parse(std::string_view payload) {
  Newest newest;
  newest.seq = take_number(payload);
  newest.audit = take_number(payload);
  while (!payload.empty()) {
    const fhir::TypeId type = catalog_.type_of(static_cast<std::int64_t>(take_number(payload)));
    const std::uint64_t seq = take_number(payload);
    if (type != fhir::kNoType) newest.types[type] = seq;
  }
  raise(newest);
}

// A connection that is silent may be lost; asking shows it, and finds what was missed. Or nobody can commit.
Status NewestWatch::listen(Connection& connection) {
  VESTA_TRY(const std::vector<Connection::Notice> notices, connection.notices(wake_, kWatchInterval));
  for (const Connection::Notice& notice : notices) parse(notice.payload);
  if (!notices.empty() || is_stopping_) return kOk;
  const DeadlineScope scope(std::chrono::steady_clock::now() + kWatchAnswerWait);
  VESTA_CHECK_OK(load(connection));
  looks_ = !looks_;
  if (!looks_) return kOk;
  Status looked = standstill_.look(connection);
  if (looked.ok() || !connection.is_usable()) return looked;
  log::warning("it is not known who holds the lock of all commits", {{"reason", looked.error().message}});
  return kOk;
}

void NewestWatch::run(std::unique_ptr<Connection> connection) {
  while (!is_stopping_) {
    if (connection == nullptr) {
      pollfd wake{wake_, POLLIN, 0};
      if (::poll(&wake, 1, static_cast<int>(kWatchInterval.count())) != 0) continue;
      const DeadlineScope scope(std::chrono::steady_clock::now() + kWatchAnswerWait);
      Result<std::unique_ptr<Connection>> made = connect();
      if (!made.ok()) continue;
      connection = std::move(*made);
      is_lost_ = false;
      continue;
    }
    const Status state = listen(*connection);
    if (state.ok()) continue;
    log::warning("commits of other nodes are not heard of", {{"reason", state.error().message}});
    is_lost_ = true;
    connection.reset();
  }
}

}  // namespace vesta::store::postgres
