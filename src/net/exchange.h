// Exchange: one request and its answer on their way through a worker: decode, handle, encode. No sockets.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "http/message.h"
#include "net/answer_stream.h"
#include "net/server.h"

namespace vesta::net {

enum class KeepAlive { no, yes };

struct Exchange {
  http::Request request;
  KeepAlive keep_alive = KeepAlive::yes;  // what the client wants; then what it gets
  bool is_http_1_0 = false;
  // The answer as it goes out: status line and fields, then the body (empty for HEAD).
  std::string head;
  std::string body;
  std::unique_ptr<AnswerStream> stream;  // null: nothing comes behind `body`
  // The answer broke off, and only a reset of the connection can tell the client so.
  bool must_reset = false;
};

// What the workers share. Thread-safe.
class Exchanger {
 public:
  // While `is_draining`, answers tell the client that the connection closes.
  Exchanger(const ServerOptions& options, const Handler& handler, const std::atomic<bool>& is_draining,
            Metrics& metrics, Clock& clock, Random& random);

  // Gives the request its id, runs the handler, fills head and body, and drops the request. Never throws.
  void answer(Exchange& exchange);
  // Fills head and body with what comes next of an answer that has a stream. Never throws.
  void go_on(Exchange& exchange);
  // The same as `answer` for a refusal: no handler.
  void refuse(Exchange& exchange, int status, const std::string& message);

 private:
  void assign_id(http::Request& request);
  http::Response handle(http::Request& request);
  http::Response error(int status, const std::string& message, const std::string& request_id);
  bool decode(Exchange& exchange, http::Response& refusal);
  void encode(Exchange& exchange, http::Response&& response);
  void compress(const http::Request& request, http::Response& response, AnswerStream* stream);
  void begin_stream(Exchange& exchange, http::Response& response);
  void append_head(const Exchange& exchange, const http::Response& response, std::string& head);

  const ServerOptions& options_;
  const Handler& handler_;
  const std::atomic<bool>& is_draining_;
  Clock& clock_;
  UuidGenerator uuids_;
  Counter* responses_[6];  // by the first digit of the status
  Histogram& queue_seconds_;
  Counter& broken_;
};

// Whether an id that a client sent may stand in logs and headers: 1 to 128 letters, digits, '-', '_', '.', ':'.
bool is_sane_request_id(std::string_view id);

}  // namespace vesta::net
