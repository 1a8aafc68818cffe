// IdKeys: the keys of sets of ids that plans share, looked up once for each set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "search/plan.h"
#include "store/kept.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/leaves.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxKeptIdKeyBytes = 64 * 1024 * 1024;  // of all together; of one set a 32nd of it

// Of all rows that the connection sees, whatever their state. Keys are given in ascending order.
Result<std::int64_t> last_key(Connection& connection);

// A resource keeps its row and its key for ever, so what was found once stays true. Thread-safe.
class IdKeys {
 public:
  using Set = std::shared_ptr<const search::IdSet>;
  using Found = std::shared_ptr<const Keys>;

  // Of the ids that have a row of `type` in what the connection sees, whatever its state. Within a snapshot.
  Result<Found> keys_of(Connection& connection, std::int64_t type, const Set& set);
  // The same, for who sees what is not committed yet: nothing is kept.
  static Result<Found> look_up(Connection& connection, std::int64_t type, const Set& set);

 private:
  struct Entry {
    std::weak_ptr<const search::IdSet> set;  // another one may come to its place in memory
    std::int64_t type = 0;
    Found keys;
    std::vector<std::string> missing;  // without a row when they were looked for
  };

  Kept<const search::IdSet*, Entry, PlaceHash> kept_{kMaxKeptIdKeyBytes};
};

}  // namespace vesta::store::sqlite
