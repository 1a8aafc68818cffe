// From ElementDefinitions, whose ids say where they stand, to rules.
#include "validate/profile.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace vesta::validate {
namespace {

constexpr std::string_view kChoice = "[x]";

class ProfileReader {
 public:
  explicit ProfileReader(const fhir::Definitions& definitions) : definitions_(definitions) {}

  Result<std::unique_ptr<Profile>> read(const fhir::Node& structure) {
    auto profile = std::make_unique<Profile>();
    profile->url = text(structure, "url");
    profile->type = text(structure, "type");
    profile->base = text(structure, "baseDefinition");
    const fhir::Node* elements = child(structure, "snapshot");
    profile->has_snapshot = elements != nullptr;
    if (elements == nullptr) elements = child(structure, "differential");
    if (elements == nullptr) return bad(*profile, "has neither a snapshot nor a differential");
    profile->root.name = profile->type;
    std::size_t count = 0;
    for (const fhir::Node& element : elements->children()) {
      if (name(element) != "element") continue;
      if (++count > kMaxProfileElements) {
        return bad(*profile,
                   "has more than kMaxProfileElements (" + std::to_string(kMaxProfileElements) + ") elements");
      }
      VESTA_TRY(Rule* const rule, place(element, *profile));
      fill(element, *rule);
    }
    return profile;
  }

 private:
  static Error bad(const Profile& profile, const std::string& what) {
    return make_error(Category::invalid, "the profile '" + std::string(profile.url) + "' " + what);
  }

  std::string_view name(const fhir::Node& node) const {
    return node.name == fhir::kNoName ? std::string_view() : definitions_.name(node.name);
  }
  const fhir::Node* child(const fhir::Node& node, std::string_view wanted) const {
    for (const fhir::Node& each : node.children()) {
      if (name(each) == wanted) return &each;
    }
    return nullptr;
  }
  std::string_view text(const fhir::Node& node, std::string_view wanted) const {
    const fhir::Node* const found = child(node, wanted);
    return found == nullptr ? std::string_view() : found->value;
  }
  std::vector<std::string_view> texts(const fhir::Node& node, std::string_view wanted) const {
    std::vector<std::string_view> all;
    for (const fhir::Node& each : node.children()) {
      if (name(each) == wanted) all.push_back(each.value);
    }
    return all;
  }

  static Rule& find_or_add(std::vector<Rule>& rules, std::string_view Rule::* key, std::string_view wanted) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.*key == wanted; });
    if (found != rules.end()) return *found;
    rules.emplace_back().*key = wanted;
    return rules.back();
  }

  // "Observation.component:systolic.value[x]": the rule of an element by its id; by its path where it has none.
  Result<Rule*> place(const fhir::Node& element, Profile& profile) const {
    std::string_view id = text(element, "id");
    const std::string_view path = text(element, "path");
    const std::string_view slice = text(element, "sliceName");
    if (id.empty() && !slice.empty()) return bad(profile, "has a slice without an id, '" + std::string(slice) + "'");
    if (id.empty()) id = path;
    Rule* rule = &profile.root;
    std::size_t depth = 0;
    for (bool is_root = true; !id.empty(); is_root = false) {
      const std::size_t dot = id.find('.');
      std::string_view segment = id.substr(0, dot);
      id = dot == std::string_view::npos ? std::string_view() : id.substr(dot + 1);
      if (++depth > kMaxProfileDepth) {
        return bad(profile, "is deeper than kMaxProfileDepth (" + std::to_string(kMaxProfileDepth) + ")");
      }
      const std::size_t colon = segment.find(':');
      const std::string_view slice_name =
          colon == std::string_view::npos ? std::string_view() : segment.substr(colon + 1);
      segment = segment.substr(0, colon);
      if (segment.ends_with(kChoice)) segment.remove_suffix(kChoice.size());
      if (!is_root) rule = &find_or_add(rule->children, &Rule::name, segment);
      if (slice_name.empty()) continue;
      const std::string_view element_name = rule->name;
      rule = &find_or_add(rule->slices, &Rule::slice, slice_name);
      rule->name = element_name;
    }
    return rule;
  }

  static std::uint32_t number(std::string_view text, std::uint32_t otherwise) {
    std::uint32_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  void fill(const fhir::Node& element, Rule& rule) const {
    for (const fhir::Node& part : element.children()) {
      const std::string_view part_name = name(part);
      if (part_name == "min") {
        rule.min = number(part.value, 0);
      } else if (part_name == "max") {
        rule.max = part.value == "*" ? kUnbounded : number(part.value, kUnbounded);
      } else if (part_name == "fixed") {
        rule.fixed = &part;
      } else if (part_name == "pattern") {
        rule.pattern = &part;
      } else if (part_name == "type") {
        rule.types.push_back({text(part, "code"), texts(part, "profile"), texts(part, "targetProfile")});
      } else if (part_name == "binding") {
        if (text(part, "strength") == "required") rule.value_set = text(part, "valueSet");
      } else if (part_name == "constraint") {
        const std::string_view expression = text(part, "expression");
        if (text(part, "severity") == "error" && !expression.empty())
          rule.constraints.push_back({text(part, "key"), expression});
      } else if (part_name == "slicing") {
        fill_slicing(part, rule);
      }
    }
  }

  void fill_slicing(const fhir::Node& slicing, Rule& rule) const {
    rule.is_sliced = true;
    rule.is_closed = text(slicing, "rules") == "closed";
    rule.is_ordered = text(slicing, "ordered") == "true";
    for (const fhir::Node& part : slicing.children()) {
      if (name(part) != "discriminator") continue;
      const std::string_view type = text(part, "type");
      using Kind = Discriminator::Kind;
      const Kind kind = type == "exists"    ? Kind::exists
                        : type == "type"    ? Kind::type
                        : type == "profile" ? Kind::profile
                                            : Kind::value;
      rule.discriminators.push_back({kind, text(part, "path")});
    }
  }

  const fhir::Definitions& definitions_;
};

}  // namespace

const Rule* Rule::child(std::string_view wanted) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const Rule& rule) { return rule.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

Result<std::unique_ptr<Profile>> read_profile(const fhir::Definitions& definitions, const fhir::Node& structure) {
  return ProfileReader(definitions).read(structure);
}

}  // namespace vesta::validate
