// Sockets that do not block, poll by a deadline, and hiredis' formatter and reader between.
#include "cache/redis_link.h"

#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace vesta::cache {
namespace {

struct Deleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

Error lost(std::string what) {
  return make_error(Category::unavailable, "Redis: " + std::move(what));
}

// False: too late.
bool wait_for(int socket, short events, RedisLink::Time deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd polled{socket, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

struct RedisLink::State {
  State() : reader(redisReaderCreate()) {}
  ~State() {
    tls.reset();
    if (socket >= 0) ::close(socket);
  }

  Status connect_to(const sockaddr* address, socklen_t size, Time deadline) {
    socket = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return lost(std::strerror(errno));
    if (::connect(socket, address, size) == 0) return kOk;
    int error = errno;
    if (error == EINPROGRESS) {
      if (!wait_for(socket, POLLOUT, deadline)) return lost("no connection in time");
      socklen_t length = sizeof(error);
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
    }
    return error == 0 ? Status(kOk) : Status(lost(std::strerror(error)));
  }

  Status connect_to_socket(const std::string& path, Time deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return lost("the path of its socket is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
  }

  Status connect_to_host(const RedisUrl& url, Time deadline) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &wanted, &found);
    if (failed != 0) return lost(::gai_strerror(failed));
    const Owned<addrinfo> addresses(found);
    Status connected = lost("no address");
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      if (socket >= 0) ::close(std::exchange(socket, -1));
      connected = connect_to(each->ai_addr, each->ai_addrlen, deadline);
      if (!connected.ok()) continue;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return kOk;
    }
    return connected;
  }

  Status encrypt(const RedisUrl& url, Time deadline) {
    const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) return lost("no TLS");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const int loaded = url.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                           : SSL_CTX_load_verify_file(context.get(), url.ca_file.c_str());
    if (loaded != 1) return lost("the authorities of its certificate cannot be read");
    tls.reset(SSL_new(context.get()));
    X509_VERIFY_PARAM* const checks = SSL_get0_param(tls.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(checks, url.host.c_str()) != 1) {
      SSL_set_tlsext_host_name(tls.get(), url.host.c_str());
      if (SSL_set1_host(tls.get(), url.host.c_str()) != 1) return lost("a host that can have no certificate");
    }
    SSL_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_set_fd(tls.get(), socket) != 1) return lost("no TLS");
    for (;;) {
      const int done = SSL_connect(tls.get());
      if (done == 1) return kOk;
      if (!wait_for_tls(done, deadline)) return lost("TLS failed, or its certificate is not believed");
    }
  }

  bool wait_for_tls(int result, Time deadline) const {
    switch (SSL_get_error(tls.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return wait_for(socket, POLLIN, deadline);
      case SSL_ERROR_WANT_WRITE:
        return wait_for(socket, POLLOUT, deadline);
      default:
        return false;
    }
  }

  // At least one byte; 0: lost or too late.
  std::size_t send_some(std::string_view bytes, Time deadline) const {
    return move_some([&] { return SSL_write(tls.get(), bytes.data(), static_cast<int>(bytes.size())); },
                     [&] { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); }, POLLOUT, deadline);
  }
  std::size_t receive_some(std::span<char> bytes, Time deadline) const {
    return move_some([&] { return SSL_read(tls.get(), bytes.data(), static_cast<int>(bytes.size())); },
                     [&] { return ::recv(socket, bytes.data(), bytes.size(), 0); }, POLLIN, deadline);
  }

  // `events`: what the plain socket is waited for.
  template <class ByTls, class Plainly>
  std::size_t move_some(ByTls by_tls, Plainly plainly, short events, Time deadline) const {
    for (;;) {
      if (tls != nullptr) {
        const int moved = by_tls();
        if (moved > 0) return static_cast<std::size_t>(moved);
        if (!wait_for_tls(moved, deadline)) return 0;
        continue;
      }
      const ssize_t moved = plainly();
      if (moved > 0) return static_cast<std::size_t>(moved);
      if (moved < 0 && errno == EINTR) continue;
      if (moved == 0 || errno != EAGAIN || !wait_for(socket, events, deadline)) return 0;
    }
  }

  int socket = -1;
  Owned<SSL> tls;
  Owned<redisReader> reader;
};

RedisLink::RedisLink(std::unique_ptr<State> state) : state_(std::move(state)) {}
RedisLink::~RedisLink() = default;

Result<std::unique_ptr<RedisLink>> RedisLink::open(const RedisUrl& url, Time deadline) {
  auto state = std::make_unique<State>();
  if (url.socket.empty()) {
    VESTA_CHECK_OK(state->connect_to_host(url, deadline));
  } else {
    VESTA_CHECK_OK(state->connect_to_socket(url.socket, deadline));
  }
  if (url.has_tls) VESTA_CHECK_OK(state->encrypt(url, deadline));
  std::unique_ptr<RedisLink> link(new RedisLink(std::move(state)));
  if (!url.password.empty()) {
    std::vector<std::string_view> words = {"AUTH"};
    if (!url.user.empty()) words.push_back(url.user);
    words.push_back(url.password);
    VESTA_CHECK_OK(link->ask(words, deadline));
  }
  if (url.database != 0) {
    const std::string database = std::to_string(url.database);
    VESTA_CHECK_OK(link->ask(std::array<std::string_view, 2>{"SELECT", database}, deadline));
  }
  return link;
}

Result<Reply> RedisLink::ask(std::span<const std::string_view> words, Time deadline) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), starts.data(), sizes.data());
  if (size < 0) return lost("no memory");
  const std::string command(formatted, static_cast<std::size_t>(size));
  redisFreeCommand(formatted);
  for (std::string_view left = command; !left.empty();) {
    const std::size_t sent = state_->send_some(left, deadline);
    if (sent == 0) return lost("lost, or too slow");
    left.remove_prefix(sent);
  }
  std::array<char, 16 * 1024> bytes;
  for (std::size_t total = 0; total <= kMaxReplyBytes;) {
    const std::size_t received = state_->receive_some(bytes, deadline);
    if (received == 0) return lost("lost, or too slow");
    total += received;
    void* replied = nullptr;
    if (redisReaderFeed(state_->reader.get(), bytes.data(), received) != REDIS_OK ||
        redisReaderGetReply(state_->reader.get(), &replied) != REDIS_OK) {
      return lost("what it says is not its protocol");
    }
    if (replied == nullptr) continue;
    const Owned<redisReply> reply(static_cast<redisReply*>(replied));
    switch (reply->type) {
      case REDIS_REPLY_NIL:
        return Reply{};
      case REDIS_REPLY_INTEGER:
        return Reply{Reply::Kind::number, {}, reply->integer};
      case REDIS_REPLY_STRING:
      case REDIS_REPLY_STATUS:
        return Reply{Reply::Kind::text, std::string(reply->str, reply->len), 0};
      case REDIS_REPLY_ERROR:
        return lost(std::string(reply->str, std::min<std::size_t>(reply->len, 200)));
      default:
        return lost("a reply of another kind");
    }
  }
  return lost("a reply that is too long");
}

}  // namespace vesta::cache
