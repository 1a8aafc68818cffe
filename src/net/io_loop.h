// IoLoop: one thread with its io_context and the connections it serves. Internal to `net`.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "net/exchange.h"
#include "net/request_reader.h"
#include "net/server.h"

namespace vesta::net {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using IoExecutor = asio::io_context::executor_type;  // the concrete type saves the virtual calls of any_io_executor
using Socket = asio::basic_stream_socket<Tcp, IoExecutor>;
using TimePoint = std::chrono::steady_clock::time_point;

// What all loops of a server share. Outlives them.
class Core {
 public:
  Core(ServerOptions server_options, Handler server_handler, Metrics& metrics, Clock& server_clock, Random& random);

  const ServerOptions options;
  const Handler handler;
  Clock& clock;
  std::atomic<bool> is_draining{false};
  std::atomic<bool> is_cut{false};  // requests that no worker has begun are dropped
  Exchanger exchanger;
  const ReaderLimits limits;
  ThreadPool workers;
  std::atomic<std::size_t> body_bytes{0};  // of requests that are being read or handled
  Counter& refused_busy;
  Counter& refused_connections;
  Counter& timeouts;
  Counter& failed_handshakes;

  void connection_opened() EXCLUDES(mutex_);
  void connection_closed() EXCLUDES(mutex_);
  std::size_t connections() const EXCLUDES(mutex_);
  // False: there are still some at the deadline.
  bool wait_for_no_connections(TimePoint deadline) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar closed_;
  std::size_t connections_ GUARDED_BY(mutex_) = 0;
};

class IoLoop;

// A connection as its loop sees it. All calls are on the loop's thread.
class ConnectionBase {
 public:
  virtual ~ConnectionBase() = default;
  virtual void on_answered() = 0;         // a worker has filled the exchange
  virtual void sweep(TimePoint now) = 0;  // acts if the deadline of the current phase has passed
  virtual void drain() = 0;               // no further request
  virtual void cut() = 0;                 // closes at once

 private:
  friend class IoLoop;
  std::size_t position_ = 0;  // in the loop's list
};

class IoLoop {
 public:
  IoLoop(Core& core, std::size_t number);
  ~IoLoop();

  void start();
  // Any thread: what to do with all connections.
  void drain();
  void cut();
  // Any thread but its own; after it nothing of this loop runs.
  void stop();

  // Any thread: hands a connection back from a worker.
  void answered(std::shared_ptr<ConnectionBase> connection) EXCLUDES(mutex_);

  // On the loop's thread.
  void add(ConnectionBase& connection);
  void remove(ConnectionBase& connection);

  asio::io_context& context() { return context_; }
  Core& core() { return core_; }

 private:
  void deliver_answers() EXCLUDES(mutex_);
  void schedule_sweep();
  template <class Visit>
  void for_each(Visit visit);

  Core& core_;
  const std::size_t number_;
  std::vector<ConnectionBase*> connections_;  // before the context, whose end closes the last of them
  asio::io_context context_{1};
  asio::executor_work_guard<IoExecutor> work_{context_.get_executor()};
  asio::steady_timer sweep_timer_{context_};
  std::chrono::milliseconds sweep_interval_;
  Mutex mutex_;
  std::vector<std::shared_ptr<ConnectionBase>> answered_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ConnectionBase>> delivering_;
  std::thread thread_;
};

}  // namespace vesta::net
