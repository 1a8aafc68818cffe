// Tests of Server::stop: what is in flight is finished, what is idle is closed, what never ends is cut.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "net/test_client.h"

namespace vesta::net {
namespace {

using std::chrono::milliseconds;

TEST(ServerStopTest, FinishesWhatIsInFlight) {
  std::latch begun(1);
  std::latch go_on(1);
  TestServer server([&](http::Request&) {
    begun.count_down();
    go_on.wait();
    return text_response("done");
  });
  TestClient busy(server.port);
  TestClient idle(server.port);
  busy.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.wait();
  while (server.metric("vesta_http_connections") != "2") std::this_thread::yield();
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_TRUE(idle.sees_end());  // so the drain has begun
  EXPECT_FALSE(TestClient(server.port).is_connected());
  go_on.count_down();
  const Answer answer = busy.receive();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_TRUE(busy.sees_end());
  stopper.join();
}

TEST(ServerStopTest, FinishesARequestThatIsHalfSent) {
  TestServer server([](http::Request& request) { return text_response(request.body); });
  TestClient idle(server.port);
  TestClient half(server.port);
  half.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nabc");
  while (server.metric("vesta_http_body_bytes") != "3") std::this_thread::yield();
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_TRUE(idle.sees_end());
  const Answer answer = half.ask("def");
  EXPECT_EQ(answer.body, "abcdef");
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  half.finish_sending();
  EXPECT_TRUE(half.sees_end());
  stopper.join();
}

TEST(ServerStopTest, CutsWhatDoesNotEnd) {
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> go_on{0};
  std::atomic<int> handled{0};
  TestServer server(
      [&](http::Request&) {
        ++handled;
        begun.release();
        go_on.acquire();
        return text_response("too late");
      },
      {.worker_threads = 1, .stop_timeout = milliseconds(20)});
  TestClient stuck(server.port);
  TestClient queued(server.port);
  TestClient half(server.port);
  stuck.send("GET /1 HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.acquire();
  queued.send("GET /2 HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.metric("vesta_http_queue_depth") != "1") std::this_thread::yield();
  half.send("GET /3");
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_EQ(half.receive().status, 0);
  EXPECT_EQ(stuck.receive().status, 0);
  EXPECT_EQ(queued.receive().status, 0);
  go_on.release();
  stopper.join();
  EXPECT_EQ(handled, 1);  // the queued one was dropped
}

// Every request that was answered was answered whole, and every one that was handled was answered.
TEST(ServerStopTest, UnderLoadNoAnswerIsLost) {
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> handled{0};
    std::atomic<int> answered{0};
    std::atomic<int> warm{0};
    auto server = std::make_unique<TestServer>(
        [&](http::Request& request) {
          ++handled;
          return text_response(request.path + std::string(50'000, 'x'));
        },
        ServerOptions{.io_threads = 2, .worker_threads = 4});
    std::vector<std::thread> clients;
    for (int c = 0; c < 8; ++c) {
      clients.emplace_back([&, c] {
        TestClient client(server->port);
        for (int i = 0;; ++i) {
          const std::string path = "/" + std::to_string(c) + "/" + std::to_string(i);
          const Answer answer = client.get(path);
          if (answer.status == 0) {
            EXPECT_TRUE(answer.head.empty());
            return;
          }
          EXPECT_EQ(answer.body, path + std::string(50'000, 'x'));
          ++answered;
          if (i == 20) ++warm;
          if (answer.headers.get("Connection") == "close") return;
        }
      });
    }
    while (warm < 8) std::this_thread::yield();
    server->server.stop();
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(handled, answered);
  }
}

TEST(ServerStopTest, StopsTwiceAndWithoutAStart) {
  Metrics metrics;
  {
    Server never({}, [](http::Request&) { return http::Response(); }, metrics);
    never.stop();
  }
  TestServer server([](http::Request&) { return text_response("x"); });
  EXPECT_EQ(TestClient(server.port).get("/").status, 200);
  server.server.stop();
  server.server.stop();
  EXPECT_NE(metrics.render().find("vesta_http_connections 0"), std::string::npos);  // the server is gone
}

}  // namespace
}  // namespace vesta::net
