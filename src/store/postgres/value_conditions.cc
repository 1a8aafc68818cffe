// When a row of an index table satisfies a match: search/params/match.h in SQL. Conditions that follow from the others
// are written beside them where they bound the range of an index.
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "search/text.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "store/postgres/conditions.h"
#include "store/postgres/index_rows.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

using search::Prefix;

// The least text behind all that begin with this one; nullopt: there is none.
std::optional<std::string> behind(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) == 0xFF) text.pop_back();
  if (text.empty()) return std::nullopt;
  text.back() = static_cast<char>(text.back() + 1);
  return text;
}

// A column of indexed forms, with the whole text of long ones beside it.
class TextColumn {
 public:
  TextColumn(Parameters& parameters, std::string column, const std::string& alias)
      : parameters_(parameters), column_(std::move(column)), whole_("coalesce(" + alias + ".long, " + column_ + ")") {}

  std::string equals(const std::string& text) const { return column_ + " = " + form(text); }
  std::string differs(const std::string& text) const { return column_ + " <> " + form(text); }
  std::string begins(const std::string& text) const {
    const std::string head = text.substr(0, kIndexedPrefix);
    std::string sql = column_ + " >= " + parameters_.bytes(head);
    if (const auto end = behind(head)) sql += " AND " + column_ + " < " + parameters_.bytes(*end);
    if (head.size() < text.size()) {
      sql += " AND " + sql::first_bytes(kDialect, whole_, text.size()) + " = " + parameters_.bytes(text);
    }
    return sql;
  }
  std::string ends(const std::string& text) const {
    const std::string size = std::to_string(text.size());
    return "length(" + whole_ + ") >= " + size + " AND substring(" + whole_ + " from length(" + whole_ + ") + 1 - " +
           size + ") = " + parameters_.bytes(text);
  }
  std::string contains(const std::string& text) const {
    return "position(" + parameters_.bytes(text) + " in " + whole_ + ") > 0";
  }
  std::string compares(const char* how, const std::string& text) const {
    return whole_ + " " + how + " " + parameters_.bytes(text);
  }

 private:
  std::string form(const std::string& text) const { return parameters_.bytes(indexed_form(text)); }

  Parameters& parameters_;
  std::string column_;
  std::string whole_;
};

std::string decimal_prefix(const std::string& text) {
  return sql::first_bytes(kDialect, text, kDecimalPrefix);
}

// The index has the first bytes only.
std::string compare_decimal(Parameters& parameters, const std::string& column, const std::string& how,
                            const std::string& key) {
  const char* around = how.front() == '<' ? " <= " : " >= ";
  return decimal_prefix(column) + around + parameters.bytes(key.substr(0, kDecimalPrefix)) + " AND " + column + " " +
         how + " " + parameters.bytes(key);
}

std::string number_condition(Parameters& parameters, const search::NumberMatch& match, const std::string& low,
                             const std::string& high) {
  const auto is = [&](const std::string& column, const char* how, const std::string& key) {
    return compare_decimal(parameters, column, how, key);
  };
  switch (match.prefix) {
    case Prefix::eq:
      return is(low, ">=", match.low) + " AND " + is(low, "<", match.high) + " AND " + is(high, "<", match.high);
    case Prefix::ne:
      return "NOT (" + is(low, ">=", match.low) + " AND " + is(high, "<", match.high) + ")";
    case Prefix::gt:
      return is(high, ">", match.exact);
    case Prefix::lt:
      return is(low, "<", match.exact);
    case Prefix::ge:
      return is(high, ">=", match.exact);
    case Prefix::le:
      return is(low, "<=", match.exact);
    case Prefix::sa:
      return is(low, ">", match.exact);
    case Prefix::eb:
      return is(high, "<", match.exact);
    case Prefix::ap:
      return is(low, "<", match.high) + " AND " + is(high, ">=", match.low);
    case Prefix::co:
      return is(low, "<=", match.exact) + " AND " + is(high, ">", match.exact);
  }
  return "false";
}

// See matches(QuantityMatch, QuantityValue).
std::string quantity_condition(Parameters& parameters, const search::QuantityMatch& match, const std::string& alias) {
  std::string written = number_condition(parameters, match.number, alias + ".low", alias + ".high");
  if (match.system) written += " AND " + alias + ".system = " + parameters.bytes(*match.system);
  if (match.code) {
    const std::string code = parameters.bytes(*match.code);
    const std::string by_code = alias + ".code = " + code;
    written += match.system ? " AND " + by_code : " AND (" + by_code + " OR " + alias + ".unit = " + code + ")";
  }
  if (!match.canonical) return written;
  return "((" + alias + ".canonical_unit = ''::bytea AND " + written + ") OR (" + alias +
         ".canonical_unit = " + parameters.bytes(match.canonical_unit) + " AND " + alias +
         ".canonical_unit <> ''::bytea AND " +
         number_condition(parameters, *match.canonical, alias + ".canonical_low", alias + ".canonical_high") + "))";
}

std::string token_condition(Parameters& parameters, const search::TokenMatch& match, const std::string& alias) {
  std::string sql;
  if (match.code) sql = alias + ".code = " + parameters.bytes(indexed_form(*match.code));
  if (match.system) {
    sql += (sql.empty() ? "" : " AND ") + alias + ".system = " + parameters.bytes(indexed_form(*match.system));
  }
  if (sql.empty()) return match.unequal ? kFalse : "true";
  return match.unequal ? "NOT (" + sql + ")" : sql;
}

std::string token_set_condition(Parameters& parameters, const search::TokenSet& set, const std::string& alias) {
  sql::Array systems(sql::Type::bytes), codes(sql::Type::bytes), whole(sql::Type::bytes);
  for (const auto& [system, code] : set.codes) {
    systems.add(indexed_form(system));
    codes.add(indexed_form(code));
  }
  for (const std::string& system : set.systems) whole.add(indexed_form(system));
  const std::string all_codes = parameters.array(std::move(codes));
  std::string sql = "(" + alias + ".code = ANY(" + all_codes + ") AND (" + alias + ".system, " + alias +
                    ".code) IN (SELECT * FROM unnest(" + parameters.array(std::move(systems)) + ", " + all_codes +
                    ")))";
  if (!set.systems.empty())
    sql = "(" + sql + " OR " + alias + ".system = ANY(" + parameters.array(std::move(whole)) + "))";
  return sql;
}

std::string string_condition(Parameters& parameters, const search::StringMatch& match, const std::string& alias) {
  const TextColumn folded(parameters, alias + ".folded", alias);
  switch (match.mode) {
    case search::StringMode::prefix:
      return folded.begins(match.text);
    case search::StringMode::exact: {
      std::string text;
      search::fold(match.text, text);
      return folded.equals(text) + " AND " + alias + ".exact = " + parameters.bytes(match.text);
    }
    case search::StringMode::contains:
      return folded.contains(match.text);
    case search::StringMode::suffix:
      return folded.ends(match.text);
    case search::StringMode::equal:
      return folded.equals(match.text);
    case search::StringMode::unequal:
      return folded.differs(match.text);
    case search::StringMode::greater:
      return folded.compares(">", match.text);
    case search::StringMode::less:
      return folded.compares("<", match.text);
    case search::StringMode::at_least:
      return folded.compares(">=", match.text);
    case search::StringMode::at_most:
      return folded.compares("<=", match.text);
  }
  return "false";
}

std::string uri_condition(Parameters& parameters, const search::UriMatch& match, const std::string& alias) {
  const TextColumn uri(parameters, alias + ".uri", alias);
  switch (match.mode) {
    case search::UriMode::exact:
      return uri.equals(match.uri);
    case search::UriMode::unequal:
      return uri.differs(match.uri);
    case search::UriMode::below:
      if (match.uri.ends_with('/')) return uri.begins(match.uri);
      return "(" + uri.equals(match.uri) + " OR " + uri.begins(match.uri + "/") + ")";
    case search::UriMode::below_version:
      return "(" + uri.equals(match.uri) + " OR " + uri.begins(match.uri + ".") + ")";
  }
  return "false";
}

std::string reference_condition(const Catalog& catalog, Parameters& parameters, const search::ReferenceMatch& match,
                                const std::string& alias) {
  std::string sql = alias + ".target_id = " + parameters.text(match.id) + " AND " + alias + ".base IS NULL";
  if (match.types.empty()) return sql;
  // Of one type the index has the keys in their order.
  if (match.types.size() == 1)
    return sql + " AND " + alias + ".target_type = " + std::to_string(catalog.number_of_type(match.types.front()));
  std::vector<std::int32_t> types;
  for (const fhir::TypeId type : match.types) types.push_back(catalog.number_of_type(type));
  return sql + " AND " + alias + ".target_type = ANY(" + parameters.integers(types) + ")";
}

std::string reference_set_condition(const Catalog& catalog, Parameters& parameters,
                                    const search::ReferenceSetMatch& match, const std::string& alias) {
  sql::Array ids(sql::Type::text);
  for (const std::string& id : match.set->ids) ids.borrow(id);
  return alias + ".target_type = " + std::to_string(catalog.number_of_type(match.type)) + " AND " + alias +
         ".target_id = ANY(" + parameters.array(std::move(ids)) + ") AND " + alias + ".base IS NULL";
}

std::string uri_set_condition(Parameters& parameters, const search::UriSetMatch& match, const std::string& alias) {
  sql::Array uris(sql::Type::bytes);
  for (const std::string& id : match.set->ids) uris.add(indexed_form(match.urls + id));
  return alias + ".uri = ANY(" + parameters.array(std::move(uris)) + ")";
}

}  // namespace

std::string date_condition(Parameters& parameters, const search::DateMatch& match, const std::string& low,
                           const std::string& high) {
  const std::string from = parameters.bigint(match.low), to = parameters.bigint(match.high);
  const std::string contained = low + " >= " + from + " AND " + high + " <= " + to;
  switch (match.prefix) {
    case Prefix::eq:
      return contained + " AND " + low + " <= " + to;
    case Prefix::ne:
      return "NOT (" + contained + ")";
    case Prefix::gt:
      return high + " > " + to;
    case Prefix::lt:
      return low + " < " + from;
    case Prefix::ge:
      return high + " >= " + from + " AND (" + high + " > " + to + " OR (" + contained + "))";
    case Prefix::le:
      return low + " <= " + to + " AND (" + low + " < " + from + " OR (" + contained + "))";
    case Prefix::sa:
      return low + " >= " + to;
    case Prefix::eb:
      return high + " <= " + from;
    case Prefix::ap:
      return low + " < " + to + " AND " + high + " > " + from;
    case Prefix::co:
      return low + " <= " + from + " AND " + high + " >= " + to;
  }
  return "false";
}

ValueCondition value_condition(const Catalog& catalog, Parameters& parameters, const search::Leaf& leaf,
                               const std::string& alias) {
  return std::visit(
      [&](const auto& match) -> ValueCondition {
        using Match = std::decay_t<decltype(match)>;
        if constexpr (std::is_same_v<Match, search::TokenMatch>) {
          return {"token", token_condition(parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::TokenSetMatch>) {
          return {"token", token_set_condition(parameters, *match.set, alias)};
        } else if constexpr (std::is_same_v<Match, search::StringMatch>) {
          return {"string", string_condition(parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::ReferenceMatch>) {
          return {"reference", reference_condition(catalog, parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::ReferenceSetMatch>) {
          return {"reference", reference_set_condition(catalog, parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::DateMatch>) {
          return {"date", date_condition(parameters, match, alias + ".low", alias + ".high")};
        } else if constexpr (std::is_same_v<Match, search::NumberMatch>) {
          return {"number", number_condition(parameters, match, alias + ".low", alias + ".high")};
        } else if constexpr (std::is_same_v<Match, search::QuantityMatch>) {
          return {"quantity", quantity_condition(parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::UriMatch>) {
          return {"uri", uri_condition(parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::UriSetMatch>) {
          return {"uri", uri_set_condition(parameters, match, alias)};
        } else if constexpr (std::is_same_v<Match, search::WordMatch>) {
          const TextColumn word(parameters, alias + ".word", alias);
          return {"word", match.is_prefix ? word.begins(match.word) : word.equals(match.word)};
        } else {
          CHECK(false && "a match that is not one of a single row");
          return {"token", "false"};
        }
      },
      leaf.match);
}

}  // namespace vesta::store::postgres
