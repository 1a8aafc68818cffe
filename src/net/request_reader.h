// RequestReader: bytes in, one complete HTTP/1.1 request out, or the reason why it is refused. No sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace vesta::net {

struct ReaderLimits {
  std::size_t header_bytes = 32 * 1024;       // request line and fields together; more is a 431
  std::size_t header_count = 100;             // fields; more is a 431
  std::size_t uri_bytes = 8 * 1024;           // request target; more is a 414
  std::size_t body_bytes = 64 * 1024 * 1024;  // as sent; more is a 413
};

// Before a byte of a body is there: what a request only declares costs no more. Beyond it room grows with what arrives.
inline constexpr std::size_t kFirstBodyReserve = 64 * 1024;

struct Refusal {
  int status = 400;
  std::string message;
};

// Reads one request after another from the bytes of one connection. Not thread-safe.
class RequestReader {
 public:
  enum class State { need_more, complete, failed };

  explicit RequestReader(const ReaderLimits& limits);
  ~RequestReader();

  // Forgets the last request and waits for the next.
  void reset();

  // Takes what it can from the front of `bytes`, and sets `consumed`. What it did not take must come again, with more
  // behind it; if it takes nothing from kMaxPendingBytes, it fails rather than ask for more. complete: the request is
  // there, and bytes after `consumed` belong to the next one. failed: refusal() says why; the stream is out of step.
  State read(std::string_view bytes, std::size_t& consumed);
  std::size_t max_pending_bytes() const;  // a buffer of this size is always enough

  bool has_started() const;  // the first byte of the request was seen
  bool has_head() const;     // the head is complete and accepted: method, path, query and headers are set
  bool expects_continue() const;
  bool keeps_alive() const;  // what the client wants; only after the head
  bool is_http_1_0() const;
  std::size_t body_received() const;  // as sent

  http::Request& request();
  const Refusal& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::net
