// Tests of what Server does to clients that are too many, too slow, too large or malformed.
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

http::Response hello(http::Request&) {
  return text_response("hello");
}

// Blocks the workers until the test releases them.
struct Gate {
  http::Response operator()(http::Request& request) {
    if (request.path == "/wait") {
      begun.release();
      opened.wait();
    }
    return text_response("through");
  }
  std::counting_semaphore<> begun{0};
  std::latch opened{1};
};

TEST(ServerLimitsTest, FullQueueIsBusyAndKeepsTheConnection) {
  Gate gate;
  TestServer server(std::ref(gate), {.worker_threads = 1, .max_queued_requests = 1});
  TestClient running(server.port);
  TestClient queued(server.port);
  TestClient refused(server.port);
  const std::string wait = "GET /wait HTTP/1.1\r\nHost: t\r\n\r\n";
  running.send(wait);
  gate.begun.acquire();
  queued.send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.metric("vesta_http_queue_depth") != "1") std::this_thread::yield();
  std::string pipeline;
  for (int i = 0; i < 1000; ++i) pipeline += "GET /y HTTP/1.1\r\nHost: t\r\n\r\n";
  refused.send(pipeline);
  for (int i = 0; i < 1000; ++i) {
    const Answer answer = refused.receive();
    ASSERT_EQ(answer.status, 503) << i;
    ASSERT_EQ(answer.headers.get("Retry-After"), "1");
  }
  gate.opened.count_down();
  EXPECT_EQ(running.receive().body, "through");
  EXPECT_EQ(queued.receive().body, "through");
  EXPECT_EQ(refused.get("/z").body, "through");
  EXPECT_EQ(server.metric("vesta_http_refused_total{reason=\"queue_full\"}"), "1000");
}

TEST(ServerLimitsTest, QueuedPastTheDeadlineIsNotHandled) {
  Gate gate;
  TestServer server(std::ref(gate), {.worker_threads = 1, .request_deadline = milliseconds(0)});
  TestClient client(server.port);
  EXPECT_EQ(client.get("/wait").status, 503);
}

TEST(ServerLimitsTest, TooManyConnectionsAreTurnedAway) {
  TestServer server(hello, {.max_connections = 2});
  auto first = std::make_unique<TestClient>(server.port);
  TestClient second(server.port);
  EXPECT_EQ(first->get("/").status, 200);
  EXPECT_EQ(second.get("/").status, 200);
  TestClient third(server.port);
  const Answer answer = third.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_TRUE(third.sees_end());
  first.reset();
  while (server.metric("vesta_http_connections") != "1") std::this_thread::yield();
  EXPECT_EQ(TestClient(server.port).get("/").status, 200);
}

TEST(ServerLimitsTest, TooLargeBodiesAreAnsweredEarly) {
  TestServer server(hello, {.max_body_bytes = 1000});
  TestClient announced(server.port);
  const Answer answer = announced.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  TestClient expecting(server.port);
  EXPECT_EQ(expecting.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n").status,
            413);
  TestClient allowed(server.port);
  EXPECT_EQ(allowed.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')).status,
            200);
}

// A client that only reads when it has sent everything still gets its answer, and no reset.
TEST(ServerLimitsTest, RefusalReachesAClientThatKeepsSending) {
  TestServer server(hello, {.max_body_bytes = 1000});
  TestClient client(server.port);
  const std::string megabyte(1'000'000, 'x');
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n"));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.send(megabyte)) << i;
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.sees_end());
}

TEST(ServerLimitsTest, BodiesOfAllRequestsTogetherAreBounded) {
  TestServer server(hello, {.max_total_body_bytes = 1500});
  TestClient first(server.port);
  first.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n" + std::string(1000, 'x'));
  while (server.metric("vesta_http_body_bytes") != "1000") std::this_thread::yield();
  TestClient second(server.port);
  EXPECT_EQ(second.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 501\r\n\r\n" + std::string(501, 'x')).status,
            503);
  TestClient third(server.port);
  EXPECT_EQ(third.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 499\r\n\r\n" + std::string(499, 'x')).status, 200);
  EXPECT_EQ(first.ask("x").status, 200);
}

TEST(ServerLimitsTest, MalformedRequestsAreAnsweredAndClosed) {
  TestServer server(hello);
  for (const auto& [status, request] : std::vector<std::pair<int, std::string>>{
           {400, "nonsense\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n"},
           {414, "GET /" + std::string(9000, 'u') + " HTTP/1.1\r\nHost: t\r\n\r\n"},
           {431, "GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(40'000, 'u') + "\r\n\r\n"},
       }) {
    TestClient client(server.port);
    const Answer answer = client.ask(request);
    EXPECT_EQ(answer.status, status) << request.substr(0, 100);
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_TRUE(client.sees_end());
  }
  EXPECT_EQ(TestClient(server.port).get("/").status, 200);
}

// What follows a refused request must not be taken for a request.
TEST(ServerLimitsTest, NothingIsReadBehindARefusal) {
  std::atomic<int> handled{0};
  TestServer server([&](http::Request&) {
    ++handled;
    return text_response("x");
  });
  TestClient client(server.port);
  client.send(
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(handled, 0);
}

TEST(ServerLimitsTest, IdleConnectionsAreClosedQuietly) {
  TestServer server(hello, {.idle_timeout = milliseconds(40)});
  TestClient silent(server.port);
  TestClient once(server.port);
  EXPECT_EQ(once.get("/").status, 200);
  EXPECT_TRUE(once.sees_end());
  EXPECT_TRUE(silent.sees_end());
  EXPECT_EQ(server.metric("vesta_http_timeouts_total"), "0");
}

TEST(ServerLimitsTest, SlowHeadsAndBodiesGet408) {
  TestServer server(hello, {.header_timeout = milliseconds(40), .body_timeout = milliseconds(40)});
  for (const char* begin :
       {"GET / HT", "GET / HTTP/1.1\r\nHost: t\r\n", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n"}) {
    TestClient client(server.port);
    const Answer answer = client.ask(begin);
    EXPECT_EQ(answer.status, 408) << begin;
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_TRUE(client.sees_end());
  }
  EXPECT_EQ(server.metric("vesta_http_timeouts_total"), "4");
}

// Bytes that drip do not buy time: the timeout is for the whole head.
TEST(ServerLimitsTest, DrippingHeadIsCut) {
  TestServer server(hello, {.header_timeout = milliseconds(100)});
  TestClient client(server.port);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n");
  const auto begin = std::chrono::steady_clock::now();
  while (client.send("X: y\r\n") && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) {
    std::this_thread::yield();
    if (server.metric("vesta_http_timeouts_total") == "1") break;
  }
  const int status = client.receive().status;
  EXPECT_TRUE(status == 408 || status == 431) << status;
}

TEST(ServerLimitsTest, ClientsThatDoNotReadAreCut) {
  const std::string body(30'000'000, 'x');
  TestServer server([&](http::Request&) { return text_response(body); }, {.write_timeout = milliseconds(50)});
  TestClient client(server.port, 4096);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.metric("vesta_http_timeouts_total") != "1") std::this_thread::yield();
  EXPECT_LT(client.receive().body.size(), body.size());
}

// At least min_bytes_per_second is granted beyond the timeout, so a steady client may take longer than it.
TEST(ServerLimitsTest, SteadyClientsGetTheTimeThatTheirBytesNeed) {
  TestServer server(hello, {.body_timeout = milliseconds(30), .min_bytes_per_second = 100});
  TestClient client(server.port);
  // The first 500 bytes are good for five seconds.
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 501\r\n\r\n" + std::string(500, 'x'));
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < milliseconds(120)) std::this_thread::yield();
  EXPECT_EQ(client.ask("x").status, 200);
}

}  // namespace
}  // namespace vesta::net
