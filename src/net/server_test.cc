// Tests of Server over real sockets: what goes through unchanged, in which order, and what becomes of errors.
#include "net/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/gzip.h"
#include "base/limits.h"
#include "http/date.h"
#include "net/test_client.h"

namespace vesta::net {
namespace {

// Method, path, query and body, so that a test sees what the handler saw.
http::Response echo(http::Request& request) {
  EXPECT_GE(request.body.capacity(), request.body.size() + kReadPadding);
  return text_response(std::string(http::to_string(request.method)) + " " + request.path + "?" + request.query + " " +
                       request.body);
}

TEST(ServerTest, AnswersWithTheHeadersThatItOwns) {
  TestServer server([](http::Request& request) {
    EXPECT_EQ(request.remote_address, "127.0.0.1");
    EXPECT_FALSE(request.is_tls);
    EXPECT_GT(request.deadline, request.received);
    http::Response response = text_response("hello", 201);
    response.headers.add("Location", "/x\r\nInjected: y");
    response.headers.add("Content-Length", "77");
    return response;
  });
  TestClient client(server.port);
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.head.substr(0, 22), "HTTP/1.1 201 Created\r\n");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.get("Content-Length"), "5");
  EXPECT_EQ(answer.headers.find("Injected"), nullptr);
  EXPECT_EQ(answer.headers.find("Connection"), nullptr);
  EXPECT_TRUE(http::parse_date(answer.headers.get("Date"), Instant{}));
  EXPECT_EQ(answer.headers.get("X-Request-Id").size(), 36u);
}

TEST(ServerTest, KeepsConnectionsAlive) {
  TestServer server(echo);
  TestClient client(server.port);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.get("/" + std::to_string(i) + "?a").body, "GET /" + std::to_string(i) + "?a ");
  }
  const Answer last = client.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(last.headers.get("Connection"), "close");
  EXPECT_TRUE(client.sees_end());
}

TEST(ServerTest, Http10ClosesUnlessAsked) {
  TestServer server(echo);
  TestClient client(server.port);
  EXPECT_EQ(client.ask("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.get("Connection"), "keep-alive");
  EXPECT_EQ(client.ask("GET /2 HTTP/1.0\r\n\r\n").body, "GET /2? ");
  EXPECT_TRUE(client.sees_end());
}

TEST(ServerTest, AnswersAPipelineInOrder) {
  TestServer server(echo, {.io_threads = 2, .worker_threads = 8});
  TestClient client(server.port);
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc";
  }
  std::thread sender([&] { EXPECT_TRUE(client.send(requests)); });
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.receive().body, "POST /" + std::to_string(i) + "? abc");
  sender.join();
}

TEST(ServerTest, AnswersAClientThatHasFinishedSending) {
  TestServer server(echo);
  TestClient client(server.port);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  client.finish_sending();
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.sees_end());
}

TEST(ServerTest, HeadHasLengthAndNoBody) {
  TestServer server([](http::Request&) { return text_response("twelve bytes"); });
  TestClient client(server.port);
  const Answer answer = client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n", http::Method::head);
  EXPECT_EQ(answer.headers.get("Content-Length"), "12");
  EXPECT_EQ(client.get("/").body, "twelve bytes");  // nothing of a body came before it
}

TEST(ServerTest, NoContentAndNotModifiedHaveNoBody) {
  std::atomic<int> status{204};
  TestServer server([&](http::Request&) { return text_response("dropped", status); });
  TestClient client(server.port);
  EXPECT_EQ(client.get("/").headers.find("Content-Length"), nullptr);
  status = 304;
  EXPECT_EQ(client.get("/").status, 304);
  status = 200;
  EXPECT_EQ(client.get("/").body, "dropped");
}

TEST(ServerTest, LargeBodiesGoBothWaysUnchanged) {
  std::string body(20'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  TestServer server([](http::Request& request) {
    http::Response response;
    response.body = std::move(request.body);
    return response;
  });
  TestClient client(server.port);
  EXPECT_TRUE(client.ask("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 20000000\r\n\r\n" + body).body == body);
  std::string chunked = "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 0x40000) {
    const std::string chunk = body.substr(at, 0x40000);
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
    chunked.append(size).append(chunk).append("\r\n");
  }
  EXPECT_TRUE(client.ask(chunked + "0\r\n\r\n").body == body);
  EXPECT_EQ(server.metric("vesta_http_body_bytes"), "0");
}

TEST(ServerTest, ContinuesWhenExpected) {
  TestServer server(echo);
  TestClient client(server.port);
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  EXPECT_EQ(client.ask("abc").body, "POST /? abc");
  // The body came along: no need to say anything.
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc").status,
            200);
}

TEST(ServerTest, RequestIdsGoInAndOut) {
  TestServer server([](http::Request& request) { return text_response(request.id); });
  TestClient client(server.port);
  const auto ask = [&](const std::string& id) {
    const Answer answer = client.ask("GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: " + id + "\r\n\r\n");
    EXPECT_EQ(answer.headers.get("X-Request-Id"), answer.body);
    return answer.body;
  };
  EXPECT_EQ(ask("abc-1.2_3:4"), "abc-1.2_3:4");
  EXPECT_EQ(ask(std::string(128, 'a')), std::string(128, 'a'));
  EXPECT_EQ(ask(std::string(129, 'a')).size(), 36u);
  EXPECT_EQ(ask("a b").size(), 36u);
  EXPECT_EQ(ask("\"x\"").size(), 36u);
  const std::string earlier = ask("");
  EXPECT_LT(earlier, ask(""));
}

TEST(ServerTest, HandlersThatThrowBecome500) {
  TestServer server([](http::Request& request) -> http::Response {
    if (request.path == "/odd") throw 7;
    throw std::runtime_error("secret");
  });
  TestClient client(server.port);
  for (const char* path : {"/", "/odd"}) {
    const Answer answer = client.get(path);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(server.metric("vesta_http_responses_total{status=\"5xx\"}"), "2");
}

TEST(ServerTest, RefusalsAreRenderedByTheOptions) {
  ServerOptions options;
  options.error_response = [](int status, const std::string& message, const std::string& id) {
    return text_response(std::to_string(status) + "|" + message + "|" + id);
  };
  TestServer server(echo, options);
  TestClient client(server.port);
  const Answer answer = client.ask("GET / HTTP/3.0\r\nX-Request-Id: a\r\n\r\n");
  EXPECT_EQ(answer.status, 505);
  EXPECT_EQ(answer.body.substr(0, 4), "505|");
  EXPECT_EQ(answer.body.substr(answer.body.rfind('|') + 1), answer.headers.get("X-Request-Id"));
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_TRUE(client.sees_end());
}

TEST(ServerTest, DecodesGzipRequests) {
  TestServer server(echo, {.max_body_bytes = 1000});
  const auto post = [&](const std::string& coding, const std::string& body) {
    TestClient client(server.port);
    return client.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Encoding: " + coding +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  EXPECT_EQ(post("gzip", gzip_compress("plain")).body, "POST /? plain");
  EXPECT_EQ(post("identity", "plain").body, "POST /? plain");
  EXPECT_EQ(post("gzip", gzip_compress(std::string(1000, 'x'))).status, 200);
  EXPECT_EQ(post("gzip", gzip_compress(std::string(1001, 'x'))).status, 413);
  EXPECT_EQ(post("gzip", "plain").status, 400);
  EXPECT_EQ(post("gzip", "").status, 400);
  EXPECT_EQ(post("br", "plain").status, 415);
  EXPECT_EQ(post("gzip, gzip", "plain").status, 415);
}

TEST(ServerTest, CompressesAnswersOnDemand) {
  const std::string large(1400, 'x');
  TestServer server([&](http::Request& request) {
    http::Response response = text_response(request.path == "/large" ? large : large.substr(1));
    if (request.query == "vary") response.headers.add("Vary", "Accept");
    if (request.query == "origin") {
      response.headers.add("Vary", "Accept");
      response.headers.add("Vary", "Origin");
    }
    if (request.query == "secret") response.headers.add("Cache-Control", "no-store");
    if (request.query == "image") response.headers.set("Content-Type", "image/png");
    return response;
  });
  TestClient client(server.port);
  const auto ask = [&](const std::string& path, const std::string& accept) {
    return client.ask("GET " + path + " HTTP/1.1\r\nHost: t\r\nAccept-Encoding: " + accept + "\r\n\r\n");
  };
  const Answer answer = ask("/large?vary", "br, gzip");
  EXPECT_EQ(answer.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.headers.get("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(*gzip_decompress(answer.body, large.size()), large);
  EXPECT_EQ(ask("/large?origin", "gzip").headers.get("Vary"), "Accept, Origin, Accept-Encoding");
  EXPECT_EQ(ask("/large?secret", "gzip").headers.find("Content-Encoding"), nullptr);
  const Answer plain = ask("/large", "gzip;q=0");
  EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body, large);
  EXPECT_EQ(ask("/small", "gzip").body, large.substr(1));
  EXPECT_EQ(ask("/large?image", "gzip").headers.find("Content-Encoding"), nullptr);
}

TEST(ServerTest, StartTellsWhatIsWrong) {
  const auto start = [](const ServerOptions& options) {
    Metrics metrics;
    Server server(options, echo, metrics);
    const Result<std::uint16_t> port = server.start();
    return port.ok() ? Category::internal : port.error().category;
  };
  EXPECT_EQ(start({.address = "nowhere"}), Category::invalid);
  EXPECT_EQ(start({.worker_threads = 0}), Category::invalid);
  EXPECT_EQ(start({.tls_certificate_file = "none.pem"}), Category::invalid);
  EXPECT_EQ(start({.tls_certificate_file = "none.pem", .tls_key_file = "none.pem"}), Category::invalid);
  TestServer taken(echo);
  EXPECT_EQ(start({.port = taken.port}), Category::unavailable);
}

}  // namespace
}  // namespace vesta::net
