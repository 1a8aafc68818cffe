// Value codec: varints, times, decimals and texts.
#include "store/sqlite/value_codec.h"

#include <bit>
#include <optional>

#include "store/sqlite/date_span.h"
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::uint64_t kMaxComponents = 16;

// Whole seconds, which most times are, take five bytes: the lowest bit says which unit follows.
void put_time(std::int64_t micros, std::string& out) {
  const bool whole = micros % kSecond == 0;
  const std::int64_t value = whole ? micros / kSecond : micros;
  put_varint((static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63)) << 1 | (whole ? 0 : 1),
             out);
}

// `high` is left empty when it equals `low`: no decimal key is empty.
void put_decimals(std::string_view low, std::string_view high, std::string& out) {
  put_text(low, out);
  put_text(high == low ? std::string_view() : high, out);
}
void read_decimals(ByteReader& reader, std::string_view& low, std::string_view& high) {
  low = reader.text();
  high = reader.text();
  if (high.empty()) high = low;
}

// A text of Names: 0 the empty text, 1 the text itself follows, else its number + 1.
void put_name(Catalog& catalog, NameKind kind, std::string_view text, std::string& out) {
  if (text.empty()) return put_varint(0, out);
  const auto number = catalog.names().intern(kind, text);
  put_varint(number ? static_cast<std::uint64_t>(*number) + 1 : 1, out);
  if (!number) put_text(text, out);
}
std::string_view read_name(const Catalog& catalog, NameKind kind, ByteReader& reader) {
  const std::uint64_t number = reader.varint();
  if (number == 0) return {};
  if (number == 1) return reader.text();
  if (number - 1 > static_cast<std::uint64_t>(catalog.names().count(kind))) reader.ok = false;
  if (!reader.ok) return {};
  return catalog.names().text(kind, static_cast<std::int64_t>(number - 1));
}

}  // namespace

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
void put_double(double value, std::string& out) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(bits >> shift));
}

std::uint64_t ByteReader::long_varint() {
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
std::int64_t ByteReader::time() {
  const std::uint64_t raw = varint();
  const std::uint64_t zigzag = raw >> 1;
  const auto value = static_cast<std::int64_t>(zigzag >> 1 ^ (0 - (zigzag & 1)));
  if ((raw & 1) != 0) return value;
  std::int64_t micros = 0;
  if (__builtin_mul_overflow(value, kSecond, &micros)) ok = false;
  return micros;
}
std::string_view ByteReader::text() {
  const std::uint64_t size = varint();
  if (size > rest.size()) ok = false;
  if (!ok) return {};
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}
double ByteReader::real() {
  if (rest.size() < 8) ok = false;
  if (!ok) return 0;
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(rest[i]);
  rest.remove_prefix(8);
  return std::bit_cast<double>(bits);
}

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

void put_value(Catalog&, const search::DateValue& value, std::string& out) {
  const std::size_t span = span_of(value.low, value.high);
  put_varint(span, out);
  put_time(value.low, out);
  if (!kSpans[span].is_constant) put_time(value.high, out);
}
void read_value(const Catalog&, ByteReader& reader, search::DateValue& value) {
  const std::uint64_t span = reader.varint();
  if (span >= kSpans.size()) reader.ok = false;
  if (!reader.ok) return;
  value.low = reader.time();
  const std::int64_t width = kSpans[span].max_width;
  if (kSpans[span].is_constant && value.low > INT64_MAX - width) reader.ok = false;
  if (!reader.ok) return;
  value.high = kSpans[span].is_constant ? value.low + width : reader.time();
}

void put_value(Catalog&, const search::NumberValue& value, std::string& out) {
  put_decimals(value.low, value.high, out);
}
void read_value(const Catalog&, ByteReader& reader, search::NumberValue& value) {
  read_decimals(reader, value.low, value.high);
}

// The canonical unit comes last and decides whether its numbers follow.
void put_value(Catalog& catalog, const search::QuantityValue& value, std::string& out) {
  put_decimals(value.low, value.high, out);
  put_name(catalog, NameKind::unit, join_unit(value), out);
  put_name(catalog, NameKind::unit, value.canonical_unit, out);
  if (!value.canonical_unit.empty()) put_decimals(value.canonical_low, value.canonical_high, out);
}
void read_value(const Catalog& catalog, ByteReader& reader, search::QuantityValue& value) {
  read_decimals(reader, value.low, value.high);
  split_unit(read_name(catalog, NameKind::unit, reader), value);
  value.canonical_unit = read_name(catalog, NameKind::unit, reader);
  if (!value.canonical_unit.empty()) read_decimals(reader, value.canonical_low, value.canonical_high);
}

void put_value(Catalog&, const search::StringValue& value, std::string& out) {
  put_text(value.folded, out);
  const bool same = value.exact == value.folded;
  put_varint(same ? 0 : value.exact.size() + 1, out);
  if (!same) out += value.exact;
}
void read_value(const Catalog&, ByteReader& reader, search::StringValue& value) {
  value.folded = reader.text();
  const std::uint64_t size = reader.varint();
  if (size == 0) {
    value.exact = value.folded;
  } else if (size - 1 <= reader.rest.size()) {
    value.exact = reader.rest.substr(0, size - 1);
    reader.rest.remove_prefix(size - 1);
  } else {
    reader.ok = false;
  }
}

void put_value(Catalog& catalog, const search::TokenValue& value, std::string& out) {
  put_text(value.code, out);
  put_name(catalog, NameKind::system, value.system, out);
}
void read_value(const Catalog& catalog, ByteReader& reader, search::TokenValue& value) {
  value.code = reader.text();
  value.system = read_name(catalog, NameKind::system, reader);
}

void put_value(Catalog&, const search::UriValue& value, std::string& out) {
  put_text(value.uri, out);
}
void read_value(const Catalog&, ByteReader& reader, search::UriValue& value) {
  value.uri = reader.text();
}

void put_value(Catalog& catalog, const search::ReferenceValue& value, std::string& out) {
  put_varint(static_cast<std::uint64_t>(catalog.type_number(value.type)), out);
  put_text(value.id, out);
}
void read_value(const Catalog& catalog, ByteReader& reader, search::ReferenceValue& value) {
  const auto type = static_cast<std::int64_t>(reader.varint());
  if (type < 1 || type > catalog.type_count()) reader.ok = false;
  if (!reader.ok) return;
  value.type = catalog.type_of(type);
  value.id = reader.text();
}

namespace {
// False: the empty name.
bool skip_name(ByteReader& reader) {
  const std::uint64_t number = reader.varint();
  if (number == 1) reader.text();
  return number != 0;
}
void skip_decimals(ByteReader& reader) {
  reader.text();
  reader.text();
}
}  // namespace

void skip_value(ByteReader& reader, ValueKind kind) {
  switch (kind) {
    case ValueKind::date: {
      const std::uint64_t span = reader.varint();
      if (span >= kSpans.size()) reader.ok = false;
      if (!reader.ok) return;
      reader.varint();
      if (!kSpans[span].is_constant) reader.varint();
      return;
    }
    case ValueKind::number:
      return skip_decimals(reader);
    case ValueKind::quantity:
      skip_decimals(reader);
      skip_name(reader);
      if (skip_name(reader)) skip_decimals(reader);
      return;
    case ValueKind::string: {
      reader.text();
      const std::uint64_t size = reader.varint();
      if (size > reader.rest.size() + 1) reader.ok = false;
      if (reader.ok && size > 0) reader.rest.remove_prefix(size - 1);
      return;
    }
    case ValueKind::token:
      reader.text();
      skip_name(reader);
      return;
    case ValueKind::uri:
      reader.text();
      return;
    case ValueKind::position:
      reader.real();
      reader.real();
      return;
    case ValueKind::reference:
      reader.varint();
      return;
    case ValueKind::composite:
    case ValueKind::present:
    case ValueKind::absent:
      break;
  }
  reader.ok = false;
}

ValueKind kind_of(const search::ComponentValue& value) {
  // In the order of the variant's alternatives.
  static constexpr ValueKind kKinds[] = {ValueKind::token,  ValueKind::string,   ValueKind::reference, ValueKind::date,
                                         ValueKind::number, ValueKind::quantity, ValueKind::uri};
  return kKinds[value.index()];
}

namespace {
template <class Value>
search::ComponentValue read_as(const Catalog& catalog, ByteReader& reader, search::ParameterId parameter) {
  Value value{};
  value.parameter = parameter;
  read_value(catalog, reader, value);
  return value;
}
}  // namespace

search::ComponentValue read_component(const Catalog& catalog, ByteReader& reader, ValueKind kind,
                                      search::ParameterId parameter) {
  switch (kind) {
    case ValueKind::date:
      return read_as<search::DateValue>(catalog, reader, parameter);
    case ValueKind::number:
      return read_as<search::NumberValue>(catalog, reader, parameter);
    case ValueKind::quantity:
      return read_as<search::QuantityValue>(catalog, reader, parameter);
    case ValueKind::string:
      return read_as<search::StringValue>(catalog, reader, parameter);
    case ValueKind::token:
      return read_as<search::TokenValue>(catalog, reader, parameter);
    case ValueKind::uri:
      return read_as<search::UriValue>(catalog, reader, parameter);
    case ValueKind::reference:
      return read_as<search::ReferenceValue>(catalog, reader, parameter);
    default:
      reader.ok = false;
      return search::TokenValue{parameter, {}, {}};
  }
}

search::ParameterId component_id(const Catalog& catalog, search::ParameterId composite, std::size_t index) {
  if (composite >= catalog.registry().parameter_count()) return search::kNoParameter;
  const auto& components = catalog.registry().parameter(composite).components;
  return index < components.size() ? components[index] : search::kNoParameter;
}

void put_components(Catalog& catalog, const search::CompositeValue& value, std::string& out) {
  put_varint(value.components.size(), out);
  for (const search::ComponentValue& component : value.components) {
    put_varint(static_cast<std::uint64_t>(kind_of(component)), out);
    std::visit([&](const auto& part) { put_value(catalog, part, out); }, component);
  }
}

bool read_components(const Catalog& catalog, std::string_view bytes, search::CompositeValue& value) {
  ByteReader reader{bytes};
  const std::uint64_t count = reader.varint();
  if (count > kMaxComponents) return false;
  for (std::size_t i = 0; i < count && reader.ok; ++i) {
    const auto kind = static_cast<ValueKind>(reader.varint());
    value.components.push_back(read_component(catalog, reader, kind, component_id(catalog, value.parameter, i)));
  }
  return reader.ok && reader.rest.empty();
}

}  // namespace vesta::store::sqlite
