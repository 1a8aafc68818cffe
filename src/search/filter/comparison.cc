// One function per type of parameter; values are read by the parsers of plain search.
#include "search/filter/comparison.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
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

// nullopt: n/a.
std::optional<StringMode> string_mode(Operator op) {
  switch (op) {
    case Operator::eq:
      return StringMode::equal;
    case Operator::ne:
      return StringMode::unequal;
    case Operator::co:
      return StringMode::contains;
    case Operator::sw:
      return StringMode::prefix;
    case Operator::ew:
      return StringMode::suffix;
    case Operator::gt:
      return StringMode::greater;
    case Operator::lt:
      return StringMode::less;
    case Operator::ge:
      return StringMode::at_least;
    case Operator::le:
      return StringMode::at_most;
    default:
      return std::nullopt;
  }
}

Plan negated_unless(bool is_wanted, Plan plan) {
  if (is_wanted) return plan;
  std::vector<Plan> children;
  children.push_back(std::move(plan));
  return Plan::make(Plan::Kind::not_, std::move(children));
}

// The time of a resource is written to the millisecond, which is the period that it implies.
Plan last_updated_within(const DateMatch& stated) {
  using namespace std::chrono;
  const std::int64_t low = microseconds(floor<milliseconds>(microseconds(stated.low))).count();
  const std::int64_t high = low + microseconds(milliseconds(1)).count();
  if (stated.high > high) return Plan::make_none();
  return Plan::make_leaf({nullptr, LastUpdatedMatch{{Prefix::eq, low, high}}});
}

}  // namespace

bool Comparison::knows(fhir::TypeId type) const {
  return Criterion(context_, "_filter", test_.last, {}).knows(type);
}

Result<Plan> Comparison::plan(fhir::TypeId type) const {
  if (test_.op == Operator::pr) return presence_plan(type);
  if (test_.last == "_lastUpdated") return date_plan(type);
  if (test_.last == "_id") return equality_plan(type, one_value(test_.value));
  const Parameter* parameter = context_.registry.find(type, test_.last);
  const bool is_plain = parameter == nullptr || parameter->program == nullptr ||
                        parameter->kind == SearchParamType::composite || parameter->kind == SearchParamType::special;
  if (is_plain) {  // _list, _text, near, composites
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
      return number_plan(type, *parameter);
    case SearchParamType::quantity:
      return ranged_plan(type);
    case SearchParamType::reference:
      if (test_.op == Operator::re) return read(type, {}, one_value(test_.value));
      return refuse("for references it is 're'");
    case SearchParamType::uri:
      return equality_plan(type, one_value(test_.value));
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

// An error names the value as the filter has it.
Result<Plan> Comparison::read_with(std::string_view prefix, fhir::TypeId type, const std::string& value) const {
  const std::string text = std::string(prefix) + value;
  auto plan = read(type, {}, text);
  if (plan) return plan;
  Error error = plan.take_error();
  const std::string named = "'" + params::quoted(text) + "'";
  for (Issue& issue : error.issues) {
    const std::size_t at = issue.diagnostics.find(named);
    if (at == std::string::npos) continue;
    issue.diagnostics.replace(at, named.size(), "'" + params::quoted(test_.value) + "'");
  }
  return error;
}

// "An item in the set has an unequal value": which is not that none is equal.
Result<Plan> Comparison::equality_plan(fhir::TypeId type, std::string_view value) const {
  if (test_.op != Operator::eq && test_.op != Operator::ne) return refuse("");
  VESTA_TRY(Plan plan, read(type, {}, value));
  if (test_.op == Operator::eq) return plan;
  CHECK(plan.kind == Plan::Kind::leaf);
  auto& match = plan.leaf.match;
  if (auto* token = std::get_if<TokenMatch>(&match)) token->unequal = true;
  if (auto* uri = std::get_if<UriMatch>(&match)) uri->mode = UriMode::unequal;
  if (auto* id = std::get_if<IdMatch>(&match)) id->unequal = true;
  return plan;
}

// "The set is empty or not (value is false or true)": the same as `:missing`, the other way round; which composites and
// `_list` do not have.
Result<Plan> Comparison::presence_plan(fhir::TypeId type) const {
  const bool is_wanted = test_.value == "true";
  if (!is_wanted && test_.value != "false") {
    return parameter_error("_filter", "value", "'" + params::quoted(test_.value) + "' is not true or false");
  }
  const Registry& registry = context_.registry;
  if (const Parameter* item = test_.last == "_list" ? list_item(registry) : nullptr) {
    return negated_unless(is_wanted, Plan::make_link(Plan::Kind::has, {item, item->type}, Plan::make_all()));
  }
  const Parameter* parameter = registry.find(type, test_.last);
  const bool is_composite = parameter != nullptr && parameter->kind == SearchParamType::composite;
  if (!is_composite || !params::is_readable(*parameter)) return read(type, "missing", is_wanted ? "false" : "true");
  CompositeMatch any;
  for (const ParameterId component : parameter->components) {
    any.components.push_back({&registry.parameter(component), PresentMatch{}});
  }
  return negated_unless(is_wanted, Plan::make_leaf({parameter, std::move(any)}));
}

// Order is "based on Integer comparison of Unicode code points", without regard to case, as all that is compared here.
Result<Plan> Comparison::string_plan(const Parameter& parameter) const {
  const std::optional<StringMode> mode = string_mode(test_.op);
  if (!mode) return refuse("");
  StringMatch match{*mode, {}};
  fold(test_.value, match.text);
  if (match.text.empty()) return parameter_error("_filter", "value", "'' is not a text to look for");
  return Plan::make_leaf({&parameter, std::move(match)});
}

// DEVIATION: "values are never case sensitive" does not hold for tokens here, as it does not in plain search: see
// params/token.cc.
Result<Plan> Comparison::token_plan(fhir::TypeId type) const {
  const std::string value = one_value(with_namespace(test_.value));
  switch (test_.op) {
    case Operator::ss:  // the value subsumes a concept in the set
      return read(type, "below", value);
    case Operator::sb:  // the value is subsumed by one
      return read(type, "above", value);
    case Operator::in:
      return read(type, "in", one_value(test_.value));
    case Operator::ni:
      return read(type, "not-in", one_value(test_.value));
    default:
      return equality_plan(type, value);
  }
}

// "An item in the set's implicit imprecision includes the stated value".
Result<Plan> Comparison::number_plan(fhir::TypeId type, const Parameter& parameter) const {
  if (test_.op != Operator::co || parameter.precision == kNoParameter) return ranged_plan(type);
  VESTA_TRY(Plan plan, read_with("eq", type, one_value(test_.value)));
  plan.leaf.parameter = &context_.registry.parameter(parameter.precision);
  std::get<NumberMatch>(plan.leaf.match).prefix = Prefix::co;
  return plan;
}

Result<Plan> Comparison::ranged_plan(fhir::TypeId type) const {
  if (!is_prefix(test_.op)) return refuse("");
  return read_with(to_text(test_.op), type, one_value(with_unit_namespace(test_.value)));
}

// co: "An item in the set's implicit period includes the stated value". po: "a (implied) date period in the set
// overlaps with the implied period in the value", which is ap without its widening.
Result<Plan> Comparison::date_plan(fhir::TypeId type) const {
  if (is_prefix(test_.op)) return read_with(to_text(test_.op), type, one_value(test_.value));
  if (test_.op != Operator::co && test_.op != Operator::po) return refuse("");
  VESTA_TRY(Plan plan, read_with("eq", type, one_value(test_.value)));
  const Prefix prefix = test_.op == Operator::co ? Prefix::co : Prefix::ap;
  if (auto* date = std::get_if<DateMatch>(&plan.leaf.match)) date->prefix = prefix;
  if (auto* updated = std::get_if<LastUpdatedMatch>(&plan.leaf.match)) {
    if (prefix == Prefix::co) return last_updated_within(updated->date);
    updated->date.prefix = prefix;
  }
  return plan;
}

Error Comparison::refuse(std::string_view why) const {
  std::string text = "'" + std::string(to_text(test_.op)) + "' is not supported for '" + std::string(written_) + "'";
  if (!why.empty()) text.append(": ").append(why);
  return parameter_error("_filter", "not-supported", text);
}

}  // namespace vesta::search::filter
