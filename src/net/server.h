// Server: HTTP/1.1 over TCP or TLS, from sockets to complete requests and back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"

namespace vesta::net {

// Handlers wait for commits and reads of the disk more than they compute: there are to be more of them than cores.
inline constexpr std::size_t kDefaultWorkerThreads = 32;

// Answers one request, on a worker thread; several run at the same time. An exception is logged and becomes a 500.
using Handler = std::function<http::Response(http::Request&)>;
// Calls `go`, once at the most, as soon as a worker can answer the request without waiting for others: at once, or
// later on any thread, also when the request's deadline is over. What it never lets go waits until the server stops.
// Called on the connection's thread, and must not block.
using Gate = std::function<void(const http::Request&, std::function<void()> go)>;
// Renders what `net` refuses by itself. Called on any thread, and must not block. The status of the answer is `status`.
using ErrorResponse =
    std::function<http::Response(int status, const std::string& message, const std::string& request_id)>;

// Of clients that show none, where they are asked for one: a handshake that fails, or a connection like any other.
enum class ClientCertificates { required, optional };

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;      // 0: any that is free
  std::size_t io_threads = 2;  // sockets, TLS, parsing; one serves some 50,000 requests/s
  std::size_t worker_threads = kDefaultWorkerThreads;
  std::size_t max_queued_requests = 1024;  // complete requests that no worker has begun; further ones get a 503
  std::size_t max_connections = 10'000;    // further ones get a 503 and are closed

  std::size_t max_header_bytes = 32 * 1024;              // 431
  std::size_t max_header_count = 100;                    // 431
  std::size_t max_uri_bytes = 8 * 1024;                  // 414
  std::size_t max_body_bytes = 64 * 1024 * 1024;         // 413; as sent, and again after decompression
  std::size_t max_total_body_bytes = 512 * 1024 * 1024;  // of all requests in flight; more is a 503

  // A client must finish its head in header_timeout, its body in body_timeout, and take its answer in write_timeout;
  // bodies and answers get, beyond that, the time that their bytes take at min_bytes_per_second.
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte; also for TLS handshakes
  std::chrono::milliseconds idle_timeout{75'000};    // between requests, and before the first
  std::chrono::milliseconds body_timeout{20'000};
  std::chrono::milliseconds write_timeout{20'000};
  std::size_t min_bytes_per_second = 16 * 1024;
  std::chrono::milliseconds linger_timeout{3'000};     // to take leave: an early answer must not be lost in a reset
  std::chrono::milliseconds request_deadline{60'000};  // Request::deadline; one still in the queue then gets a 503
  std::chrono::milliseconds stop_timeout{10'000};      // stop() cuts what is still in flight after it

  std::size_t min_gzip_bytes = 1400;  // smaller bodies fit a packet anyway, and are sent as they are
  int gzip_level = 1;

  std::string tls_certificate_file = {};  // PEM, with its chain; empty: no TLS
  std::string tls_key_file = {};          // PEM
  // Clients that show a certificate must have one of these authorities (PEM); empty: nobody is asked for one.
  std::string tls_client_ca_file = {};
  ClientCertificates client_certificates = ClientCertificates::required;

  ErrorResponse error_response = {};  // empty: a line of plain text
  Gate gate = {};                     // empty: workers take each request at once
};

// Answers in order of the requests of a connection; reads the next request of a connection after the last was answered.
// Thread-safe. Metrics, clock and random must outlive it.
class Server {
 public:
  Server(ServerOptions options, Handler handler, Metrics& metrics, Clock& clock = system_clock(),
         Random& random = system_random());
  ~Server();  // as stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens; the port. Errors: invalid (options, certificate), unavailable (the address is taken). Once only.
  Result<std::uint16_t> start();
  // Accepts no more, closes idle connections, lets requests in flight finish (their answers say `Connection: close`)
  // until stop_timeout, then cuts. Returns when all handlers have returned. May be called again.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::net
