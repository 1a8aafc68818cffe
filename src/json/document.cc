// Reading, writing and comparing of JSON values.
#include "json/document.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <system_error>
#include <utility>

#include "json/tokens.h"

namespace vesta::json {
namespace {

std::vector<const Member*> by_name(const Value& object) {
  std::vector<const Member*> members;
  for (const Member& member : object.members) members.push_back(&member);
  std::ranges::sort(members, {}, [](const Member* each) { return std::string_view(each->name); });
  return members;
}

// Builds values from tokens that were checked already: no deeper than kMaxDepth.
class Builder {
 public:
  explicit Builder(std::span<const Token> tokens) : tokens_(tokens) {}

  Result<Value> build() {
    const Token& token = tokens_[at_++];
    Value value;
    switch (token.kind) {
      case Kind::object_begin:
        value.kind = Value::Kind::object;
        value.text.clear();
        while (tokens_[at_].kind != Kind::object_end) {
          const std::string_view name = tokens_[at_++].text;
          VESTA_TRY(Value member, build());
          value.members.push_back({std::string(name), std::move(member)});
        }
        ++at_;
        VESTA_CHECK_OK(check_names(value));
        break;
      case Kind::array_begin:
        value.kind = Value::Kind::array;
        value.text.clear();
        while (tokens_[at_].kind != Kind::array_end) {
          VESTA_TRY(Value item, build());
          value.items.push_back(std::move(item));
        }
        ++at_;
        break;
      case Kind::string:
        value.kind = Value::Kind::string;
        value.text = token.text;
        break;
      default:
        value.text = token.text;
    }
    return value;
  }

 private:
  static Status check_names(const Value& object) {
    const std::vector<const Member*> members = by_name(object);
    const auto twice =
        std::ranges::adjacent_find(members, {}, [](const Member* each) { return std::string_view(each->name); });
    if (twice == members.end()) return kOk;
    return make_error(Category::invalid, "an object has '" + (*twice)->name + "' twice");
  }

  std::span<const Token> tokens_;
  std::size_t at_ = 0;
};

// A number as digits without zeros at either end, times a power of ten: what equal numbers have in common.
struct Worth {
  bool is_negative = false;
  std::string digits;  // empty: zero
  std::int64_t exponent = 0;

  bool operator==(const Worth&) const = default;
};

Worth worth_of(std::string_view number) {
  Worth worth;
  worth.is_negative = number.starts_with('-');
  if (worth.is_negative) number.remove_prefix(1);
  const std::size_t mark = std::min(number.find_first_of("eE"), number.size());
  std::string_view exponent = number.substr(std::min(mark + 1, number.size()));
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), worth.exponent);
  // Nobody means an exponent of so many digits; then numbers are equal if their texts are.
  if (error == std::errc::result_out_of_range) return {false, std::string(number), 0};
  const std::size_t point = std::min(number.find('.'), mark);
  worth.digits = number.substr(0, point);
  if (point < mark) {
    worth.digits += number.substr(point + 1, mark - point - 1);
    worth.exponent -= static_cast<std::int64_t>(mark - point - 1);
  }
  worth.digits.erase(0, std::min(worth.digits.find_first_not_of('0'), worth.digits.size()));
  const std::size_t last = worth.digits.find_last_not_of('0');
  if (last == std::string::npos) return {};
  worth.exponent += static_cast<std::int64_t>(worth.digits.size() - 1 - last);
  worth.digits.erase(last + 1);
  return worth;
}

bool is_number_literal(std::string_view literal) {
  return literal.starts_with('-') || (!literal.empty() && literal.front() >= '0' && literal.front() <= '9');
}

}  // namespace

Value* Value::find(std::string_view name) {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &found->value;
}

const Value* Value::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &found->value;
}

Result<Value> parse_value(std::string_view text) {
  std::string padded;
  padded.reserve(text.size() + kPadding);
  padded = text;
  Tokenizer tokenizer;
  std::pmr::monotonic_buffer_resource memory;
  VESTA_TRY(const std::span<const Token> tokens, tokenizer.tokenize(padded, memory));
  return Builder(tokens).build();
}

void append_value(const Value& value, std::string& out) {
  const char* separator = "";
  switch (value.kind) {
    case Value::Kind::object:
      out += '{';
      for (const Member& member : value.members) {
        out += std::exchange(separator, ",");
        append_string(member.name, out);
        out += ':';
        append_value(member.value, out);
      }
      out += '}';
      return;
    case Value::Kind::array:
      out += '[';
      for (const Value& item : value.items) {
        out += std::exchange(separator, ",");
        append_value(item, out);
      }
      out += ']';
      return;
    case Value::Kind::string:
      return append_string(value.text, out);
    case Value::Kind::literal:
      out += value.text;
  }
}

bool are_equal(const Value& left, const Value& right) {
  if (left.kind != right.kind) return false;
  switch (left.kind) {
    case Value::Kind::object:
      return std::ranges::equal(by_name(left), by_name(right), [](const Member* one, const Member* other) {
        return one->name == other->name && are_equal(one->value, other->value);
      });
    case Value::Kind::array:
      return std::ranges::equal(left.items, right.items, are_equal);
    case Value::Kind::string:
      return left.text == right.text;
    case Value::Kind::literal:
      break;
  }
  if (!is_number_literal(left.text) || !is_number_literal(right.text)) return left.text == right.text;
  return worth_of(left.text) == worth_of(right.text);
}

std::size_t count_of(const Value& value) {
  std::size_t count = 1;
  for (const Member& member : value.members) count += count_of(member.value);
  for (const Value& item : value.items) count += count_of(item);
  return count;
}

std::size_t depth_of(const Value& value) {
  if (value.kind != Value::Kind::object && value.kind != Value::Kind::array) return 0;
  std::size_t below = 0;
  for (const Member& member : value.members) below = std::max(below, depth_of(member.value));
  for (const Value& item : value.items) below = std::max(below, depth_of(item));
  return below + 1;
}

}  // namespace vesta::json
