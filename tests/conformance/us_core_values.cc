// Paths, times, tokens, strings and references of JSON resources.
#include "tests/conformance/us_core_values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

namespace vesta::tests {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

// A step of a path: a property, and the url of an extension where it asks for one.
struct Step {
  std::string property;
  std::string url;
};

// The steps behind the type. A where(url='…') belongs to the step before it; its dots are no ends of steps.
std::vector<Step> steps_of(std::string_view path) {
  constexpr std::string_view kWhere = "where(url='";
  std::vector<Step> steps;
  std::size_t at = path.find('.');
  while (at != std::string_view::npos) {
    ++at;
    if (path.substr(at).starts_with(kWhere) && !steps.empty()) {
      const std::size_t end = path.find("')", at);
      steps.back().url = std::string(path.substr(at + kWhere.size(), end - at - kWhere.size()));
      at = path.find('.', end);
      continue;
    }
    const std::size_t end = path.find('.', at);
    steps.push_back({std::string(path.substr(at, end - at)), ""});
    at = end;
  }
  return steps;
}

// A property of that name, or one of a choice: "effective" is found in "effectiveDateTime".
bool is_property(std::string_view property, std::string_view step) {
  if (!property.starts_with(step)) return false;
  return property.size() == step.size() || (property[step.size()] >= 'A' && property[step.size()] <= 'Z');
}

template <typename Json>
void collect(Json& value, const std::vector<Step>& steps, std::size_t depth, std::vector<Json*>& out) {
  if (value.kind == JsonValue::Kind::array) {
    for (auto& item : value.items) collect(item, steps, depth, out);
    return;
  }
  if (depth > 0 && !steps[depth - 1].url.empty()) {
    const JsonValue* url = value.find("url");
    if (url == nullptr || url->text != steps[depth - 1].url) return;
  }
  if (depth == steps.size()) {
    out.push_back(&value);
    return;
  }
  for (auto& [name, member] : value.members) {
    if (is_property(name, steps[depth].property)) collect(member, steps, depth + 1, out);
  }
}

std::optional<int> number(std::string_view text, std::size_t at, std::size_t length) {
  int out = 0;
  if (at + length > text.size()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, out);
  if (error != std::errc() || end != text.data() + at + length) return std::nullopt;
  return out;
}

// Microseconds east of UTC; 0 if the text names no zone.
std::int64_t zone_of(std::string_view text) {
  const std::size_t sign = text.find_first_of("+-", 11);
  if (text.size() < 12 || sign == std::string_view::npos) return 0;
  const std::int64_t minutes = number(text, sign + 1, 2).value_or(0) * 60 + number(text, sign + 4, 2).value_or(0);
  return (text[sign] == '-' ? -minutes : minutes) * 60 * kSecond;
}

// The time of day behind the 'T'.
std::optional<TimeSpan> clock_span(std::string_view text) {
  const auto hour = number(text, 11, 2);
  const auto minute = number(text, 14, 2);
  if (!hour || !minute) return std::nullopt;
  TimeSpan span{(*hour * 60 + *minute) * 60 * kSecond, 60 * kSecond};
  if (text.size() > 16 && text[16] == ':') {
    span.low += number(text, 17, 2).value_or(0) * kSecond;
    span.high = kSecond;
    if (text.size() > 19 && text[19] == '.') {
      for (std::size_t at = 20; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
        span.high /= 10;
        span.low += (text[at] - '0') * span.high;
      }
    }
  }
  span.high += span.low;
  return span;
}

std::int64_t day_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

void add_text(const JsonValue& value, std::vector<std::string>& out) {
  if (value.kind == JsonValue::Kind::string) out.push_back(value.text);
  for (const JsonValue& item : value.items) add_text(item, out);
}

}  // namespace

std::vector<const JsonValue*> walk(const JsonValue& resource, std::string_view path) {
  std::vector<const JsonValue*> out;
  collect<const JsonValue>(resource, steps_of(path), 0, out);
  return out;
}

std::vector<JsonValue*> walk(JsonValue& resource, std::string_view path) {
  std::vector<JsonValue*> out;
  collect<JsonValue>(resource, steps_of(path), 0, out);
  return out;
}

std::optional<TimeSpan> parse_span(std::string_view text) {
  const auto year = number(text, 0, 4);
  if (!year) return std::nullopt;
  if (text.size() == 4) return TimeSpan{day_of(*year, 1, 1) * kDay, day_of(*year + 1, 1, 1) * kDay};
  const auto month = number(text, 5, 2);
  if (!month) return std::nullopt;
  if (text.size() == 7) {
    const int next = *month % 12 + 1;
    return TimeSpan{day_of(*year, *month, 1) * kDay, day_of(*year + (next == 1 ? 1 : 0), next, 1) * kDay};
  }
  const auto day = number(text, 8, 2);
  if (!day) return std::nullopt;
  const std::int64_t midnight = day_of(*year, *month, *day) * kDay;
  if (text.size() == 10) return TimeSpan{midnight, midnight + kDay};
  const auto clock = clock_span(text);
  if (!clock) return std::nullopt;
  const std::int64_t start = midnight - zone_of(text);
  return TimeSpan{start + clock->low, start + clock->high};
}

std::optional<TimeSpan> span_of(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::string) return parse_span(value.text);
  const JsonValue* start = value.find("start");
  const JsonValue* end = value.find("end");
  if (start == nullptr && end == nullptr) return std::nullopt;
  TimeSpan span{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  if (const auto first = start == nullptr ? std::nullopt : parse_span(start->text)) span.low = first->low;
  if (const auto last = end == nullptr ? std::nullopt : parse_span(end->text)) span.high = last->high;
  return span;
}

bool satisfies(std::string_view prefix, const TimeSpan& searched, const TimeSpan& stored, std::int64_t now) {
  const bool contained = searched.low <= stored.low && stored.high <= searched.high;
  if (prefix.empty() || prefix == "eq") return contained;
  if (prefix == "ne") return !contained;
  if (prefix == "gt") return stored.high > searched.high;
  if (prefix == "lt") return stored.low < searched.low;
  if (prefix == "ge") return contained || stored.high > searched.high;
  if (prefix == "le") return contained || stored.low < searched.low;
  if (prefix == "sa") return stored.low >= searched.high;
  if (prefix == "eb") return stored.high <= searched.low;
  // ap: within a tenth of the time between the date and now.
  const std::int64_t gap = std::max<std::int64_t>({searched.low - now, now - searched.high, 0}) / 10;
  return stored.low < searched.high + gap && stored.high > searched.low - gap;
}

std::optional<std::string> shift_days(std::string_view text, int days) {
  const auto year = number(text, 0, 4);
  const auto month = number(text, 5, 2);
  const auto day = number(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::sys_days shifted{std::chrono::days{day_of(*year, *month, *day) + days}};
  const std::chrono::year_month_day date{shifted};
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return std::string(out.data());
}

std::vector<TokenPair> tokens_of(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::string) return {{"", value.text}};
  std::vector<TokenPair> out;
  if (const JsonValue* codings = value.find("coding")) {
    for (const JsonValue& coding : codings->items) {
      for (TokenPair& token : tokens_of(coding)) out.push_back(std::move(token));
    }
    return out;
  }
  const JsonValue* system = value.find("system");
  const JsonValue* code = value.find("code");
  if (code == nullptr) code = value.find("value");  // of an Identifier
  if (system != nullptr || code != nullptr) {
    out.push_back({system == nullptr ? "" : system->text, code == nullptr ? "" : code->text});
  }
  return out;
}

std::vector<std::string> strings_of(const JsonValue& value) {
  constexpr std::array kParts = {"text", "family", "given",    "prefix", "suffix",                  // HumanName
                                 "line", "city",   "district", "state",  "postalCode", "country"};  // Address
  std::vector<std::string> out;
  add_text(value, out);
  for (const char* part : kParts) {
    if (const JsonValue* member = value.find(part)) add_text(*member, out);
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string reference_of(const JsonValue& value) {
  const JsonValue* reference = value.find("reference");
  if (reference == nullptr) return "";
  std::string text = reference->text;
  if (const std::size_t history = text.find("/_history/"); history != std::string::npos) text.resize(history);
  const bool is_relative = std::count(text.begin(), text.end(), '/') == 1 && text.find(':') == std::string::npos;
  return is_relative && text[0] >= 'A' && text[0] <= 'Z' ? text : "";
}

}  // namespace vesta::tests
