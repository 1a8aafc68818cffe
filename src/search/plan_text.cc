// Writes plans as text: one phrase per kind of match, parentheses where and, or and not need them.
#include "search/plan_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <system_error>

#include "base/check.h"

namespace vesta::search {
namespace {

// The words of the prefixes, for ranges of time and of numbers alike. https://hl7.org/fhir/R4/search.html#prefix
constexpr std::array<std::string_view, 10> kPrefixWords = {
    "=", "≠", ">", "<", "≥", "≤", "starts after", "ends before", "about", "contains"};
std::string_view words(Prefix prefix) {
  return kPrefixWords[static_cast<std::size_t>(prefix)];
}

std::string_view equality_sign(bool unequal) {
  return unequal ? "≠ " : "= ";
}

std::string quoted_text(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Texts one after the other.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

// With at least `width` digits.
std::string padded(std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

// As short as it comes back the same.
std::string shortest(double number) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  CHECK(error == std::errc{});
  return {buffer.data(), end};
}

class Writer {
 public:
  explicit Writer(const Registry& registry) : registry_(registry) {}

  std::string plan(const Plan& plan, bool in_link) const {
    switch (plan.kind) {
      case Plan::Kind::all:
        return "everything";
      case Plan::Kind::none:
        return "nothing";
      case Plan::Kind::and_:
        return list(plan, " and ", in_link);
      case Plan::Kind::or_:
        return list(plan, " or ", in_link);
      case Plan::Kind::not_:
        return joined({"not (", this->plan(plan.children.front(), in_link), ")"});
      case Plan::Kind::leaf:
        return leaf(plan.leaf, in_link);
      case Plan::Kind::chain:
        return joined({"chain ", name(*plan.link.parameter, in_link), " → ", type(plan.link.type), " (",
                       this->plan(plan.children.front(), true), ")"});
      case Plan::Kind::has:
        return joined({"has ", type(plan.link.type), ".", plan.link.parameter->code, " (",
                       this->plan(plan.children.front(), true), ")"});
      case Plan::Kind::contains:
        return joined({"contains ", type(plan.link.type), " (", this->plan(plan.children.front(), true), ")"});
      case Plan::Kind::shared:
        return joined({"(", this->plan(*plan.shared, in_link), ")"});
    }
    return {};
  }

  std::string leaf(const Leaf& leaf, bool in_link) const {
    const auto* composite = std::get_if<CompositeMatch>(&leaf.match);
    if (composite == nullptr) return joined({subject(leaf, in_link), " ", std::visit(*this, leaf.match)});
    std::string parts;
    for (const Leaf& component : composite->components) {
      parts += (parts.empty() ? "" : " with ") + this->leaf(component, true);
    }
    return joined({subject(leaf, in_link), " of one element (", parts, ")"});
  }

  std::string operator()(const TokenMatch& match) const {
    const std::string_view sign = equality_sign(match.unequal);
    if (!match.code) return joined({sign, match.system.value_or(""), "|(any code)"});
    return match.system ? joined({sign, *match.system, "|", *match.code}) : joined({sign, *match.code});
  }
  std::string operator()(const TokenSetMatch& match) const {
    return joined({"in a set of ", std::to_string(match.set->codes.size()), " codes and ",
                   std::to_string(match.set->systems.size()), " systems"});
  }
  std::string operator()(const StringMatch& match) const {
    switch (match.mode) {
      case StringMode::prefix:
        return "starts with " + quoted_text(match.text);
      case StringMode::exact:
        return "is exactly " + quoted_text(match.text);
      case StringMode::contains:
        return "contains " + quoted_text(match.text);
      case StringMode::suffix:
        return "ends with " + quoted_text(match.text);
      case StringMode::equal:
        return "= " + quoted_text(match.text);
      case StringMode::unequal:
        return "≠ " + quoted_text(match.text);
      case StringMode::greater:
        return "> " + quoted_text(match.text);
      case StringMode::less:
        return "< " + quoted_text(match.text);
      case StringMode::at_least:
        return "≥ " + quoted_text(match.text);
      case StringMode::at_most:
        return "≤ " + quoted_text(match.text);
    }
    return {};
  }
  std::string operator()(const ReferenceMatch& match) const {
    std::string types;
    for (const fhir::TypeId id : match.types) types += (types.empty() ? "" : "|") + std::string(type(id));
    return joined({"= ", types.empty() ? "(any type)" : types, "/", match.id});
  }
  std::string operator()(const ReferenceSetMatch& match) const {
    return joined({"= ", type(match.type), "/(one of ", std::to_string(match.set->ids.size()), ")"});
  }
  std::string operator()(const UriSetMatch& match) const {
    return joined({"is ", match.urls, " and one of ", std::to_string(match.set->ids.size())});
  }
  // With ap the range is already widened; what then counts is whether a value overlaps it.
  std::string operator()(const DateMatch& match) const {
    const std::string_view word = match.prefix == Prefix::ap ? "overlaps" : words(match.prefix);
    return joined({word, " [", moment_text(match.low), ", ", moment_text(match.high), ")"});
  }
  std::string operator()(const LastUpdatedMatch& match) const { return (*this)(match.date); }
  // The range where the prefix compares with it, else the number alone.
  std::string operator()(const NumberMatch& match) const {
    if (match.prefix == Prefix::eq || match.prefix == Prefix::ne || match.prefix == Prefix::ap) {
      return joined({words(match.prefix), " [", decimal_text(match.low), ", ", decimal_text(match.high), ")"});
    }
    return joined({words(match.prefix), " ", decimal_text(match.exact)});
  }
  std::string operator()(const QuantityMatch& match) const {
    std::string text = (*this)(match.number);
    if (match.system || match.code) text += joined({" ", match.system.value_or(""), "|", match.code.value_or("")});
    if (match.canonical) text += joined({", or ", (*this)(*match.canonical), " ", match.canonical_unit});
    return text;
  }
  std::string operator()(const UriMatch& match) const {
    if (match.mode == UriMode::below_version) return "is or is a version below " + match.uri;
    if (match.mode == UriMode::below) return "is or is below " + match.uri;
    return joined({equality_sign(match.mode == UriMode::unequal), match.uri});
  }
  std::string operator()(const PresentMatch&) const { return "is present"; }
  std::string operator()(const CompositeMatch&) const { return {}; }  // see leaf
  std::string operator()(const PositionMatch& match) const {
    return joined(
        {"within ", shortest(match.meters), " m of ", shortest(match.latitude), ", ", shortest(match.longitude)});
  }
  std::string operator()(const WordMatch& match) const {
    return (match.is_prefix ? "has a word that begins with " : "has the word ") + quoted_text(match.word);
  }
  std::string operator()(const IdMatch& match) const {
    if (match.unequal && match.id.empty()) return "is present";  // it is contained in no other resource
    return joined({equality_sign(match.unequal), match.id});
  }
  std::string operator()(const IdSetMatch& match) const {
    return joined({"is one of ", std::to_string(match.set->ids.size())});
  }

 private:
  std::string_view type(fhir::TypeId id) const { return registry_.definitions().type(id).name; }

  std::string name(const Parameter& parameter, bool in_link) const {
    return in_link ? std::string(parameter.code) : joined({type(parameter.type), ".", parameter.code});
  }
  std::string subject(const Leaf& leaf, bool in_link) const {
    if (leaf.parameter != nullptr) return name(*leaf.parameter, in_link);
    return std::holds_alternative<LastUpdatedMatch>(leaf.match) ? "_lastUpdated" : "_id";
  }

  std::string list(const Plan& plan, std::string_view word, bool in_link) const {
    std::string text;
    for (const Plan& child : plan.children) {
      const bool is_inner = child.kind == Plan::Kind::and_ || child.kind == Plan::Kind::or_;
      if (!text.empty()) text += word;
      text += is_inner ? "(" + this->plan(child, in_link) + ")" : this->plan(child, in_link);
    }
    return text;
  }

  const Registry& registry_;
};

unsigned byte_of(std::string_view text, std::size_t at, unsigned flip) {
  return static_cast<unsigned char>(text[at]) ^ flip;
}

// 0.digits * 10^scale, without an exponent where that stays short.
std::string write_number(bool negative, std::string digits, int scale) {
  constexpr int kLongest = 30;
  const int count = static_cast<int>(digits.size());
  std::string text = negative ? "-" : "";
  if (scale > kLongest || scale < -kLongest) {
    return joined({text, digits, "e", std::to_string(scale - count)});
  }
  if (scale <= 0) return text + "0." + std::string(static_cast<std::size_t>(-scale), '0') + digits;
  if (scale >= count) return text + digits + std::string(static_cast<std::size_t>(scale - count), '0');
  return text + digits.insert(static_cast<std::size_t>(scale), ".");
}

}  // namespace

std::string to_text(const Plan& plan, const Registry& registry) {
  return Writer(registry).plan(plan, false);
}

std::string to_text(const Leaf& leaf, const Registry& registry) {
  return Writer(registry).leaf(leaf, false);
}

// The format stands in docs/formats/decimal-key.md.
std::string decimal_text(DecimalKey key) {
  constexpr unsigned kZero = 0x80, kTiny = 0x81, kNear = 0xC0, kHuge = 0xE0;
  CHECK(!key.empty());
  const auto first = static_cast<unsigned char>(key.front());
  if (key.size() == 1) return first == kZero ? "0" : first < kZero ? "-∞" : "∞";
  const bool negative = first < kZero;
  const unsigned flip = negative ? 0xFF : 0;
  const std::size_t end = negative ? key.size() - 1 : key.size();
  const unsigned head = first ^ flip;
  std::size_t at = 1;
  int scale = static_cast<int>(head) - static_cast<int>(kNear);
  if (head == kTiny || head == kHuge) {
    CHECK(end >= 3);
    scale = static_cast<int>(byte_of(key, 1, flip) << 8 | byte_of(key, 2, flip)) - 32768;
    at = 3;
  }
  std::string digits;
  for (; at < end; ++at) digits += padded(byte_of(key, at, flip) - 1, 2);
  if (digits.ends_with('0')) digits.pop_back();
  return write_number(negative, std::move(digits), scale);
}

std::string moment_text(std::int64_t microseconds) {
  using namespace std::chrono;
  if (microseconds <= kDateMin) return "-∞";
  if (microseconds >= kDateMax) return "∞";
  const sys_time<std::chrono::microseconds> time{std::chrono::microseconds(microseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  std::string text =
      joined({padded(static_cast<int>(date.year()), 4), "-", padded(static_cast<unsigned>(date.month()), 2), "-",
              padded(static_cast<unsigned>(date.day()), 2)});
  if (time == day) return text;
  const hh_mm_ss clock(time - day);
  text += joined({"T", padded(clock.hours().count(), 2), ":", padded(clock.minutes().count(), 2), ":",
                  padded(clock.seconds().count(), 2)});
  if (clock.subseconds().count() != 0) {
    std::string fraction = "." + padded(clock.subseconds().count(), 6);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

}  // namespace vesta::search
