// Index rows made from index values.
#include <algorithm>

#include "store/sort_tuple.h"
#include "store/sqlite/bounds.h"
#include "store/sqlite/date_span.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/value_codec.h"

namespace vesta::store::sqlite {
namespace {

NameRef name_ref(Catalog& catalog, NameKind kind, std::string_view text) {
  if (text.empty()) return {};
  const auto number = catalog.names().intern(kind, text);
  return number ? NameRef{*number, {}} : NameRef{-1, text};
}

std::int64_t quantity_span(const search::QuantityValue& value) {
  return (value.canonical_unit.empty() ? kPlainSpan : kHasCanonicalSpan) + (value.low == value.high ? 0 : 1);
}

// A quantity as the second component has a row by its canonical number too.
void make_composites(Catalog& catalog, const search::IndexValues& values, Scope scope, IndexRows& rows,
                     std::deque<std::string>& texts) {
  for (const auto& value : values.composites) {
    if (value.components.empty()) continue;
    const std::int64_t param = catalog.parameter_number(value.parameter, scope);
    std::string& rest = texts.emplace_back();
    put_components(catalog, value, rest);
    const std::string& first = texts.emplace_back(sortable_component(value.components[0]));
    if (value.components.size() < 2) {
      rows.composites.push_back({param, first, {}, 0, rest});
      continue;
    }
    rows.composites.push_back({param, first, texts.emplace_back(sortable_component(value.components[1])), 0, rest});
    const auto* quantity = std::get_if<search::QuantityValue>(&value.components[1]);
    if (quantity == nullptr || quantity->canonical_unit.empty()) continue;
    rows.composites.push_back({param, first, texts.emplace_back(sortable_canonical(*quantity)), 0, rest});
  }
}

}  // namespace

std::vector<QuantityRow> make_quantities(Catalog& catalog, const std::vector<search::QuantityValue>& values,
                                         std::deque<std::string>& texts, Scope scope) {
  std::vector<QuantityRow> rows;
  for (const auto& value : values) {
    const std::int64_t param = catalog.parameter_number(value.parameter, scope);
    const NameRef unit = name_ref(catalog, NameKind::unit, texts.emplace_back(join_unit(value)));
    rows.push_back({param, quantity_span(value), value.low, 0, value.high, unit});
    if (value.canonical_unit.empty()) continue;
    const bool is_single = value.canonical_low == value.canonical_high;
    const NameRef canonical = name_ref(catalog, NameKind::unit, value.canonical_unit);
    rows.push_back(
        {param, kCanonicalSpan + (is_single ? 0 : 1), value.canonical_low, 0, value.canonical_high, canonical});
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

void make_rows(Catalog& catalog, const search::IndexValues& values, IndexRows& rows,
               std::vector<PendingReference>& references, std::deque<std::string>& texts, Scope scope) {
  for (const auto& value : values.tokens) {
    rows.tokens.push_back({catalog.parameter_number(value.parameter, scope), value.code,
                           name_ref(catalog, NameKind::system, value.system), 0});
  }
  for (const auto& value : values.references) {
    references.push_back({catalog.parameter_number(value.parameter, scope), catalog.type_number(value.type), value.id});
  }
  for (const auto& value : values.uris) {
    rows.uris.push_back({catalog.parameter_number(value.parameter, scope), value.uri, 0});
  }
  for (const auto& value : values.strings) {
    const bool same = value.exact == value.folded;
    rows.strings.push_back({catalog.parameter_number(value.parameter, scope), value.folded, 0, same,
                            same ? std::string_view() : value.exact});
  }
  for (const auto& value : values.dates) {
    const std::size_t span = span_of(value.low, value.high);
    rows.dates.push_back({catalog.parameter_number(value.parameter, scope), static_cast<std::int64_t>(span), value.low,
                          0, kSpans[span].is_constant ? 0 : value.high - value.low});
  }
  for (const auto& value : values.numbers) {
    rows.numbers.push_back(
        {catalog.parameter_number(value.parameter, scope), value.low == value.high ? 0 : 1, value.low, 0, value.high});
  }
  rows.quantities = make_quantities(catalog, values.quantities, texts, scope);
  make_composites(catalog, values, scope, rows, texts);
  for (const auto& value : values.positions) {
    rows.positions.push_back({catalog.parameter_number(value.parameter, scope), value.latitude, 0, value.longitude});
  }
  if (values.words.empty()) return;
  std::string& words = texts.emplace_back();
  for (const auto& value : values.words) {
    if (!words.empty()) words.push_back(' ');
    append_word_token(catalog.parameter_number(value.parameter, scope), value.word, words);
  }
  rows.words.push_back({0, words});
}

void append_word_token(std::int64_t param, std::string_view word, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += std::to_string(param);
  out.push_back(':');
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7F && byte != '\\' && (byte < 'A' || byte > 'Z')) {
      out.push_back(c);
      continue;
    }
    out.push_back('\\');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

std::string sortable_component(std::size_t span, std::string_view low) {
  std::string out(1, static_cast<char>(span));
  return out += low;
}

std::string sortable_component(const search::ComponentValue& component) {
  return std::visit(
      [](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, search::TokenValue>) return sortable_component(0, value.code);
        if constexpr (std::is_same_v<Value, search::StringValue>) return sortable_component(0, value.folded);
        if constexpr (std::is_same_v<Value, search::ReferenceValue>) return sortable_component(0, value.id);
        if constexpr (std::is_same_v<Value, search::UriValue>) return sortable_component(0, value.uri);
        if constexpr (std::is_same_v<Value, search::DateValue>) {
          return sortable_component(span_of(value.low, value.high), sortable(value.low));
        }
        if constexpr (std::is_same_v<Value, search::NumberValue>) {
          return sortable_component(value.low == value.high ? 0 : 1, value.low);
        }
        if constexpr (std::is_same_v<Value, search::QuantityValue>) {
          return sortable_component(static_cast<std::size_t>(quantity_span(value)), value.low);
        }
      },
      component);
}

std::string sortable_canonical(const search::QuantityValue& quantity) {
  const bool is_single = quantity.canonical_low == quantity.canonical_high;
  return sortable_component(static_cast<std::size_t>(kCanonicalSpan) + (is_single ? 0 : 1), quantity.canonical_low);
}

}  // namespace vesta::store::sqlite
