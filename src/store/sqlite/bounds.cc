// Bounds: what each prefix says of the low end of a range.
#include "store/sqlite/bounds.h"

#include <algorithm>
#include <numbers>

#include "search/text.h"
#include "store/sort_tuple.h"
#include "store/sqlite/date_span.h"
#include "store/sqlite/index_rows.h"

namespace vesta::store::sqlite {

using search::Prefix;

std::int64_t minus_saturated(std::int64_t value, std::int64_t amount) {
  return value < INT64_MIN + amount ? INT64_MIN : value - amount;
}

Bounds bounds_of(const search::DateMatch& match, std::int64_t width) {
  switch (match.prefix) {
    case Prefix::eq:
      return {match.low, match.high};
    case Prefix::ne:
      return {};
    case Prefix::gt:
      return {minus_saturated(match.high, width), INT64_MAX};
    case Prefix::lt:
      return {INT64_MIN, match.low};
    case Prefix::ge:
      return {std::min(match.low, minus_saturated(match.high, width)), INT64_MAX};
    case Prefix::le:
      return {INT64_MIN, std::max(match.low, match.high)};
    case Prefix::sa:
      return {match.high, INT64_MAX};
    case Prefix::eb:
      return {INT64_MIN, match.low};
    case Prefix::ap:
      return {minus_saturated(match.low, width), match.high};
    case Prefix::co:
      return {minus_saturated(match.high, width), match.low};
  }
  return {};
}

DecimalBounds bounds_of(const search::NumberMatch& match, std::int64_t span) {
  DecimalBounds bounds;
  const bool is_single = span == 0;
  switch (match.prefix) {
    case Prefix::eq:
      return {match.low, match.high};
    case Prefix::ne:
      return bounds;
    case Prefix::gt:
    case Prefix::ge:
      if (is_single) bounds.from = match.exact;
      return bounds;
    case Prefix::sa:
      bounds.from = match.exact;
      return bounds;
    case Prefix::lt:
    case Prefix::le:
    case Prefix::eb:
      bounds.to = match.exact;
      return bounds;
    case Prefix::ap:
      if (is_single) bounds.from = match.low;
      bounds.to = match.high;
      return bounds;
    case Prefix::co:
      if (is_single) bounds.from = match.exact;
      bounds.to = match.exact;
      return bounds;
  }
  return bounds;
}

double degrees_of(double meters) {
  constexpr double kLeastRadiusMeters = 6'300'000;  // less than the matcher's: the band is a little too wide
  return meters / kLeastRadiusMeters * 180 / std::numbers::pi;
}

std::optional<std::vector<std::string>> first_values(const search::CompositeMatch& match) {
  const auto& leaf = match.components.front().match;
  if (const auto* token = std::get_if<search::TokenMatch>(&leaf)) {
    if (token->code && !token->unequal) return std::vector{sortable_component(0, *token->code)};
  } else if (const auto* set = std::get_if<search::TokenSetMatch>(&leaf)) {
    if (!set->set->systems.empty()) return std::nullopt;
    std::vector<std::string> codes;
    for (const auto& [system, code] : set->set->codes) codes.push_back(sortable_component(0, code));
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
  } else if (const auto* reference = std::get_if<search::ReferenceMatch>(&leaf)) {
    return std::vector{sortable_component(0, reference->id)};
  } else if (const auto* uri = std::get_if<search::UriMatch>(&leaf)) {
    if (uri->mode == search::UriMode::exact) return std::vector{sortable_component(0, uri->uri)};
  } else if (const auto* string = std::get_if<search::StringMatch>(&leaf)) {
    if (string->mode != search::StringMode::exact) return std::nullopt;
    std::string folded;
    search::fold(string->text, folded);
    return std::vector{sortable_component(0, folded)};
  }
  return std::nullopt;
}

namespace {

void add_dates(const search::DateMatch& match, std::vector<BytesBounds>& out) {
  for (std::size_t span = 0; span < kSpans.size(); ++span) {
    const Bounds bounds = bounds_of(match, kSpans[span].max_width);
    out.push_back({sortable_component(span, sortable(bounds.from)), sortable_component(span, sortable(bounds.to))});
  }
}

void add_numbers(const search::NumberMatch& match, std::int64_t first, std::vector<BytesBounds>& out) {
  for (std::int64_t span = first; span < first + 2; ++span) {
    const DecimalBounds bounds = bounds_of(match, span % 2);
    const auto byte = static_cast<std::size_t>(span);
    out.push_back({sortable_component(byte, bounds.from), sortable_component(byte, bounds.to)});
  }
}

}  // namespace

std::vector<BytesBounds> second_bounds(const search::CompositeMatch& match) {
  std::vector<BytesBounds> out;
  if (match.components.size() > 1) {
    const auto& leaf = match.components[1].match;
    if (const auto* token = std::get_if<search::TokenMatch>(&leaf)) {
      if (token->code && !token->unequal) {
        out.push_back({sortable_component(0, *token->code), sortable_component(0, *token->code)});
      }
    } else if (const auto* date = std::get_if<search::DateMatch>(&leaf)) {
      add_dates(*date, out);
    } else if (const auto* number = std::get_if<search::NumberMatch>(&leaf)) {
      add_numbers(*number, kPlainSpan, out);
    } else if (const auto* quantity = std::get_if<search::QuantityMatch>(&leaf)) {
      add_numbers(quantity->number, kPlainSpan, out);
      if (quantity->canonical)
        add_numbers(*quantity->canonical, kCanonicalSpan, out);
      else
        add_numbers(quantity->number, kHasCanonicalSpan, out);
    }
  }
  if (out.empty()) out.push_back({{}, "\xFF"});
  return out;
}

}  // namespace vesta::store::sqlite
