// Ranges: encoding and decoding of the blob.
#include "store/sqlite/ranges.h"

#include <optional>

#include "store/sqlite/date_span.h"

namespace vesta::store::sqlite {
namespace {

enum Kind : std::uint64_t { kDate = 0, kNumber = 1, kQuantity = 2, kString = 3 };
constexpr int kKindBits = 2;

void put_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}
void put_text(std::string_view text, std::string& out) {
  put_varint(text.size(), out);
  out += text;
}
// Whole seconds, which most times are, take five bytes: the lowest bit says which unit follows.
void put_time(std::int64_t micros, std::string& out) {
  const bool whole = micros % kSecond == 0;
  const std::int64_t value = whole ? micros / kSecond : micros;
  put_varint((static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63)) << 1 | (whole ? 0 : 1),
             out);
}

// Takes values off the front; `ok` turns false when there are too few bytes.
struct Reader {
  std::string_view rest;
  bool ok = true;

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) break;
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok = false;
    return 0;
  }
  std::int64_t time() {
    const std::uint64_t raw = varint();
    const std::uint64_t zigzag = raw >> 1;
    const auto value = static_cast<std::int64_t>(zigzag >> 1 ^ (0 - (zigzag & 1)));
    return (raw & 1) != 0 ? value : value * kSecond;
  }
  std::string_view text() {
    const std::uint64_t size = varint();
    if (size > rest.size()) ok = false;
    if (!ok) return {};
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
};

void read_date(Reader& reader, search::DateValue& value) {
  const std::uint64_t span = reader.varint();
  if (span >= kSpans.size()) reader.ok = false;
  if (!reader.ok) return;
  value.low = reader.time();
  value.high = kSpans[span].is_constant ? value.low + kSpans[span].max_width : reader.time();
}

// `high` is empty when it equals `low`: no decimal key is empty.
template <class Value>
void read_numbers(Reader& reader, Value& value) {
  value.low = reader.text();
  value.high = reader.text();
  if (value.high.empty()) value.high = value.low;
}

template <class Value>
void put_numbers(const Value& value, std::string& out) {
  put_text(value.low, out);
  put_text(value.high == value.low ? std::string_view() : value.high, out);
}

// The id of a parameter by the store's number, by its name; nullopt: the Registry does not know it any more.
std::optional<search::ParameterId> parameter_of(const Catalog& catalog, std::int64_t number) {
  if (number > catalog.names().count(NameKind::parameter)) return std::nullopt;
  const std::string_view name = catalog.names().text(NameKind::parameter, number);
  const std::size_t dot = name.find('.');
  const auto type = catalog.definitions().find_type(name.substr(0, dot));
  if (dot == std::string_view::npos || !type) return std::nullopt;
  const search::Parameter* found = catalog.registry().find(*type, name.substr(dot + 1));
  if (found == nullptr) return std::nullopt;
  return found->id;
}

}  // namespace

std::string join_unit(const search::QuantityValue& value) {
  std::string joined(value.system);
  joined.push_back('\0');
  joined += value.code;
  joined.push_back('\0');
  joined += value.unit;
  return joined;
}

void split_unit(std::string_view text, search::QuantityValue& value) {
  const std::size_t first = text.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\0', first + 1);
  if (second == std::string_view::npos) return;
  value.system = text.substr(0, first);
  value.code = text.substr(first + 1, second - first - 1);
  value.unit = text.substr(second + 1);
}

std::string encode_ranges(Catalog& catalog, const search::IndexValues& values) {
  std::string out;
  const auto head = [&](search::ParameterId parameter, Kind kind) {
    put_varint(static_cast<std::uint64_t>(catalog.parameter_number(parameter)) << kKindBits | kind, out);
  };
  for (const auto& value : values.dates) {
    head(value.parameter, kDate);
    const std::size_t span = span_of(value.low, value.high);
    put_varint(span, out);
    put_time(value.low, out);
    if (!kSpans[span].is_constant) put_time(value.high, out);
  }
  for (const auto& value : values.numbers) {
    head(value.parameter, kNumber);
    put_numbers(value, out);
  }
  for (const auto& value : values.quantities) {
    head(value.parameter, kQuantity);
    put_numbers(value, out);
    const std::string unit = join_unit(value);
    const auto number = catalog.names().intern(NameKind::unit, unit);
    put_varint(static_cast<std::uint64_t>(number.value_or(0)), out);
    if (!number) put_text(unit, out);
  }
  for (const auto& value : values.strings) {
    head(value.parameter, kString);
    put_text(value.folded, out);
    const bool same = value.exact == value.folded;
    put_varint(same ? 0 : value.exact.size() + 1, out);
    if (!same) out += value.exact;
  }
  return out;
}

bool decode_ranges(const Catalog& catalog, std::string_view blob, std::int64_t number, search::ParameterId parameter,
                   search::IndexValues& values) {
  Reader reader{blob};
  while (reader.ok && !reader.rest.empty()) {
    const std::uint64_t head = reader.varint();
    const auto found = static_cast<std::int64_t>(head >> kKindBits);
    std::optional<search::ParameterId> id = parameter;
    if (number == 0) id = parameter_of(catalog, found);
    const bool wanted = id.has_value() && (number == 0 || number == found);
    switch (static_cast<Kind>(head & 3)) {
      case kDate: {
        search::DateValue value{id.value_or(0), 0, 0};
        read_date(reader, value);
        if (wanted) values.dates.push_back(value);
        break;
      }
      case kNumber: {
        search::NumberValue value{id.value_or(0), {}, {}};
        read_numbers(reader, value);
        if (wanted) values.numbers.push_back(value);
        break;
      }
      case kQuantity: {
        search::QuantityValue value{id.value_or(0), {}, {}, {}, {}, {}};
        read_numbers(reader, value);
        const auto unit = static_cast<std::int64_t>(reader.varint());
        if (unit > catalog.names().count(NameKind::unit)) reader.ok = false;
        if (!reader.ok) break;
        const std::string_view text = unit == 0 ? reader.text() : catalog.names().text(NameKind::unit, unit);
        split_unit(text, value);
        if (wanted) values.quantities.push_back(value);
        break;
      }
      case kString: {
        search::StringValue value{id.value_or(0), reader.text(), {}};
        const std::uint64_t size = reader.varint();
        if (size == 0) {
          value.exact = value.folded;
        } else if (size - 1 <= reader.rest.size()) {
          value.exact = reader.rest.substr(0, size - 1);
          reader.rest.remove_prefix(size - 1);
        } else {
          reader.ok = false;
        }
        if (wanted) values.strings.push_back(value);
        break;
      }
    }
  }
  return reader.ok;
}

}  // namespace vesta::store::sqlite
