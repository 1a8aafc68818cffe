// The load generator: one epoll loop over non-blocking sockets.
#include "bench/load_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace vesta::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::chrono::seconds kStall{60};  // no answer for so long: the run is given up

struct Connection {
  int socket = -1;
  bool is_active = false;  // a request is on its way
  std::uint64_t number = 0;
  std::string request;
  std::size_t sent = 0;
  std::string received;
  std::size_t head_bytes = 0;  // zero: the head is not complete
  std::size_t body_bytes = 0;
  int status = 0;
  SteadyClock::time_point started;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket >= 0) ::close(socket);
  }
};

Result<int> connect_to(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (handle < 0 || ::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const std::string reason = std::strerror(errno);
    if (handle >= 0) ::close(handle);
    return make_error(Category::unavailable, "connect: " + reason);
  }
  const int on = 1;
  ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(handle, F_SETFL, O_NONBLOCK);
  return handle;
}

// The head is complete at its empty line. Answers have a Content-Length: `net` writes one.
bool parse_head(Connection& connection) {
  const std::size_t end = connection.received.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  connection.head_bytes = end + 4;
  connection.body_bytes = 0;
  const std::string_view head(connection.received.data(), end);
  std::from_chars(head.data() + std::min<std::size_t>(9, end), head.data() + std::min<std::size_t>(12, end),
                  connection.status);
  constexpr std::string_view kLength = "content-length:";
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line + 2)) {
    std::string_view field = head.substr(line + 2);
    if (field.size() > kLength.size() && ::strncasecmp(field.data(), kLength.data(), kLength.size()) == 0) {
      field.remove_prefix(kLength.size());
      while (!field.empty() && field[0] == ' ') field.remove_prefix(1);
      std::from_chars(field.data(), field.data() + field.size(), connection.body_bytes);
    }
  }
  return true;
}

class Loop {
 public:
  Loop(const LoadOptions& options, const RequestSource& source, const ResponseSink& sink)
      : options_(options), source_(source), sink_(sink), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Loop() { ::close(epoll_); }

  Result<LoadResult> run() {
    for (int i = 0; i < options_.connections; ++i) {
      VESTA_TRY(const int handle, connect_to(options_.port));
      auto connection = std::make_unique<Connection>();
      connection->socket = handle;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connection.get();
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, handle, &event);
      connections_.push_back(std::move(connection));
    }
    started_ = SteadyClock::now();
    counted_from_ = started_ + options_.warm_up;
    ends_ = counted_from_ + options_.measured;
    for (auto& connection : connections_) next_request(*connection);
    while (active_ > 0) {
      VESTA_CHECK_OK(wait_once());
    }
    const auto end = options_.measured.count() > 0 ? std::min(SteadyClock::now(), ends_) : SteadyClock::now();
    result_.seconds = std::chrono::duration<double>(end - counted_from_).count();
    std::sort(result_.latencies_us.begin(), result_.latencies_us.end());
    return std::move(result_);
  }

 private:
  Status wait_once() {
    std::array<epoll_event, 128> events;
    const int ready =
        ::epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(std::chrono::milliseconds(kStall).count()));
    if (ready == 0)
      return make_error(Category::unavailable, "no answer within " + std::to_string(kStall.count()) + " s");
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (!connection.is_active) continue;
      if (connection.sent < connection.request.size() && (events[i].events & EPOLLOUT) != 0) send_more(connection);
      if (connection.is_active && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
    }
    return kOk;
  }

  void next_request(Connection& connection) {
    connection.request.clear();
    connection.number = next_number_++;
    const auto now = SteadyClock::now();
    if ((options_.measured.count() > 0 && now >= ends_) || !source_(connection.number, connection.request)) return;
    connection.is_active = true;
    ++active_;
    connection.sent = 0;
    connection.received.clear();
    connection.head_bytes = 0;
    connection.started = SteadyClock::now();
    send_more(connection);
  }

  void watch(Connection& connection, std::uint32_t wanted) const {
    epoll_event event{};
    event.events = wanted;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
  }

  void send_more(Connection& connection) {
    const bool was_waiting = connection.sent > 0;
    while (connection.sent < connection.request.size()) {
      const ssize_t count = ::send(connection.socket, connection.request.data() + connection.sent,
                                   connection.request.size() - connection.sent, MSG_NOSIGNAL);
      if (count > 0) {
        connection.sent += static_cast<std::size_t>(count);
      } else if (errno == EAGAIN) {
        watch(connection, EPOLLIN | EPOLLOUT);
        return;
      } else {
        lose(connection, std::strerror(errno));
        return;
      }
    }
    if (was_waiting) watch(connection, EPOLLIN);
  }

  void receive(Connection& connection) {
    const std::size_t before = connection.received.size();
    connection.received.resize(before + kReadBytes);
    const ssize_t count = ::recv(connection.socket, connection.received.data() + before, kReadBytes, 0);
    connection.received.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0 || (count < 0 && errno != EAGAIN)) {
      lose(connection, count == 0 ? "closed by the server" : std::strerror(errno));
      return;
    }
    if (connection.head_bytes == 0 && !parse_head(connection)) return;
    if (connection.received.size() < connection.head_bytes + connection.body_bytes) return;
    finish(connection);
    next_request(connection);
  }

  void finish(Connection& connection) {
    const auto now = SteadyClock::now();
    connection.is_active = false;
    --active_;
    const std::string_view text(connection.received);
    const std::string_view body = text.substr(connection.head_bytes, connection.body_bytes);
    if (sink_) sink_(connection.number, connection.status, text.substr(0, connection.head_bytes), body);
    if (connection.status < 200 || connection.status > 299) {
      ++result_.failures;
      if (result_.first_failure.empty()) {
        result_.first_failure = std::to_string(connection.status) + " " + std::string(body.substr(0, 300)) + " for " +
                                connection.request.substr(0, 300);
      }
    }
    if (now < counted_from_ || (options_.measured.count() > 0 && now > ends_)) return;
    ++result_.requests;
    result_.body_bytes += body.size();
    result_.latencies_us.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now - connection.started).count()));
  }

  // A lost connection is not opened again: a run in which one is lost is no good measurement anyway.
  void lose(Connection& connection, const std::string& reason) {
    ++result_.failures;
    if (result_.first_failure.empty()) result_.first_failure = "connection lost: " + reason;
    connection.is_active = false;
    --active_;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket, nullptr);
  }

  const LoadOptions& options_;
  const RequestSource& source_;
  const ResponseSink& sink_;
  int epoll_;
  int active_ = 0;
  std::uint64_t next_number_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  SteadyClock::time_point started_, counted_from_, ends_;
  LoadResult result_;
};

}  // namespace

double LoadResult::percentile_ms(double share) const {
  if (latencies_us.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(latencies_us.size()));
  return latencies_us[std::min(at, latencies_us.size() - 1)] / 1000.0;
}

Result<LoadResult> run_load(const LoadOptions& options, const RequestSource& source, const ResponseSink& sink) {
  return Loop(options, source, sink).run();
}

Result<Answer> ask(std::uint16_t port, const std::string& request) {
  Answer answer;
  LoadOptions options;
  options.port = port;
  VESTA_TRY(const LoadResult result, run_load(
                                         options,
                                         [&](std::uint64_t number, std::string& out) {
                                           out = request;
                                           return number == 0;
                                         },
                                         [&](std::uint64_t, int status, std::string_view head, std::string_view body) {
                                           answer = {status, std::string(head), std::string(body)};
                                         }));
  if (answer.status == 0) return make_error(Category::unavailable, result.first_failure);
  return answer;
}

std::string get_request(std::string_view target, std::string_view headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n";
}

std::string post_request(std::string_view target, std::string_view body, std::string_view headers) {
  std::string out =
      "POST " + std::string(target) +
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\nPrefer: return=minimal\r\n" +
      std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return out.append(body);
}

}  // namespace vesta::bench
