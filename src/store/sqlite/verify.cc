// Verify: page checks, version chains, bodies, and index rows in both directions.
#include "store/sqlite/verify.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "base/reason.h"
#include "search/readiness.h"
#include "store/sqlite/contained_rows.h"
#include "store/sqlite/describe.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/presence.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kIntegrity{"PRAGMA integrity_check(20)"};
constexpr Sql kResources{"SELECT " VESTA_VERSION_COLUMNS(
    "r") ", r.key, r.indexed FROM resource r"
         " WHERE r.state > 0 AND r.seq IS NOT NULL ORDER BY r.key"};
constexpr Sql kHistory{"SELECT " VESTA_VERSION_COLUMNS(
    "h") " FROM history h CROSS JOIN resource r ON r.key = h.key WHERE h.key = ?1 ORDER BY h.version"};
constexpr Sql kOrphans{"SELECT count(*) FROM history h LEFT JOIN resource r ON r.key = h.key WHERE r.key IS NULL"};
constexpr Sql kKeptCounts{
    "SELECT type, resources, versions FROM type_count WHERE resources + versions > 0 ORDER BY type"};
constexpr Sql kRealCounts{
    "SELECT r.type, sum(r.state = 1), sum((r.state = 1 AND r.seq IS NOT NULL) + (SELECT count(*) FROM history h WHERE "
    "h.key = +r.key))"
    " FROM resource r WHERE r.state > 0 GROUP BY r.type ORDER BY r.type"};

constexpr Sql kContained{"SELECT count(*) FROM resource WHERE state = 1 AND seq IS NULL"};
constexpr Sql kInner{"SELECT key, indexed FROM resource WHERE type = ?1 AND id = ?2"};
constexpr Sql kFindKey{"SELECT key FROM resource WHERE type = ?1 AND id = ?2"};
constexpr Sql kWords{"SELECT doc, term FROM word_row"};

struct TableCount {
  const char* name;
  Sql all;
  Sql of_parameter;
};
#define VESTA_COUNT_OF(table) \
  {table, {"SELECT count(*) FROM " table}, {"SELECT count(*) FROM " table " WHERE param = ?1"}}
constexpr std::array<TableCount, 9> kTableCounts = {
    {VESTA_COUNT_OF("token"), VESTA_COUNT_OF("uri"), VESTA_COUNT_OF("string"), VESTA_COUNT_OF("date"),
     VESTA_COUNT_OF("number"), VESTA_COUNT_OF("quantity"), VESTA_COUNT_OF("reference"), VESTA_COUNT_OF("composite"),
     VESTA_COUNT_OF("position")}};

// The sum of hashes of (resource, word), whatever their order: of what should be there, and of what is.
struct WordSum {
  std::uint64_t words = 0;
  std::uint64_t sum = 0;

  void add(std::int64_t key, std::string_view token) {
    std::uint64_t hash = 14695981039346656037u ^ static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15u;
    for (const char c : token) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    ++words;
    sum += hash ^ hash >> 29;
  }
  bool operator==(const WordSum&) const = default;
};

class Verifier {
 public:
  Verifier(Connection& connection, Catalog& catalog, const Bodies& bodies, const Store::Extract& extract,
           const std::function<void(std::string)>& report)
      : connection_(connection), catalog_(catalog), bodies_(bodies), extract_(extract), report_(report) {}

  Result<std::uint64_t> run() {
    VESTA_CHECK_OK(check_pages());
    Cursor cursor(connection_, kResources);
    std::uint64_t looked_at = 0;
    for (; cursor.step(); ++looked_at) VESTA_CHECK_OK(check_resource(cursor));
    VESTA_CHECK_OK(cursor.status());
    VESTA_CHECK_OK(check_counts());
    VESTA_CHECK_OK(check_presence(connection_, catalog_.names(), report_));
    VESTA_CHECK_OK(check_words());
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
    search::keep_ready(catalog_.registry(), *values);
    return check_resource_index({cursor.integer_at(8), cursor.bytes_at(9), Scope::resource, name}, version->type,
                                *values);
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

  // The row of a resource, or of one that it contains.
  struct Row {
    std::int64_t key;
    std::string_view indexed;
    Scope scope;
    std::string name;
  };

  Status check_resource_index(const Row& row, fhir::TypeId type, const search::IndexValues& values) {
    if (const Status numbered = catalog_.number_parameters(type, values); !numbered.ok()) {
      report_(row.name + ": " + reason_of(numbered.error()));
      return kOk;
    }
    std::deque<std::string> texts;
    const PreparedContained contained = prepare_contained(catalog_, type, values, texts);
    std::vector<std::int64_t> keys;
    std::vector<std::string> blobs;
    for (std::uint32_t place = 0; place < contained.inner.size(); ++place) {
      const std::string id = inner_id({row.key, place});
      Cursor cursor(connection_, kInner);
      const bool is_there = cursor.integer(1, contained.inner[place].type).blob(2, id).step();
      keys.push_back(is_there ? cursor.integer_at(0) : 0);
      blobs.emplace_back(is_there ? cursor.bytes_at(1) : std::string_view());
      VESTA_CHECK_OK(cursor.status());
    }
    expected_contained_ += static_cast<std::int64_t>(keys.size());
    VESTA_CHECK_OK(check_index(row, values, references_of(contained.links, keys)));
    for (std::size_t place = 0; place < keys.size(); ++place) {
      const Row inner{keys[place], blobs[place], Scope::contained, row.name + "#" + std::to_string(place)};
      VESTA_CHECK_OK(
          check_index(inner, values.contained[place].values, references_of(contained.inner[place].links, keys)));
    }
    return kOk;
  }

  // Every expected row is there; counting them shows later whether there are rows that nobody expects.
  Status check_index(const Row& row, const search::IndexValues& values, const std::vector<StoredReference>& links) {
    VESTA_CHECK_OK(check_blob(row, values, links));
    IndexRows rows;
    std::vector<PendingReference> references;
    std::deque<std::string> texts;
    make_rows(catalog_, values, rows, references, texts, row.scope);
    IndexRows keyed;
    keyed.append(rows, row.key);
    std::int64_t missing = 0;
    for (const StoredReference& link : links) keyed.references.push_back({link.param, link.target, row.key});
    for (const PendingReference& reference : references) {
      VESTA_TRY(const std::optional<std::int64_t> target, key_of(reference));
      if (target)
        keyed.references.push_back({reference.param, *target, row.key});
      else
        ++missing;
    }
    VESTA_TRY(const std::int64_t more, missing_rows(connection_, keyed));
    missing += more;
    if (missing > 0) report_(row.name + ": " + std::to_string(missing) + " of its index rows are missing");
    const std::size_t sizes[] = {keyed.tokens.size(),
                                 keyed.uris.size(),
                                 keyed.strings.size(),
                                 keyed.dates.size(),
                                 keyed.numbers.size(),
                                 keyed.quantities.size(),
                                 references.size() + links.size(),
                                 keyed.composites.size(),
                                 keyed.positions.size()};
    for (std::size_t i = 0; i < expected_rows_.size(); ++i) expected_rows_[i] += static_cast<std::int64_t>(sizes[i]);
    std::string token;
    for (const search::WordValue& value : values.words) {
      token.clear();
      append_word_token(catalog_.parameter_number(value.parameter, row.scope), value.word, token);
      expected_words_.add(row.key, token);
    }
    return kOk;
  }

  Status check_blob(const Row& row, const search::IndexValues& values, const std::vector<StoredReference>& links) {
    search::IndexValues stored;
    std::vector<StoredReference> references;
    bool is_same =
        decode_values(catalog_, row.indexed, 0, 0, stored) && decode_references(catalog_, row.indexed, 0, references);
    if (is_same) {
      VESTA_TRY(stored.references, reference_values(references));
      // These are elsewhere, or compared by their keys.
      stored.words = values.words;
      stored.contained = values.contained;
      stored.contained_references = values.contained_references;
      search::keep_ready(catalog_.registry(), stored);
      is_same = stored == values && links_of(references) == sorted(links);
    }
    if (!is_same) report_(row.name + ": the index values in its row are not those of its text");
    return kOk;
  }

  using LinkList = std::vector<std::pair<std::int64_t, std::int64_t>>;
  static LinkList sorted(const std::vector<StoredReference>& links) {
    LinkList list;
    for (const StoredReference& link : links) list.emplace_back(link.param, link.target);
    std::ranges::sort(list);
    return list;
  }
  // Those that lead to what is contained, by parameters that are ready.
  LinkList links_of(const std::vector<StoredReference>& references) {
    std::vector<StoredReference> links;
    for (const StoredReference& reference : references) {
      const std::optional<NumberedName> name = catalog_.name_of(reference.param);
      if (name && name->is_link() && is_ready(*name)) links.push_back(reference);
    }
    return sorted(links);
  }
  bool is_ready(const NumberedName& name) const {
    return name.parameter == search::kNoParameter ||
           catalog_.registry().readiness(name.parameter) == search::Readiness::ready;
  }

  // The texts of the ids last until the next call.
  Result<std::vector<search::ReferenceValue>> reference_values(const std::vector<StoredReference>& references) {
    std::vector<search::ReferenceValue> values;
    ids_.clear();
    for (const StoredReference& reference : references) {
      const auto parameter = catalog_.parameter_of(reference.param);
      Cursor cursor(connection_, kSelectTypeAndId);
      cursor.integer(1, reference.target);
      if (parameter && cursor.step()) {
        values.push_back({*parameter, catalog_.type_of(cursor.integer_at(0)), ids_.emplace_back(id_at(cursor, 1))});
      }
      VESTA_CHECK_OK(cursor.status());
    }
    std::ranges::sort(values);  // the row has them in the order of the ids at the time of the write
    return values;
  }

  Result<std::optional<std::int64_t>> key_of(const PendingReference& reference) {
    const StoredId id = store_id(reference.target_id);
    Cursor cursor(connection_, kFindKey);
    cursor.integer(1, reference.target_type);
    id.bind(cursor, 2);
    std::optional<std::int64_t> key;
    if (cursor.step()) key = cursor.integer_at(0);
    VESTA_CHECK_OK(cursor.status());
    return key;
  }

  Status check_words() {
    WordSum found;
    Cursor cursor(connection_, kWords);
    while (cursor.step()) found.add(cursor.integer_at(0), cursor.bytes_at(1));
    VESTA_CHECK_OK(cursor.status());
    if (found != expected_words_) {
      report_("the full text index has " + std::to_string(found.words) + " words of resources, which are not the " +
              std::to_string(expected_words_.words) + " expected ones");
    }
    return kOk;
  }

  // But those of parameters that are not ready, of which no search knows.
  Result<std::int64_t> rows_in(const TableCount& table) {
    Cursor cursor(connection_, table.all);
    std::int64_t rows = cursor.step() ? cursor.integer_at(0) : 0;
    VESTA_CHECK_OK(cursor.status());
    for (std::int64_t number = 1; number <= catalog_.parameter_count(); ++number) {
      const std::optional<NumberedName> name = catalog_.name_of(number);
      if (name && is_ready(*name)) continue;
      Cursor unused(connection_, table.of_parameter);
      if (unused.integer(1, number).step()) rows -= unused.integer_at(0);
      VESTA_CHECK_OK(unused.status());
    }
    return rows;
  }

  Status check_counts() {
    for (std::size_t table = 0; table < kTableCounts.size(); ++table) {
      VESTA_TRY(const std::int64_t rows, rows_in(kTableCounts[table]));
      if (rows != expected_rows_[table]) {
        report_(std::string("index table ") + kTableCounts[table].name + " has " + std::to_string(rows) +
                " rows, expected are " + std::to_string(expected_rows_[table]));
      }
    }
    std::array<std::vector<std::array<std::int64_t, 3>>, 2> counts;
    for (std::size_t i = 0; i < 2; ++i) {
      Cursor cursor(connection_, i == 0 ? kKeptCounts : kRealCounts);
      while (cursor.step()) counts[i].push_back({cursor.integer_at(0), cursor.integer_at(1), cursor.integer_at(2)});
      VESTA_CHECK_OK(cursor.status());
    }
    if (counts[0] != counts[1]) report_("the counts per type are not those of the resources");
    Cursor contained(connection_, kContained);
    const std::int64_t rows = contained.step() ? contained.integer_at(0) : 0;
    VESTA_CHECK_OK(contained.status());
    if (rows != expected_contained_) {
      report_(std::to_string(rows) + " contained resources have rows, expected are " +
              std::to_string(expected_contained_));
    }
    return kOk;
  }

  Connection& connection_;
  Catalog& catalog_;
  const Bodies& bodies_;
  const Store::Extract& extract_;
  const std::function<void(std::string)>& report_;
  std::array<std::int64_t, kTableCounts.size()> expected_rows_{};
  WordSum expected_words_;
  std::int64_t expected_contained_ = 0;
  std::deque<std::string> ids_;
};

}  // namespace

Result<std::uint64_t> verify_store(Connection& connection, Catalog& catalog, const Bodies& bodies,
                                   const Store::Extract& extract, const std::function<void(std::string)>& report) {
  return Verifier(connection, catalog, bodies, extract, report).run();
}

}  // namespace vesta::store::sqlite
