// `:in`, `:not-in`, `:above` and `:below` of tokens: sets of codes. https://hl7.org/fhir/R4/search.html#token
#include "search/codes.h"

#include "search/modifiers/modifiers.h"
#include "search/params/reference.h"

namespace vesta::search::modifiers {
namespace {

using Codes = Result<std::shared_ptr<const TokenSet>>;

Result<Plan> plan_of(const ValueText& value, Codes codes) {
  if (!codes) return named(value, codes.take_error());
  return Plan::make_leaf({value.parameter, TokenSetMatch{std::move(*codes)}});
}

}  // namespace

Error named(const ValueText& value, Error error) {
  const std::string prefix = "Parameter '" + std::string(value.name) + "': ";
  error.message = prefix + error.message;
  if (error.issues.empty()) error.issues.push_back({Severity::error, "invalid", error.message, ""});
  for (Issue& issue : error.issues) {
    if (!issue.diagnostics.starts_with(prefix)) issue.diagnostics = prefix + issue.diagnostics;
  }
  return error;
}

// The value of :in and :not-in names a value set, by a URI or by a literal reference such as ValueSet/123; all of it
// goes to the source, and of an absolute URL of this server, which may be a canonical one, else what is below it. That
// of :above and :below is [system]|[code]; a code alone is looked for in every system that the source knows, as R4's
// example with SNOMED CT has it. The plan of :not-in is that of :in: see parse_value.
Result<Plan> parse_codes(const ValueText& value) {
  const CodeSource* source = value.context.codes;
  if (source == nullptr) return params::bad_modifier(value);
  if (value.modifier == "in" || value.modifier == "not-in") {
    const std::string named = params::unescape(value.text);
    Codes codes = source->value_set(named);
    const auto local = codes.ok() ? std::nullopt : params::read_local(value.context, named);
    if (local && params::is_absolute(named)) {
      codes = source->value_set(std::string(local->type_name).append("/").append(local->id));
    }
    return plan_of(value, std::move(codes));
  }
  const auto parts = params::split_escaped(value.text, '|', 3);
  const bool has_system = parts.size() == 2 && !parts.front().empty();
  if (parts.size() > 2 || parts.back().empty() || (parts.size() == 2 && !has_system)) {
    return params::bad_value(value, "a code of a code system: [system]|[code] or [code]");
  }
  const std::string system = has_system ? params::unescape(parts.front()) : std::string();
  const std::string code = params::unescape(parts.back());
  return plan_of(value,
                 value.modifier == "below" ? source->subsumed_by(system, code) : source->subsuming(system, code));
}

}  // namespace vesta::search::modifiers
