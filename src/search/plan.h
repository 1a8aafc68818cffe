// SearchPlan: what a query means, as a tree of And, Or, Not and leaves. Every engine executes it; search/matcher
// defines it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "search/index_value.h"
#include "search/parameter.h"

namespace vesta::search {

// https://hl7.org/fhir/R4/search.html#prefix; and, of `_filter` alone, co: the value contains what is searched for.
enum class Prefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap, co };

// `code` absent: any code of the system. `system` absent: any system; empty: only values without a system.
struct TokenMatch {
  std::optional<std::string> system;
  std::optional<std::string> code;
  bool unequal = false;  // of `_filter` alone: any value that is another one
};
// Any of a set of codes: what `:in`, `:above` and `:below` come to. Immutable, so plans share it.
struct TokenSet {
  std::vector<std::pair<std::string, std::string>> codes;  // (system, code), sorted, without duplicates
  std::vector<std::string> systems;                        // all codes of these; sorted
};
struct TokenSetMatch {
  std::shared_ptr<const TokenSet> set;
};
// Those from suffix on are of `_filter` alone.
enum class StringMode : std::uint8_t {
  prefix,
  exact,
  contains,
  suffix,
  equal,
  unequal,
  greater,  // these four in the order of code points
  less,
  at_least,
  at_most,
};
struct StringMatch {
  StringMode mode;
  std::string text;  // as written for exact, else folded
};
// A local target: by type and id. `types` empty: any type that the parameter may target.
struct ReferenceMatch {
  std::vector<fhir::TypeId> types;
  std::string id;
};
// Resources of one type by their ids, sorted and without duplicates: whom a plan is about, looked up before. Immutable,
// so plans share it.
struct IdSet {
  std::vector<std::string> ids;
  bool contains(std::string_view id) const { return std::ranges::binary_search(ids, id, std::less<>()); }
};
// A local reference to any of them, which need not be there.
struct ReferenceSetMatch {
  fhir::TypeId type = fhir::kNoType;
  std::shared_ptr<const IdSet> set;
};
// The same as an absolute URL of this server: `urls`, which ends with '/' (see absolute_url in search/links.h), and one
// of the ids; or of several types: `urls` is that of the server, and each of the ids has its type before it,
// "Patient/1".
struct UriSetMatch {
  std::string urls;
  std::shared_ptr<const IdSet> set;
};
struct DateMatch {
  Prefix prefix;
  std::int64_t low;  // [low, high) of the parameter value; for ap already widened
  std::int64_t high;
};
// Keys are bytes as of DecimalKey. [low, high) is the implicit precision range of the text (eq, ne; widened for ap);
// `exact` is the number itself (gt, lt, ge, le, sa, eb, co). Of co the values are [low, high): see Facet::precision.
struct NumberMatch {
  Prefix prefix;
  std::string low, high, exact;
};
struct QuantityMatch {
  NumberMatch number;
  std::optional<std::string> system;  // absent: any
  std::optional<std::string> code;    // with a system: the code; without: code or unit
  // Where system and code are a valid unit of UCUM: the number in the canonical unit. A value that has a canonical unit
  // itself is then compared by these alone.
  std::optional<NumberMatch> canonical = {};
  std::string canonical_unit = {};
};
enum class UriMode : std::uint8_t {
  exact,
  below,          // the uri itself, or one that begins with it and a '/'
  below_version,  // the canonical `url|version` itself, or one that begins with it and a '.'
  unequal,        // of `_filter` alone: any other one
};
struct UriMatch {
  std::string uri;
  UriMode mode = UriMode::exact;
};
// The elements of the parameter are there (IndexValues::present).
struct PresentMatch {};
// All parts hold for one element.
struct Leaf;
struct CompositeMatch {
  std::vector<Leaf> components;  // each a leaf on a component parameter, in their order
};
// Within `meters` of a place on the great circle; degrees.
struct PositionMatch {
  double latitude;
  double longitude;
  double meters;
};
struct WordMatch {
  std::string word;  // folded
  bool is_prefix = false;
};
// On the resource itself, not on index values: `_id` and `_lastUpdated`. What is contained is read by no id of its own,
// so no IdMatch and no IdSetMatch holds for it; it was last updated with what contains it.
struct IdMatch {
  std::string id;
  bool unequal = false;  // of `_filter` alone: another id, which what is contained does not have either
};
struct IdSetMatch {
  std::shared_ptr<const IdSet> set;
};
struct LastUpdatedMatch {
  DateMatch date;
};

// `parameter` is null for IdMatch, IdSetMatch and LastUpdatedMatch.
struct Leaf {
  const Parameter* parameter = nullptr;
  std::variant<TokenMatch, StringMatch, ReferenceMatch, DateMatch, NumberMatch, QuantityMatch, UriMatch, IdMatch,
               LastUpdatedMatch, TokenSetMatch, PresentMatch, CompositeMatch, PositionMatch, WordMatch, IdSetMatch,
               ReferenceSetMatch, UriSetMatch>
      match;
};

// A step from one resource to another. https://hl7.org/fhir/R4/search.html#chaining, #has and #contained
//   chain: `parameter` is one of the subject's type; it leads to a current resource of `type`, or to one of `type` that
//          the subject contains (or, if it is contained itself, that stands beside it).
//   has: `parameter` is one of `type`; a current resource of `type` leads to the subject by it. Nothing leads to what
//        is contained.
//   contains: the subject contains a resource of `type`; no parameter.
// Which references lead where stands in search/links.h.
struct Link {
  const Parameter* parameter = nullptr;
  fhir::TypeId type = fhir::kNoType;
};

// A leaf holds for a resource if any one of its index values of that parameter matches. So `Not(leaf)` is "no value
// matches", while a DateMatch with Prefix::ne is "some value is not contained".
struct Plan {
  enum class Kind : std::uint8_t { all, none, and_, or_, not_, leaf, chain, has, contains, shared };
  Kind kind = Kind::all;
  std::vector<Plan> children;  // and_, or_: any number >= 1; not_, chain, has, contains: one
  Leaf leaf;                   // kind == leaf
  Link link;                   // chain, has, contains: some resource it leads to must satisfy the child
  // kind == shared: means what this one does, which many queries have in them; so engines may keep what they decide by
  // it. Immutable.
  std::shared_ptr<const Plan> shared = {};

  static Plan make_all() { return {}; }
  static Plan make_none() { return {Kind::none, {}, {}, {}}; }
  static Plan make_leaf(Leaf leaf) { return {Kind::leaf, {}, std::move(leaf), {}}; }
  static Plan make(Kind kind, std::vector<Plan> children) { return {kind, std::move(children), {}, {}}; }
  static Plan make_shared(std::shared_ptr<const Plan> plan) { return {Kind::shared, {}, {}, {}, std::move(plan)}; }
  static Plan make_link(Kind kind, Link link, Plan child) {
    std::vector<Plan> children;
    children.push_back(std::move(child));
    return {kind, std::move(children), {}, link};
  }
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

// What is returned beside the matches. https://hl7.org/fhir/R4/search.html#include
struct Include {
  enum class Direction : std::uint8_t { forward, reverse };  // _include, _revinclude
  Direction direction = Direction::forward;
  bool iterate = false;                  // applied to what was included too, until nothing new comes
  fhir::TypeId source = fhir::kNoType;   // the type that has the parameter; kNoType: any (`*`)
  const Parameter* parameter = nullptr;  // null: every reference parameter of the source (`Patient:*`, `*`)
  // Only references to resources of this type count (in reverse: that the source has to such a match); kNoType: to any.
  fhir::TypeId target = fhir::kNoType;
  bool operator==(const Include&) const = default;
};
// Of one page, beyond the matches; more is an error (too_large), for a part of them would be a silent lie.
inline constexpr std::size_t kMaxIncluded = 5000;

enum class Total : std::uint8_t { none, estimate, accurate };

// Of which resources something is: of those that have a place of their own, or of those that others contain.
enum class Scope : std::uint8_t { resource, contained };

// One resource type and what of it. (A search over several types is one Query per type, in the order of their names.)
struct Query {
  fhir::TypeId type = fhir::kNoType;
  Plan plan;
  std::vector<SortKey> sort;
  std::string base_url = {};  // of this server: absolute references below it lead to its resources; empty: none does
  // contained: its matches are resources that others contain; their lastUpdated is that of the outer one, and they are
  // not sorted by `_id`.
  Scope scope = Scope::resource;
};

}  // namespace vesta::search
