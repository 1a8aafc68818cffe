// One function per type of parameter; values are read by the parsers of plain search.
#include "search/filter/comparison.h"

#include <array>
#include <utility>

#include "search/criterion.h"
#include "search/params/parse.h"
#include "search/text.h"

namespace vesta::search::filter {
namespace {

using fhir::SearchParamType;

// "For convenience, the codes loinc, snomed, rxnorm and ucum are predefined and can be used in place of their
// associated full namespace."
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNamespaces = {
    {{"loinc", "http://loinc.org"},
     {"snomed", "http://snomed.info/sct"},
     {"rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"},
     {"ucum", "http://unitsofmeasure.org"}}};

std::string with_namespace(std::string_view token) {
  const std::size_t bar = token.find('|');
  for (const auto& [code, url] : kNamespaces) {
    if (bar != std::string_view::npos && token.substr(0, bar) == code) {
      return std::string(url) + std::string(token.substr(bar));
    }
  }
  return std::string(token);
}

// The same within number|system|code.
std::string with_unit_namespace(std::string_view quantity) {
  const std::size_t bar = quantity.find('|');
  if (bar == std::string_view::npos) return std::string(quantity);
  return std::string(quantity.substr(0, bar + 1)) + with_namespace(quantity.substr(bar + 1));
}

// A value of a filter is one value, so a comma in it separates nothing. Escapes stay what they are: "for token, the
// format is the same as the existing search parameter".
std::string one_value(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ',') out.push_back('\\');
    const bool is_escape = text[at] == '\\' && at + 1 < text.size() &&
                           std::string_view(",$|\\").find(text[at + 1]) != std::string_view::npos;
    if (is_escape) out.push_back(text[at++]);
    out.push_back(text[at]);
  }
  return out;
}

bool is_prefix(Operator op) {
  switch (op) {
    case Operator::eq:
    case Operator::ne:
    case Operator::gt:
    case Operator::lt:
    case Operator::ge:
    case Operator::le:
    case Operator::ap:
    case Operator::sa:
    case Operator::eb:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Comparison::knows(fhir::TypeId type) const {
  return Criterion(context_, "_filter", test_.last, {}).knows(type);
}

Result<Plan> Comparison::plan(fhir::TypeId type) const {
  if (test_.op == Operator::pr) return present(type);
  if (test_.last == "_lastUpdated") return date_plan(type);
  const Parameter* parameter = context_.registry.find(type, test_.last);
  const bool is_plain = parameter == nullptr || parameter->program == nullptr ||
                        parameter->kind == SearchParamType::composite || parameter->kind == SearchParamType::special;
  if (is_plain) {  // _id, _list, _text, near, composites
    if (test_.op == Operator::eq) return read(type, {}, one_value(test_.value));
    return refuse("");
  }
  switch (parameter->kind) {
    case SearchParamType::string:
      return string_plan(*parameter);
    case SearchParamType::token:
      return token_plan(type);
    case SearchParamType::date:
      return date_plan(type);
    case SearchParamType::number:
    case SearchParamType::quantity:
      return ranged_plan(type);
    case SearchParamType::reference:
      if (test_.op == Operator::re) return read(type, {}, one_value(test_.value));
      return refuse("for references it is 're'");
    case SearchParamType::uri:
      if (test_.op == Operator::eq) return read(type, {}, one_value(test_.value));
      return refuse("");
    case SearchParamType::composite:
    case SearchParamType::special:
      break;
  }
  return refuse("");
}

Result<Plan> Comparison::read(fhir::TypeId type, std::string_view modifier, std::string_view value) const {
  std::string last(test_.last);
  if (!modifier.empty()) last.append(":").append(modifier);
  return Criterion(context_, "_filter", last, value).plan(type);
}

// "The set is empty or not (value is false or true)": the same as `:missing`, the other way round.
Result<Plan> Comparison::present(fhir::TypeId type) const {
  if (test_.value != "true" && test_.value != "false") {
    return parameter_error("_filter", "value", "'" + params::quoted(test_.value) + "' is not true or false");
  }
  return read(type, "missing", test_.value == "true" ? "false" : "true");
}

Result<Plan> Comparison::string_plan(const Parameter& parameter) const {
  StringMatch match{StringMode::equal, {}};
  switch (test_.op) {
    case Operator::eq:
      break;
    case Operator::ne:
      match.mode = StringMode::unequal;
      break;
    case Operator::co:
      match.mode = StringMode::contains;
      break;
    case Operator::sw:
      match.mode = StringMode::prefix;
      break;
    case Operator::ew:
      match.mode = StringMode::suffix;
      break;
    case Operator::gt:
    case Operator::lt:
    case Operator::ge:
    case Operator::le:
      return refuse("strings are not compared by their order");
    default:
      return refuse("");
  }
  fold(test_.value, match.text);
  if (match.text.empty()) return parameter_error("_filter", "value", "'' is not a text to look for");
  return Plan::make_leaf({&parameter, std::move(match)});
}

// DEVIATION: "values are never case sensitive" does not hold for tokens here, as it does not in plain search: see
// params/token.cc.
Result<Plan> Comparison::token_plan(fhir::TypeId type) const {
  const std::string value = one_value(with_namespace(test_.value));
  switch (test_.op) {
    case Operator::eq:
      return read(type, {}, value);
    case Operator::ne:
      // "An item in the set has an unequal value": which is not that none is equal.
      return refuse("for tokens it is 'not (" + std::string(test_.last) + " eq …)'");
    case Operator::ss:  // the value subsumes a concept in the set
      return read(type, "below", value);
    case Operator::sb:  // the value is subsumed by one
      return read(type, "above", value);
    case Operator::in:
      return read(type, "in", one_value(test_.value));
    case Operator::ni:
      return read(type, "not-in", one_value(test_.value));
    default:
      return refuse("");
  }
}

Result<Plan> Comparison::ranged_plan(fhir::TypeId type) const {
  if (!is_prefix(test_.op)) return refuse("");
  return read(type, {}, std::string(to_text(test_.op)) + one_value(with_unit_namespace(test_.value)));
}

// "True if a (implied) date period in the set overlaps with the implied period in the value": ap, without its widening.
Result<Plan> Comparison::date_plan(fhir::TypeId type) const {
  if (is_prefix(test_.op)) return read(type, {}, std::string(to_text(test_.op)) + one_value(test_.value));
  if (test_.op == Operator::co) return refuse("whether a period holds another one is not in the index; 'po' overlaps");
  if (test_.op != Operator::po) return refuse("");
  VESTA_TRY(Plan plan, read(type, {}, "eq" + one_value(test_.value)));
  if (auto* date = std::get_if<DateMatch>(&plan.leaf.match)) date->prefix = Prefix::ap;
  if (auto* updated = std::get_if<LastUpdatedMatch>(&plan.leaf.match)) updated->date.prefix = Prefix::ap;
  return plan;
}

Error Comparison::refuse(std::string_view why) const {
  std::string text = "'" + std::string(to_text(test_.op)) + "' is not supported for '" + std::string(test_.last) + "'";
  if (!why.empty()) text.append(": ").append(why);
  return parameter_error("_filter", "not-supported", text);
}

}  // namespace vesta::search::filter
