// The JSON text of primitives and datatypes.
#include "sample/writer.h"

#include <charconv>
#include <cmath>

#include "base/check.h"

namespace vesta::sample {
namespace {

constexpr std::int64_t kPowersOfTen[] = {1, 10, 100, 1000, 10'000};

// The digits of `value` from the `skipped`-th on.
void append_integer(std::int64_t value, std::string& out, std::size_t skipped = 0) {
  char text[24];
  const auto result = std::to_chars(text, text + sizeof(text), value);
  out.append(text + skipped, result.ptr);
}

}  // namespace

Decimal Decimal::round(double value, int digits) {
  return {std::llround(value * static_cast<double>(kPowersOfTen[digits])), digits};
}
double Decimal::value() const {
  return static_cast<double>(scaled) / static_cast<double>(kPowersOfTen[digits]);
}

void Writer::begin(const Ref& ref) {
  group_.entries.push_back({ref.type, ref.id, out_.size(), 0});
  out_.append("{\"resourceType\":\"").append(ref.type).append("\",\"id\":\"").append(ref.id.view()).push_back('"');
}

void Writer::end() {
  out_.push_back('}');
  Entry& entry = group_.entries.back();
  entry.size = out_.size() - entry.offset;
}

void Writer::name(std::string_view key) {
  separate();
  out_.push_back('"');
  out_.append(key).append("\":");
}

void Writer::quoted(std::string_view value) {
  out_.push_back('"');
  out_.append(value).push_back('"');
}

void Writer::text(std::string_view key, std::string_view value) {
  name(key);
  quoted(value);
}

void Writer::text(std::string_view key, std::string_view value, std::string_view more) {
  name(key);
  out_.push_back('"');
  out_.append(value).append(more).push_back('"');
}

void Writer::text_list(std::string_view key, std::string_view value) {
  name(key);
  out_.push_back('[');
  quoted(value);
  out_.push_back(']');
}

void Writer::string_item(std::string_view value) {
  separate();
  quoted(value);
}

void Writer::flag(std::string_view key, bool value) {
  name(key);
  out_.append(value ? "true" : "false");
}

void Writer::integer(std::string_view key, std::int64_t value) {
  name(key);
  append_integer(value, out_);
}

void Writer::number_list(std::string_view key, std::int64_t value) {
  name(key);
  out_.push_back('[');
  append_integer(value, out_);
  out_.push_back(']');
}

void Writer::decimal(std::string_view key, Decimal value) {
  name(key);
  std::int64_t rest = value.scaled;
  if (rest < 0) {
    out_.push_back('-');
    rest = -rest;
  }
  const std::int64_t power = kPowersOfTen[value.digits];
  append_integer(rest / power, out_);
  if (value.digits == 0) return;
  out_.push_back('.');
  append_integer(rest % power + power, out_, 1);  // the power's leading 1 keeps the fraction's zeros, and is left out
}

void Writer::date(std::string_view key, Day day) {
  name(key);
  out_.push_back('"');
  append_date(day, out_);
  out_.push_back('"');
}

void Writer::moment(std::string_view key, Moment moment) {
  name(key);
  out_.push_back('"');
  append_date_time(moment, out_);
  out_.push_back('"');
}

void Writer::coding_fields(const Code& code) {
  text("system", code.system);
  text("code", code.code);
  if (!code.display.empty()) text("display", code.display);
}

void Writer::coding(std::string_view key, const Code& code) {
  object(key, [&] { coding_fields(code); });
}

void Writer::concept_fields(const Code& code, const Code* second) {
  list("coding", [&] {
    item([&] { coding_fields(code); });
    if (second != nullptr) item([&] { coding_fields(*second); });
  });
  if (!code.display.empty()) text("text", code.display);
}

void Writer::concept_of(std::string_view key, const Code& code) {
  object(key, [&] { concept_fields(code, nullptr); });
}
void Writer::concept_of(std::string_view key, const Code& code, const Code& second) {
  object(key, [&] { concept_fields(code, &second); });
}
void Writer::concepts(std::string_view key, const Code& code) {
  list(key, [&] { item([&] { concept_fields(code, nullptr); }); });
}
void Writer::concepts(std::string_view key, const Code& code, const Code& second) {
  list(key, [&] { item([&] { concept_fields(code, &second); }); });
}
void Writer::concept_text(std::string_view key, std::string_view value) {
  object(key, [&] { text("text", value); });
}

void Writer::identifier(std::string_view system, std::string_view value) {
  item([&] {
    text("system", system);
    text("value", value);
  });
}

void Writer::reference_fields(const Ref& ref, std::string_view display) {
  CHECK(ref.is_set());
  name("reference");
  out_.push_back('"');
  if (links_ == Links::urn && !ref.is_shared) {
    out_.append("urn:uuid:");
  } else {
    out_.append(ref.type).push_back('/');
  }
  out_.append(ref.id.view()).push_back('"');
  if (!display.empty()) text("display", display);
}

void Writer::reference(std::string_view key, const Ref& ref, std::string_view display) {
  object(key, [&] { reference_fields(ref, display); });
}
void Writer::references(std::string_view key, const Ref& ref, std::string_view display) {
  list(key, [&] { reference_item(ref, display); });
}
void Writer::reference_item(const Ref& ref, std::string_view display) {
  item([&] { reference_fields(ref, display); });
}

void Writer::quantity(std::string_view key, Decimal value, std::string_view unit, std::string_view ucum) {
  object(key, [&] {
    decimal("value", value);
    text("unit", unit);
    text("system", "http://unitsofmeasure.org");
    text("code", ucum);
  });
}

void Writer::money(std::string_view key, std::int64_t cents) {
  object(key, [&] {
    decimal("value", {cents, 2});
    text("currency", "USD");
  });
}

void Writer::period(std::string_view key, Moment start, Moment end) {
  object(key, [&] {
    moment("start", start);
    moment("end", end);
  });
}

void Writer::period_dates(std::string_view key, Day start, Day end) {
  object(key, [&] {
    date("start", start);
    if (end != kNever) date("end", end);
  });
}

}  // namespace vesta::sample
