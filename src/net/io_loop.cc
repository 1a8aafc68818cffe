// The loop's thread, its sweep over deadlines, and the way back from the workers.
#include "net/io_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "base/check.h"

namespace vesta::net {
namespace {

constexpr std::chrono::milliseconds kMinSweepInterval{2};
constexpr std::chrono::milliseconds kMaxSweepInterval{250};
constexpr int kSweepsPerTimeout = 4;

ReaderLimits reader_limits(const ServerOptions& options) {
  return {options.max_header_bytes, options.max_header_count, options.max_uri_bytes, options.max_body_bytes};
}

}  // namespace

Core::Core(ServerOptions server_options, Handler server_handler, Metrics& metrics, Clock& server_clock, Random& random)
    : options(std::move(server_options)),
      handler(std::move(server_handler)),
      clock(server_clock),
      exchanger(options, handler, is_draining, metrics, server_clock, random),
      limits(reader_limits(options)),
      workers("worker", std::max<std::size_t>(options.worker_threads, 1), options.max_queued_requests),
      refused_busy(metrics.counter("vesta_http_refused_total", "Requests refused before a handler saw them.",
                                   {{"reason", "queue_full"}})),
      refused_connections(metrics.counter("vesta_http_refused_total", "Requests refused before a handler saw them.",
                                          {{"reason", "too_many_connections"}})),
      timeouts(metrics.counter("vesta_http_timeouts_total", "Connections closed because the client was too slow.")),
      failed_handshakes(metrics.counter("vesta_tls_failed_handshakes_total",
                                        "TLS connections that were refused, or given up, before a request.")) {}

void Core::connection_opened() {
  MutexLock lock(mutex_);
  ++connections_;
}

void Core::connection_closed() {
  MutexLock lock(mutex_);
  CHECK(connections_ > 0);
  if (--connections_ == 0) closed_.notify_all();
}

std::size_t Core::connections() const {
  MutexLock lock(mutex_);
  return connections_;
}

bool Core::wait_for_no_connections(TimePoint deadline) {
  MutexLock lock(mutex_);
  while (connections_ > 0) {
    if (!closed_.wait_until(mutex_, deadline)) return connections_ == 0;
  }
  return true;
}

IoLoop::IoLoop(Core& core, std::size_t number) : core_(core), number_(number) {
  // OPTIMIZATION: one coarse timer for all connections instead of one timer for each wait of each.
  const ServerOptions& options = core.options;
  const auto shortest = std::min({options.header_timeout, options.idle_timeout, options.body_timeout,
                                  options.write_timeout, options.linger_timeout});
  sweep_interval_ = std::clamp(shortest / kSweepsPerTimeout, kMinSweepInterval, kMaxSweepInterval);
}

IoLoop::~IoLoop() {
  stop();
}

void IoLoop::start() {
  schedule_sweep();
  thread_ = std::thread([this] {
    set_thread_name("io-" + std::to_string(number_));
    context_.run();
  });
}

void IoLoop::stop() {
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void IoLoop::drain() {
  asio::post(context_, [this] { for_each([](ConnectionBase& connection) { connection.drain(); }); });
}

void IoLoop::cut() {
  asio::post(context_, [this] { for_each([](ConnectionBase& connection) { connection.cut(); }); });
}

// Visits from the back: a connection that closes is replaced by the last, which was visited before.
template <class Visit>
void IoLoop::for_each(Visit visit) {
  for (std::size_t i = connections_.size(); i-- > 0;) visit(*connections_[i]);
}

void IoLoop::answered(std::shared_ptr<ConnectionBase> connection) {
  bool is_first;
  {
    MutexLock lock(mutex_);
    is_first = answered_.empty();
    answered_.push_back(std::move(connection));
  }
  // OPTIMIZATION: one wake-up of the loop for all answers that gather until it comes.
  if (is_first) asio::post(context_, [this] { deliver_answers(); });
}

void IoLoop::deliver_answers() {
  {
    MutexLock lock(mutex_);
    delivering_.swap(answered_);
  }
  for (const auto& connection : delivering_) connection->on_answered();
  delivering_.clear();
}

void IoLoop::add(ConnectionBase& connection) {
  connection.position_ = connections_.size();
  connections_.push_back(&connection);
}

void IoLoop::remove(ConnectionBase& connection) {
  CHECK(connection.position_ < connections_.size() && connections_[connection.position_] == &connection);
  connections_[connection.position_] = connections_.back();
  connections_[connection.position_]->position_ = connection.position_;
  connections_.pop_back();
}

void IoLoop::schedule_sweep() {
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const TimePoint now = std::chrono::steady_clock::now();
    for_each([now](ConnectionBase& connection) { connection.sweep(now); });
    schedule_sweep();
  });
}

}  // namespace vesta::net
