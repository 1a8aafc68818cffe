// SearchPlan: what a query means, as a tree of And, Or, Not and leaves. Every engine executes it; search/matcher
// defines it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "search/index_value.h"
#include "search/parameter.h"

namespace vesta::search {

// https://hl7.org/fhir/R4/search.html#prefix
enum class Prefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };

// `code` absent: any code of the system. `system` absent: any system; empty: only values without a system.
struct TokenMatch {
  std::optional<std::string> system;
  std::optional<std::string> code;
};
enum class StringMode : std::uint8_t { prefix, exact, contains };
struct StringMatch {
  StringMode mode;
  std::string text;  // folded for prefix and contains; as written for exact
};
// A local target: by type and id. `types` empty: any type that the parameter may target.
struct ReferenceMatch {
  std::vector<fhir::TypeId> types;
  std::string id;
};
struct DateMatch {
  Prefix prefix;
  std::int64_t low;  // [low, high) of the parameter value; for ap already widened
  std::int64_t high;
};
// Keys are bytes as of DecimalKey. [low, high) is the implicit precision range of the text (eq, ne; widened for ap);
// `exact` is the number itself (gt, lt, ge, le, sa, eb).
struct NumberMatch {
  Prefix prefix;
  std::string low, high, exact;
};
struct QuantityMatch {
  NumberMatch number;
  std::optional<std::string> system;  // absent: any
  std::optional<std::string> code;    // with a system: the code; without: code or unit
};
struct UriMatch {
  std::string uri;
};
// On the resource itself, not on index values: `_id` and `_lastUpdated`.
struct IdMatch {
  std::string id;
};
struct LastUpdatedMatch {
  DateMatch date;
};

// `parameter` is null for IdMatch and LastUpdatedMatch.
struct Leaf {
  const Parameter* parameter = nullptr;
  std::variant<TokenMatch, StringMatch, ReferenceMatch, DateMatch, NumberMatch, QuantityMatch, UriMatch, IdMatch,
               LastUpdatedMatch>
      match;
};

// A leaf holds for a resource if any one of its index values of that parameter matches. So `Not(leaf)` is "no value
// matches", while a DateMatch with Prefix::ne is "some value is not contained".
struct Plan {
  enum class Kind : std::uint8_t { all, none, and_, or_, not_, leaf };
  Kind kind = Kind::all;
  std::vector<Plan> children;  // and_, or_: any number >= 1; not_: one
  Leaf leaf;                   // kind == leaf

  static Plan make_all() { return {}; }
  static Plan make_none() { return {Kind::none, {}, {}}; }
  static Plan make_leaf(Leaf leaf) { return {Kind::leaf, {}, std::move(leaf)}; }
  static Plan make(Kind kind, std::vector<Plan> children) { return {kind, std::move(children), {}}; }
};

// One key of `_sort`. A resource with several values sorts by its lowest (ascending) or highest (descending) one;
// resources without a value come last in both directions. Ties are broken by the store's own stable order (creation).
struct SortKey {
  enum class Column : std::uint8_t { parameter, id, last_updated };
  Column column = Column::parameter;
  const Parameter* parameter =
      nullptr;  // token sorts by code, string by folded, reference by type name/id, date by low
                // (ascending) or high (descending), number and quantity by low/high, uri by text
  bool descending = false;
};

enum class Total : std::uint8_t { none, estimate, accurate };

// One resource type and what of it. (A search over several types is one Query per type, in the order of their names.)
struct Query {
  fhir::TypeId type = fhir::kNoType;
  Plan plan;
  std::vector<SortKey> sort;
};

}  // namespace vesta::search
