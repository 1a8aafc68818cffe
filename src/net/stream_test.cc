// Tests of answers whose body is made while it is sent: framing, compression, what breaks off, and who waits for whom.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/gzip.h"
#include "net/test_client.h"

namespace vesta::net {
namespace {

// Pieces of a function's making: nullopt ends it.
class Pieces : public http::BodyStream {
 public:
  using Make = std::function<Result<std::optional<std::string>>(int number)>;
  explicit Pieces(Make make) : make_(std::move(make)) {}

  Result<bool> append(std::string& out) override {
    VESTA_TRY(const std::optional<std::string> piece, make_(number_++));
    if (!piece) return false;
    out += *piece;
    return true;
  }

 private:
  Make make_;
  int number_ = 0;
};

http::Response in_pieces(std::string first, Pieces::Make make) {
  http::Response response = text_response(std::move(first));
  response.rest = std::make_unique<Pieces>(std::move(make));
  return response;
}

// "<0>", "", "<2>", "", … : every second piece is empty.
Pieces::Make numbers(int count) {
  return [count](int number) -> Result<std::optional<std::string>> {
    if (number == count) return std::optional<std::string>();
    return std::optional(number % 2 == 1 ? "" : "<" + std::to_string(number) + ">");
  };
}

TEST(StreamTest, SendsAPieceAsAChunk) {
  TestServer server([](http::Request&) { return in_pieces("first", numbers(5)); });
  TestClient client(server.port);
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.find("Content-Length"), nullptr);
  EXPECT_EQ(answer.chunks, (std::vector<std::string>{"first", "<0>", "<2>", "<4>"}));
  EXPECT_EQ(client.get("/again").body, "first<0><2><4>");  // the connection goes on
}

TEST(StreamTest, MayBeginAndEndWithNothing) {
  TestServer server([](http::Request& request) { return in_pieces("", numbers(request.path == "/none" ? 0 : 2)); });
  TestClient client(server.port);
  EXPECT_EQ(client.get("/none").body, "");
  EXPECT_EQ(client.get("/some").body, "<0>");
}

TEST(StreamTest, CompressesWhatItSends) {
  const std::string large(100'000, 'x');
  TestServer server([&](http::Request&) {
    return in_pieces("first", [&](int number) -> Result<std::optional<std::string>> {
      return number < 3 ? std::optional(large) : std::nullopt;
    });
  });
  TestClient client(server.port);
  const Answer answer = client.ask("GET / HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(answer.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(answer.chunks.size(), 5u);  // the end of the gzip file is one
  const auto body = gzip_decompress(answer.body, 1'000'000);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(*body, "first" + large + large + large);
  EXPECT_LT(answer.body.size(), 5'000u);
}

TEST(StreamTest, HeadSendsNothingAndMakesNothing) {
  std::atomic<int> made{0};
  TestServer server([&](http::Request&) {
    return in_pieces("first", [&](int) -> Result<std::optional<std::string>> {
      ++made;
      return std::optional<std::string>();
    });
  });
  TestClient client(server.port);
  const Answer head = client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n", http::Method::head);
  EXPECT_EQ(head.headers.get("Transfer-Encoding"), "chunked");
  EXPECT_EQ(made, 0);
  EXPECT_EQ(client.get("/").body, "first");
}

TEST(StreamTest, Http10EndsWithItsConnection) {
  TestServer server([](http::Request&) { return in_pieces("first", numbers(3)); });
  TestClient client(server.port);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(all.find("chunked"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\nfirst<0><2>"));
}

// The client must see that it is not whole: no last chunk comes.
TEST(StreamTest, WhatFailsBreaksOff) {
  TestServer server([](http::Request& request) {
    return in_pieces("first", [throws = request.path == "/throw"](int number) -> Result<std::optional<std::string>> {
      if (number == 0) return std::optional<std::string>("second");
      if (throws) throw std::runtime_error("lost");
      return make_error(Category::unavailable, "lost");
    });
  });
  for (const char* path : {"/throw", "/fail"}) {
    TestClient client(server.port);
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const std::string all = client.receive_all();
    EXPECT_TRUE(all.ends_with("\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n")) << all;
  }
  EXPECT_EQ(server.metric("vesta_http_broken_answers_total"), "2");
}

// Without chunks only a reset tells it.
TEST(StreamTest, WhatFailsResetsTheConnectionOfHttp10) {
  TestServer server([](http::Request&) {
    return in_pieces(
        "first", [](int) -> Result<std::optional<std::string>> { return make_error(Category::unavailable, "lost"); });
  });
  TestClient client(server.port);
  client.send("GET / HTTP/1.0\r\n\r\n");
  char bytes[1024];
  ssize_t got = 1;
  while (got > 0) got = ::recv(client.socket(), bytes, sizeof(bytes), 0);
  EXPECT_EQ(got, -1);
  EXPECT_EQ(errno, ECONNRESET);
}

// It holds no worker for long, and no stop.
TEST(StreamTest, MayMakeNothingForLong) {
  std::atomic<int> made{0};
  TestServer server(
      [&](http::Request& request) {
        if (request.path == "/short") return text_response("short");
        return in_pieces("", [&](int) -> Result<std::optional<std::string>> {
          ++made;
          return std::optional<std::string>("");
        });
      },
      {.worker_threads = 1, .stop_timeout = std::chrono::milliseconds(50)});
  TestClient endless(server.port);
  endless.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  while (made < 100) std::this_thread::yield();
  EXPECT_EQ(TestClient(server.port).get("/short").body, "short");
  server.server.stop();
  EXPECT_EQ(endless.receive().status, 0);
}

// A client that takes nothing holds one piece, and no worker.
TEST(StreamTest, WaitsForItsReader) {
  constexpr int kCount = 64;
  std::atomic<int> made{0};
  const std::string piece(1 << 20, 'x');
  TestServer server(
      [&](http::Request& request) {
        if (request.path == "/short") return text_response("short");
        return in_pieces("", [&](int number) -> Result<std::optional<std::string>> {
          ++made;
          return number < kCount ? std::optional(piece) : std::nullopt;
        });
      },
      {.worker_threads = 1});
  TestClient slow(server.port, 4096);
  slow.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  while (made == 0) std::this_thread::yield();
  TestClient other(server.port);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(other.get("/short").body, "short");
  EXPECT_LT(made, kCount / 2);
  EXPECT_EQ(slow.receive().body.size(), kCount * piece.size());
  EXPECT_EQ(made, kCount + 1);
}

TEST(StreamTest, AStopLetsItEnd) {
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> go_on{0};
  TestServer server([&](http::Request&) {
    return in_pieces("first", [&](int number) -> Result<std::optional<std::string>> {
      if (number == 1) return std::optional<std::string>();
      begun.release();
      go_on.acquire();
      return std::optional<std::string>("last");
    });
  });
  TestClient idle(server.port);
  TestClient client(server.port);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.acquire();
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_TRUE(idle.sees_end());  // so the drain has begun
  go_on.release();
  EXPECT_EQ(client.receive().body, "firstlast");
  EXPECT_TRUE(client.sees_end());
  stopper.join();
}

TEST(StreamTest, AStopCutsWhatDoesNotEnd) {
  std::atomic<int> made{0};
  TestServer server(
      [&](http::Request&) {
        return in_pieces("first", [&](int) -> Result<std::optional<std::string>> {
          ++made;
          return std::optional(std::string(1000, 'x'));
        });
      },
      {.stop_timeout = std::chrono::milliseconds(50)});
  TestClient client(server.port, 4096);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  while (made == 0) std::this_thread::yield();
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_EQ(client.receive().status, 0);
  stopper.join();
}

}  // namespace
}  // namespace vesta::net
