// Pieces of an answer: made, compressed, framed.
#include "net/answer_stream.h"

#include <array>
#include <charconv>
#include <exception>
#include <utility>

#include "base/log.h"

namespace vesta::net {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBodyEnd = "0\r\n\r\n";

void append_hexadecimal(std::size_t number, std::string& out) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void AnswerStream::frame(std::string& head, std::string& piece) {
  if (gzip_ && !piece.empty()) {
    std::string compressed;
    gzip_->add(piece, compressed);
    piece = std::move(compressed);
  }
  if (framing_ == Framing::until_close || piece.empty()) return;  // a chunk without data would be the last
  append_hexadecimal(piece.size(), head);
  head += kLineEnd;
  piece += kLineEnd;
}

void AnswerStream::finish(std::string& head, std::string& piece) {
  // The end of the gzip file is a chunk of its own: `piece` is one already.
  std::string end;
  if (gzip_) gzip_->finish(end);
  gzip_.reset();
  std::string size;
  frame(size, end);
  (piece.empty() ? head : piece) += size;
  piece += end;
  if (framing_ == Framing::chunks) piece += kBodyEnd;
}

Result<bool> AnswerStream::append(std::string& piece) {
  try {
    return body_->append(piece);
  } catch (const std::exception& exception) {
    return Error{Category::internal, exception.what(), {}};
  } catch (...) {
    return Error{Category::internal, "something unknown was thrown", {}};
  }
}

AnswerStream::State AnswerStream::next(std::string& head, std::string& piece) {
  const log::RequestScope scope(request_id_);
  head.clear();
  piece.clear();
  const Result<bool> has_more = append(piece);
  if (!has_more.ok()) {
    log::error("an answer broke off", {{"what", has_more.error().message}});
    piece.clear();
    return State::broken;
  }
  frame(head, piece);
  if (*has_more) return State::has_more;
  finish(head, piece);
  return State::whole;
}

}  // namespace vesta::net
