// A scan over what may hold a ';'.
#include "sql/statements.h"

#include <algorithm>

namespace vesta::sql {
namespace {

bool is_name(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || byte >= 0x80;
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  Statement run() {
    while (at_ < text_.size() && !found_.is_ended) step();
    found_.size = at_;
    return found_;
  }

 private:
  bool is_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void step() {
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    if (is_at("--")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_at("/*")) {
      skip_comment();
    } else if (kSpace.find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else if (text_[at_] == ';') {
      found_.is_ended = true;
      ++at_;
    } else {
      if (found_.is_empty) found_.begin = at_;
      found_.is_empty = false;
      skip_word();
    }
  }

  // Comments nest.
  void skip_comment() {
    int depth = 0;
    do {
      if (is_at("/*")) {
        ++depth;
        at_ += 2;
      } else if (is_at("*/")) {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < text_.size());
    found_.is_unclosed = depth > 0;
  }

  void skip_word() {
    const char c = text_[at_];
    if (c == '\'' || c == '"') {
      const bool has_escapes = c == '\'' && at_ > 0 && (text_[at_ - 1] | 0x20) == 'e' && is_prefix_;
      is_prefix_ = false;
      return skip_quoted(c, has_escapes);
    }
    if (c == '$') return skip_dollars();
    if (!is_name(c)) {
      ++at_;
      is_prefix_ = false;
      return;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '$')) ++at_;
    is_prefix_ = at_ - begin == 1;  // E'…' is a string with escapes; name'…' is none
  }

  // A doubled quote is skipped as the end of one and the beginning of the next.
  void skip_quoted(char quote, bool has_escapes) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) at_ += has_escapes && text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) {
      at_ = text_.size();
      found_.is_unclosed = true;
      return;
    }
    ++at_;
    if (has_escapes && at_ < text_.size() && text_[at_] == quote) skip_quoted(quote, has_escapes);
  }

  // $$…$$ and $tag$…$tag$; else it is the number of a parameter.
  void skip_dollars() {
    is_prefix_ = false;
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const bool is_tag = end < text_.size() && text_[end] == '$' && !(text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9');
    if (!is_tag) {
      ++at_;
      return;
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    found_.is_unclosed = close == std::string_view::npos;
    at_ = found_.is_unclosed ? text_.size() : close + tag.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_prefix_ = false;  // one letter stands before
  Statement found_;
};

}  // namespace

Statement first_statement(std::string_view text) {
  return Scan(text).run();
}

bool is_complete(std::string_view text) {
  bool is_ended = false;
  while (true) {
    const Statement statement = first_statement(text);
    text.remove_prefix(statement.size);
    if (!statement.is_ended) return is_ended && statement.is_empty && !statement.is_unclosed;
    is_ended = true;
    if (text.empty()) return true;
  }
}

}  // namespace vesta::sql
