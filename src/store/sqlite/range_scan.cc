// Range leaves: a stretch of index rows that surely holds all matches, and the matcher's rule on each row.
#include <algorithm>
#include <type_traits>
#include <variant>

#include "search/params/match.h"
#include "search/text.h"
#include "store/sqlite/bounds.h"
#include "store/sqlite/date_span.h"
#include "store/sqlite/leaves.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/value_codec.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kDates{
    "SELECT key, low, width FROM date WHERE param = ?1 AND span = ?2 AND low BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kNumbers{
    "SELECT key, low, high FROM number WHERE param = ?1 AND span = ?2 AND low BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kQuantities{
    "SELECT key, low, high, unit FROM quantity WHERE param = ?1 AND span = ?2 AND low BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kStrings{"SELECT key, folded, exact FROM string WHERE param = ?1 AND folded BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kTokens{"SELECT key, code, system FROM token WHERE param = ?1 LIMIT ?5"};
constexpr Sql kTokensOf{"SELECT key, code, system FROM token WHERE param = ?1 AND code = ?3 LIMIT ?5"};
constexpr Sql kUris{"SELECT key, uri FROM uri WHERE param = ?1 AND uri BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kPositions{
    "SELECT key, latitude, longitude FROM position WHERE param = ?1 AND latitude BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kComposites{"SELECT key, rest FROM composite WHERE param = ?1 LIMIT ?5"};
constexpr Sql kCompositesOf{
    "SELECT key, rest FROM composite WHERE param = ?1 AND first = ?2 AND second BETWEEN ?3 AND ?4 LIMIT ?5"};
constexpr Sql kCommits{
    "SELECT key, last_updated FROM resource INDEXED BY resource_type_seq"
    " WHERE type = ?1 AND state = 1 AND seq BETWEEN ?3 AND ?4 LIMIT ?5"};
#define VESTA_ROWS_OF(table) {"SELECT key FROM " table " WHERE param = ?1 LIMIT ?5"}
constexpr Sql kRowsOf[] = {VESTA_ROWS_OF("token"),    VESTA_ROWS_OF("reference"), VESTA_ROWS_OF("uri"),
                           VESTA_ROWS_OF("string"),   VESTA_ROWS_OF("date"),      VESTA_ROWS_OF("number"),
                           VESTA_ROWS_OF("quantity"), VESTA_ROWS_OF("composite"), VESTA_ROWS_OF("position")};
constexpr Sql kSeqFrom{
    "SELECT seq, last_updated FROM resource INDEXED BY resource_seq WHERE state = 1 AND seq >= ?1 ORDER BY seq LIMIT "
    "1"};
constexpr Sql kMaxSeq{"SELECT seq FROM resource INDEXED BY resource_seq WHERE state = 1 ORDER BY seq DESC LIMIT 1"};
constexpr Sql kHistorySeqFrom{"SELECT seq, last_updated FROM history WHERE seq >= ?1 ORDER BY seq LIMIT 1"};
constexpr Sql kHistoryMaxSeq{"SELECT seq FROM history ORDER BY seq DESC LIMIT 1"};

// One scan: runs statements, counts rows against the limit, and gives matching keys to the visitor.
class Scan {
 public:
  Scan(Connection& connection, const Catalog& catalog, const RangeScan& scan,
       const std::function<bool(std::int64_t)>& visit, std::int64_t row_limit)
      : connection_(connection), catalog_(catalog), scan_(scan), visit_(visit), left_(row_limit) {}

  Status run() {
    return std::visit([this](const auto& match) { return over(match); }, scan_.leaf->match);
  }
  std::int64_t left() const { return left_; }

 private:
  // Steps through `cursor`; `matches` decides on the current row.
  template <class Matches>
  Status each(Cursor& cursor, const Matches& matches) {
    cursor.integer(5, left_);
    while (going_on_ && cursor.step()) {
      --left_;
      if (matches(cursor)) going_on_ = visit_(cursor.integer_at(0));
    }
    return cursor.status();
  }

  Status over(const search::DateMatch& match) {
    for (std::size_t span = 0; span < kSpans.size() && going_on_ && left_ > 0; ++span) {
      const Bounds bounds = bounds_of(match, kSpans[span].max_width);
      Cursor cursor(connection_, kDates);
      cursor.integer(1, scan_.param).integer(2, static_cast<std::int64_t>(span));
      cursor.integer(3, bounds.from).integer(4, bounds.to);
      VESTA_CHECK_OK(each(cursor, [&](const Cursor& row) {
        const std::int64_t low = row.integer_at(1);
        const std::int64_t width = kSpans[span].is_constant ? kSpans[span].max_width : row.integer_at(2);
        return search::params::matches(match, search::DateValue{0, low, low + width});
      }));
    }
    return kOk;
  }

  // The rows of two spans from `first`: single values, and ranges.
  template <class Matches>
  Status over_numbers(const Sql& sql, std::int64_t first, const search::NumberMatch& match, const Matches& matches) {
    for (std::int64_t span = first; span < first + 2 && going_on_ && left_ > 0; ++span) {
      const DecimalBounds bounds = bounds_of(match, span % 2);
      Cursor cursor(connection_, sql);
      cursor.integer(1, scan_.param).integer(2, span).blob(3, bounds.from).blob(4, bounds.to);
      VESTA_CHECK_OK(each(cursor, [&](const Cursor& row) {
        const std::string_view low = row.bytes_at(1);
        return matches(row, low, span % 2 == 0 ? low : row.bytes_at(2));
      }));
    }
    return kOk;
  }
  Status over(const search::NumberMatch& match) {
    return over_numbers(kNumbers, 0, match, [&](const Cursor&, std::string_view low, std::string_view high) {
      return search::params::matches(match, search::NumberValue{0, low, high});
    });
  }

  std::string_view unit_at(const Cursor& row) const {
    const bool is_interned = row.type_at(3) == SQLITE_INTEGER;
    return is_interned ? catalog_.names().text(NameKind::unit, row.integer_at(3)) : row.bytes_at(3);
  }
  // Values in a canonical unit have rows in both: which of them count is for the match to say.
  Status over(const search::QuantityMatch& match) {
    const auto plain = [&](const Cursor& row, std::string_view low, std::string_view high) {
      search::QuantityValue value{0, low, high, {}, {}, {}};
      split_unit(unit_at(row), value);
      return search::params::matches(match, value);
    };
    VESTA_CHECK_OK(over_numbers(kQuantities, kPlainSpan, match.number, plain));
    if (!match.canonical) return over_numbers(kQuantities, kHasCanonicalSpan, match.number, plain);
    return over_numbers(kQuantities, kCanonicalSpan, *match.canonical,
                        [&](const Cursor& row, std::string_view low, std::string_view high) {
                          search::QuantityValue value{0, low, high, {}, {}, {}};
                          value.canonical_low = low;
                          value.canonical_high = high;
                          value.canonical_unit = unit_at(row);
                          return search::params::matches(match, value);
                        });
  }

  Status over(const search::StringMatch& match) {
    std::string from;
    std::string to = "\xFF";  // above all UTF-8
    if (match.mode == search::StringMode::prefix) {
      from = match.text;
      to = match.text + to;
    } else if (match.mode == search::StringMode::exact) {
      search::fold(match.text, from);
      to = from;
    } else if (match.mode == search::StringMode::equal) {
      from = to = match.text;
    } else if (match.mode == search::StringMode::greater || match.mode == search::StringMode::at_least) {
      from = match.text;
    } else if (match.mode == search::StringMode::less || match.mode == search::StringMode::at_most) {
      to = match.text;
    }
    Cursor cursor(connection_, kStrings);
    cursor.integer(1, scan_.param).text(3, from).text(4, to);
    return each(cursor, [&](const Cursor& row) {
      const std::string_view folded = row.bytes_at(1);
      const bool same = row.type_at(2) == SQLITE_INTEGER;
      return search::params::matches(match, search::StringValue{0, folded, same ? folded : row.bytes_at(2)});
    });
  }

  search::TokenValue token_at(const Cursor& row) const {
    search::TokenValue value{0, row.bytes_at(1), {}};
    if (row.type_at(2) != SQLITE_INTEGER)
      value.system = row.bytes_at(2);
    else if (row.integer_at(2) != 0)
      value.system = catalog_.names().text(NameKind::system, row.integer_at(2));
    return value;
  }
  Status over(const search::TokenMatch& match) {
    Cursor cursor(connection_, kTokens);
    cursor.integer(1, scan_.param);
    return each(cursor, [&](const Cursor& row) { return search::params::matches(match, token_at(row)); });
  }
  Status over(const search::TokenSetMatch& match) {
    const auto is_match = [&](const Cursor& row) { return search::params::matches(match, token_at(row)); };
    if (!match.set->systems.empty()) {
      Cursor cursor(connection_, kTokens);
      cursor.integer(1, scan_.param);
      return each(cursor, is_match);
    }
    std::vector<std::string_view> codes;
    for (const auto& [system, code] : match.set->codes) codes.push_back(code);
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    Cursor cursor(connection_, kTokensOf);
    for (const std::string_view code : codes) {
      if (!going_on_ || left_ <= 0) break;
      cursor.integer(1, scan_.param).text(3, code);
      VESTA_CHECK_OK(each(cursor, is_match));
      cursor.reset();
    }
    return kOk;
  }

  Status over(const search::UriMatch& match) {
    const std::string from = match.mode == search::UriMode::unequal ? "" : match.uri;
    const std::string to = match.mode == search::UriMode::exact ? from : from + "\xFF";
    Cursor cursor(connection_, kUris);
    cursor.integer(1, scan_.param).text(3, from).text(4, to);
    return each(cursor, [&](const Cursor& row) {
      return search::params::matches(match, search::UriValue{0, row.bytes_at(1)});
    });
  }

  Status over(const search::PositionMatch& match) {
    const double degrees = degrees_of(match.meters);
    Cursor cursor(connection_, kPositions);
    cursor.integer(1, scan_.param).real(3, match.latitude - degrees).real(4, match.latitude + degrees);
    return each(cursor, [&](const Cursor& row) {
      return search::params::matches(match, search::PositionValue{0, row.real_at(1), row.real_at(2)});
    });
  }

  Status over(const search::CompositeMatch& match) {
    const auto is_match = [&](const Cursor& row) {
      search::CompositeValue value{scan_.leaf->parameter->id, {}};
      const bool is_readable = read_components(catalog_, row.bytes_at(1), value);
      return is_readable && value.components.size() == match.components.size() && search::params::matches(match, value);
    };
    const auto firsts = first_values(match);
    if (!firsts) {
      Cursor cursor(connection_, kComposites);
      cursor.integer(1, scan_.param);
      return each(cursor, is_match);
    }
    const std::vector<BytesBounds> bounds = second_bounds(match);
    Cursor cursor(connection_, kCompositesOf);
    for (const std::string& first : *firsts) {
      for (const BytesBounds& bound : bounds) {
        if (!going_on_ || left_ <= 0) return kOk;
        cursor.integer(1, scan_.param).blob(2, first).blob(3, bound.from).blob(4, bound.to);
        VESTA_CHECK_OK(each(cursor, is_match));
        cursor.reset();
      }
    }
    return kOk;
  }

  Status over(const search::LastUpdatedMatch& match) {
    const Bounds bounds = bounds_of(match.date, 1);
    const auto stored = [](std::int64_t micros) { return std::clamp(micros / 1000, INT64_MIN / 4, INT64_MAX / 4); };
    VESTA_TRY(const std::int64_t from, seq_at_time(connection_, stored(bounds.from) - 1));
    VESTA_TRY(const std::int64_t to, seq_at_time(connection_, stored(bounds.to) + 2));
    Cursor cursor(connection_, kCommits);
    cursor.integer(1, scan_.type).integer(3, from).integer(4, to);
    return each(cursor, [&](const Cursor& row) {
      const std::int64_t at = from_stored_time(row.integer_at(1)).value;
      return search::params::matches(match.date, search::DateValue{0, at, at + 1});
    });
  }

  // All that have a row; the caller knows that these are all that have the parameter.
  Status over(const search::PresentMatch&) {
    for (const Sql& sql : kRowsOf) {
      if (!going_on_ || left_ <= 0) return kOk;
      Cursor cursor(connection_, sql);
      cursor.integer(1, scan_.param);
      VESTA_CHECK_OK(each(cursor, [](const Cursor&) { return true; }));
    }
    return kOk;
  }

  // These are no ranges: the executor never scans for them.
  Status over(const search::ReferenceMatch&) { return kOk; }
  Status over(const search::ReferenceSetMatch&) { return kOk; }
  Status over(const search::UriSetMatch&) { return kOk; }
  Status over(const search::IdMatch&) { return kOk; }
  Status over(const search::IdSetMatch&) { return kOk; }
  Status over(const search::WordMatch&) { return kOk; }

  Connection& connection_;
  const Catalog& catalog_;
  const RangeScan& scan_;
  const std::function<bool(std::int64_t)>& visit_;
  std::int64_t left_;
  bool going_on_ = true;
};

}  // namespace

Result<std::int64_t> visit_range(Connection& connection, const Catalog& catalog, const RangeScan& scan,
                                 const std::function<bool(std::int64_t key)>& visit, std::int64_t row_limit) {
  Scan run(connection, catalog, scan, visit, row_limit);
  VESTA_CHECK_OK(run.run());
  return row_limit - run.left();
}

Result<std::optional<Keys>> range_keys(Connection& connection, const Catalog& catalog, const RangeScan& scan,
                                       std::int64_t row_limit) {
  Keys keys;
  const auto collect = [&keys](std::int64_t key) {
    keys.push_back(key);
    return true;
  };
  VESTA_TRY(const std::int64_t rows, visit_range(connection, catalog, scan, collect, row_limit + 1));
  if (rows > row_limit) return std::optional<Keys>();
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return std::optional<Keys>(std::move(keys));
}

Result<std::int64_t> seq_at_time(Connection& connection, std::int64_t stored_time, SeqTable table) {
  std::int64_t high = 0;
  {
    Cursor cursor(connection, table == SeqTable::history ? kHistoryMaxSeq : kMaxSeq);
    if (cursor.step()) high = cursor.integer_at(0);
    VESTA_CHECK_OK(cursor.status());
  }
  // Invariant: the answer is in (low, high] or beyond what was the last seq.
  std::int64_t low = 0;
  std::int64_t answer = INT64_MAX;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    Cursor cursor(connection, table == SeqTable::history ? kHistorySeqFrom : kSeqFrom);
    cursor.integer(1, middle);
    if (!cursor.step()) {
      VESTA_CHECK_OK(cursor.status());
      high = middle - 1;
      continue;
    }
    const std::int64_t seq = cursor.integer_at(0);
    if (cursor.integer_at(1) >= stored_time) {
      answer = seq;
      high = middle - 1;
    } else {
      low = seq;
    }
  }
  return answer;
}

}  // namespace vesta::store::sqlite
