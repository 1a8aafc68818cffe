// Tests of the client: against Server where the peer is good, and against sockets that answer what they are told.
#include "net/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "net/test_certificate.h"
#include "net/test_client.h"

namespace vesta::net {
namespace {

std::string plain(std::uint16_t port, const std::string& path = "/keys") {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

std::string secure(std::uint16_t port, const std::string& host = "localhost") {
  return "https://" + host + ":" + std::to_string(port) + "/keys";
}

// Takes one connection, reads a request's head, answers with these bytes, and closes; or says nothing.
class BadPeer {
 public:
  enum class Then { close, stay_silent };
  explicit BadPeer(std::string answer, Then then = Then::close) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, then, answer = std::move(answer)] {
      const int peer = ::accept(listener_, nullptr, nullptr);
      std::string head;
      char bytes[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(peer, bytes, sizeof(bytes), 0);
        if (got <= 0) break;
        head.append(bytes, static_cast<std::size_t>(got));
      }
      ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      // Until the client goes.
      while (then == Then::stay_silent && ::recv(peer, bytes, sizeof(bytes), 0) > 0) continue;
      ::close(peer);
    });
  }
  ~BadPeer() {
    thread_.join();
    ::close(listener_);
  }
  BadPeer(const BadPeer&) = delete;
  BadPeer& operator=(const BadPeer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Category category_of(const std::string& url, const FetchOptions& options = {}) {
  const auto got = get(url, options);
  EXPECT_FALSE(got.ok());
  return got.ok() ? Category::internal : got.error().category;
}

TEST(Client, OfTheseUrlsAlone) {
  for (const char* const url : {"https://app.example", "https://app.example/jwks?v=1", "https://app.example:8443/a",
                                "https://[2001:db8::1]/", "http://localhost/a", "http://localhost:8080",
                                "http://127.0.0.1/", "http://127.1.2.3:99/", "http://[::1]:8/"}) {
    EXPECT_TRUE(check_fetch_url(url).ok()) << url;
  }
  for (const char* const url : {"",
                                "app.example",
                                "ftp://app.example/",
                                "https://",
                                "https:///a",
                                "https://user@app.example/",
                                "https://app.example/#a",
                                "https://app.example:/",
                                "https://app.example:0/",
                                "https://app.example:65536/",
                                "https://app.example:80x/",
                                "https://[::1/",
                                "https://[app]/",
                                "https://a b/",
                                "https://app.example/\r\nX: y",
                                "https://app.example\\@evil.example/",
                                "http://app.example/",
                                "http://10.0.0.1/",
                                "http://169.254.169.254/",
                                "http://127.0.0.1.evil.example/",
                                "http://localhost.evil.example/",
                                "http://0x7f.1/",
                                "file:///etc/passwd"}) {
    EXPECT_EQ(check_fetch_url(url).error().category, Category::invalid) << url;
    EXPECT_EQ(category_of(url), Category::invalid) << url;
  }
  const std::string start = "https://app.example/";
  EXPECT_TRUE(check_fetch_url(start + std::string(kMaxFetchUrlBytes - start.size(), 'a')).ok());
  EXPECT_FALSE(check_fetch_url(start + std::string(kMaxFetchUrlBytes + 1 - start.size(), 'a')).ok());
}

TEST(Client, HandsOnStatusAndBodyAsTheyAre) {
  int status = 200;
  std::string seen;
  TestServer server([&](http::Request& request) {
    seen = request.path + "?" + request.query + " " + std::string(request.headers.get("Host"));
    http::Response response = text_response("of " + std::to_string(status), status);
    if (status == 302) response.headers.add("Location", "/elsewhere");
    return response;
  });
  for (const int each : {200, 302, 404, 500}) {
    status = each;
    const auto got = get(plain(server.port, "/keys?a=b"));
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(got->status, each);
    EXPECT_EQ(got->body, "of " + std::to_string(each));
    EXPECT_EQ(seen, "/keys?a=b 127.0.0.1:" + std::to_string(server.port));
  }
  EXPECT_EQ(get("http://localhost:" + std::to_string(server.port))->status, 500);
}

TEST(Client, PostsWhatItIsGiven) {
  std::string seen;
  TestServer server([&](http::Request& request) {
    seen = std::string(to_string(request.method)) + " " + request.path + " ";
    for (const char* const name : {"Content-Type", "Content-Length", "Authorization", "webhook-id"}) {
      seen += std::string(request.headers.get(name)) + " ";
    }
    seen += request.body;
    return text_response("made", 201);
  });
  const auto posted = post(plain(server.port), {"text/plain", "of the body", "Basic eDp5", {{"webhook-id", "1"}}});
  ASSERT_TRUE(posted.ok()) << posted.error().message;
  EXPECT_EQ(posted->status, 201);
  EXPECT_EQ(posted->body, "made");
  EXPECT_EQ(seen, "POST /keys text/plain 11 Basic eDp5 1 of the body");
  ASSERT_TRUE(post(plain(server.port), {"text/plain", ""}).ok());
  EXPECT_EQ(seen, "POST /keys text/plain 0   ");
  EXPECT_EQ(post("http://app.example/", {"text/plain", ""}).error().category, Category::invalid);
}

TEST(Client, TakesNoMoreThanItsLimit) {
  TestServer server([](http::Request&) { return text_response(std::string(1000, 'x')); });
  FetchOptions options;
  options.max_body_bytes = 1000;
  EXPECT_EQ(get(plain(server.port), options)->body.size(), 1000u);
  options.max_body_bytes = 999;
  EXPECT_EQ(category_of(plain(server.port), options), Category::too_large);
  BadPeer endless("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'), BadPeer::Then::stay_silent);
  EXPECT_EQ(category_of(plain(endless.port()), options), Category::too_large) << "of no length";
  BadPeer chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" + std::string(2048, 'x') + "\r\n",
                  BadPeer::Then::stay_silent);
  EXPECT_EQ(category_of(plain(chunked.port()), options), Category::too_large);
  BadPeer head("HTTP/1.1 200 OK\r\nA: " + std::string(kMaxFetchedHeaderBytes, 'x'), BadPeer::Then::stay_silent);
  EXPECT_EQ(category_of(plain(head.port()), options), Category::too_large);
}

// What follows the head is of no matter to who wants the status.
TEST(Client, TakesAStatusFromTheHeadAlone) {
  FetchOptions options;
  options.wanted = FetchOptions::Wanted::status;
  options.max_body_bytes = 10;
  for (const char* const rest :
       {"Content-Length: 11\r\n\r\n", "Content-Length: 1000000000000\r\n\r\nhalf", "\r\nof no length",
        "Content-Length: 4\r\n\r\nbody", "Transfer-Encoding: chunked\r\n\r\nnot a chunk\r\n", "\r\n"}) {
    for (const BadPeer::Then then : {BadPeer::Then::close, BadPeer::Then::stay_silent}) {
      BadPeer peer(std::string("HTTP/1.1 201 Created\r\n") + rest, then);
      const auto posted = post(plain(peer.port()), {"text/plain", "x"}, options);
      ASSERT_TRUE(posted.ok()) << rest << ": " << posted.error().message;
      EXPECT_EQ(posted->status, 201);
      EXPECT_EQ(posted->body, "");
    }
  }
  TestServer server([](http::Request&) { return text_response(std::string(1'000'000, 'x'), 404); });
  EXPECT_EQ(get(plain(server.port), options)->status, 404);
  BadPeer head("HTTP/1.1 200 OK\r\nA: " + std::string(kMaxFetchedHeaderBytes, 'x'), BadPeer::Then::stay_silent);
  EXPECT_EQ(category_of(plain(head.port()), options), Category::too_large);
  BadPeer cut("HTTP/1.1 200 OK\r\nContent-Le");
  EXPECT_EQ(category_of(plain(cut.port()), options), Category::unavailable);
  options.timeout = std::chrono::milliseconds(50);
  BadPeer silent("HTTP/1.1 200 OK\r\n", BadPeer::Then::stay_silent);
  EXPECT_EQ(get(plain(silent.port()), options).error().message, "no whole answer: too slow");
}

TEST(Client, WaitsForTheAnswerBehindInterimOnes) {
  const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
  const std::string answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
  std::string most;
  for (int i = 0; i < kMaxInterimAnswers; ++i) most += early;
  for (const FetchOptions::Wanted wanted : {FetchOptions::Wanted::whole_answer, FetchOptions::Wanted::status}) {
    FetchOptions options;
    options.wanted = wanted;
    for (const std::string& before : {"HTTP/1.1 100 Continue\r\n\r\n" + early, most}) {
      BadPeer peer(before + answer);
      const auto got = get(plain(peer.port()), options);
      ASSERT_TRUE(got.ok()) << got.error().message;
      EXPECT_EQ(got->status, 403);
      EXPECT_EQ(got->body, wanted == FetchOptions::Wanted::status ? "" : "no");
    }
    BadPeer too_many(most + early + answer);
    EXPECT_EQ(category_of(plain(too_many.port()), options), Category::unavailable);
    BadPeer without(early);
    EXPECT_EQ(category_of(plain(without.port()), options), Category::unavailable);
    BadPeer other("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x01");
    EXPECT_EQ(get(plain(other.port()), options)->status, 101);
  }
}

TEST(Client, WaitsForNobodyBeyondItsDeadline) {
  FetchOptions options;
  options.timeout = std::chrono::milliseconds(50);
  for (const char* const answer : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
    BadPeer silent(answer, BadPeer::Then::stay_silent);
    const auto got = get(plain(silent.port()), options);
    ASSERT_FALSE(got.ok()) << answer;
    EXPECT_EQ(got.error().category, Category::unavailable);
    EXPECT_EQ(got.error().message, "no whole answer: too slow") << answer;
  }
  BadPeer silent("", BadPeer::Then::stay_silent);
  EXPECT_EQ(get(secure(silent.port()), options).error().message, "no TLS: too slow");
}

TEST(Client, TakesNothingThatIsCutOffOrIsNotHttp) {
  for (const char* const answer :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "garbage\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"}) {
    BadPeer peer(answer);
    EXPECT_EQ(category_of(plain(peer.port())), Category::unavailable) << answer;
  }
  BadPeer no_tls("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(category_of(plain(1)), Category::unavailable) << "refused";
  EXPECT_EQ(get(plain(no_tls.port()))->status, 400);
}

TEST(Client, BelievesItsAuthoritiesAlone) {
  const Certificate authority(Certificate::Kind::authority);
  const Certificate stranger(Certificate::Kind::authority);
  const Certificate certificate(Certificate::Kind::server, &authority);
  TestServer server([](http::Request&) { return text_response("keys"); }, certificate.options());
  FetchOptions options;
  options.ca_file = authority.certificate_file();
  const auto got = get(secure(server.port), options);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->body, "keys");
  EXPECT_EQ(category_of(secure(server.port, "127.0.0.1"), options), Category::unavailable) << "another name";
  EXPECT_EQ(category_of(secure(server.port)), Category::unavailable) << "unknown to the system";
  options.ca_file = stranger.certificate_file();
  EXPECT_EQ(category_of(secure(server.port), options), Category::unavailable);
  options.ca_file = "/none";
  EXPECT_EQ(category_of(secure(server.port), options), Category::invalid);
}

TEST(Client, TakesNoCertificateThatHasEndedOrIsAnothers) {
  const Certificate authority(Certificate::Kind::authority);
  FetchOptions options;
  options.ca_file = authority.certificate_file();
  const Certificate ended(Certificate::Kind::server, &authority, -3600);
  TestServer late([](http::Request&) { return text_response("keys"); }, ended.options());
  EXPECT_EQ(category_of(secure(late.port), options), Category::unavailable);
  const Certificate of_client(Certificate::Kind::client, &authority);
  TestServer other([](http::Request&) { return text_response("keys"); }, of_client.options());
  EXPECT_EQ(category_of(secure(other.port), options), Category::unavailable) << "not for servers";
}

}  // namespace
}  // namespace vesta::net
