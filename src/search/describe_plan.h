// For tests: a plan and the values it met, in words, so that a failure of a random test can be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "search/plan.h"

namespace vesta::search::testing {

inline std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "x";
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
  }
  return text;
}

// One overload for each kind of match.
struct MatchText {
  static std::string range(const DateMatch& match) {
    static constexpr std::string_view kNames[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
    return std::string(kNames[static_cast<std::size_t>(match.prefix)]) + " [" + std::to_string(match.low) + ", " +
           std::to_string(match.high) + ")";
  }
  static std::string maybe(const std::optional<std::string>& text) { return text ? "'" + *text + "'" : "*"; }

  std::string operator()(const TokenMatch& match) const { return maybe(match.system) + "|" + maybe(match.code); }
  std::string operator()(const StringMatch& match) const {
    static constexpr std::string_view kNames[] = {"prefix", "exact", "contains"};
    return std::string(kNames[static_cast<std::size_t>(match.mode)]) + " '" + match.text + "'";
  }
  std::string operator()(const ReferenceMatch& match) const {
    std::string text;
    for (const fhir::TypeId type : match.types) text += "type " + std::to_string(type) + " ";
    return text + match.id;
  }
  std::string operator()(const DateMatch& match) const { return range(match); }
  std::string operator()(const NumberMatch& match) const {
    return "prefix " + std::to_string(static_cast<int>(match.prefix)) + " [" + hex(match.low) + ", " + hex(match.high) +
           ") exact " + hex(match.exact);
  }
  std::string operator()(const QuantityMatch& match) const {
    return (*this)(match.number) + " " + maybe(match.system) + "|" + maybe(match.code);
  }
  std::string operator()(const UriMatch& match) const { return "uri " + match.uri; }
  std::string operator()(const IdMatch& match) const { return "_id " + match.id; }
  std::string operator()(const LastUpdatedMatch& match) const { return "_lastUpdated " + range(match.date); }
};

inline std::string describe(const Plan& plan) {
  static constexpr std::string_view kNames[] = {"all", "none", "and", "or", "not"};
  if (plan.kind != Plan::Kind::leaf) {
    std::string text(kNames[static_cast<std::size_t>(plan.kind)]);
    for (const Plan& child : plan.children) text += (&child == plan.children.data() ? "(" : ", ") + describe(child);
    return plan.children.empty() ? text : text + ")";
  }
  const std::string code = plan.leaf.parameter == nullptr ? "" : std::string(plan.leaf.parameter->code) + " ";
  return code + std::visit(MatchText(), plan.leaf.match);
}

inline std::string describe(const Query& query) {
  std::string text = describe(query.plan);
  for (const SortKey& key : query.sort) {
    text += key.descending ? " by -" : " by ";
    text += key.parameter != nullptr            ? std::string(key.parameter->code)
            : key.column == SortKey::Column::id ? "_id"
                                                : "_lastUpdated";
  }
  return text;
}

}  // namespace vesta::search::testing
