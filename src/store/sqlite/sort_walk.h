// Walk: reads the index of the first sort key in its order, and stops as soon as nothing better can come.
#pragma once

#include "store/sqlite/sorting.h"
#include "store/sqlite/top.h"

namespace vesta::store::sqlite {

// Offers to `top` the matches of `part` that have a value of the first sort key and may be among those it keeps. The
// first key is a date, number, quantity, string, _id or _lastUpdated. `from`: nothing at or before it is wanted, as the
// direction of `top` goes; may be null. False: it went on for so long that sorting all candidates costs less, and gave
// up.
Result<bool> walk(Part& part, const SortTuple* from, Top& top);

}  // namespace vesta::store::sqlite
