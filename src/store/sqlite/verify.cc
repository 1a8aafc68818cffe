// Verify: page checks, version chains, bodies, and index rows in both directions.
#include "store/sqlite/verify.h"

#include <algorithm>
#include <array>

#include "store/sqlite/date_span.h"
#include "store/sqlite/describe.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/ranges.h"
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kIntegrity{"PRAGMA integrity_check(20)"};
constexpr Sql kResources{
    "SELECT " VESTA_VERSION_COLUMNS("r") ", r.key, r.ranges FROM resource r WHERE r.state > 0 ORDER BY r.key"};
constexpr Sql kHistory{"SELECT " VESTA_VERSION_COLUMNS(
    "h") " FROM history h CROSS JOIN resource r ON r.key = h.key WHERE h.key = ?1 ORDER BY h.version"};
constexpr Sql kOrphans{"SELECT count(*) FROM history h LEFT JOIN resource r ON r.key = h.key WHERE r.key IS NULL"};
constexpr Sql kCounts{"SELECT type, resources, versions FROM type_count ORDER BY type"};
constexpr Sql kRealCounts{
    "SELECT r.type, sum(r.state = 1), sum((r.state = 1) + (SELECT count(*) FROM history h WHERE h.key = +r.key))"
    " FROM resource r WHERE r.state > 0 GROUP BY r.type ORDER BY r.type"};

// One per index table: is this row there? And how many rows are there in all?
constexpr Sql kHasToken{"SELECT 1 FROM token WHERE param = ?1 AND code = ?2 AND key = ?3 AND system = ?4"};
constexpr Sql kHasUri{"SELECT 1 FROM uri WHERE param = ?1 AND uri = ?2 AND key = ?3"};
constexpr Sql kHasString{"SELECT 1 FROM string WHERE param = ?1 AND folded = ?2 AND key = ?3 AND exact = ?4"};
constexpr Sql kHasDate{"SELECT 1 FROM date WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND width = ?5"};
constexpr Sql kHasNumber{"SELECT 1 FROM number WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5"};
constexpr Sql kHasQuantity{
    "SELECT 1 FROM quantity WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5 AND unit = ?6"};
// The plus signs take away the affinity of a rowid: with it the indexes, whose columns have none, could not be used.
constexpr Sql kHasReference{
    "SELECT 1 FROM reference WHERE param = ?1 AND key = ?3"
    " AND target = (SELECT +key FROM resource WHERE type = ?2 AND id = ?4)"};

struct TableCount {
  const char* name;
  Sql sql;
};
constexpr std::array<TableCount, 7> kTableCounts = {{{"token", {"SELECT count(*) FROM token"}},
                                                     {"uri", {"SELECT count(*) FROM uri"}},
                                                     {"string", {"SELECT count(*) FROM string"}},
                                                     {"date", {"SELECT count(*) FROM date"}},
                                                     {"number", {"SELECT count(*) FROM number"}},
                                                     {"quantity", {"SELECT count(*) FROM quantity"}},
                                                     {"reference", {"SELECT count(*) FROM reference"}}}};

class Verifier {
 public:
  Verifier(Connection& connection, const Catalog& catalog, const Bodies& bodies, const Store::Extract& extract,
           const std::function<void(std::string)>& report)
      : connection_(connection), catalog_(catalog), bodies_(bodies), extract_(extract), report_(report) {}

  Result<std::uint64_t> run() {
    VESTA_CHECK_OK(check_pages());
    Cursor cursor(connection_, kResources);
    std::uint64_t looked_at = 0;
    for (; cursor.step(); ++looked_at) VESTA_CHECK_OK(check_resource(cursor));
    VESTA_CHECK_OK(cursor.status());
    VESTA_CHECK_OK(check_counts());
    return looked_at;
  }

 private:
  Status check_pages() {
    Cursor cursor(connection_, kIntegrity);
    while (cursor.step()) {
      if (cursor.bytes_at(0) != "ok") report_("integrity: " + std::string(cursor.bytes_at(0)));
    }
    VESTA_CHECK_OK(cursor.status());
    Cursor orphans(connection_, kOrphans);
    if (orphans.step() && orphans.integer_at(0) > 0) {
      report_(std::to_string(orphans.integer_at(0)) + " versions in the history belong to no resource");
    }
    return orphans.status();
  }

  Status check_resource(const Cursor& cursor) {
    Result<Version> version = version_at(catalog_, bodies_, cursor);
    const std::string name = name_at(catalog_, cursor);
    if (!version.ok()) {
      report_(name + ": " + version.error().message);
      return kOk;
    }
    VESTA_CHECK_OK(check_chain(cursor.integer_at(8), *version, name));
    if (version->deleted) return kOk;
    if (version->type == fhir::kNoType) {
      report_(name + ": the definitions do not have its type");
      return kOk;
    }
    Result<search::IndexValues> values = extract_(*version);
    if (!values.ok()) {
      report_(name + ": its index values cannot be extracted, no parameter finds it: " + reason_of(values.error()));
      return kOk;
    }
    return check_index(cursor.integer_at(8), cursor.bytes_at(9), *values, name);
  }

  // Versions 1 … n, their seqs rising and times not falling, every body readable.
  Status check_chain(std::int64_t key, const Version& current, const std::string& name) {
    Cursor cursor(connection_, kHistory);
    cursor.integer(1, key);
    std::uint64_t expected = 1;
    CommitSeq seq{0};
    Instant at{INT64_MIN};
    const auto check = [&](const Version& version) {
      if (version.version.value != expected || version.seq <= seq || version.last_updated < at) {
        report_(name + ": version " + std::to_string(version.version.value) + " is out of order");
      }
      ++expected;
      seq = version.seq;
      at = version.last_updated;
    };
    while (cursor.step()) {
      Result<Version> version = version_at(catalog_, bodies_, cursor);
      if (version.ok())
        check(*version);
      else
        report_(name + ": version " + std::to_string(cursor.integer_at(2)) + ": " + version.error().message);
    }
    VESTA_CHECK_OK(cursor.status());
    if (!current.deleted) check(current);
    return kOk;
  }

  // Every expected row is there; counting them shows later whether there are rows that nobody expects.
  Status check_index(std::int64_t key, std::string_view ranges, const search::IndexValues& values,
                     const std::string& name) {
    search::IndexValues stored;
    const bool is_readable = decode_ranges(catalog_, ranges, 0, 0, stored);
    if (!is_readable || stored.dates != values.dates || stored.numbers != values.numbers ||
        stored.quantities != values.quantities || stored.strings != values.strings) {
      report_(name + ": the index values in its row are not those of its text");
    }
    std::size_t missing = 0;
    const auto look = [&](std::size_t table, Cursor& cursor) {
      if (!cursor.step()) ++missing;
      cursor.reset();
      ++expected_rows_[table];
    };
    VESTA_CHECK_OK(look_for_texts(key, values, look));
    VESTA_CHECK_OK(look_for_numbers(key, values, look));
    if (missing > 0) report_(name + ": " + std::to_string(missing) + " of its index rows are missing");
    return kOk;
  }

  void bind_name(Cursor& cursor, int index, NameKind kind, std::string_view text) {
    const auto number = text.empty() ? std::optional<std::int64_t>(0) : catalog_.names().find(kind, text);
    if (number)
      cursor.integer(index, *number);
    else
      cursor.text(index, text);
  }

  template <class Look>
  Status look_for_texts(std::int64_t key, const search::IndexValues& values, const Look& look) {
    Cursor token(connection_, kHasToken);
    for (const auto& value : values.tokens) {
      token.integer(1, catalog_.find_parameter(value.parameter)).text(2, value.code).integer(3, key);
      bind_name(token, 4, NameKind::system, value.system);
      look(0, token);
    }
    Cursor uri(connection_, kHasUri);
    for (const auto& value : values.uris) {
      uri.integer(1, catalog_.find_parameter(value.parameter)).text(2, value.uri).integer(3, key);
      look(1, uri);
    }
    Cursor string(connection_, kHasString);
    for (const auto& value : values.strings) {
      string.integer(1, catalog_.find_parameter(value.parameter)).text(2, value.folded).integer(3, key);
      if (value.exact == value.folded)
        string.integer(4, 0);
      else
        string.text(4, value.exact);
      look(2, string);
    }
    Cursor reference(connection_, kHasReference);
    for (const auto& value : values.references) {
      const StoredId id = store_id(value.id);
      reference.integer(1, catalog_.find_parameter(value.parameter)).integer(2, catalog_.find_type(value.type));
      reference.integer(3, key);
      id.bind(reference, 4);
      look(6, reference);
    }
    return kOk;
  }

  template <class Look>
  Status look_for_numbers(std::int64_t key, const search::IndexValues& values, const Look& look) {
    Cursor date(connection_, kHasDate);
    for (const auto& value : values.dates) {
      const std::size_t span = span_of(value.low, value.high);
      date.integer(1, catalog_.find_parameter(value.parameter)).integer(2, static_cast<std::int64_t>(span));
      date.integer(3, value.low).integer(4, key);
      date.integer(5, kSpans[span].is_constant ? 0 : value.high - value.low);
      look(3, date);
    }
    const auto bind_range = [&](Cursor& cursor, const auto& value) {
      const bool is_single = value.low == value.high;
      cursor.integer(1, catalog_.find_parameter(value.parameter)).integer(2, is_single ? 0 : 1).blob(3, value.low);
      cursor.integer(4, key);
      if (is_single)
        cursor.integer(5, 0);
      else
        cursor.blob(5, value.high);
    };
    Cursor number(connection_, kHasNumber);
    for (const auto& value : values.numbers) {
      bind_range(number, value);
      look(4, number);
    }
    Cursor quantity(connection_, kHasQuantity);
    for (const auto& value : values.quantities) {
      bind_range(quantity, value);
      const std::string unit = join_unit(value);
      bind_name(quantity, 6, NameKind::unit, unit);
      look(5, quantity);
    }
    return kOk;
  }

  Status check_counts() {
    for (std::size_t table = 0; table < kTableCounts.size(); ++table) {
      Cursor cursor(connection_, kTableCounts[table].sql);
      const std::int64_t rows = cursor.step() ? cursor.integer_at(0) : 0;
      VESTA_CHECK_OK(cursor.status());
      if (rows != expected_rows_[table]) {
        report_(std::string("index table ") + kTableCounts[table].name + " has " + std::to_string(rows) +
                " rows, expected are " + std::to_string(expected_rows_[table]));
      }
    }
    std::array<std::vector<std::array<std::int64_t, 3>>, 2> counts;
    for (std::size_t i = 0; i < 2; ++i) {
      Cursor cursor(connection_, i == 0 ? kCounts : kRealCounts);
      while (cursor.step()) counts[i].push_back({cursor.integer_at(0), cursor.integer_at(1), cursor.integer_at(2)});
      VESTA_CHECK_OK(cursor.status());
    }
    if (counts[0] != counts[1]) report_("the counts per type are not those of the resources");
    return kOk;
  }

  Connection& connection_;
  const Catalog& catalog_;
  const Bodies& bodies_;
  const Store::Extract& extract_;
  const std::function<void(std::string)>& report_;
  std::array<std::int64_t, 7> expected_rows_{};
};

}  // namespace

Result<std::uint64_t> verify_store(Connection& connection, const Catalog& catalog, const Bodies& bodies,
                                   const Store::Extract& extract, const std::function<void(std::string)>& report) {
  return Verifier(connection, catalog, bodies, extract, report).run();
}

}  // namespace vesta::store::sqlite
