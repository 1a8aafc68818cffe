// Walk: one ordered scan per class of rows, in batches that are filtered and offered.
#include "store/sqlite/sort_walk.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "store/sqlite/bounds.h"
#include "store/sqlite/date_span.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/sort_values.h"

namespace vesta::store::sqlite {
namespace {

// Each pair: ascending, descending. All select the key, then what the value is made of. ?3: where to start, included.
struct Ordered {
  Sql up, down;
};
constexpr Ordered kDates{{"SELECT key, low FROM date WHERE param = ?1 AND span = ?2 AND low >= ?3 ORDER BY low"},
                         {"SELECT key, low FROM date WHERE param = ?1 AND span = ?2 AND low <= ?3 ORDER BY low DESC"}};
constexpr Ordered kNumbers{
    {"SELECT key, low FROM number WHERE param = ?1 AND span = ?2 AND low >= ?3 ORDER BY low"},
    {"SELECT key, low FROM number WHERE param = ?1 AND span = ?2 AND low <= ?3 ORDER BY low DESC"}};
constexpr Ordered kQuantities{
    {"SELECT key, low FROM quantity WHERE param = ?1 AND span = ?2 AND low >= ?3 ORDER BY low"},
    {"SELECT key, low FROM quantity WHERE param = ?1 AND span = ?2 AND low <= ?3 ORDER BY low DESC"}};
constexpr Ordered kStrings{{"SELECT key, folded FROM string WHERE param = ?1 AND folded >= ?3 ORDER BY folded"},
                           {"SELECT key, folded FROM string WHERE param = ?1 AND folded <= ?3 ORDER BY folded DESC"}};
constexpr Ordered kCommits{{"SELECT key, last_updated FROM resource INDEXED BY resource_type_seq"
                            " WHERE type = ?1 AND state = 1 AND seq >= ?3 ORDER BY seq"},
                           {"SELECT key, last_updated FROM resource INDEXED BY resource_type_seq"
                            " WHERE type = ?1 AND state = 1 AND seq <= ?3 ORDER BY seq DESC"}};
// Text ids come before UUIDs in the index: two classes. ?2 is the far end of the class.
constexpr Ordered kIds{{"SELECT key, id FROM resource INDEXED BY resource_id"
                        " WHERE type = ?1 AND id >= ?3 AND id < ?2 AND state = 1 ORDER BY id"},
                       {"SELECT key, id FROM resource INDEXED BY resource_id"
                        " WHERE type = ?1 AND id <= ?3 AND id >= ?2 AND state = 1 ORDER BY id DESC"}};
constexpr Sql kUuidsUp{
    "SELECT key, id FROM resource INDEXED BY resource_id WHERE type = ?1 AND id >= ?3 AND state = 1 ORDER BY id"};

class Walk {
 public:
  Walk(Part& part, const SortTuple* from, Top& top)
      : part_(part),
        executor_(part.executor),
        sort_(part.query.sort.front()),
        is_down_(sort_.descending == (top.direction() == Direction::forward)),
        top_(top) {
    if (from != nullptr) start_ = from->values.front();
    if (sort_.parameter != nullptr) param_ = executor_.parameter_number(*sort_.parameter);
  }

  Status run() {
    if (sort_.column == search::SortKey::Column::id) return over_ids();
    if (sort_.column == search::SortKey::Column::last_updated) return over_commits();
    if (param_ == 0) return kOk;
    switch (sort_.parameter->kind) {
      case fhir::SearchParamType::date:
        return over_dates();
      case fhir::SearchParamType::number:
        return over_numbers(kNumbers, {0, 1});
      case fhir::SearchParamType::quantity:
        return over_numbers(kQuantities, {kPlainSpan, kPlainSpan + 1, kHasCanonicalSpan, kHasCanonicalSpan + 1});
      case fhir::SearchParamType::string:
        return over_strings();
      default:
        return kOk;
    }
  }

  bool gave_up() const { return gave_up_; }

 private:
  const Sql& pick(const Ordered& ordered) const { return is_down_ ? ordered.down : ordered.up; }

  // Can a resource with a value as good as `bound` still be among those kept? Ties can: other keys decide them.
  bool may_improve(const std::string& bound) const {
    if (!top_.is_full()) return true;
    const SortValue& last = top_.last().values.front();
    if (!last) return true;
    return is_down_ ? bound >= *last : bound <= *last;
  }

  Status offer(Keys& batch) {
    std::sort(batch.begin(), batch.end());
    batch.erase(std::unique(batch.begin(), batch.end()), batch.end());
    VESTA_TRY(const Keys keys, executor_.filter(part_.plan, std::move(batch)));
    batch.clear();
    VESTA_TRY(std::vector<SortTuple> tuples, load_tuples(part_, keys));
    for (SortTuple& tuple : tuples) top_.offer(std::move(tuple));
    return kOk;
  }

  // Reads the rows of `cursor` in batches. `bound_of(row)`: the best value that this row or any later one can stand
  // for.
  template <class BoundOf>
  Status over(Cursor& cursor, const BoundOf& bound_of) {
    Keys batch;
    auto size = static_cast<std::size_t>(executor_.tuning().first_batch);
    while (!gave_up_ && cursor.step()) {
      batch.push_back(cursor.integer_at(0));
      if (batch.size() < size) continue;
      const std::string bound = bound_of(cursor);
      walked_ += static_cast<std::int64_t>(batch.size());
      VESTA_CHECK_OK(offer(batch));
      if (!may_improve(bound)) return kOk;
      VESTA_CHECK_OK(look_back());
      size = std::min(size * 2, static_cast<std::size_t>(executor_.tuning().last_batch));
    }
    VESTA_CHECK_OK(cursor.status());
    return offer(batch);
  }

  // Matches may stand at the far end of the order, all of them: the longer that takes, the more of them may be sorted.
  Status look_back() {
    const std::int64_t candidates = walked_ / executor_.tuning().walk_patience;
    if (candidates < 2 * looked_for_) return kOk;
    looked_for_ = candidates;
    VESTA_TRY(gave_up_, executor_.is_small(part_.plan, candidates));
    return kOk;
  }

  // A descending sort is by the high end, the index by the low one: within a span they differ by at most its width. The
  // value of a row's resource is never on the wrong side of the row's own ends, so that they bound it.
  Status over_dates() {
    for (std::size_t span = 0; span < kSpans.size(); ++span) {
      const std::int64_t width = sort_.descending ? kSpans[span].max_width : 0;
      std::int64_t start = is_down_ ? INT64_MAX : INT64_MIN;
      if (start_) start = is_down_ ? time_of(*start_) : minus_saturated(time_of(*start_), width);
      Cursor cursor(executor_.connection(), pick(kDates));
      cursor.integer(1, param_).integer(2, static_cast<std::int64_t>(span)).integer(3, start);
      VESTA_CHECK_OK(over(cursor, [&](const Cursor& row) {
        const std::int64_t low = row.integer_at(1);
        if (!is_down_) return sortable(low);
        return sortable(low > INT64_MAX - width ? INT64_MAX : low + width);
      }));
    }
    return kOk;
  }

  static std::int64_t time_of(const std::string& bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value ^ (std::uint64_t{1} << 63));
  }

  // Odd spans hold ranges: nothing is known of their high ends, which a descending sort is by. Down they are all read,
  // up they are read from the start.
  Status over_numbers(const Ordered& ordered, std::initializer_list<std::int64_t> spans) {
    for (const std::int64_t span : spans) {
      const std::string lowest;
      const std::string highest(8, '\xFF');
      const bool is_by_high = span % 2 == 1 && sort_.descending;
      Cursor cursor(executor_.connection(), pick(ordered));
      cursor.integer(1, param_).integer(2, span);
      const std::string& open = is_down_ ? highest : lowest;
      cursor.blob(3, start_ && !is_by_high ? *start_ : open);
      VESTA_CHECK_OK(over(
          cursor, [&](const Cursor& row) { return is_by_high && is_down_ ? highest : std::string(row.bytes_at(1)); }));
    }
    return kOk;
  }

  Status over_strings() {
    const std::string open = is_down_ ? "\xFF" : "";
    Cursor cursor(executor_.connection(), pick(kStrings));
    cursor.integer(1, param_).text(3, start_ ? *start_ : open);
    return over(cursor, [](const Cursor& row) { return std::string(row.bytes_at(1)); });
  }

  Status over_commits() {
    std::int64_t seq = is_down_ ? INT64_MAX : 0;
    if (start_) {
      const std::int64_t stored = to_stored_time(Instant{time_of(*start_)});
      VESTA_TRY(seq, seq_at_time(executor_.connection(), is_down_ ? stored + 1 : stored));
    }
    Cursor cursor(executor_.connection(), pick(kCommits));
    cursor.integer(1, executor_.type()).integer(3, seq);
    return over(cursor, [](const Cursor& row) { return sortable(from_stored_time(row.integer_at(1)).value); });
  }

  Status over_ids() {
    VESTA_CHECK_OK(over_text_ids());
    return over_uuids();
  }
  Status over_text_ids() {
    Cursor cursor(executor_.connection(), pick(kIds));
    cursor.integer(1, executor_.type());
    const std::string lowest;
    const std::string highest = "\xFF";
    if (is_down_)
      cursor.text(2, lowest).text(3, start_ ? *start_ : highest);
    else
      cursor.blob(2, lowest).text(3, start_ ? *start_ : lowest);
    return over(cursor, [](const Cursor& row) { return id_at(row, 1); });
  }
  Status over_uuids() {
    const bool down = is_down_;
    Cursor cursor(executor_.connection(), down ? kIds.down : kUuidsUp);
    cursor.integer(1, executor_.type());
    const std::string lowest;
    const std::string highest(17, '\xFF');
    // A start that is no UUID lies somewhere between two of them: from the open end it is right, if slower.
    const StoredId start = start_ ? store_id(*start_) : StoredId{};
    if (down) cursor.blob(2, lowest);
    cursor.blob(3, start.is_uuid ? std::string_view(start.bytes) : down ? std::string_view(highest) : lowest);
    return over(cursor, [](const Cursor& row) { return id_at(row, 1); });
  }

  Part& part_;
  Executor& executor_;
  const search::SortKey& sort_;
  const bool is_down_;  // how the index is read
  Top& top_;
  SortValue start_;
  std::int64_t param_ = 0;
  std::int64_t walked_ = 0;      // rows
  std::int64_t looked_for_ = 0;  // candidates: there are not less
  bool gave_up_ = false;
};

}  // namespace

Result<bool> walk(Part& part, const SortTuple* from, Top& top) {
  Walk walk(part, from, top);
  VESTA_CHECK_OK(walk.run());
  return !walk.gave_up();
}

}  // namespace vesta::store::sqlite
