// Takes names, values and marks from the text of a `_filter`.
#include "search/filter/lexer.h"

#include <algorithm>

#include "json/unescape.h"
#include "search/chains.h"

namespace vesta::search::filter {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_name_part(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

bool Lexer::skip_spaces() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_ > begin;
}

bool Lexer::take(char c) {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool Lexer::take_keyword(std::string_view word) {
  const std::string_view rest = text_.substr(at_);
  if (!rest.starts_with(word)) return false;
  if (rest.size() > word.size() && (is_name_part(rest[word.size()]) || rest[word.size()] == '.')) return false;
  at_ += word.size();
  return true;
}

std::string_view Lexer::take_name() {
  const std::size_t begin = at_;
  if (at_end() || !(is_letter(text_[at_]) || text_[at_] == '_')) return {};
  while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

Result<std::string> Lexer::take_value() {
  if (!at_end() && text_[at_] == '"') return take_string();
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')' && text_[at_] != ']') ++at_;
  if (at_ == begin) return error("a value is expected");
  return std::string(text_.substr(begin, at_ - begin));
}

Result<std::string> Lexer::take_string() {
  const std::size_t quote = at_++;
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
  if (at_ >= text_.size()) {
    at_ = text_.size();
    return error("the string that begins here does not end", quote);
  }
  const std::string_view written = text_.substr(begin, at_ - begin);
  ++at_;
  if (std::ranges::any_of(written, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return error("a control character in a string", begin);
  }
  std::string value(written.size(), '\0');
  const auto size = json::unescape(written, value.data());
  if (!size) return error("an escape that JSON does not know, in the string that begins here", quote);
  value.resize(*size);
  if (value.find('\0') != std::string::npos) return error("a NUL in a string", quote);
  return value;
}

Error Lexer::error(std::string_view why, std::size_t at) const {
  return parameter_error("_filter", "invalid",
                         "at character " + std::to_string(character_of(text_, at)) + ": " + std::string(why));
}

std::size_t Lexer::character() const {
  return character_of(text_, at_);
}

std::size_t character_of(std::string_view text, std::size_t at) {
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const std::string_view before = text.substr(0, at);
  return 1 + static_cast<std::size_t>(std::ranges::count_if(before, is_first));
}

}  // namespace vesta::search::filter
