// Connection: the life of one TCP or TLS connection, as phases on its loop's thread. Internal to `net`.
#pragma once

#include <algorithm>
#include <any>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/io_loop.h"

namespace vesta::net {

using TlsSocket = asio::ssl::stream<Socket>;
using AsioError = boost::system::error_code;

// Stream is Socket or TlsSocket. While the phase is `handling`, exchange_ belongs to a worker; all else is the loop's.
template <class Stream>
class Connection final : public ConnectionBase, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(IoLoop& loop, Stream stream, std::string remote_address)
      : loop_(loop),
        core_(loop.core()),
        options_(core_.options),
        stream_(std::move(stream)),
        remote_address_(std::move(remote_address)),
        reader_(core_.limits),
        input_(kFirstInputBytes) {
    core_.connection_opened();
    loop_.add(*this);
  }
  ~Connection() override { close(); }

  void start() {
    if constexpr (kIsTls) {
      enter(Phase::handshake, options_.header_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](AsioError error) {
        if (error || self->phase_ == Phase::closed) return self->refuse_handshake(error);
        self->begin_request();
      });
    } else {
      begin_request();
    }
  }

  void on_answered() override {
    if (phase_ == Phase::closed) return;
    if (exchange_.must_reset) return reset();
    write();
  }

  void sweep(TimePoint now) override {
    if (now < deadline_) return;
    deadline_ = TimePoint::max();
    if (phase_ != Phase::idle) core_.timeouts.add();
    if (phase_ == Phase::head || phase_ == Phase::body) {
      is_late_ = true;
      socket().cancel(ignored_);  // on_read answers
    } else {
      close();
    }
  }

  void drain() override {
    if (phase_ == Phase::idle) close();
    if (phase_ == Phase::lingering)
      deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + linger_timeout());
  }
  void cut() override { close(); }

 private:
  // handshake → idle → head → body → handling → writing → idle … → lingering → closed; an answer in pieces goes from
  // writing to handling again, piece after piece
  enum class Phase { handshake, idle, head, body, handling, writing, lingering, closed };
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsSocket>;
  static constexpr std::chrono::milliseconds kDrainLingerTimeout{300};
  static constexpr std::size_t kFirstInputBytes = 4 * 1024;
  static constexpr std::size_t kBodyInputBytes = 64 * 1024;

  Socket& socket() {
    if constexpr (kIsTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void enter(Phase phase, std::chrono::milliseconds timeout) {
    phase_ = phase;
    phase_began_ = std::chrono::steady_clock::now();
    deadline_ = phase_began_ + timeout;
  }

  // Grants the time that so many bytes take at the slowest rate that is allowed.
  void extend_deadline(std::chrono::milliseconds timeout, std::size_t bytes) {
    deadline_ = phase_began_ + timeout + std::chrono::milliseconds(bytes * 1000 / options_.min_bytes_per_second);
  }

  void begin_request() {
    reader_.reset();
    has_continued_ = false;
    enter(Phase::idle, options_.idle_timeout);
    if (begin_ == end_ && core_.is_draining) return close();
    advance();
  }

  // Parses what is buffered, and then reads, dispatches or refuses.
  void advance() {
    std::size_t consumed = 0;
    RequestReader::State state = RequestReader::State::need_more;
    if (begin_ < end_) state = reader_.read({input_.data() + begin_, end_ - begin_}, consumed);
    begin_ += consumed;
    if (begin_ == end_) begin_ = end_ = 0;
    if (state == RequestReader::State::failed) return refuse(reader_.refusal().status, reader_.refusal().message);
    if (!account_body()) return refuse(503, "The server holds too many request bodies at present.");
    if (state == RequestReader::State::complete) return dispatch();
    if (reader_.has_head()) {
      if (phase_ != Phase::body) enter(Phase::body, options_.body_timeout);
      extend_deadline(options_.body_timeout, reader_.body_received());
      if (reader_.expects_continue() && !has_continued_ && reader_.body_received() == 0 && begin_ == end_) {
        return send_continue();
      }
    } else if (reader_.has_started() && phase_ != Phase::head) {
      enter(Phase::head, options_.header_timeout);
    }
    read_more();
  }

  // Counts the body against what all connections together may hold.
  bool account_body() {
    const std::size_t received = reader_.body_received();
    if (received == accounted_) return true;
    const std::size_t total = core_.body_bytes += received - accounted_;
    accounted_ = received;
    return total <= options_.max_total_body_bytes;
  }

  void release_body() {
    core_.body_bytes -= accounted_;
    accounted_ = 0;
  }

  void make_room() {
    if (begin_ > 0) {
      std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    std::size_t wanted = phase_ == Phase::body ? kBodyInputBytes : kFirstInputBytes;
    while (wanted <= end_) wanted *= 2;
    wanted = std::max(std::min(wanted, reader_.max_pending_bytes()), end_ + 1);
    if (input_.size() < wanted) {
      input_.resize(wanted);
    } else if (phase_ == Phase::idle && input_.size() > kFirstInputBytes && end_ < kFirstInputBytes) {
      input_.resize(kFirstInputBytes);  // a quiet connection should cost little
      input_.shrink_to_fit();
    }
  }

  void read_more() {
    make_room();
    stream_.async_read_some(
        asio::buffer(input_.data() + end_, input_.size() - end_),
        [self = this->shared_from_this()](AsioError error, std::size_t size) { self->on_read(error, size); });
  }

  void on_read(AsioError error, std::size_t size) {
    if (phase_ == Phase::closed) return;
    end_ += size;
    if (is_late_) {
      is_late_ = false;
      return refuse(408, "The request took too long to arrive.");
    }
    if (error) return close();
    advance();
  }

  // Who asks for certificates wants to know whom it keeps out; anybody else who knocks is not worth a line.
  void refuse_handshake(AsioError error) {
    if (phase_ == Phase::closed) return;
    core_.failed_handshakes.add();
    if (!options_.tls_client_ca_file.empty()) {
      const long verified = SSL_get_verify_result(stream_.native_handle());
      const std::string reason = verified == X509_V_OK ? error.message() : X509_verify_cert_error_string(verified);
      log::info("a TLS handshake failed", {{"reason", reason}, {"address", remote_address_}});
    }
    close();
  }

  // https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    has_continued_ = true;
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = this->shared_from_this()](AsioError error, std::size_t) {
                        if (error || self->phase_ == Phase::closed) return self->close();
                        self->read_more();
                      });
  }

  void take_request() {
    exchange_.request = std::move(reader_.request());
    exchange_.request.remote_address = remote_address_;
    exchange_.request.is_tls = kIsTls;
    exchange_.request.kept = &kept_;
    exchange_.request.received = core_.clock.monotonic();
    exchange_.request.deadline = exchange_.request.received + options_.request_deadline;
    exchange_.is_http_1_0 = reader_.has_head() && reader_.is_http_1_0();
  }

  void dispatch() {
    const bool keeps_alive = reader_.keeps_alive() && !core_.is_draining;
    take_request();
    exchange_.keep_alive = keeps_alive ? KeepAlive::yes : KeepAlive::no;
    phase_ = Phase::handling;
    deadline_ = TimePoint::max();
    if (!options_.gate) return submit(this->shared_from_this());
    options_.gate(exchange_.request, [self = this->shared_from_this()]() mutable {
      Connection& connection = *self;
      connection.submit(std::move(self));
    });
  }

  // On any thread, which gives its reference away: a connection must end on its loop's thread.
  void submit(std::shared_ptr<Connection> self) {
    ThreadPool::Task task = make_task(std::move(self));
    if (core_.workers.try_submit(std::move(task))) return;
    // Not at once: a pipeline of requests would become a recursion. The task was not taken.
    // NOLINTNEXTLINE(bugprone-use-after-move)
    asio::post(loop_.context(), [this, holder = std::move(task)] {
      core_.refused_busy.add();
      core_.exchanger.refuse(exchange_, 503, "The server is busy.");
      on_answered();
    });
  }

  static ThreadPool::Task make_task(std::shared_ptr<Connection> of) {
    return [self = std::move(of)]() mutable {
      Connection& connection = *self;
      connection.work(std::move(self));
    };
  }

  // The next piece is made when the last is on its way: so a slow client holds one piece in memory, and no worker.
  void make_next_piece() {
    phase_ = Phase::handling;
    deadline_ = TimePoint::max();
    if (!core_.workers.submit_next_part(make_task(this->shared_from_this()))) close();
  }

  // On a worker's thread, which gives its reference away too.
  void work(std::shared_ptr<Connection> self) {
    if (!core_.is_cut) {
      if (exchange_.stream == nullptr) {
        core_.exchanger.answer(exchange_);
      } else {
        core_.exchanger.go_on(exchange_);
      }
    }
    loop_.answered(std::move(self));
  }

  // The stream cannot go on after a refusal: where the next request begins is unknown.
  void refuse(int status, const std::string& message) {
    take_request();
    exchange_.keep_alive = KeepAlive::no;
    core_.exchanger.refuse(exchange_, status, message);
    write();
  }

  void write() {
    enter(Phase::writing, options_.write_timeout);
    release_body();
    written_ = 0;
    if constexpr (!kIsTls) {
      // OPTIMIZATION: most answers fit the socket's buffer; then there is nothing to wait for.
      AsioError error;
      written_ = stream_.write_some(rest(), error);
      if (error && error != asio::error::would_block) return close();
    }
    write_rest();
  }

  // What of head and body is still to be sent.
  std::array<asio::const_buffer, 2> rest() const {
    const std::size_t of_head = std::min(written_, exchange_.head.size());
    const std::size_t of_body = written_ - of_head;
    return {asio::const_buffer(exchange_.head.data() + of_head, exchange_.head.size() - of_head),
            asio::const_buffer(exchange_.body.data() + of_body, exchange_.body.size() - of_body)};
  }

  void write_rest() {
    if (written_ == exchange_.head.size() + exchange_.body.size()) return on_written();
    stream_.async_write_some(rest(), [self = this->shared_from_this()](AsioError error, std::size_t size) {
      if (error || self->phase_ == Phase::closed) return self->close();
      self->written_ += size;
      self->extend_deadline(self->options_.write_timeout, self->written_);
      self->write_rest();
    });
  }

  void on_written() {
    exchange_.body = {};
    if (exchange_.stream != nullptr) return make_next_piece();
    if (exchange_.keep_alive == KeepAlive::no) return linger();
    begin_request();
  }

  // Says that nothing more will come, and takes what the client still sends: to close with unread input would reset the
  // connection, and the client could lose the answer. https://www.rfc-editor.org/rfc/rfc9112#section-9.6
  void linger() {
    enter(Phase::lingering, linger_timeout());
    if constexpr (kIsTls) {
      stream_.async_shutdown([self = this->shared_from_this()](AsioError) { self->finish_sending(); });
    } else {
      finish_sending();
    }
  }

  // A stop should not wait long for clients that have their answer.
  std::chrono::milliseconds linger_timeout() const {
    return core_.is_draining ? std::min(options_.linger_timeout, kDrainLingerTimeout) : options_.linger_timeout;
  }

  void finish_sending() {
    if (phase_ == Phase::closed) return;
    socket().shutdown(Socket::shutdown_send, ignored_);
    discard();
  }

  void discard() {
    socket().async_read_some(asio::buffer(input_), [self = this->shared_from_this()](AsioError error, std::size_t) {
      if (error || self->phase_ == Phase::closed) return self->close();
      self->discard();
    });
  }

  // Its end is no end in order. https://www.rfc-editor.org/rfc/rfc9112#section-8
  void reset() {
    socket().set_option(asio::socket_base::linger(true, 0), ignored_);
    close();
  }

  void close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    release_body();
    socket().close(ignored_);
    loop_.remove(*this);
    core_.connection_closed();
  }

  IoLoop& loop_;
  Core& core_;
  const ServerOptions& options_;
  Stream stream_;
  const std::string remote_address_;
  std::any kept_;  // see http::Request
  RequestReader reader_;
  Exchange exchange_;

  Phase phase_ = Phase::idle;
  TimePoint phase_began_;
  TimePoint deadline_ = TimePoint::max();
  bool is_late_ = false;
  bool has_continued_ = false;
  std::size_t accounted_ = 0;  // bytes of the body that core_.body_bytes holds
  std::size_t written_ = 0;

  std::vector<char> input_;  // [begin_, end_) is read and not yet parsed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  AsioError ignored_;
};

}  // namespace vesta::net
