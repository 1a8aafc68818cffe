// Draws criteria from the elements of a resource, by the type of the element.
#include "tests/conformance/us_core_criteria.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "tests/conformance/us_core_values.h"

namespace vesta::tests {
namespace {

enum class Kind { token, reference, canonical, time, string };

Kind kind_of(const SearchDefinition& definition) {
  const std::string& type = definition.type;
  if (type == "Reference") return Kind::reference;
  if (type == "canonical") return Kind::canonical;
  if (type == "date" || type == "dateTime" || type == "instant" || type == "Period") return Kind::time;
  if (type == "string" || type == "HumanName" || type == "Address") return Kind::string;
  return Kind::token;  // CodeableConcept, Coding, code, Identifier, id
}

// https://hl7.org/fhir/R4/search.html#escaping
std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '|' || c == '$' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

using Decision = std::function<bool(const JsonValue&)>;  // of one value of an element

Criterion make(const SearchDefinition& definition, std::string value, Decision decide, std::string comparator = "") {
  Criterion criterion{definition.name, std::move(value), std::move(comparator), nullptr};
  criterion.holds = [definition, decide = std::move(decide)](const JsonValue& resource) {
    const auto values = values_of(definition, resource);
    return std::any_of(values.begin(), values.end(), [&](const JsonValue* value) { return decide(*value); });
  };
  return criterion;
}

// a,b: https://hl7.org/fhir/R4/search.html#combining
Criterion either(const Criterion& left, const Criterion& right) {
  return {left.name, left.value + "," + right.value, "",
          [left, right](const JsonValue& resource) { return left.holds(resource) || right.holds(resource); }};
}

Criterion code_criterion(const SearchDefinition& definition, const std::string& code) {
  return make(definition, escape(code), [code](const JsonValue& value) {
    const auto tokens = tokens_of(value);
    return std::any_of(tokens.begin(), tokens.end(), [&](const TokenPair& token) { return token.code == code; });
  });
}

std::vector<Criterion> token_criteria(const SearchDefinition& definition, const JsonValue& value) {
  std::vector<Criterion> out;
  for (const TokenPair& token : tokens_of(value)) {
    if (token.code.empty()) continue;
    if (!token.system.empty()) {
      out.push_back(make(definition, escape(token.system) + "|" + escape(token.code), [token](const JsonValue& other) {
        const auto tokens = tokens_of(other);
        return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
      }));
    }
    out.push_back(code_criterion(definition, token.code));
  }
  return out;
}

std::vector<Criterion> reference_criteria(const AskedParameter& asked, const JsonValue& value) {
  const std::string reference = reference_of(value);
  const std::string type = reference.substr(0, reference.find('/'));
  const auto& targets = asked.targets;
  if (reference.empty() || std::find(targets.begin(), targets.end(), type) == targets.end()) return {};
  const std::string id = reference.substr(type.size() + 1);
  std::vector<Criterion> out;
  out.push_back(make(asked.definition, reference,
                     [reference](const JsonValue& other) { return reference_of(other) == reference; }));
  out.push_back(make(asked.definition, id, [id, targets](const JsonValue& other) {
    const std::string found = reference_of(other);
    return std::any_of(targets.begin(), targets.end(),
                       [&](const std::string& target) { return found == target + "/" + id; });
  }));
  return out;
}

// With and without its version. https://hl7.org/fhir/R4/search.html#versions
std::vector<Criterion> canonical_criteria(const SearchDefinition& definition, const JsonValue& value) {
  if (value.text.empty()) return {};
  const std::string url = value.text.substr(0, value.text.find('|'));
  std::vector<Criterion> out;
  out.push_back(make(definition, value.text, [text = value.text, url](const JsonValue& other) {
    return other.text == text || (text == url && other.text.starts_with(url + "|"));
  }));
  if (url != value.text) {
    out.push_back(make(definition, url, [url](const JsonValue& other) {
      return other.text == url || other.text.starts_with(url + "|");
    }));
  }
  return out;
}

// The time itself, the days around it, its month and its year; those of both ends of a Period.
std::vector<std::string> times_around(const JsonValue& value) {
  std::vector<std::string> texts;
  if (value.kind == JsonValue::Kind::string) texts.push_back(value.text);
  for (const char* end : {"start", "end"}) {
    if (const JsonValue* member = value.find(end)) texts.push_back(member->text);
  }
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    if (!parse_span(text)) continue;  // not a time: a string of a choice
    out.push_back(text);
    for (const int days : {-400, -1, 0, 1, 400}) {
      if (const auto shifted = shift_days(text, days)) out.push_back(*shifted);
    }
    out.push_back(text.substr(0, 4));
    if (text.size() >= 7) out.push_back(text.substr(0, 7));
  }
  return out;
}

std::vector<Criterion> time_criteria(const SearchDefinition& definition, const JsonValue& value, std::int64_t now) {
  std::vector<std::string> comparators{""};
  comparators.insert(comparators.end(), definition.comparators.begin(), definition.comparators.end());
  std::vector<Criterion> out;
  for (const std::string& text : times_around(value)) {
    const TimeSpan searched = *parse_span(text);
    for (const std::string& comparator : comparators) {
      const auto decide = [comparator, searched, now](const JsonValue& other) {
        const auto stored = span_of(other);
        return stored && satisfies(comparator, searched, *stored, now);
      };
      out.push_back(make(definition, comparator + text, decide, comparator));
    }
  }
  return out;
}

std::vector<Criterion> string_criteria(const SearchDefinition& definition, const JsonValue& value) {
  constexpr std::size_t kBeginning = 3;
  std::vector<Criterion> out;
  for (const std::string& part : strings_of(value)) {
    for (const std::string& text : {part, part.substr(0, kBeginning)}) {
      const bool is_ascii =
          std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      if (!is_ascii) continue;  // folding of accents is proven by the scenarios
      out.push_back(make(definition, escape(text), [folded = lower_case(text)](const JsonValue& other) {
        const auto parts = strings_of(other);
        return std::any_of(parts.begin(), parts.end(),
                           [&](const std::string& found) { return lower_case(found).starts_with(folded); });
      }));
    }
  }
  return out;
}

std::vector<Criterion> criteria_of_value(const AskedParameter& asked, const JsonValue& value, std::int64_t now) {
  switch (kind_of(asked.definition)) {
    case Kind::token:
      return token_criteria(asked.definition, value);
    case Kind::reference:
      return reference_criteria(asked, value);
    case Kind::canonical:
      return canonical_criteria(asked.definition, value);
    case Kind::time:
      return time_criteria(asked.definition, value, now);
    case Kind::string:
      break;
  }
  return string_criteria(asked.definition, value);
}

// Changes a value in place to one of the same form that no criterion of the old one finds.
void alter(Kind kind, JsonValue& value) {
  constexpr int kYears = 20;
  for (JsonValue& item : value.items) alter(kind, item);
  for (auto& [name, member] : value.members) {
    const bool is_code = name == "code" || name == "value" || name == "reference" || name == "coding";
    const bool is_text = name != "use" && name != "type" && name != "period" && name != "extension";
    if (kind == Kind::time ? name == "start" || name == "end" : kind == Kind::string ? is_text : is_code) {
      alter(kind, member);
    }
  }
  if (value.kind != JsonValue::Kind::string) return;
  if (kind == Kind::time) {
    if (parse_span(value.text)) value.text.replace(0, 4, std::to_string(std::stoi(value.text.substr(0, 4)) - kYears));
  } else if (kind == Kind::string) {
    value.text = "Other " + value.text;
  } else {
    value.text += "-other";
  }
}

}  // namespace

std::vector<const JsonValue*> values_of(const SearchDefinition& definition, const JsonValue& resource) {
  std::vector<const JsonValue*> out;
  for (const std::string& path : definition.full_paths) {
    const auto found = walk(resource, path);
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

std::vector<Criterion> criteria_for(const AskedParameter& asked, const JsonValue& base,
                                    const std::vector<const JsonValue*>& peers, std::int64_t now) {
  std::vector<Criterion> out;
  for (const JsonValue* value : values_of(asked.definition, base)) {
    auto criteria = criteria_of_value(asked, *value, now);
    std::move(criteria.begin(), criteria.end(), std::back_inserter(out));
  }
  if (out.empty()) return out;
  const Criterion plain = out.front();
  for (const JsonValue* peer : peers) {
    if (plain.holds(*peer)) continue;
    const auto values = values_of(asked.definition, *peer);
    const auto others = values.empty() ? std::vector<Criterion>{} : criteria_of_value(asked, *values[0], now);
    if (others.empty()) continue;
    out.push_back(either(plain, others.front()));
    break;
  }
  std::optional<Criterion> all;
  for (const std::string& code : asked.definition.values) {
    const Criterion one = code_criterion(asked.definition, code);
    out.push_back(one);
    all = all ? either(*all, one) : one;
  }
  if (all && asked.definition.values.size() > 1) out.push_back(*all);
  return out;
}

JsonValue make_decoy(const SearchDefinition& definition, const JsonValue& base,
                     const std::vector<const JsonValue*>& peers) {
  JsonValue decoy = base;
  std::set<std::string> taken;
  for (const JsonValue* value : values_of(definition, base)) taken.insert(to_text(*value));
  const Kind kind = kind_of(definition);
  // A code must be one of its code system: taken from the metadata, or from a peer.
  std::optional<std::string> code;
  for (const std::string& value : definition.values) {
    if (!taken.contains("\"" + value + "\"")) code = value;
  }
  for (const JsonValue* peer : peers) {
    for (const JsonValue* value : values_of(definition, *peer)) {
      if (value->kind == JsonValue::Kind::string && !taken.contains(to_text(*value))) code = value->text;
    }
  }
  for (const std::string& path : definition.full_paths) {
    for (JsonValue* value : walk(decoy, path)) {
      if (kind == Kind::token && value->kind == JsonValue::Kind::string) {
        if (code) value->text = *code;
      } else {
        alter(kind, *value);
      }
    }
  }
  return decoy;
}

}  // namespace vesta::tests
