// Reading of a configuration: each element of each type gets its rule here, so that none is searched for later.
#include "deidentify/rules.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "fhir/r4_names.h"
#include "json/document.h"

namespace vesta::deidentify {
namespace {

constexpr std::pair<std::string_view, Rule> kNames[] = {
    {"remove", Rule::remove},       {"keep", Rule::keep},
    {"inner", Rule::inner},         {"date", Rule::date},
    {"birth", Rule::birth},         {"id", Rule::id},
    {"reference", Rule::reference}, {"identifier", Rule::identifier},
    {"zip3", Rule::zip3},           {"display", Rule::display},
    {"system", Rule::system},       {"age", Rule::age},
    {"years", Rule::years},         {"extension", Rule::extension}};

Error wrong(std::string_view where, std::string_view what) {
  return make_error(Category::invalid,
                    "configuration of de-identification: " + std::string(where) + " " + std::string(what));
}

bool is_string(const json::Value& value) {
  return value.kind == json::Value::Kind::string;
}

Result<Rule> rule_of(std::string_view where, const json::Value& value) {
  for (const auto& [name, rule] : kNames) {
    if (is_string(value) && value.text == name) return rule;
  }
  return wrong(where, "has no rule of a known name");
}

Result<int> number_of(std::string_view where, const json::Value& value, int least, int most) {
  int number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, number);
  if (is_string(value) || read.ec != std::errc() || read.ptr != end || number < least || number > most) {
    return wrong(where, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

Result<std::set<std::string, std::less<>>> texts_of(std::string_view where, const json::Value& value) {
  std::set<std::string, std::less<>> texts;
  if (value.kind != json::Value::Kind::array) return wrong(where, "must be a list of texts");
  for (const json::Value& item : value.items) {
    if (!is_string(item) || item.text.empty()) return wrong(where, "must be a list of texts");
    texts.insert(item.text);
  }
  return texts;
}

// What the rule can be done to: values are what primitives have, and only dates have a year.
bool fits(const fhir::Definitions& definitions, fhir::TypeId type, Rule rule) {
  if (type == fhir::kNoType) return rule == Rule::inner;
  const fhir::Primitive primitive = definitions.type(type).primitive;
  if (rule == Rule::extension) return definitions.type(type).name == "Extension";
  if (primitive == fhir::Primitive::none) return rule == Rule::remove || rule == Rule::inner;
  if (rule == Rule::inner) return false;
  if (rule != Rule::date && rule != Rule::birth) return true;
  return primitive == fhir::Primitive::date || primitive == fhir::Primitive::date_time ||
         primitive == fhir::Primitive::instant;
}

}  // namespace

class RulesReader {
 public:
  explicit RulesReader(const fhir::Definitions& definitions) : definitions_(definitions) {}

  Result<Rules> read(const json::Value& configuration) {
    if (configuration.kind != json::Value::Kind::object) return wrong("it", "must be an object");
    elements_[Path(*definitions_.find_type("Resource"), fhir::names::id)] = Rule::id;
    for (const json::Member& member : configuration.members) VESTA_CHECK_OK(read_member(member.name, member.value));
    if (rules_.subjects.empty()) return wrong("subjects", "must name a type");
    spread();
    VESTA_CHECK_OK(check_ids());
    return std::move(rules_);
  }

 private:
  using Path = std::pair<fhir::TypeId, fhir::NameId>;

  Status read_member(const std::string& name, const json::Value& value) {
    if (name == "types") return read_types(value);
    if (name == "elements") return read_elements(value);
    if (name == "subjects") return read_subjects(value);
    if (name == "dates") {
      if (!is_string(value) || (value.text != "shift" && value.text != "year")) {
        return wrong(name, "must be \"shift\" or \"year\"");
      }
      rules_.dates = value.text == "year" ? Rules::Dates::year : Rules::Dates::shift;
    } else if (name == "maxShiftDays") {
      VESTA_TRY(rules_.max_shift_days, number_of(name, value, 1, kMaxShiftDays));
    } else if (name == "maxAge") {
      VESTA_TRY(rules_.max_age, number_of(name, value, 1, 200));
    } else if (name == "extensions") {
      VESTA_TRY(rules_.extensions, texts_of(name, value));
    } else if (name == "systems") {
      VESTA_TRY(rules_.systems_, texts_of(name, value));
    } else if (name == "smallZips") {
      VESTA_TRY(rules_.small_zips, texts_of(name, value));
    } else if (name == "zipCountries") {
      VESTA_TRY(rules_.zip_countries, texts_of(name, value));
    } else if (name != "description") {
      return wrong(name, "is unknown");
    }
    return kOk;
  }

  Status read_types(const json::Value& value) {
    for (const json::Member& member : value.members) {
      const auto type = definitions_.find_type(member.name);
      if (!type) return wrong(member.name, "is no type");
      VESTA_TRY(const Rule rule, rule_of(member.name, member.value));
      if (!definitions_.type(*type).is_abstract && !fits(definitions_, *type, rule)) {
        return wrong(member.name, "is of a type that the rule has no meaning for");
      }
      types_[*type] = rule;
    }
    return kOk;
  }

  // "Address.state"; of a choice, as FHIRPath names it: "Observation.value".
  Status read_elements(const json::Value& value) {
    for (const json::Member& member : value.members) {
      const std::size_t dot = member.name.rfind('.');
      const auto type = definitions_.find_type(std::string_view(member.name).substr(0, dot));
      const auto name = dot == std::string::npos
                            ? std::nullopt
                            : definitions_.find_name(std::string_view(member.name).substr(dot + 1));
      if (!type || !name || definitions_.find_element(*type, *name) == nullptr) {
        return wrong(member.name, "is no element");
      }
      VESTA_TRY(elements_[Path(*type, *name)], rule_of(member.name, member.value));
    }
    return kOk;
  }

  Status read_subjects(const json::Value& value) {
    VESTA_TRY(const auto names, texts_of("subjects", value));
    for (const std::string& name : names) {
      const auto type = definitions_.find_resource_type(name);
      if (!type) return wrong(name, "is no type of resources");
      rules_.subjects.insert(*type);
    }
    return kOk;
  }

  // What is said of an element counts more than what is said of its type, and of a type more than of what it derives
  // from. What nothing is said of is removed.
  Rule rule(fhir::TypeId owner, const fhir::Element& element) const {
    for (fhir::TypeId at = owner; at != fhir::kNoType; at = definitions_.type(at).base) {
      const auto found = elements_.find(Path(at, element.name));
      if (found != elements_.end()) {
        return fits(definitions_, element.type, found->second) ? found->second : Rule::remove;
      }
    }
    if (element.type == fhir::kNoType) return Rule::inner;
    for (fhir::TypeId at = element.type; at != fhir::kNoType; at = definitions_.type(at).base) {
      const auto found = types_.find(at);
      if (found != types_.end()) return fits(definitions_, element.type, found->second) ? found->second : Rule::remove;
    }
    return Rule::remove;
  }

  void spread() {
    const auto types = definitions_.types();
    rules_.by_type_.resize(types.size());
    for (std::size_t type = 0; type < types.size(); ++type) {
      for (const fhir::Element& element : types[type].elements) {
        rules_.by_type_[type].push_back({element.name, element.type, rule(static_cast<fhir::TypeId>(type), element)});
      }
    }
  }

  // Without one a resource cannot be shown; as it is, it would undo the pseudonyms of what refers to it.
  Status check_ids() const {
    const auto types = definitions_.types();
    for (std::size_t type = 0; type < types.size(); ++type) {
      if (types[type].kind != fhir::TypeKind::resource) continue;
      for (const auto& element : rules_.by_type_[type]) {
        if (element.name == fhir::names::id && element.rule != Rule::id) {
          return wrong(std::string(types[type].name) + ".id", "must have the rule \"id\"");
        }
      }
    }
    return kOk;
  }

  const fhir::Definitions& definitions_;
  std::map<fhir::TypeId, Rule> types_;
  std::map<Path, Rule> elements_;
  Rules rules_;
};

Result<Rules> Rules::parse(const fhir::Definitions& definitions, std::string_view configuration) {
  VESTA_TRY(const json::Value value, json::parse_value(configuration));
  return RulesReader(definitions).read(value);
}

Rule Rules::of(fhir::TypeId owner, fhir::NameId name, fhir::TypeId type) const {
  for (const ElementRule& element : by_type_[owner]) {
    if (element.name == name && (element.type == type || element.type == fhir::kNoType)) return element.rule;
  }
  return Rule::remove;
}

bool Rules::knows_system(std::string_view system) const {
  if (systems_.contains(system)) return true;
  for (std::size_t slash = system.find('/'); slash != std::string_view::npos; slash = system.find('/', slash + 1)) {
    if (systems_.contains(system.substr(0, slash + 1))) return true;
  }
  return false;
}

}  // namespace vesta::deidentify
