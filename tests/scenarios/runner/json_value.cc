// The JSON value of the tests: parser, comparison, paths.
#include "tests/scenarios/runner/json_value.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace vesta::tests {
namespace {

constexpr int kMaxDepth = 512;

// A recursive descent parser over the grammar of RFC 8259.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<JsonValue> parse() {
    JsonValue value;
    if (!read(value, 0)) return std::nullopt;
    skip_space();
    if (at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool read(JsonValue& out, int depth) {
    skip_space();
    if (at_ >= text_.size() || depth > kMaxDepth) return false;
    switch (text_[at_]) {
      case '{':
        return read_object(out, depth);
      case '[':
        return read_array(out, depth);
      case '"':
        out.kind = JsonValue::Kind::string;
        return read_string(out.text);
      case 't':
        out.kind = JsonValue::Kind::boolean;
        out.truth = true;
        return take_word("true");
      case 'f':
        out.kind = JsonValue::Kind::boolean;
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return read_number(out);
    }
  }

  bool read_object(JsonValue& out, int depth) {
    out.kind = JsonValue::Kind::object;
    ++at_;
    if (take('}')) return true;
    do {
      skip_space();
      std::string name;
      if (at_ >= text_.size() || text_[at_] != '"' || !read_string(name) || !take(':')) return false;
      if (out.find(name) != nullptr) return false;
      out.members.emplace_back(std::move(name), JsonValue{});
      if (!read(out.members.back().second, depth + 1)) return false;
    } while (take(','));
    return take('}');
  }

  bool read_array(JsonValue& out, int depth) {
    out.kind = JsonValue::Kind::array;
    ++at_;
    if (take(']')) return true;
    do {
      out.items.emplace_back();
      if (!read(out.items.back(), depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool read_number(JsonValue& out) {
    out.kind = JsonValue::Kind::number;
    const std::size_t begin = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
      return at_ - first;
    };
    if (text_[at_] == '-') ++at_;
    const std::size_t integer_at = at_;
    const std::size_t count = digits();
    if (count == 0 || (count > 1 && text_[integer_at] == '0')) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (digits() == 0) return false;
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (digits() == 0) return false;
    }
    out.text = text_.substr(begin, at_ - begin);
    return true;
  }

  std::optional<std::uint32_t> read_hex4() {
    std::uint32_t value = 0;
    if (at_ + 4 > text_.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, value, 16);
    if (error != std::errc{} || end != text_.data() + at_ + 4) return std::nullopt;
    at_ += 4;
    return value;
  }

  static void append_utf8(std::uint32_t point, std::string& out) {
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | (point >> 6));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | (point >> 12));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (point >> 18));
      out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }

  bool read_escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        return true;
      case 'b':
        out += '\b';
        return true;
      case 'f':
        out += '\f';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'u':
        break;
      default:
        return false;
    }
    auto point = read_hex4();
    if (!point) return false;
    if (*point >= 0xD800 && *point < 0xDC00) {
      if (!take_word("\\u")) return false;
      const auto low = read_hex4();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
    } else if (*point >= 0xDC00 && *point <= 0xDFFF) {
      return false;
    }
    append_utf8(*point, out);
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!read_escape(out)) {
        return false;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[(c >> 4) & 0xF];
      out += kHex[c & 0xF];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_text(const JsonValue& value, std::string& out) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      out += "null";
      return;
    case JsonValue::Kind::boolean:
      out += value.truth ? "true" : "false";
      return;
    case JsonValue::Kind::number:
      out += value.text;
      return;
    case JsonValue::Kind::string:
      append_quoted(value.text, out);
      return;
    case JsonValue::Kind::array:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        append_text(value.items[i], out);
      }
      out += ']';
      return;
    case JsonValue::Kind::object:
      out += '{';
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ',';
        append_quoted(value.members[i].first, out);
        out += ':';
        append_text(value.members[i].second, out);
      }
      out += '}';
      return;
  }
}

std::string shortened(const JsonValue& value) {
  std::string text = to_text(value);
  constexpr std::size_t kShown = 160;
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  return text;
}

}  // namespace

JsonValue::JsonValue() = default;
JsonValue::JsonValue(const JsonValue& other) = default;
JsonValue::JsonValue(JsonValue&& other) noexcept = default;
JsonValue& JsonValue::operator=(const JsonValue& other) = default;
JsonValue& JsonValue::operator=(JsonValue&& other) noexcept = default;
JsonValue::~JsonValue() = default;

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

JsonValue* JsonValue::find(std::string_view name) {
  return const_cast<JsonValue*>(static_cast<const JsonValue*>(this)->find(name));
}

void JsonValue::erase(std::string_view name) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
}

std::string JsonValue::as_text() const {
  if (kind == Kind::boolean) return truth ? "true" : "false";
  return text;
}

std::optional<JsonValue> parse_json(std::string_view text) {
  return Parser(text).parse();
}

std::string to_text(const JsonValue& value) {
  std::string out;
  append_text(value, out);
  return out;
}

std::optional<std::string> first_difference(const JsonValue& left, const JsonValue& right, const std::string& at) {
  if (left.kind != right.kind || left.truth != right.truth || left.text != right.text) {
    return at + ": " + shortened(left) + " against " + shortened(right);
  }
  if (left.items.size() != right.items.size()) {
    return at + ": " + std::to_string(left.items.size()) + " against " + std::to_string(right.items.size()) + " items";
  }
  for (std::size_t i = 0; i < left.items.size(); ++i) {
    auto found = first_difference(left.items[i], right.items[i], at + "[" + std::to_string(i) + "]");
    if (found) return found;
  }
  for (const auto& [name, value] : left.members) {
    const JsonValue* other = right.find(name);
    if (other == nullptr) return at + "." + name + ": " + shortened(value) + " against nothing";
    auto found = first_difference(value, *other, at + "." + name);
    if (found) return found;
  }
  for (const auto& [name, value] : right.members) {
    if (left.find(name) == nullptr) return at + "." + name + ": nothing against " + shortened(value);
  }
  return std::nullopt;
}

std::optional<std::vector<const JsonValue*>> select(const JsonValue& root, std::string_view path) {
  if (path.empty() || path[0] != '$') return std::nullopt;
  std::vector<const JsonValue*> current{&root};
  std::size_t at = 1;
  while (at < path.size()) {
    std::vector<const JsonValue*> next;
    if (path[at] == '.') {
      const std::size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
      const std::string_view name = path.substr(at + 1, end - at - 1);
      if (name.empty()) return std::nullopt;
      for (const JsonValue* value : current) {
        if (const JsonValue* member = value->find(name)) next.push_back(member);
      }
      at = end;
    } else if (path[at] == '[') {
      const std::size_t end = path.find(']', at);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view index = path.substr(at + 1, end - at - 1);
      std::size_t wanted = 0;
      const std::size_t equals = index.find('=');
      if (equals != std::string_view::npos) {
        for (const JsonValue* value : current) {
          for (const JsonValue& item : value->items) {
            const JsonValue* member = item.find(index.substr(0, equals));
            if (member != nullptr && member->as_text() == index.substr(equals + 1)) next.push_back(&item);
          }
        }
        at = end + 1;
        current = std::move(next);
        continue;
      }
      if (index != "*" &&
          std::from_chars(index.data(), index.data() + index.size(), wanted).ptr != index.data() + index.size()) {
        return std::nullopt;
      }
      for (const JsonValue* value : current) {
        for (std::size_t i = 0; i < value->items.size(); ++i) {
          if (index == "*" || i == wanted) next.push_back(&value->items[i]);
        }
      }
      at = end + 1;
    } else {
      return std::nullopt;
    }
    current = std::move(next);
  }
  return current;
}

}  // namespace vesta::tests
