// Value codec: single index values as bytes, and back. Format: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "search/index_value.h"
#include "store/sqlite/catalog.h"

namespace vesta::store::sqlite {

// What an entry of the blob `indexed` is. Persisted.
enum class ValueKind : std::uint8_t {
  date = 0,
  number = 1,
  quantity = 2,
  string = 3,
  token = 4,
  uri = 5,
  composite = 6,
  position = 7,
  reference = 8,  // an entry: varint key of the target; as a component: type and id
  present = 9,    // parameters that are there without a value
  absent = 10,    // parameters with a value that are not "there" (facets)
};

void put_varint(std::uint64_t value, std::string& out);
void put_text(std::string_view text, std::string& out);
void put_double(double value, std::string& out);

// Takes values off the front; `ok` turns false when there are too few bytes.
struct ByteReader {
  std::string_view rest;
  bool ok = true;

  // OPTIMIZATION: most of a blob is skipped varint by varint; lengths have one byte, heads of entries two.
  std::uint64_t varint() {
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
    if (rest.size() < 2) return long_varint();
    if (byte(0) < 0x80) {
      const std::uint64_t value = byte(0);
      rest.remove_prefix(1);
      return value;
    }
    if (byte(1) >= 0x80) return long_varint();
    const std::uint64_t value = (byte(0) & 0x7FU) | static_cast<std::uint64_t>(byte(1)) << 7;
    rest.remove_prefix(2);
    return value;
  }
  std::int64_t time();
  std::string_view text();
  double real();

 private:
  std::uint64_t long_varint();
};

// The bytes of one value without its parameter. Texts that are read are views into the bytes or into the catalog.
ValueKind kind_of(const search::ComponentValue& value);
void put_value(Catalog& catalog, const search::DateValue& value, std::string& out);
void put_value(Catalog& catalog, const search::NumberValue& value, std::string& out);
void put_value(Catalog& catalog, const search::QuantityValue& value, std::string& out);
void put_value(Catalog& catalog, const search::StringValue& value, std::string& out);
void put_value(Catalog& catalog, const search::TokenValue& value, std::string& out);
void put_value(Catalog& catalog, const search::UriValue& value, std::string& out);
void put_value(Catalog& catalog, const search::ReferenceValue& value, std::string& out);
void read_value(const Catalog& catalog, ByteReader& reader, search::DateValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::NumberValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::QuantityValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::StringValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::TokenValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::UriValue& value);
void read_value(const Catalog& catalog, ByteReader& reader, search::ReferenceValue& value);
// Passes over a value of any kind but composite, present and absent without looking at it.
void skip_value(ByteReader& reader, ValueKind kind);
// A component by its kind, with this parameter; not a kind of a component: the reader is no longer ok.
search::ComponentValue read_component(const Catalog& catalog, ByteReader& reader, ValueKind kind,
                                      search::ParameterId parameter);
// The ParameterIds of a composite's components; kNoParameter for what the Registry does not know.
search::ParameterId component_id(const Catalog& catalog, search::ParameterId composite, std::size_t index);

// All components of a composite, as its index rows hold them.
void put_components(Catalog& catalog, const search::CompositeValue& value, std::string& out);
bool read_components(const Catalog& catalog, std::string_view bytes, search::CompositeValue& value);

// System, code and unit of a quantity as one text, and back. None of the parts holds a NUL: FHIR forbids it in strings.
std::string join_unit(const search::QuantityValue& value);
void split_unit(std::string_view text, search::QuantityValue& value);

}  // namespace vesta::store::sqlite
