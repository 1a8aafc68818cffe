// Random resources of five types that refer to each other, and random plans, sorts and includes over them.
#pragma once

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "search/links.h"
#include "search/matcher.h"
#include "store/contract_test_support.h"
#include "store/sqlite/test_support.h"
#include "store/sqlite/tuning.h"

namespace vesta::store::sqlite::test {

inline constexpr int kPerType = 40;
inline constexpr int kMaxDepth = 4;
inline constexpr std::int64_t kDay = 86'400'000'000;
inline constexpr std::int64_t kEpoch = 1'500'000'000'000'000;

struct Edge {
  const char* source;
  const char* code;
  const char* target;
};
inline constexpr Edge kEdges[] = {
    {"Observation", "subject", "Patient"},
    {"Observation", "patient", "Patient"},
    {"Observation", "encounter", "Encounter"},
    {"Observation", "performer", "Practitioner"},
    {"Observation", "performer", "Patient"},
    {"Observation", "has-member", "Observation"},
    {"Encounter", "subject", "Patient"},
    {"Encounter", "participant", "Practitioner"},
    {"Encounter", "location", "Location"},
    {"Encounter", "part-of", "Encounter"},
    {"Patient", "general-practitioner", "Practitioner"},
    {"Patient", "link", "Patient"},
};
inline constexpr std::string_view kBaseUrl = "http://e/fhir";
inline constexpr const char* kTypes[] = {"Patient", "Observation", "Encounter", "Practitioner", "Location"};
inline constexpr const char* kTokens[] = {"language", "code", "status", "identifier",
                                          "status"};  // per type, see token_of

struct Record {
  std::string type, id;
  std::uint64_t version = 0;
  bool is_current = false;
  Instant last_updated;
  search::IndexValues values;
  search::Subject subject() const { return {store::test::type_of(type), id, last_updated, &values}; }
};

// All records; what the matcher follows links in.
class World final : public search::Surroundings {
 public:
  std::map<std::pair<std::string, std::string>, Record> records;

  const search::Subject* find(fhir::TypeId type, std::string_view id) const override {
    const auto found = records.find({std::string(fhir::r4().type(type).name), std::string(id)});
    if (found == records.end() || !found->second.is_current) return nullptr;
    return &(subjects_[&found->second] = found->second.subject());
  }
  void each(fhir::TypeId type, const std::function<bool(const search::Subject&)>& visit) const override {
    for (const auto& [name, record] : records) {
      if (record.is_current && store::test::type_of(record.type) == type && !visit(record.subject())) return;
    }
  }
  const search::Registry& registry() const override { return store::test::registry(); }
  std::string_view base_url() const override { return kBaseUrl; }

 private:
  mutable std::map<const Record*, search::Subject> subjects_;
};

template <class List>
void tidy(List& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  bool chance(int percent) { return below(100) < percent; }
  std::string type() { return kTypes[below(5)]; }
  std::string id(int number) {
    if (number % 3 != 0) return "r" + std::to_string(number);
    char text[40];
    std::snprintf(text, sizeof text, "%08x-0000-4000-8000-0000000000ff", static_cast<unsigned>(number) * 2654435761u);
    return text;
  }
  std::string any_id() { return id(below(kPerType + 3)); }  // some never exist

  search::IndexValues values(const std::string& type) {
    search::IndexValues values;
    for (const Edge& edge : kEdges) {
      if (edge.source != type) continue;
      const auto param = store::test::parameter(type, edge.code).id;
      for (int i = below(3); i > 0; --i) {
        values.references.push_back({param, store::test::type_of(edge.target), store::test::keep(any_id())});
      }
      if (chance(10)) values.uris.push_back({param, store::test::keep(uri())});
      for (int i = below(8) - 5; i > 0; --i) {
        values.uris.push_back({param, store::test::keep(std::string(kBaseUrl) + "/" +
                                                        (chance(80) ? edge.target : type) + "/" + any_id())});
      }
    }
    for (int i = below(4); i > 0; --i) values.tokens.push_back({token_of(type).id, code(), system()});
    for (int i = below(4); i > 0; --i) values.words.push_back({store::test::parameter(type, "_text").id, word()});
    for (int i = below(6); i > 0; --i) values.words.push_back({store::test::parameter(type, "_content").id, word()});
    if (type == "Location") {
      for (int i = below(3); i > 0; --i) {
        values.positions.push_back({store::test::parameter(type, "near").id, degrees(90), degrees(180)});
      }
    }
    if (type == "Observation") add_observation(values);
    tidy(values.references), tidy(values.uris), tidy(values.tokens), tidy(values.words), tidy(values.positions);
    tidy(values.quantities), tidy(values.dates), tidy(values.composites);
    add_present(type, values);
    return values;
  }

  search::Plan plan(const std::string& type, int depth) {
    const int kind = below(depth >= kMaxDepth ? 4 : 12);
    if (kind == 0 && chance(20)) return chance(70) ? search::Plan::make_all() : search::Plan::make_none();
    if (kind < 4) return search::Plan::make_leaf(leaf(type));
    if (kind < 8) return link(type, depth);
    std::vector<search::Plan> children;
    for (int i = kind == 11 ? 1 : 1 + below(3); i > 0; --i) children.push_back(plan(type, depth + 1));
    return search::Plan::make(kind == 11  ? search::Plan::Kind::not_
                              : kind >= 9 ? search::Plan::Kind::and_
                                          : search::Plan::Kind::or_,
                              std::move(children));
  }

  std::vector<search::SortKey> sort(const std::string& type) {
    using Column = search::SortKey::Column;
    std::vector<search::SortKey> keys;
    for (int i = below(4) - 1; i > 0; --i) {
      switch (below(type == "Observation" ? 6 : 4)) {
        case 0:
          keys.push_back({Column::id, nullptr, chance(50)});
          break;
        case 1:
          keys.push_back({Column::last_updated, nullptr, chance(50)});
          break;
        case 2:
          keys.push_back({Column::parameter, &token_of(type), chance(50)});
          break;
        case 4:
          keys.push_back({Column::parameter, &store::test::parameter(type, "date"), chance(50)});
          break;
        case 5:
          keys.push_back({Column::parameter, &store::test::parameter(type, "value-quantity"), chance(50)});
          break;
        default:
          for (const Edge& edge : kEdges) {
            if (edge.source != type) continue;
            keys.push_back({Column::parameter, &store::test::parameter(type, edge.code), chance(50)});
            break;
          }
      }
    }
    return keys;
  }

  std::vector<search::Include> includes() {
    std::vector<search::Include> includes;
    for (int i = below(4); i > 0; --i) {
      const Edge& edge = kEdges[below(std::size(kEdges))];
      search::Include include;
      include.direction = chance(50) ? search::Include::Direction::forward : search::Include::Direction::reverse;
      include.iterate = chance(40);
      if (chance(85)) include.source = store::test::type_of(edge.source);
      if (include.source != fhir::kNoType && chance(70))
        include.parameter = &store::test::parameter(edge.source, edge.code);
      if (chance(30)) include.target = store::test::type_of(edge.target);
      includes.push_back(include);
    }
    return includes;
  }

  sqlite::Tuning tuning() {
    const auto any = [&](int most) { return std::int64_t{1} + below(most); };
    return {.small_estimate = any(20),
            .large_estimate = any(60),
            .first_page_gather = any(100),
            .max_gathered_rows = any(100),
            .min_probes = any(20),
            .rows_per_probe = any(8),
            .count_chunk = any(40),
            .pass_chunk = any(60),
            .estimated_from = any(60),
            .first_chunk = any(20),
            .link_probes = any(30),
            .max_linked = any(40),
            .first_page_links = any(10),
            .link_batch = any(20),
            .max_decided = any(30),
            .pass_from = any(40),
            .walk_from = any(40),
            .walk_patience = any(8),
            .first_batch = any(10),
            .last_batch = any(40),
            .rewrites_off = some_rewrites([this](int most) { return below(most); })};
  }

 private:
  static const search::Parameter& token_of(const std::string& type) {
    for (int i = 0; i < 5; ++i) {
      if (type == kTypes[i])
        return store::test::parameter(type, i == 2 ? "status" : i == 1 ? "code" : i == 0 ? kTokens[0] : kTokens[3]);
    }
    std::abort();
  }
  std::string_view code() { return store::test::keep("c" + std::to_string(below(12))); }
  std::string_view system() { return store::test::keep(chance(40) ? "" : "http://s" + std::to_string(below(3))); }
  std::string_view word() {
    static const char* const kWords[] = {"a", "ab", "abc", "b c", "\"q\"", "x\\y", "über", "tab\there", "d-1", "e'"};
    return kWords[below(std::size(kWords))];
  }
  std::string uri() {
    static const char* const kUris[] = {"http://e/a", "http://e/a/b", "http://e/ab", "http://e/a/b/c", "http://e"};
    return kUris[below(std::size(kUris))];
  }
  double degrees(int most) { return (below(2 * most + 1) - most) * (chance(50) ? 1.0 : 0.37); }
  std::string_view decimal(int value) { return store::test::keep(*search::decimal_key(std::to_string(value))); }

  search::QuantityValue quantity(search::ParameterId param) {
    const int low = below(20);
    const int high = chance(70) ? low : low + below(5);
    search::QuantityValue value{param, decimal(low), decimal(high), "", "", ""};
    if (chance(70)) {  // u0 is a thousand of u1, u2 is no unit
      const int unit = below(3);
      value.system = "http://u";
      value.code = store::test::keep("u" + std::to_string(unit));
      if (unit < 2) {
        const int factor = unit == 0 ? 10 : 1;
        value.canonical_low = decimal(low * factor);
        value.canonical_high = decimal(high * factor);
        value.canonical_unit = "base";
      }
    }
    return value;
  }
  search::NumberMatch number_match(int value, search::Prefix prefix) {
    const auto range = *search::implicit_range(std::to_string(value));
    return {prefix, range.low, range.high, range.exact};
  }
  search::QuantityMatch quantity_match() {
    const int value = below(22);
    const auto prefix = static_cast<search::Prefix>(below(8));
    search::QuantityMatch match{number_match(value, prefix), {}, {}};
    if (chance(60)) {
      const int unit = below(3);
      match.system = "http://u";
      match.code = "u" + std::to_string(unit);
      if (unit < 2) {
        match.canonical = number_match(value * (unit == 0 ? 10 : 1), prefix);
        match.canonical_unit = "base";
      }
    }
    return match;
  }
  search::DateValue date(search::ParameterId param) {
    const std::int64_t low = kEpoch + below(30) * kDay;
    const std::int64_t widths[] = {1'000, 1'000'000, kDay, kDay / 2, 30 * kDay, 900 * kDay};
    return {param, low, low + widths[below(6)]};
  }

  static search::ParameterId component(const search::Parameter& composite, std::size_t i) {
    return i < composite.components.size() ? composite.components[i] : search::kNoParameter;
  }
  void add_observation(search::IndexValues& values) {
    for (int i = below(3); i > 0; --i)
      values.quantities.push_back(quantity(store::test::parameter("Observation", "value-quantity").id));
    for (int i = below(2); i > 0; --i) values.dates.push_back(date(store::test::parameter("Observation", "date").id));
    for (const char* name : {"code-value-quantity", "code-value-date", "code-value-concept"}) {
      const search::Parameter& composite = store::test::parameter("Observation", name);
      for (int i = below(3); i > 0; --i) {
        search::CompositeValue value{composite.id, {search::TokenValue{component(composite, 0), code(), system()}}};
        const search::ParameterId second = component(composite, 1);
        if (name[11] == 'q')
          value.components.push_back(quantity(second));
        else if (name[11] == 'd')
          value.components.push_back(date(second));
        else
          value.components.push_back(search::TokenValue{second, code(), system()});
        // As extraction has it: the code of the observation is the code of its composites too.
        const auto& token = std::get<search::TokenValue>(value.components[0]);
        values.tokens.push_back({token_of("Observation").id, token.code, token.system});
        values.composites.push_back(value);
      }
    }
  }
  // Mostly what has values, and a few others.
  void add_present(const std::string& type, search::IndexValues& values) {
    for (const auto& value : values.tokens) values.present.push_back(value.parameter);
    for (const auto& value : values.references) values.present.push_back(value.parameter);
    if (chance(80)) {
      for (const auto& value : values.composites) values.present.push_back(value.parameter);
    }
    if (chance(20)) values.present.push_back(token_of(type).id);
    tidy(values.present);
  }

  search::Plan link(const std::string& type, int depth) {
    std::vector<std::pair<const Edge*, bool>> ways;
    for (const Edge& edge : kEdges) {
      if (edge.source == type) ways.push_back({&edge, true});
      if (edge.target == type) ways.push_back({&edge, false});
    }
    const auto [edge, is_chain] = ways[static_cast<std::size_t>(below(static_cast<int>(ways.size())))];
    const std::string other = is_chain ? edge->target : edge->source;
    const search::Link link{&store::test::parameter(edge->source, edge->code), store::test::type_of(other)};
    return search::Plan::make_link(is_chain ? search::Plan::Kind::chain : search::Plan::Kind::has, link,
                                   plan(other, depth + 1));
  }

  search::TokenMatch token_match() {
    search::TokenMatch match;
    if (chance(50)) match.system = system();
    if (!match.system || chance(70)) match.code = code();
    match.unequal = chance(15);
    return match;
  }
  search::TokenSetMatch token_set() {
    auto set = std::make_shared<search::TokenSet>();
    for (int i = chance(20) ? 40 : below(4); i > 0; --i) {
      set->codes.emplace_back(system(), i > 12 ? "none" + std::to_string(i) : std::string(code()));
    }
    if (chance(20)) set->systems.emplace_back(system());
    tidy(set->codes);
    return {set};
  }
  std::shared_ptr<const search::IdSet> id_set() {
    search::IdSet set;
    for (int i = chance(20) ? 40 : below(4); i > 0; --i) set.ids.push_back(any_id());
    tidy(set.ids);
    return std::make_shared<const search::IdSet>(std::move(set));
  }
  search::Leaf reference_set(const Edge& edge) {
    const search::Parameter* parameter = &store::test::parameter(edge.source, edge.code);
    const fhir::TypeId type = store::test::type_of(edge.target);
    if (chance(70)) return {parameter, search::ReferenceSetMatch{type, id_set()}};
    const fhir::Definitions& definitions = store::test::registry().definitions();
    return {parameter, search::UriSetMatch{search::absolute_url(definitions, kBaseUrl, type, {}), id_set()}};
  }
  search::Leaf composite_leaf() {
    const int kind = below(3);
    const char* names[] = {"code-value-quantity", "code-value-date", "code-value-concept"};
    const search::Parameter& composite = store::test::parameter("Observation", names[kind]);
    const auto component = [&](std::size_t i) { return &store::test::registry().parameter(composite.components[i]); };
    search::CompositeMatch match;
    match.components.push_back({component(0), token_match()});
    if (chance(20)) match.components[0].match = token_set();
    const search::DateValue when = date(0);
    if (kind == 0) match.components.push_back({component(1), quantity_match()});
    if (kind == 1) {
      match.components.push_back(
          {component(1), search::DateMatch{static_cast<search::Prefix>(below(static_cast<int>(search::Prefix::co) + 1)),
                                           when.low, when.high}});
    }
    if (kind == 2) match.components.push_back({component(1), token_match()});
    return {&composite, match};
  }
  search::Leaf leaf(const std::string& type) {
    switch (below(type == "Observation" || type == "Location" ? 11 : 8)) {
      case 0:
        return {&token_of(type), token_match()};
      case 1:
        return {&token_of(type), token_set()};
      case 2:
        return {&token_of(type), search::PresentMatch{}};
      case 3:
      case 4:
        return {&store::test::parameter(type, chance(50) ? "_text" : "_content"),
                search::WordMatch{std::string(word()), chance(40)}};
      case 5:
        for (const Edge& edge : kEdges) {
          if (edge.source != type || chance(50)) continue;
          if (chance(50)) return {&store::test::parameter(type, edge.code), search::PresentMatch{}};
          const auto mode = chance(70) ? search::UriMode::below : search::UriMode::unequal;
          return {&store::test::parameter(type, edge.code), search::UriMatch{uri(), mode}};
        }
        return {nullptr, search::IdMatch{any_id(), chance(20)}};
      case 6:
        if (chance(30)) return {nullptr, search::IdSetMatch{id_set()}};
        return {nullptr, search::IdMatch{any_id(), chance(20)}};
      case 7:
        for (const Edge& edge : kEdges) {
          if (edge.source == type && chance(50)) {
            if (chance(40)) return reference_set(edge);
            return {&store::test::parameter(type, edge.code), search::ReferenceMatch{{}, any_id()}};
          }
        }
        return {&token_of(type), token_match()};
      case 8:
      case 9:
        if (type == "Location") {
          return {&store::test::parameter(type, "near"),
                  search::PositionMatch{degrees(90), degrees(180), below(9000) * 1e3}};
        }
        return composite_leaf();
      default:
        if (type == "Location") return {&token_of(type), token_match()};
        return {&store::test::parameter(type, "value-quantity"), quantity_match()};
    }
  }

  std::mt19937_64 random_;
};

}  // namespace vesta::store::sqlite::test
