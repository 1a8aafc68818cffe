// Tests of ServerOptions::gate: requests that wait without a worker, let through from another thread.
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/test_client.h"

namespace vesta::net {
namespace {

// Keeps what begins with "/wait" until somebody opens it.
class Barrier {
 public:
  void operator()(const http::Request& request, std::function<void()> go) {
    if (!request.path.starts_with("/wait")) return go();
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(go));
    changed_.notify_all();
  }
  void await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() >= count; });
  }
  void open() {
    std::vector<std::function<void()>> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(waiting_);
    }
    for (const auto& go : all) go();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> waiting_;
};

http::Response path_of(http::Request& request) {
  return text_response(request.path);
}

TEST(ServerGateTest, WhoWaitsHasNoWorkerAndKeepsTheOrderOfItsConnection) {
  Barrier barrier;
  TestServer server(path_of, {.worker_threads = 1, .gate = std::ref(barrier)});
  TestClient waiting(server.port), other(server.port);
  waiting.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\nGET /next HTTP/1.1\r\nHost: t\r\n\r\n");
  barrier.await(1);
  EXPECT_EQ(other.get("/other").body, "/other");
  std::thread([&] { barrier.open(); }).join();
  EXPECT_EQ(waiting.receive().body, "/wait");
  EXPECT_EQ(waiting.receive().body, "/next");
}

TEST(ServerGateTest, AFullQueueRefusesThoseWhoAreLetThrough) {
  constexpr int kClients = 6;
  Barrier barrier;
  std::mutex running;
  std::unique_lock hold(running);
  TestServer server(
      [&](http::Request& request) {
        const std::lock_guard lock(running);
        return path_of(request);
      },
      {.worker_threads = 1, .max_queued_requests = 1, .gate = std::ref(barrier)});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port));
    clients.back()->send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  barrier.await(kClients);
  std::thread([&] { barrier.open(); }).join();
  while (server.metric("vesta_http_refused_total{reason=\"queue_full\"}") < std::to_string(kClients - 2)) {
    std::this_thread::yield();
  }
  hold.unlock();
  int answered = 0, refused = 0;
  for (const auto& client : clients) {
    const Answer answer = client->receive();
    if (answer.status == 200) ++answered;
    if (answer.status == 503) ++refused;
  }
  for (const auto& client : clients) EXPECT_EQ(client->get("/again").body, "/again");
  EXPECT_EQ(answered + refused, kClients);
  EXPECT_GE(refused, kClients - 2);
}

TEST(ServerGateTest, AClientMayGoMeanwhileAndAStopWaits) {
  Barrier barrier;
  TestServer server(path_of, {.gate = std::ref(barrier)});
  {
    TestClient gone(server.port);
    gone.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
    barrier.await(1);
  }
  TestClient waiting(server.port);
  waiting.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
  barrier.await(2);
  std::thread stopper([&] { server.server.stop(); });
  while (TestClient(server.port).is_connected()) std::this_thread::yield();
  barrier.open();
  EXPECT_EQ(waiting.receive().body, "/wait");
  stopper.join();
}

}  // namespace
}  // namespace vesta::net
