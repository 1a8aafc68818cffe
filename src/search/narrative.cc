// Takes the markup off XHTML in one pass, without a parser: all that is wanted are the words.
#include "search/narrative.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace vesta::search {
namespace {

constexpr std::size_t kMaxEntityBytes = 10;  // "&thetasym;" is the longest of HTML 4

constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""}, {"apos", "'"},  {"AElig", "ae"}, {"aelig", "ae"},
    {"OElig", "oe"}, {"oelig", "oe"}, {"szlig", "ss"}, {"micro", "μ"}, {"rsquo", "'"}, {"lsquo", "'"},
};
constexpr std::string_view kAccents[] = {"acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash", "caron"};

void append_utf8(std::uint32_t point, std::string& out) {
  const auto byte = [&out](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

// `name` without '&' and ';': "#233", "#xE9".
void append_character(std::string_view name, std::string& out) {
  name.remove_prefix(1);
  const bool is_hex = name.starts_with('x') || name.starts_with('X');
  if (is_hex) name.remove_prefix(1);
  std::uint32_t point = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), point, is_hex ? 16 : 10);
  const bool is_read = error == std::errc() && end == name.data() + name.size();
  const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (!is_read || point == 0 || point > 0x10FFFF || is_surrogate) return out.push_back(' ');
  append_utf8(point, out);
}

void append_entity(std::string_view name, std::string& out) {
  if (name.starts_with('#')) return append_character(name, out);
  for (const auto& [known, text] : kEntities) {
    if (known == name) return void(out.append(text));
  }
  const bool has_accent = name.size() > 1 && std::ranges::find(kAccents, name.substr(1)) != std::end(kAccents);
  out.push_back(has_accent ? name.front() : ' ');
}

// The place behind the tag or comment that begins at `at`. A '>' within quotes does not end a tag.
std::size_t end_of_tag(std::string_view xhtml, std::size_t at) {
  if (xhtml.substr(at).starts_with("<!--")) {
    const std::size_t end = xhtml.find("-->", at + 4);
    return end == std::string_view::npos ? xhtml.size() : end + 3;
  }
  char quote = 0;
  for (; at < xhtml.size(); ++at) {
    const char c = xhtml[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at + 1;
    }
  }
  return at;
}

}  // namespace

void append_text_of(std::string_view xhtml, std::string& out) {
  for (std::size_t at = 0; at < xhtml.size();) {
    const std::size_t next = std::min(xhtml.find_first_of("<&", at), xhtml.size());
    out.append(xhtml.substr(at, next - at));
    at = next;
    if (at == xhtml.size()) return;
    if (xhtml[at] == '<') {
      out.push_back(' ');
      at = end_of_tag(xhtml, at);
      continue;
    }
    const std::size_t end = xhtml.substr(at, kMaxEntityBytes).find(';');
    if (end == std::string_view::npos) {
      out.push_back(xhtml[at++]);
    } else {
      append_entity(xhtml.substr(at + 1, end - 1), out);
      at += end + 1;
    }
  }
}

}  // namespace vesta::search
