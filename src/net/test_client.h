// A small blocking HTTP client for the tests of `net`: it sends what it is told, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "net/server.h"

namespace vesta::net {

struct Answer {
  int status = 0;  // 0: the connection ended before a whole answer came
  std::string head;
  http::Headers headers;
  std::string body;
  std::vector<std::string> chunks;  // of which `body` came, if it came so
};

class TestClient {
 public:
  // `receive_buffer`: bytes, to be a slow reader; 0 for the system's.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    const timeval patience{20, 0};  // a defect must not hang the tests
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool is_connected() const { return is_connected_; }
  int socket() const { return socket_; }

  // False: the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // One answer with Content-Length, in chunks, or with no body.
  Answer receive(http::Method method = http::Method::get) {
    Answer answer;
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return answer;
    }
    answer.head = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    std::size_t length = 0;
    for (std::size_t at = answer.head.find("\r\n") + 2; at < answer.head.size();) {
      const std::size_t line_end = answer.head.find("\r\n", at);
      const std::string line = answer.head.substr(at, line_end - at);
      const std::size_t colon = line.find(": ");
      answer.headers.add(line.substr(0, colon), line.substr(colon + 2));
      at = line_end + 2;
    }
    if (answer.headers.get("Transfer-Encoding") == "chunked" && method != http::Method::head) {
      if (!receive_chunks(answer)) return answer;
      std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
      return answer;
    }
    const std::string_view text = answer.headers.get("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    while (method != http::Method::head && input_.size() < length) {
      if (!fill()) return answer;
    }
    if (method != http::Method::head) {
      answer.body = input_.substr(0, length);
      input_.erase(0, length);
    }
    std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    return answer;
  }

  // What comes until the server closes.
  std::string receive_all() {
    while (fill()) continue;
    return std::exchange(input_, {});
  }

  // True: the server closed in order or by a reset, and nothing more had come.
  bool sees_end() { return input_.empty() && !fill(); }

  Answer ask(std::string_view bytes, http::Method method = http::Method::get) {
    send(bytes);
    return receive(method);
  }
  Answer get(const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n"); }

 private:
  // False: the connection ended before the last chunk.
  bool receive_chunks(Answer& answer) {
    while (true) {
      std::size_t line_end;
      while ((line_end = input_.find("\r\n")) == std::string::npos) {
        if (!fill()) return false;
      }
      std::size_t size = 0;
      std::from_chars(input_.data(), input_.data() + line_end, size, 16);
      const std::size_t begin = line_end + 2;
      while (input_.size() < begin + size + 2) {
        if (!fill()) return false;
      }
      const std::string chunk = input_.substr(begin, size);
      input_.erase(0, begin + size + 2);
      if (size == 0) return true;
      answer.body += chunk;
      answer.chunks.push_back(chunk);
    }
  }

  bool fill() {
    char bytes[65536];
    const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool is_connected_ = false;
  std::string input_;
};

// A server on a free port of the loopback. The test fails to connect if it did not start.
struct TestServer {
  explicit TestServer(Handler handler, ServerOptions options = {})
      : server(std::move(options), std::move(handler), metrics) {
    Result<std::uint16_t> started = server.start();
    if (started.ok()) port = *started;
  }

  // The value of a metric as it is rendered, or empty.
  std::string metric(const std::string& series) {
    const std::string text = "\n" + metrics.render();
    const std::size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + series.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  Metrics metrics;
  Server server;
  std::uint16_t port = 0;
};

inline http::Response text_response(std::string body, int status = 200) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

}  // namespace vesta::net
