// AnswerStream: the rest of an answer whose body is made while it is sent: its pieces, compressed and framed. No
// sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/gzip.h"
#include "http/message.h"

namespace vesta::net {

// https://www.rfc-editor.org/rfc/rfc9112#section-7.1; a client of HTTP/1.0 knows the end by that of the connection.
enum class Framing { chunks, until_close };

class AnswerStream {
 public:
  enum class State { has_more, whole, broken };

  AnswerStream(std::unique_ptr<http::BodyStream> body, Framing framing, std::string request_id)
      : body_(std::move(body)), framing_(framing), request_id_(std::move(request_id)) {}

  // Before the first piece.
  void compress(int level) { gzip_.emplace(level); }

  // Turns a piece into what is sent of it: a chunk's size is appended to `head`; `piece` becomes its data and what
  // stands behind them.
  void frame(std::string& head, std::string& piece);
  // Fills `head` and `piece` with what comes next, perhaps nothing yet: one piece of work at a time, so that others get
  // their turn and a stop is seen. When it is broken, nothing is to be sent any more, and the
  // connection must end: the last chunk, which is missing then, tells the client. Never throws.
  State next(std::string& head, std::string& piece);

 private:
  Result<bool> append(std::string& piece);
  void finish(std::string& head, std::string& piece);

  std::unique_ptr<http::BodyStream> body_;
  Framing framing_;
  std::string request_id_;
  std::optional<GzipStream> gzip_;
};

}  // namespace vesta::net
