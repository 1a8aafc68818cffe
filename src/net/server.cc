// Listening, TLS set-up, and the order of start and stop.
#include "net/server.h"

#include <sys/socket.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "net/connection.h"

namespace vesta::net {
namespace {

constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kAcceptPause{50};  // when descriptors have run out

// The application protocol is HTTP/1.1, whatever else the client offers. https://www.rfc-editor.org/rfc/rfc7301
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kProtocols, sizeof(kProtocols) - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

// Who shows a certificate proves to have its key; it must be valid now, for clients, and of one of these authorities.
Status ask_for_certificates(const ServerOptions& options, asio::ssl::context& context) {
  AsioError error;
  context.load_verify_file(options.tls_client_ca_file, error);
  STACK_OF(X509_NAME)* const names = error ? nullptr : SSL_load_client_CA_file(options.tls_client_ca_file.c_str());
  if (names == nullptr) {
    return make_error(Category::invalid, "the authorities of client certificates " + options.tls_client_ca_file +
                                             " cannot be used: " + (error ? error.message() : "none is in it"));
  }
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_client_CA_list(native, names);  // takes them
  auto mode = asio::ssl::verify_peer;
  if (options.client_certificates == ClientCertificates::required) mode |= asio::ssl::verify_fail_if_no_peer_cert;
  context.set_verify_mode(mode, error);
  CHECK(!error);
  // A session that goes on would go on after the end of the certificate.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
  CHECK(SSL_CTX_set_num_tickets(native, 0) == 1);
  return kOk;
}

Result<std::unique_ptr<asio::ssl::context>> make_tls_context(const ServerOptions& options) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  AsioError error;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_compression |
                           SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE,
                       error);
  CHECK(!error);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), select_protocol, nullptr);
  context->use_certificate_chain_file(options.tls_certificate_file, error);
  if (error) {
    return make_error(Category::invalid,
                      "the TLS certificate " + options.tls_certificate_file + " cannot be used: " + error.message());
  }
  context->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, error);
  if (error) {
    return make_error(Category::invalid, "the TLS key " + options.tls_key_file + " cannot be used: " + error.message());
  }
  if (!options.tls_client_ca_file.empty()) VESTA_CHECK_OK(ask_for_certificates(options, *context));
  return context;
}

Status check_options(const ServerOptions& options) {
  const auto invalid = [](const char* what) { return make_error(Category::invalid, what); };
  if (options.io_threads == 0 || options.worker_threads == 0) return invalid("there must be at least one thread");
  if (options.max_header_bytes < 1024) return invalid("max_header_bytes must be at least 1024");
  if (options.max_header_bytes > 1024 * 1024) return invalid("max_header_bytes must be at most 1 MiB");
  if (options.min_bytes_per_second == 0) return invalid("min_bytes_per_second must not be 0");
  if (options.gzip_level < 1 || options.gzip_level > 9) return invalid("gzip_level must be 1 to 9");
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
    return invalid("TLS needs a certificate and a key");
  }
  if (!options.tls_client_ca_file.empty() && options.tls_certificate_file.empty()) {
    return invalid("certificates of clients need TLS");
  }
  return kOk;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Handler handler, Metrics& metrics, Clock& clock, Random& random)
      : core(std::make_shared<Core>(std::move(options), std::move(handler), metrics, clock, random)) {
    // The metrics may be rendered when the server is gone.
    metrics.on_render([&metrics, weak = std::weak_ptr<Core>(core)] {
      const std::shared_ptr<Core> alive = weak.lock();
      metrics.gauge("vesta_http_connections", "Open connections.").set(alive ? double(alive->connections()) : 0);
      metrics.gauge("vesta_http_queue_depth", "Requests that wait for a worker.")
          .set(alive ? double(alive->workers.queued()) : 0);
      metrics.gauge("vesta_http_body_bytes", "Bytes of request bodies held.")
          .set(alive ? double(alive->body_bytes) : 0);
    });
  }

  Status listen() {
    AsioError error;
    const auto address = asio::ip::make_address(core->options.address, error);
    if (error) return make_error(Category::invalid, "'" + core->options.address + "' is no IP address");
    const Tcp::endpoint endpoint(address, core->options.port);
    const auto fail = [&](const char* step) {
      return make_error(Category::unavailable, "cannot " + std::string(step) + " " + core->options.address + ":" +
                                                   std::to_string(core->options.port) + ": " + error.message());
    };
    auto& opened = acceptor.emplace(loops[0]->context());
    if (opened.open(endpoint.protocol(), error)) return fail("open a socket for");
    opened.set_option(asio::socket_base::reuse_address(true), error);
    if (opened.bind(endpoint, error)) return fail("bind to");
    if (opened.listen(kBacklog, error)) return fail("listen on");
    return kOk;
  }

  // On the first loop's thread, like all of accepting.
  void accept() {
    IoLoop& loop = *loops[next_loop++ % loops.size()];
    acceptor->async_accept(loop.context(), peer, [this, &loop](AsioError error, Socket socket) {
      if (!acceptor->is_open()) return;
      if (error) {
        pause_accepting(error);
        return;
      }
      serve(loop, std::move(socket));
      accept();
    });
  }

  void pause_accepting(const AsioError& error) {
    // A peer that hung up while it waited is no trouble of ours.
    if (error == asio::error::connection_aborted) return accept();
    log::warning("cannot accept a connection", {{"reason", error.message()}});
    accept_pause.emplace(loops[0]->context(), kAcceptPause);
    accept_pause->async_wait([this](AsioError wait_error) {
      if (!wait_error && acceptor->is_open()) accept();
    });
  }

  void serve(IoLoop& loop, Socket socket) {
    AsioError ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(Tcp::no_delay(true), ignored);
    if (core->connections() >= core->options.max_connections) return turn_away(socket);
    if (tls) {
      launch<TlsSocket>(loop, TlsSocket(std::move(socket), *tls));
    } else {
      launch<Socket>(loop, std::move(socket));
    }
  }

  template <class Stream>
  void launch(IoLoop& loop, Stream stream) {
    auto begin = [this, &loop, stream = std::move(stream), remote = peer.address().to_string()]() mutable {
      if (core->is_draining) return;
      std::make_shared<Connection<Stream>>(loop, std::move(stream), std::move(remote))->start();
    };
    // The first loop runs it at once, others when they wake.
    asio::dispatch(loop.context(), std::move(begin));
  }

  // One attempt to say why: the answer fits the buffer of a new socket. A TLS client only sees the end.
  void turn_away(Socket& socket) {
    core->refused_connections.add();
    if (tls) return;
    Exchange exchange;
    exchange.keep_alive = KeepAlive::no;
    core->exchanger.refuse(exchange, 503, "The server has too many connections.");
    const std::string text = exchange.head + exchange.body;
    AsioError ignored;
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
  }

  void close_acceptor() {
    std::promise<void> closed;
    asio::post(loops[0]->context(), [this, &closed] {
      AsioError ignored;
      acceptor->close(ignored);
      accept_pause.reset();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  std::shared_ptr<Core> core;  // shared with the metrics' refresher only
  std::unique_ptr<asio::ssl::context> tls;
  std::vector<std::unique_ptr<IoLoop>> loops;
  std::optional<asio::basic_socket_acceptor<Tcp, IoExecutor>> acceptor;
  std::optional<
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, IoExecutor>>
      accept_pause;
  Tcp::endpoint peer;
  std::size_t next_loop = 0;
  Mutex mutex;
  bool is_running GUARDED_BY(mutex) = false;
};

Server::Server(ServerOptions options, Handler handler, Metrics& metrics, Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), metrics, clock, random)) {}

Server::~Server() {
  stop();
}

Result<std::uint16_t> Server::start() {
  MutexLock lock(impl_->mutex);
  CHECK(impl_->loops.empty());
  const ServerOptions& options = impl_->core->options;
  VESTA_CHECK_OK(check_options(options));
  if (!options.tls_certificate_file.empty()) {
    VESTA_TRY(impl_->tls, make_tls_context(options));
  }
  for (std::size_t i = 0; i < options.io_threads; ++i) {
    impl_->loops.push_back(std::make_unique<IoLoop>(*impl_->core, i));
  }
  Status listening = impl_->listen();
  if (!listening.ok()) {
    impl_->acceptor.reset();
    impl_->loops.clear();
    return listening.take_error();
  }
  AsioError ignored;
  const std::uint16_t port = impl_->acceptor->local_endpoint(ignored).port();
  impl_->accept();  // before the loops run, so no other thread is near
  for (auto& loop : impl_->loops) loop->start();
  impl_->is_running = true;
  return port;
}

void Server::stop() {
  MutexLock lock(impl_->mutex);
  if (!impl_->is_running) return;
  impl_->is_running = false;
  Core& core = *impl_->core;
  core.is_draining = true;
  impl_->close_acceptor();
  for (auto& loop : impl_->loops) loop->drain();
  if (!core.wait_for_no_connections(std::chrono::steady_clock::now() + core.options.stop_timeout)) {
    log::warning("requests are cut at the end of the stop timeout", {{"connections", core.connections()}});
    core.is_cut = true;
    for (auto& loop : impl_->loops) loop->cut();
  }
  core.workers.stop();
  for (auto& loop : impl_->loops) loop->stop();
}

}  // namespace vesta::net
