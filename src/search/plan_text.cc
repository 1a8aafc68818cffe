// Writes plans as text: one phrase per kind of match, parentheses where and, or and not need them.
#include "search/plan_text.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/check.h"

namespace vesta::search {
namespace {

// The words of the prefixes, for ranges of time and of numbers alike. https://hl7.org/fhir/R4/search.html#prefix
constexpr std::array<std::string_view, 9> kPrefixWords = {"=",           "≠",    ">", "<", "≥", "≤", "starts after",
                                                          "ends before", "about"};
std::string_view words(Prefix prefix) {
  return kPrefixWords[static_cast<std::size_t>(prefix)];
}

std::string quoted_text(std::string_view text) {
  return fmt::format("\"{}\"", text);
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
        return joined(plan, " and ", in_link);
      case Plan::Kind::or_:
        return joined(plan, " or ", in_link);
      case Plan::Kind::not_:
        return fmt::format("not ({})", this->plan(plan.children.front(), in_link));
      case Plan::Kind::leaf:
        return leaf(plan.leaf, in_link);
      case Plan::Kind::chain:
        return fmt::format("chain {} → {} ({})", name(*plan.link.parameter, in_link), type(plan.link.type),
                           this->plan(plan.children.front(), true));
      case Plan::Kind::has:
        return fmt::format("has {}.{} ({})", type(plan.link.type), plan.link.parameter->code,
                           this->plan(plan.children.front(), true));
    }
    return {};
  }

  std::string leaf(const Leaf& leaf, bool in_link) const {
    const auto* composite = std::get_if<CompositeMatch>(&leaf.match);
    if (composite == nullptr) return fmt::format("{} {}", subject(leaf, in_link), std::visit(*this, leaf.match));
    std::string parts;
    for (const Leaf& component : composite->components) {
      parts += (parts.empty() ? "" : " with ") + this->leaf(component, true);
    }
    return fmt::format("{} of one element ({})", subject(leaf, in_link), parts);
  }

  std::string operator()(const TokenMatch& match) const {
    if (!match.code) return fmt::format("= {}|(any code)", match.system.value_or(""));
    return match.system ? fmt::format("= {}|{}", *match.system, *match.code) : "= " + *match.code;
  }
  std::string operator()(const TokenSetMatch& match) const {
    return fmt::format("in a set of {} codes and {} systems", match.set->codes.size(), match.set->systems.size());
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
    }
    return {};
  }
  std::string operator()(const ReferenceMatch& match) const {
    std::string types;
    for (const fhir::TypeId id : match.types) types += (types.empty() ? "" : "|") + std::string(type(id));
    return fmt::format("= {}/{}", types.empty() ? "(any type)" : types, match.id);
  }
  std::string operator()(const DateMatch& match) const {
    return fmt::format("{} [{}, {})", words(match.prefix), moment_text(match.low), moment_text(match.high));
  }
  std::string operator()(const LastUpdatedMatch& match) const { return (*this)(match.date); }
  // The range where the prefix compares with it, else the number alone.
  std::string operator()(const NumberMatch& match) const {
    if (match.prefix == Prefix::eq || match.prefix == Prefix::ne || match.prefix == Prefix::ap) {
      return fmt::format("{} [{}, {})", words(match.prefix), decimal_text(match.low), decimal_text(match.high));
    }
    return fmt::format("{} {}", words(match.prefix), decimal_text(match.exact));
  }
  std::string operator()(const QuantityMatch& match) const {
    std::string text = (*this)(match.number);
    if (match.system || match.code) text += fmt::format(" {}|{}", match.system.value_or(""), match.code.value_or(""));
    if (match.canonical) text += fmt::format(", or {} {}", (*this)(*match.canonical), match.canonical_unit);
    return text;
  }
  std::string operator()(const UriMatch& match) const {
    return (match.mode == UriMode::below ? "is or is below " : "= ") + match.uri;
  }
  std::string operator()(const PresentMatch&) const { return "is present"; }
  std::string operator()(const CompositeMatch&) const { return {}; }  // see leaf
  std::string operator()(const PositionMatch& match) const {
    return fmt::format("within {} m of {}, {}", match.meters, match.latitude, match.longitude);
  }
  std::string operator()(const WordMatch& match) const {
    return (match.is_prefix ? "has a word that begins with " : "has the word ") + quoted_text(match.word);
  }
  std::string operator()(const IdMatch& match) const { return "= " + match.id; }

 private:
  std::string_view type(fhir::TypeId id) const { return registry_.definitions().type(id).name; }

  std::string name(const Parameter& parameter, bool in_link) const {
    return in_link ? std::string(parameter.code) : fmt::format("{}.{}", type(parameter.type), parameter.code);
  }
  std::string subject(const Leaf& leaf, bool in_link) const {
    if (leaf.parameter != nullptr) return name(*leaf.parameter, in_link);
    return std::holds_alternative<IdMatch>(leaf.match) ? "_id" : "_lastUpdated";
  }

  std::string joined(const Plan& plan, std::string_view word, bool in_link) const {
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
    return fmt::format("{}{}e{}", text, digits, scale - count);
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
  for (; at < end; ++at) digits += fmt::format("{:02}", byte_of(key, at, flip) - 1);
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
  std::string text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (time == day) return text;
  const hh_mm_ss clock(time - day);
  text += fmt::format("T{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) {
    std::string fraction = fmt::format(".{:06}", clock.subseconds().count());
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

}  // namespace vesta::search
