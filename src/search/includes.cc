// `_include` and `_revinclude`: what is returned beside the matches. https://hl7.org/fhir/R4/search.html#include
#include <algorithm>

#include "search/chains.h"
#include "search/params/parse.h"
#include "search/search_draft.h"

namespace vesta::search {
namespace {

using Direction = Include::Direction;
using fhir::TypeId;

// One include while it is read: what is wrong with it is said once, here.
class IncludeReader {
 public:
  IncludeReader(const http::Parameter& parameter, Direction direction, bool iterate, SearchDraft& draft)
      : parameter_(parameter), draft_(draft) {
    include_.direction = direction;
    include_.iterate = iterate;
  }

  // `*`, [source]:*, [source]:[parameter], [source]:[parameter]:[target]
  bool read() {
    if (parameter_.value == "*") return true;
    const std::string_view text = parameter_.value;
    const std::size_t colon = text.find(':');
    const std::string_view source = text.substr(0, colon);
    const auto source_type = draft_.definitions().find_resource_type(source);
    if (!source_type) return refuse("'" + params::quoted(source) + "' is no resource type");
    include_.source = *source_type;
    const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (rest.empty())
      return refuse("'" + params::quoted(text) + "' names no parameter: [type]:[parameter], or [type]:*");
    const std::size_t second = rest.find(':');
    if (!read_parameter(rest.substr(0, second))) return false;
    if (second != std::string_view::npos && !read_target(rest.substr(second + 1))) return false;
    return is_of_the_search();
  }

  const Include& include() const { return include_; }

 private:
  // Leaving an include out changes no match, so leniency may.
  bool refuse(const std::string& why, std::string_view code = "invalid") {
    draft_.refuse(code, "Parameter '" + params::quoted(parameter_.name) + "': " + why);
    return false;
  }

  bool read_parameter(std::string_view code) {
    if (code == "*") return true;
    const Registry& registry = draft_.context.registry;
    const std::string_view source = draft_.definitions().type(include_.source).name;
    const Parameter* parameter = registry.find(include_.source, code);
    if (parameter == nullptr) {
      return refuse("'" + params::quoted(code) + "' is unknown for " + std::string(source));
    }
    const std::string_view reason = reason_not_to_follow(registry, *parameter);
    if (!reason.empty()) {
      const bool is_reference = parameter->kind == fhir::SearchParamType::reference;
      return refuse("'" + std::string(code) + "' of " + std::string(source) + " " + std::string(reason),
                    is_reference ? "not-supported" : "invalid");
    }
    include_.parameter = parameter;
    return true;
  }

  bool read_target(std::string_view name) {
    const auto type = draft_.definitions().find_resource_type(name);
    if (!type) return refuse("'" + params::quoted(name) + "' is no resource type");
    if (include_.parameter != nullptr && !can_refer_to(*include_.parameter, *type)) {
      return refuse("'" + std::string(include_.parameter->code) + "' of " +
                    std::string(draft_.definitions().type(include_.source).name) + " cannot refer to " +
                    std::string(name));
    }
    include_.target = *type;
    return true;
  }

  bool can_refer_to(const Parameter& parameter, TypeId type) const {
    const std::vector<TypeId> targets = targets_of(draft_.context.registry, parameter);
    return std::ranges::find(targets, type) != targets.end();
  }
  bool is_searched(TypeId type) const {
    return std::ranges::find(draft_.search.queries, type, &Query::type) != draft_.search.queries.end();
  }

  // Without :iterate only matches are looked at, so an include that starts from no searched type would be without any
  // effect: that is said, rather than answered with nothing.
  bool is_of_the_search() {
    if (include_.iterate || draft_.finds_any_type) return true;
    if (include_.direction == Direction::forward) {
      if (is_searched(include_.source)) return true;
      return refuse("'" + std::string(draft_.definitions().type(include_.source).name) +
                    "' is not searched here; ':iterate' includes from what is included");
    }
    const bool leads_here = std::ranges::any_of(draft_.search.queries, [this](const Query& query) {
      const bool is_target = include_.target == fhir::kNoType || include_.target == query.type;
      return is_target && (include_.parameter == nullptr || can_refer_to(*include_.parameter, query.type));
    });
    if (leads_here) return true;
    return refuse("'" + params::quoted(parameter_.value) +
                  "' refers to nothing that is searched here; ':iterate' includes what refers to what is included");
  }

  const http::Parameter& parameter_;
  SearchDraft& draft_;
  Include include_;
};

}  // namespace

bool apply_include(const http::Parameter& parameter, SearchDraft& draft) {
  const std::string_view name = parameter.name;
  const std::size_t colon = name.find(':');
  const std::string_view base = name.substr(0, colon);
  if (base != "_include" && base != "_revinclude") return false;
  const std::string named = "Parameter '" + params::quoted(name) + "'";
  const std::string_view modifier = colon == std::string_view::npos ? std::string_view{} : name.substr(colon + 1);
  if (modifier == "recurse") {
    draft.reject("not-supported", named + ": ':recurse' is the name of STU3; in R4 it is ':iterate'");
    return true;
  }
  if (colon != std::string_view::npos && modifier != "iterate") {
    draft.reject("not-supported", named + ": the modifier ':" + params::quoted(modifier) + "' is not supported for it");
    return true;
  }
  const auto direction = base == "_include" ? Direction::forward : Direction::reverse;
  IncludeReader reader(parameter, direction, !modifier.empty(), draft);
  if (!reader.read()) return true;
  std::vector<Include>& all = draft.search.includes;
  const bool is_new = std::ranges::find(all, reader.include()) == all.end();  // what is asked for twice is there once
  if (is_new && all.size() == kMaxIncludes) {
    draft.reject("too-costly", named + ": more than " + std::to_string(kMaxIncludes) + " includes");
    return true;
  }
  if (is_new) all.push_back(reader.include());
  draft.search.applied.push_back(parameter);
  return true;
}

}  // namespace vesta::search
