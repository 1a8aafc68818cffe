// The parameters that govern the form of the answer. https://hl7.org/fhir/R4/search.html#return
#include <algorithm>
#include <charconv>

#include "fhir/search_param_type.h"
#include "search/params/parse.h"
#include "search/search_draft.h"

namespace vesta::search {
namespace {

using params::quoted;

std::string name_and_value(const http::Parameter& parameter) {
  return "Parameter '" + parameter.name + "': '" + quoted(parameter.value) + "' ";
}

// https://hl7.org/fhir/R4/search.html#count: a number; 0 is the same as _summary=count; the server may return fewer.
void apply_count(const http::Parameter& parameter, SearchDraft& draft) {
  std::uint64_t count = 0;
  const std::string& text = parameter.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
    return draft.reject("value", name_and_value(parameter) + "is not a whole number of 0 or more");
  }
  const bool is_large = error == std::errc::result_out_of_range || count > kMaxCount;
  draft.search.count = is_large ? kMaxCount : static_cast<std::uint32_t>(count);
  if (draft.search.count == 0) draft.search.count_only = true;
}

// https://hl7.org/fhir/R4/search.html#total
void apply_total(const http::Parameter& parameter, SearchDraft& draft) {
  if (parameter.value == "none") {
    draft.search.total = Total::none;
  } else if (parameter.value == "estimate") {
    draft.search.total = Total::estimate;
  } else if (parameter.value == "accurate") {
    draft.search.total = Total::accurate;
  } else {
    draft.reject("value", name_and_value(parameter) + "is not none, estimate or accurate");
  }
}

// https://hl7.org/fhir/R4/search.html#summary
void apply_summary(const http::Parameter& parameter, SearchDraft& draft) {
  if (parameter.value == "true") {
    draft.search.summary = fhir::Summary::true_;
  } else if (parameter.value == "text") {
    draft.search.summary = fhir::Summary::text;
  } else if (parameter.value == "data") {
    draft.search.summary = fhir::Summary::data;
  } else if (parameter.value == "count") {
    draft.search.count_only = true;
  } else if (parameter.value != "false") {
    draft.reject("value", name_and_value(parameter) + "is not true, text, data, count or false");
  }
}

bool has_element(const fhir::Definitions& definitions, fhir::TypeId type, std::string_view element) {
  if (definitions.find_element(type, element) != nullptr) return true;
  const auto name = definitions.find_name(element);  // a choice: `value` rather than `valueQuantity`
  return name && definitions.find_element(type, *name) != nullptr;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

// https://hl7.org/fhir/R4/search.html#elements: "a list of base element names", each of at least one searched type.
void apply_elements(const http::Parameter& parameter, SearchDraft& draft) {
  std::vector<std::string> elements;
  for (const std::string_view element : params::split_escaped(parameter.value, ',', kMaxOrValues)) {
    const bool is_known = std::ranges::any_of(draft.search.queries, [&](const Query& query) {
      return has_element(draft.definitions(), query.type, element);
    });
    if (is_known) {
      elements.emplace_back(element);
    } else {
      draft.refuse("value", "Parameter '_elements': '" + quoted(element) + "' is no element of the searched type");
    }
  }
  if (elements.empty()) return;
  draft.kept = joined(elements);
  draft.search.elements = std::move(elements);
}

bool is_sortable(const Parameter& parameter) {
  return parameter.program != nullptr && parameter.kind != fhir::SearchParamType::composite &&
         parameter.kind != fhir::SearchParamType::special;
}

// One key of _sort for one query; nullopt if the type has no such parameter or it has no order.
std::optional<SortKey> sort_key(const Registry& registry, fhir::TypeId type, std::string_view code, bool descending) {
  if (code == "_id") return SortKey{SortKey::Column::id, nullptr, descending};
  if (code == "_lastUpdated") return SortKey{SortKey::Column::last_updated, nullptr, descending};
  const Parameter* parameter = registry.find(type, code);
  if (parameter == nullptr || !is_sortable(*parameter)) return std::nullopt;
  return SortKey{SortKey::Column::parameter, parameter, descending};
}

// One key of _sort for all queries. As every parameter of a search over several types, it must be one of each of them;
// and what it means must have one order: codes are neither before nor behind dates.
// https://hl7.org/fhir/R4/http.html#search
std::vector<SortKey> sort_keys(std::string_view code, bool descending, SearchDraft& draft) {
  const auto refuse = [&](const std::string& why) {
    draft.refuse("not-supported", "Parameter '_sort': '" + quoted(code) + "' is " + why);
    return std::vector<SortKey>();
  };
  const auto name_of = [&](std::size_t query) {
    return std::string(draft.definitions().type(draft.search.queries[query].type).name);
  };
  std::vector<SortKey> found;
  for (const Query& query : draft.search.queries) {
    const auto key = sort_key(draft.context.registry, query.type, code, descending);
    if (!key) return refuse("nothing that " + name_of(found.size()) + " can be sorted by");
    if (key->parameter != nullptr && !found.empty() && key->parameter->kind != found.front().parameter->kind) {
      return refuse("a " + std::string(fhir::code_of(found.front().parameter->kind)) + " of " + name_of(0) +
                    ", but a " + std::string(fhir::code_of(key->parameter->kind)) + " of " + name_of(found.size()));
    }
    found.push_back(*key);
  }
  return found;
}

// https://hl7.org/fhir/R4/search.html#sort: a comma-separated list of parameters, each with '-' for descending.
void apply_sort(const http::Parameter& parameter, SearchDraft& draft) {
  const auto keys = params::split_escaped(parameter.value, ',', kMaxSortKeys + 1);
  if (keys.size() > kMaxSortKeys) {
    return draft.reject("too-costly", "Parameter '_sort': more than " + std::to_string(kMaxSortKeys) + " keys");
  }
  std::vector<std::string> kept;
  for (std::string_view code : keys) {
    const std::string_view key_text = code;
    const bool descending = code.starts_with('-');
    if (descending) code.remove_prefix(1);
    if (code.empty()) return draft.reject("value", name_and_value(parameter) + "has an empty sort key");
    const std::vector<SortKey> found = sort_keys(code, descending, draft);
    if (found.empty()) continue;
    for (std::size_t i = 0; i < found.size(); ++i) draft.search.queries[i].sort.push_back(found[i]);
    kept.emplace_back(key_text);
  }
  draft.kept = joined(kept);
}

// https://hl7.org/fhir/R4/search.html#contained: the default is to find resources by themselves. What is asked for
// otherwise is other matches, so leniency does not reach here.
void apply_contained(const http::Parameter& parameter, SearchDraft& draft) {
  if (parameter.value == "false") return;
  if (parameter.value == "true") {
    draft.contained.wanted = ContainedMode::Wanted::only;
  } else if (parameter.value == "both") {
    draft.contained.wanted = ContainedMode::Wanted::both;
  } else {
    return draft.reject("value", name_and_value(parameter) + "is not false, true or both");
  }
  if (!draft.context.offers_contained) {
    draft.reject("not-supported", name_and_value(parameter) + "is not supported here: only searches have it");
  }
}

// https://hl7.org/fhir/R4/search.html#contained
void apply_contained_type(const http::Parameter& parameter, SearchDraft& draft) {
  if (parameter.value == "contained") {
    draft.contained.returns_inner = true;
  } else if (parameter.value != "container") {
    draft.reject("value", name_and_value(parameter) + "is not container or contained");
  }
}

void apply_type(const http::Parameter& parameter, SearchDraft& draft) {
  if (draft.path_type == fhir::kNoType) return;  // read by types_of_search
  draft.refuse("not-supported", "Parameter '" + parameter.name + "' is for searches of the whole system");
}

struct ResultParameter {
  std::string_view name;
  void (*apply)(const http::Parameter&, SearchDraft&);
};
constexpr ResultParameter kResultParameters[] = {
    {"_contained", apply_contained}, {"_containedType", apply_contained_type},
    {"_count", apply_count},         {"_elements", apply_elements},
    {"_sort", apply_sort},           {"_summary", apply_summary},
    {"_total", apply_total},         {"_type", apply_type}};

}  // namespace

bool apply_result_parameter(const http::Parameter& parameter, SearchDraft& draft) {
  const auto found = std::ranges::find(kResultParameters, std::string_view(parameter.name), &ResultParameter::name);
  if (found == std::end(kResultParameters)) return false;
  if (std::ranges::find(draft.seen, found->name) != draft.seen.end()) {
    draft.reject("value", "Parameter '" + parameter.name + "' is given more than once");
    return true;
  }
  draft.seen.push_back(found->name);
  const std::size_t ignored = draft.search.ignored.size();
  draft.kept.clear();
  found->apply(parameter, draft);
  if (draft.search.ignored.size() == ignored) {
    draft.search.applied.push_back(parameter);
  } else if (!draft.kept.empty()) {
    draft.search.applied.push_back({parameter.name, draft.kept});
  }
  return true;
}

// https://hl7.org/fhir/R4/http.html#search and #3.1.0.9: `[base]?_type=Patient,Observation`
std::vector<fhir::TypeId> types_of_search(std::span<const http::Parameter> parameters, SearchDraft& draft) {
  if (draft.path_type != fhir::kNoType) return {draft.path_type};
  const fhir::Definitions& definitions = draft.definitions();
  std::vector<fhir::TypeId> types;
  const auto named = std::ranges::find(parameters, std::string_view("_type"), &http::Parameter::name);
  if (named == parameters.end()) {
    for (std::size_t id = 0; id < definitions.types().size(); ++id) {
      const fhir::Type& type = definitions.types()[id];
      if (type.kind == fhir::TypeKind::resource && !type.is_abstract) types.push_back(static_cast<fhir::TypeId>(id));
    }
    return types;
  }
  for (const std::string_view name : params::split_escaped(named->value, ',', kMaxOrValues)) {
    if (const auto type = definitions.find_resource_type(name)) {
      types.push_back(*type);
    } else {
      draft.reject("value", "Parameter '_type': '" + quoted(name) + "' is no resource type");
    }
  }
  std::ranges::sort(types);  // ids of types order as their names do
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

}  // namespace vesta::search
