// Tests of Server over TLS, with a certificate made on the spot and OpenSSL as the client.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "net/test_certificate.h"
#include "net/test_client.h"

namespace vesta::net {
namespace {

using std::chrono::milliseconds;

class TlsClient {
 public:
  // `own`: what it shows who it is by, if it is asked. `session`: that it would go on with.
  explicit TlsClient(std::uint16_t port, int max_version = TLS1_3_VERSION, const Certificate* own = nullptr,
                     SSL_SESSION* session = nullptr)
      : client_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_, 0);  // or the library itself refuses old versions
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_version);
    if (own != nullptr) {
      SSL_CTX_use_certificate_file(context_, own->certificate_file().c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context_, own->key_file().c_str(), SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    if (session != nullptr) SSL_set_session(ssl_, session);
    SSL_set_fd(ssl_, client_.socket());
    static constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl_, kProtocols, sizeof(kProtocols) - 1);
    is_connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool is_connected() const { return is_connected_; }
  SSL* ssl() { return ssl_; }

  // Sends, and reads until `size` bytes came or the server ended.
  std::string ask(const std::string& bytes, std::size_t size) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const int count = SSL_write(ssl_, bytes.data() + sent, static_cast<int>(bytes.size() - sent));
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    std::string answer;
    char buffer[16384];
    while (answer.size() < size) {
      const int count = SSL_read(ssl_, buffer, sizeof(buffer));
      if (count <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(count));
    }
    return answer;
  }

 private:
  TestClient client_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool is_connected_ = false;
};

http::Response echo_over_tls(http::Request& request) {
  EXPECT_TRUE(request.is_tls);
  http::Response response;
  response.body = std::move(request.body);
  return response;
}

TEST(ServerTlsTest, ServesManyRequestsAndLargeBodies) {
  const Certificate certificate;
  TestServer server(echo_over_tls, certificate.options());
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port, version);
    ASSERT_TRUE(client.is_connected());
    EXPECT_EQ(SSL_version(client.ssl()), version);
    const unsigned char* protocol;
    unsigned int size;
    SSL_get0_alpn_selected(client.ssl(), &protocol, &size);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(protocol), size), "http/1.1");
    const std::string small = client.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello", 1);
    EXPECT_EQ(small.substr(0, 15), "HTTP/1.1 200 OK");
    std::string rest = client.ask("", small.ends_with("hello") ? 0 : 1);
    std::string body(3'000'000, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
    const std::string large = client.ask(
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3000000\r\nConnection: close\r\n\r\n" + body, SIZE_MAX);
    EXPECT_TRUE(large.ends_with(body));
    EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);  // no mere end of file
  }
}

TEST(ServerTlsTest, RefusesOldVersionsAndPlainText) {
  const Certificate certificate;
  TestServer server(echo_over_tls, certificate.options());
  EXPECT_FALSE(TlsClient(server.port, TLS1_1_VERSION).is_connected());
  TestClient plain(server.port);
  EXPECT_EQ(plain.get("/").status, 0);
  EXPECT_TRUE(TlsClient(server.port).is_connected());
}

TEST(ServerTlsTest, HandshakesHaveADeadline) {
  const Certificate certificate;
  ServerOptions options = certificate.options();
  options.header_timeout = milliseconds(40);
  TestServer server(echo_over_tls, options);
  TestClient silent(server.port);
  EXPECT_TRUE(silent.sees_end());
  EXPECT_EQ(server.metric("vesta_http_timeouts_total"), "1");
}

TEST(ServerTlsTest, SlowRequestsGet408) {
  const Certificate certificate;
  ServerOptions options = certificate.options();
  options.body_timeout = milliseconds(40);
  TestServer server(echo_over_tls, options);
  TlsClient client(server.port);
  const std::string answer = client.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe", SIZE_MAX);
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 408");
}

TEST(ServerTlsTest, RefusalReachesAClientThatKeepsSending) {
  const Certificate certificate;
  ServerOptions options = certificate.options();
  options.max_body_bytes = 1000;
  TestServer server(echo_over_tls, options);
  TlsClient client(server.port);
  const std::string answer = client.ask(
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 20000000\r\n\r\n" + std::string(20'000'000, 'x'), SIZE_MAX);
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 413");
}

TEST(ServerTlsTest, StopsInOrder) {
  const Certificate certificate;
  auto server = std::make_unique<TestServer>(echo_over_tls, certificate.options());
  TlsClient idle(server->port);
  TlsClient used(server->port);
  EXPECT_EQ(used.ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n", 1).substr(0, 12), "HTTP/1.1 200");
  server.reset();
  EXPECT_EQ(idle.ask("", 1), "");
}

class ClientCertificatesTest : public ::testing::TestWithParam<int> {
 protected:
  ServerOptions options(ClientCertificates mode = ClientCertificates::required) const {
    ServerOptions options = certificate_.options();
    options.tls_client_ca_file = authority_.certificate_file();
    options.client_certificates = mode;
    return options;
  }
  // By TLS 1.3 a client learns of a refusal by its first read only.
  static bool is_served(const TestServer& server, const Certificate* own) {
    TlsClient client(server.port, GetParam(), own);
    return client.ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n", 12).starts_with("HTTP/1.1 200");
  }

  const Certificate certificate_, authority_{Certificate::Kind::authority}, stranger_{Certificate::Kind::authority};
  const Certificate right_{Certificate::Kind::client, &authority_};
  const Certificate of_stranger_{Certificate::Kind::client, &stranger_};
  const Certificate expired_{Certificate::Kind::client, &authority_, -60};
  const Certificate of_a_server_{Certificate::Kind::server, &authority_};
};
INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificatesTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(ClientCertificatesTest, WhoShowsTheRightOneIsServed) {
  TestServer server(echo_over_tls, options());
  EXPECT_TRUE(is_served(server, &right_));
  EXPECT_TRUE(is_served(server, &right_)) << "and again";
  EXPECT_EQ(server.metric("vesta_tls_failed_handshakes_total"), "0");
  for (const Certificate* const wrong :
       {static_cast<const Certificate*>(nullptr), &of_stranger_, &expired_, &of_a_server_, &certificate_}) {
    EXPECT_FALSE(is_served(server, wrong));
  }
  server.server.stop();
  EXPECT_EQ(server.metric("vesta_tls_failed_handshakes_total"), "5");
}

TEST_P(ClientCertificatesTest, WhereItIsOptionalAWrongOneIsRefused) {
  TestServer server(echo_over_tls, options(ClientCertificates::optional));
  EXPECT_TRUE(is_served(server, nullptr));
  EXPECT_TRUE(is_served(server, &right_));
  for (const Certificate* const wrong : {&of_stranger_, &expired_, &of_a_server_}) {
    EXPECT_FALSE(is_served(server, wrong));
  }
}

TEST_P(ClientCertificatesTest, WhyOneIsRefusedIsLogged) {
  std::string lines;
  Mutex mutex;
  log::set_sink([&](std::string_view line) {
    const MutexLock lock(mutex);
    lines += line;
  });
  {
    TestServer server(echo_over_tls, options());
    for (const Certificate* const wrong : {static_cast<const Certificate*>(nullptr), &of_stranger_, &expired_}) {
      EXPECT_FALSE(is_served(server, wrong));
    }
  }
  log::set_sink(nullptr);
  for (const char* reason : {"did not return a certificate", "signature failure", "has expired"}) {
    EXPECT_NE(lines.find(reason), std::string::npos) << reason << lines;
  }
}

// It would go on after the end of the certificate.
TEST_P(ClientCertificatesTest, NoSessionGoesOn) {
  TestServer server(echo_over_tls, options());
  TlsClient first(server.port, GetParam(), &right_);
  EXPECT_EQ(first.ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n", 12).substr(0, 12), "HTTP/1.1 200");
  SSL_SESSION* const session = SSL_get1_session(first.ssl());
  TlsClient second(server.port, GetParam(), &right_, session);
  EXPECT_TRUE(second.is_connected());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 0);
  SSL_SESSION_free(session);
}

TEST(ServerTlsTest, StartRefusesAuthoritiesThatAreNone) {
  const Certificate certificate;
  for (const std::string& file : {certificate.key_file(), std::string("/nowhere/ca.pem")}) {
    ServerOptions options = certificate.options();
    options.tls_client_ca_file = file;
    Metrics metrics;
    Server server(options, echo_over_tls, metrics);
    const auto port = server.start();
    ASSERT_FALSE(port.ok());
    EXPECT_EQ(port.error().category, Category::invalid);
    EXPECT_NE(port.error().message.find(file), std::string::npos) << port.error().message;
  }
  ServerOptions options;
  options.tls_client_ca_file = certificate.certificate_file();
  Metrics metrics;
  EXPECT_FALSE(Server(options, echo_over_tls, metrics).start().ok()) << "without TLS";
}

TEST(ServerTlsTest, StartRefusesAKeyThatDoesNotFit) {
  const Certificate one;
  const Certificate other;
  ServerOptions options = one.options();
  options.tls_key_file = other.key_file();
  Metrics metrics;
  Server server(options, echo_over_tls, metrics);
  const auto port = server.start();
  ASSERT_FALSE(port.ok());
  EXPECT_EQ(port.error().category, Category::invalid);
}

}  // namespace
}  // namespace vesta::net
