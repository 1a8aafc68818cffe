// The walk over a resource, by the rules.
#include "deidentify/deidentifier.h"

#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "deidentify/dates.h"
#include "deidentify/subjects.h"
#include "fhir/r4_names.h"

namespace vesta::deidentify {
namespace {

using fhir::Definitions;
using fhir::Node;
namespace names = fhir::names;

constexpr std::string_view kAbsentReason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
constexpr std::string_view kLabelSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
constexpr std::string_view kLabel = "PSEUDED";

// How many of the unit are a year; 0: it is none of time. https://ucum.org/ucum#section-Derived-Unit-Atoms
double units_in_a_year(std::string_view unit) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"a", 1},        {"a_j", 1},        {"a_t", 1},         {"a_g", 1},        {"mo", 12},        {"mo_j", 12},
      {"mo_g", 12},    {"mo_s", 12.368},  {"wk", 52.1775},    {"d", 365.2425},   {"h", 8765.82},    {"min", 525949.2},
      {"s", 31556952}, {"year", 1},       {"years", 1},       {"yr", 1},         {"yrs", 1},        {"month", 12},
      {"months", 12},  {"week", 52.1775}, {"weeks", 52.1775}, {"day", 365.2425}, {"days", 365.2425}};
  for (const auto& [name, count] : kUnits) {
    if (name == unit) return count;
  }
  return 0;
}

// Makes nodes that are not in the resource.
class Maker {
 public:
  Maker(const Definitions& definitions, fhir::Arena& arena) : definitions_(definitions), arena_(arena) {}

  Node* node(const fhir::Element& element) const {
    Node* const made = arena_.make<Node>();
    made->name = element.name;
    made->type = element.type;
    made->code_system = element.code_system;
    made->in_list = element.is_list;
    made->is_choice = element.is_choice;
    return made;
  }
  Node* node(fhir::TypeId owner, std::string_view json_name) const {
    return node(*definitions_.find_element(owner, json_name));
  }
  Node* value(fhir::TypeId owner, std::string_view json_name, std::string_view text) const {
    Node* const made = node(owner, json_name);
    made->value = text;
    made->has_value = true;
    return made;
  }

  // What a mandatory element is that was taken out: its reason instead of it, and what is mandatory in it likewise.
  // https://hl7.org/fhir/R4/extension-data-absent-reason.html
  void mask(Node& element) const {
    Node* const extension = node(element.type, "extension");
    extension->first_child = value(extension->type, "url", kAbsentReason);
    extension->first_child->next = value(extension->type, "valueCode", "masked");
    element.first_child = extension;
    Node** end = &extension->next;
    fhir::NameId last = fhir::kNoName;
    for (const fhir::Element& each : definitions_.type(element.type).elements) {
      if (each.min == 0 || each.type == fhir::kNoType || each.name == last) continue;
      last = each.name;  // one alternative of a choice
      *end = node(each);
      mask(**end);
      end = &(*end)->next;
    }
  }

  // https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html
  void label(Node& resource) const {
    Node* meta = const_cast<Node*>(resource.child(names::meta));
    if (meta == nullptr) {
      meta = node(resource.type, "meta");
      Node* const id = const_cast<Node*>(resource.child(names::id));
      Node*& place = id == nullptr ? resource.first_child : id->next;
      meta->next = std::exchange(place, meta);
    }
    Node** at = &meta->first_child;
    for (; *at != nullptr && (*at)->name != names::tag; at = &(*at)->next) {
      if ((*at)->name == names::security && (*at)->child_value(names::code) == kLabel) return;
    }
    Node* const coding = node(meta->type, "security");
    coding->first_child = value(coding->type, "system", kLabelSystem);
    coding->first_child->next = value(coding->type, "code", kLabel);
    coding->next = std::exchange(*at, coding);
  }

 private:
  const Definitions& definitions_;
  fhir::Arena& arena_;
};

class Walk {
 public:
  struct Means {
    const Definitions& definitions;
    const Rules& rules;
    const Pseudonyms& pseudonyms;
    std::string_view base_url;
    int this_year;
    fhir::Arena& arena;
  };
  Walk(const Means& means, const Node& root)
      : means_(means),
        maker_(means.definitions, means.arena),
        subjects_(means.definitions, means.rules.subjects, root) {}

  Node* resource(const Node& source) {
    const std::optional<int> outer = shift_;
    const bool is_contained = source.name == names::contained;
    if (!is_contained) shift_ = shift_of(source);
    Node* const made = copy(source);
    add_children(source, *made, Nested::no);
    if (!is_contained) maker_.label(*made);
    shift_ = outer;
    return made;
  }

 private:
  enum class Nested : unsigned char { no, yes };  // in an extension that is kept

  // nullopt: of nobody, or of several.
  std::optional<int> shift_of(const Node& source) const {
    if (means_.rules.dates == Rules::Dates::year) return std::nullopt;
    const std::optional<std::string> subject = subjects_.of(source);
    if (!subject) return std::nullopt;
    return means_.pseudonyms.shift_of(*subject, means_.rules.max_shift_days);
  }

  // Without its value and what is in it.
  Node* copy(const Node& source) const {
    Node* const made = means_.arena.make<Node>(source);
    made->first_child = made->next = nullptr;
    made->value = {};
    made->has_value = made->needs_escape = false;
    return made;
  }

  void add_children(const Node& source, Node& target, Nested nested) {
    Node** end = &target.first_child;
    for (const Node& child : source.children()) {
      Node* made = element(source, child, nested);
      if (made == nullptr && is_needed(source, child, target)) {
        made = copy(child);
        maker_.mask(*made);
      }
      if (made == nullptr) continue;
      *end = made;
      end = &made->next;
    }
  }

  // Is it mandatory, and the last of its name, of which none has come through?
  bool is_needed(const Node& owner, const Node& child, const Node& target) const {
    const fhir::Element* const element = means_.definitions.find_element(owner.type, child.name);
    if (element == nullptr || element->min == 0 || target.child(child.name) != nullptr) return false;
    for (const Node* later = child.next; later != nullptr; later = later->next) {
      if (later->name == child.name) return false;
    }
    return true;
  }

  // Null: it is removed.
  Node* element(const Node& owner, const Node& child, Nested nested) {
    const Rule rule = means_.rules.of(owner.type, child.name, child.type);
    if (rule == Rule::extension) return extension(child, nested);
    if (means_.definitions.type(child.type).kind == fhir::TypeKind::resource) {
      return rule == Rule::inner ? resource(child) : nullptr;
    }
    if (rule == Rule::remove) return nullptr;
    Node* const made = copy(child);
    add_children(child, *made, nested);
    if (rule == Rule::inner) return made->first_child == nullptr ? nullptr : made;
    if (const auto text = child.has_value ? value(rule, owner, child) : std::nullopt) {
      const bool is_same = text->data() == child.value.data() && text->size() == child.value.size();
      made->value = *text;
      made->has_value = true;
      made->needs_escape = is_same && child.needs_escape;
    }
    return made->has_value || made->first_child != nullptr ? made : nullptr;
  }

  // Inside of one that is kept, those with names of their own, which are no URLs, are a part of it.
  Node* extension(const Node& source, Nested nested) {
    const Node* const url = source.child(names::url);
    if (url == nullptr) return nullptr;
    const bool is_part = nested == Nested::yes && url->value.find(':') == std::string_view::npos;
    if (!is_part && !means_.rules.extensions.contains(url->value)) return nullptr;
    Node* const made = copy(source);
    add_children(source, *made, Nested::yes);
    bool has_content = false;
    for (const Node& child : made->children()) has_content |= child.name != names::url;
    if (!has_content) return nullptr;
    Node* const kept = means_.arena.make<Node>(*url);
    kept->first_child = nullptr;
    Node** at = &made->first_child;
    while (*at != nullptr && (*at)->name != names::url) at = &(*at)->next;  // it is mandatory, and so masked
    if (*at == nullptr) return nullptr;
    kept->next = (*at)->next;
    *at = kept;
    return made;
  }

  std::string_view keep(std::string_view text) const { return means_.arena.copy(text); }

  std::optional<std::string_view> value(Rule rule, const Node& owner, const Node& child) const {
    switch (rule) {
      case Rule::keep:
        return child.value;
      case Rule::date:
        return date(child);
      case Rule::birth:
        return tells_old_age(year_number(child.value)) ? std::nullopt : std::optional(year(child));
      case Rule::id:
        return keep(means_.pseudonyms.of_id(child.value));
      case Rule::reference:
        return reference(child.value);
      case Rule::identifier:
        return keep(means_.pseudonyms.of_identifier(owner.child_value(names::system), child.value));
      case Rule::zip3:
        return zip3(owner, child.value);
      case Rule::display:
        if (owner.child_value(names::code).empty()) return std::nullopt;
        return knows(owner.child_value(names::system)) ? std::optional(child.value) : std::nullopt;
      case Rule::system:
        return knows(child.value) ? std::optional(child.value) : std::nullopt;
      case Rule::age:
      case Rule::years:
        return age(rule, owner, child.value);
      case Rule::remove:
      case Rule::inner:
      case Rule::extension:
        break;
    }
    return std::nullopt;
  }

  bool knows(std::string_view system) const { return means_.rules.knows_system(system); }

  // A year so long ago that who lives today is older than max_age, or may be.
  bool tells_old_age(int year) const { return means_.this_year - year > means_.rules.max_age; }

  std::string_view year(const Node& child) const {
    const bool is_instant = means_.definitions.type(child.type).primitive == fhir::Primitive::instant;
    return keep(year_of(child.value, is_instant ? Precision::instant : Precision::year));
  }

  std::optional<std::string_view> date(const Node& child) const {
    if (tells_old_age(year_number(child.value))) return std::nullopt;
    if (!shift_) return year(child);
    const auto moved = shifted(child.value, *shift_);
    if (!moved || tells_old_age(year_number(*moved))) return std::nullopt;
    return keep(*moved);
  }

  // https://hl7.org/fhir/R4/references.html#literal What leads elsewhere leads to a urn, so that two of them are still
  // the same.
  std::optional<std::string_view> reference(std::string_view text) const {
    if (text.starts_with('#')) {
      return text.size() == 1 ? text : keep("#" + means_.pseudonyms.of_id(text.substr(1)));
    }
    const bool is_own = !means_.base_url.empty() && text.starts_with(means_.base_url) &&
                        text.substr(means_.base_url.size()).starts_with('/');
    const std::string_view prefix = text.substr(0, is_own ? means_.base_url.size() + 1 : 0);
    const std::string_view path = text.substr(prefix.size());
    if (path.find(':') != std::string_view::npos) return keep(means_.pseudonyms.of_urn(text));
    const auto target = read_target(means_.definitions, path);
    if (!target || target->id.data() != path.data() + target->type_name.size() + 1) return std::nullopt;
    return keep(std::string(prefix) + std::string(target->type_name) + "/" + means_.pseudonyms.of_id(target->id));
  }

  // 45 CFR 164.514(b)(2)(i)(B)
  std::optional<std::string_view> zip3(const Node& owner, std::string_view text) const {
    const std::string_view country = owner.child_value(names::country);
    if (!country.empty() && !means_.rules.zip_countries.contains(country)) return std::nullopt;
    const auto is_digits = [&](std::size_t from, std::size_t count) {
      const std::string_view part = text.substr(from, count);
      return part.size() == count && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    const bool is_long = text.size() == 10 && text[5] == '-' && is_digits(6, 4);
    if (!is_digits(0, 5) || (text.size() != 5 && !is_long)) return std::nullopt;
    return means_.rules.small_zips.contains(text.substr(0, 3)) ? "000" : text.substr(0, 3);
  }

  std::optional<std::string_view> age(Rule rule, const Node& owner, std::string_view text) const {
    const std::string_view code = owner.child_value(names::code);
    const double in_a_year = units_in_a_year(code.empty() ? owner.child_value(names::unit) : code);
    if (in_a_year == 0) return rule == Rule::years ? std::optional(text) : std::nullopt;
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    const int category = means_.rules.max_age + 1;
    if (number / in_a_year < category) return text;
    return in_a_year == 1 ? std::optional(keep(std::to_string(category))) : std::nullopt;
  }

  const Means& means_;
  const Maker maker_;
  const Subjects subjects_;
  std::optional<int> shift_;
};

}  // namespace

Deidentifier::Deidentifier(const fhir::Definitions& definitions, Rules rules, std::string_view key,
                           std::string base_url)
    : definitions_(definitions), rules_(std::move(rules)), pseudonyms_(key), base_url_(std::move(base_url)) {}

fhir::Node* Deidentifier::apply(const fhir::Node& resource, Instant now, fhir::Arena& arena) const {
  return walk(pseudonyms_, resource, now, arena);
}

fhir::Node* Deidentifier::apply_for(std::string_view asker, const fhir::Node& resource, Instant now,
                                    fhir::Arena& arena) const {
  return walk(pseudonyms_.of_asker(asker), resource, now, arena);
}

fhir::Node* Deidentifier::walk(const Pseudonyms& pseudonyms, const fhir::Node& resource, Instant now,
                               fhir::Arena& arena) const {
  const Walk::Means means{definitions_, rules_, pseudonyms, base_url_, year_number(now), arena};
  return Walk(means, resource).resource(resource);
}

}  // namespace vesta::deidentify
