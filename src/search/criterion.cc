// Reads the values of one parameter for one type: what is common to all types of parameters.
#include "search/criterion.h"

#include <algorithm>

#include "search/combine.h"
#include "search/params/parse.h"

namespace vesta::search {
namespace {

using params::ValueText;

// Columns of every resource; the registry has definitions of them without a program.
bool is_column(std::string_view code) {
  return code == "_id" || code == "_lastUpdated";
}

}  // namespace

const Parameter* list_item(const Registry& registry) {
  constexpr std::string_view kListItem = "http://hl7.org/fhir/SearchParameter/List-item";
  const auto definitions = registry.definitions().search_parameters();
  const auto found = std::ranges::find(definitions, kListItem, &fhir::SearchParameter::url);
  return found == definitions.end() ? nullptr : registry.find_core(found->base.front(), found->code);
}

Criterion::Criterion(const ParseContext& context, std::string_view named, std::string_view last, std::string_view value)
    : context_(context), named_(named), last_(last), value_(value) {
  const std::size_t colon = last.find(':');
  code_ = last.substr(0, colon);
  has_modifier_ = colon != std::string_view::npos;
  if (has_modifier_) modifier_ = last.substr(colon + 1);
}

bool Criterion::knows(fhir::TypeId type) const {
  return is_column(code_) || code_ == "_list" || context_.registry.find(type, code_) != nullptr;
}

bool Criterion::is_readable(fhir::TypeId type) const {
  if (is_column(code_) || code_ == "_list") return true;
  const Parameter* parameter = context_.registry.find(type, code_);
  return parameter != nullptr && params::is_readable(*parameter);
}

Result<Plan> Criterion::plan(fhir::TypeId type) const {
  if (!is_readable(type)) return parameter_error(named_, "not-supported", "it is not supported");
  // "Servers SHALL reject any search request that contains a modifier that the server does not support for that
  // parameter", so leniency does not reach here. https://hl7.org/fhir/R4/search.html#modifiers
  if (has_modifier_ && modifier_.empty()) return parameter_error(named_, "invalid", "the modifier is empty");
  if (!params::is_well_escaped(value_)) {
    return parameter_error(named_, "value",
                           "a backslash stands before ',', '$', '|' or another backslash; for itself it is written "
                           "twice");
  }
  const auto texts = params::split_escaped(value_, ',', kMaxOrValues + 1);
  if (texts.size() > kMaxOrValues) {
    return parameter_error(named_, "too-costly", "more than " + std::to_string(kMaxOrValues) + " values");
  }
  if (modifier_ == "missing" && texts.size() > 1) {
    return parameter_error(named_, "value", "':missing' takes one value, true or false");
  }
  std::vector<Plan> alternatives;
  for (const std::string_view text : texts) {
    if (text.empty()) return parameter_error(named_, "value", "a value is empty");
    if (text.size() > kMaxValueBytes) {
      return parameter_error(named_, "too-long", "a value is longer than " + std::to_string(kMaxValueBytes) + " bytes");
    }
    VESTA_TRY(Plan plan, value_plan(type, text));
    alternatives.push_back(std::move(plan));
  }
  // `code:not=a,b`: none of the resource's codes is a or b.
  Plan plan = any_of(std::move(alternatives));
  if (!params::negates(modifier_)) return plan;
  std::vector<Plan> negated;
  negated.push_back(std::move(plan));
  return Plan::make(Plan::Kind::not_, std::move(negated));
}

Result<Plan> Criterion::value_plan(fhir::TypeId type, std::string_view text) const {
  const ValueText value{context_, nullptr, named_, modifier_, text};
  if (is_column(code_)) return column_plan(value);
  if (code_ == "_list") {
    if (has_modifier_) return params::bad_modifier(value);
    return list_plan(text);
  }
  return params::parse_value({context_, context_.registry.find(type, code_), named_, modifier_, text});
}

// Every resource has an id and a time of its last update, so `:missing` is decided by its value alone.
Result<Plan> Criterion::column_plan(const ValueText& value) const {
  if (modifier_ == "missing") {
    if (value.text == "true") return Plan::make_none();
    if (value.text == "false") return Plan::make_all();
    return params::bad_value(value, "true or false");
  }
  const bool is_id = code_ == "_id";
  const bool is_negated_id = is_id && modifier_ == "not";
  if (has_modifier_ && !is_negated_id) return params::bad_modifier(value);
  return is_id ? params::parse_id(value) : params::parse_last_updated(value);
}

// https://hl7.org/fhir/R4/search.html#list: "the resources that are in the list": `_list=42` is
// `_has:List:item:_id=42`. Functional lists ("$current-allergies") are named by no id.
Result<Plan> Criterion::list_plan(std::string_view text) const {
  if (text.starts_with('$')) {
    return parameter_error(named_, "not-supported",
                           "the functional list '" + params::quoted(text) + "' is not supported");
  }
  VESTA_TRY(Plan list, params::parse_id({context_, nullptr, named_, {}, text}));
  const Parameter* item = list_item(context_.registry);
  if (item == nullptr) return parameter_error(named_, "not-supported", "lists are not supported");
  return Plan::make_link(Plan::Kind::has, {item, item->type}, std::move(list));
}

}  // namespace vesta::search
