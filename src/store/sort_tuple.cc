// SortTuple: sort values of a subject, their comparison, and the bytes of a Position.
#include "store/sort_tuple.h"

#include <algorithm>
#include <cstring>

namespace vesta::store {
namespace {

constexpr std::uint8_t kPositionFormat = 2;
constexpr std::size_t kMaxPositionBytes = 64 * 1024;

// Calls `offer` with the sortable bytes of each value of `key.parameter` that is of the parameter's own kind.
template <class Offer>
void each_value(const search::SortKey& key, const search::IndexValues& values, const fhir::Definitions& definitions,
                const Offer& offer) {
  const auto each_of = [&](const auto& list, const auto& bytes_of) {
    for (const auto& value : list) {
      if (value.parameter == key.parameter->id) offer(bytes_of(value));
    }
  };
  const auto end_of = [&key](const auto& value) { return std::string(key.descending ? value.high : value.low); };
  switch (key.parameter->kind) {
    case fhir::SearchParamType::token:
      return each_of(values.tokens, [](const auto& v) { return std::string(v.code); });
    case fhir::SearchParamType::string:
      return each_of(values.strings, [](const auto& v) { return std::string(v.folded); });
    case fhir::SearchParamType::reference:
      return each_of(values.references, [&](const auto& v) {
        return std::string(definitions.type(v.type).name) + "/" + std::string(v.id);
      });
    case fhir::SearchParamType::date:
      return each_of(values.dates, [&key](const auto& v) { return sortable(key.descending ? v.high : v.low); });
    case fhir::SearchParamType::number:
      return each_of(values.numbers, end_of);
    case fhir::SearchParamType::quantity:
      return each_of(values.quantities, end_of);
    case fhir::SearchParamType::uri:
      return each_of(values.uris, [](const auto& v) { return std::string(v.uri); });
    case fhir::SearchParamType::composite:
    case fhir::SearchParamType::special:
      return;  // not sortable
  }
}

// FNV-1a, 64 bits, over what decides the meaning of a tuple: each query's type and sort keys.
std::uint64_t kind_of(std::span<const search::Query> queries, const fhir::Definitions& definitions) {
  std::uint64_t hash = 14695981039346656037u;
  const auto mix = [&hash](std::string_view text) {
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    hash = (hash ^ 0xFFu) * 1099511628211u;
  };
  for (const search::Query& query : queries) {
    mix(definitions.type(query.type).name);
    if (query.scope == search::Scope::contained) mix("#");
    for (const auto& key : query.sort) {
      mix(key.column == search::SortKey::Column::id             ? "_id"
          : key.column == search::SortKey::Column::last_updated ? "_lastUpdated"
                                                                : key.parameter->code);
      mix(key.descending ? "-" : "+");
    }
  }
  return hash;
}

void append_u64(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

// Takes bytes off the front of a text; `ok` turns false when there are too few.
struct ByteReader {
  std::string_view rest;
  bool ok = true;

  std::string_view take(std::size_t size) {
    if (rest.size() < size) ok = false;
    if (!ok) return {};
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (char c : take(8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
};

}  // namespace

std::string sortable(std::int64_t value) {
  std::string out;
  append_u64(static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63), out);
  return out;
}

SortValue sort_value(const search::SortKey& key, const search::Subject& subject, const fhir::Definitions& definitions) {
  if (key.column == search::SortKey::Column::id) return std::string(subject.id);
  if (key.column == search::SortKey::Column::last_updated) return sortable(subject.last_updated.value);
  SortValue best;
  each_value(key, *subject.values, definitions, [&](std::string value) {
    if (!best || (key.descending ? *best < value : value < *best)) best = std::move(value);
  });
  return best;
}

int compare(std::span<const search::SortKey> sort, const SortTuple& left, const SortTuple& right) {
  for (std::size_t i = 0; i < sort.size(); ++i) {
    const SortValue& a = left.values[i];
    const SortValue& b = right.values[i];
    if (a.has_value() != b.has_value()) return a.has_value() ? -1 : 1;
    if (!a) continue;
    const int order = a->compare(*b);  // char_traits<char> compares as unsigned bytes
    if (order != 0) return sort[i].descending ? -order : order;
  }
  if (left.part != right.part) return left.part < right.part ? -1 : 1;
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

Position encode_position(std::span<const search::Query> queries, const fhir::Definitions& definitions,
                         const SortTuple& tuple) {
  Position out;
  out.push_back(static_cast<char>(kPositionFormat));
  append_u64(kind_of(queries, definitions), out);
  append_u64(tuple.part, out);
  append_u64(static_cast<std::uint64_t>(tuple.key), out);
  for (const SortValue& value : tuple.values) {
    append_u64(value ? value->size() + 1 : 0, out);
    if (value) out += *value;
  }
  return out;
}

Result<SortTuple> decode_position(std::span<const search::Query> queries, const fhir::Definitions& definitions,
                                  const Position& position) {
  ByteReader reader{position};
  const Error wrong = make_error(Category::invalid, "the page position does not belong to this search");
  if (position.size() > kMaxPositionBytes) return wrong;
  const std::string_view format = reader.take(1);
  if (!reader.ok || format[0] != static_cast<char>(kPositionFormat)) return wrong;
  if (reader.u64() != kind_of(queries, definitions) || !reader.ok) return wrong;
  SortTuple tuple;
  const std::uint64_t part = reader.u64();
  if (!reader.ok || part >= queries.size()) return wrong;
  tuple.part = static_cast<std::uint32_t>(part);
  tuple.key = static_cast<std::int64_t>(reader.u64());
  for (const auto& key : queries[part].sort) {
    const std::uint64_t size = reader.u64();
    if (!reader.ok || size > kMaxPositionBytes) return wrong;
    tuple.values.emplace_back();
    if (size == 0) continue;
    tuple.values.back() = std::string(reader.take(size - 1));
    const bool is_instant =
        key.column == search::SortKey::Column::last_updated ||
        (key.column == search::SortKey::Column::parameter && key.parameter->kind == fhir::SearchParamType::date);
    if (is_instant && tuple.values.back()->size() != 8) return wrong;
  }
  if (!reader.ok || !reader.rest.empty() || tuple.key < 0) return wrong;
  return tuple;
}

}  // namespace vesta::store
