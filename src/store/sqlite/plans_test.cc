// Plans: on random resources of five types that refer to each other, every kind of leaf, chains and _has of any depth,
// includes and pages in both directions are what search/matcher says. With tiny thresholds, so that every way is taken.
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <random>

#include "search/matcher.h"
#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

// VESTA_PROPERTY_PLANS and VESTA_PROPERTY_SEED override these.
constexpr int kPlans = 1'200;
constexpr int kPhases = 6;
constexpr int kPerType = 40;
constexpr int kMaxDepth = 4;
constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kEpoch = 1'500'000'000'000'000;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Edge {
  const char* source;
  const char* code;
  const char* target;
};
constexpr Edge kEdges[] = {
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
constexpr const char* kTypes[] = {"Patient", "Observation", "Encounter", "Practitioner", "Location"};
constexpr const char* kTokens[] = {"language", "code", "status", "identifier", "name"};  // per type, see token_of

struct Record {
  std::string type, id;
  std::uint64_t version = 0;
  bool is_current = false;
  Instant last_updated;
  search::IndexValues values;
  search::Subject subject() const { return {test::type_of(type), id, last_updated, &values}; }
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
      if (record.is_current && test::type_of(record.type) == type && !visit(record.subject())) return;
    }
  }

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
      const auto param = test::parameter(type, edge.code).id;
      for (int i = below(3); i > 0; --i) {
        values.references.push_back({param, test::type_of(edge.target), test::keep(any_id())});
      }
      if (chance(10)) values.uris.push_back({param, test::keep(uri())});
    }
    for (int i = below(4); i > 0; --i) values.tokens.push_back({token_of(type).id, code(), system()});
    for (int i = below(4); i > 0; --i) values.words.push_back({test::parameter(type, "_text").id, word()});
    for (int i = below(6); i > 0; --i) values.words.push_back({test::parameter(type, "_content").id, word()});
    if (type == "Location") {
      for (int i = below(3); i > 0; --i) {
        values.positions.push_back({test::parameter(type, "near").id, degrees(90), degrees(180)});
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
          keys.push_back({Column::parameter, &test::parameter(type, "date"), chance(50)});
          break;
        case 5:
          keys.push_back({Column::parameter, &test::parameter(type, "value-quantity"), chance(50)});
          break;
        default:
          for (const Edge& edge : kEdges) {
            if (edge.source != type) continue;
            keys.push_back({Column::parameter, &test::parameter(type, edge.code), chance(50)});
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
      if (chance(85)) include.source = test::type_of(edge.source);
      if (include.source != fhir::kNoType && chance(70)) include.parameter = &test::parameter(edge.source, edge.code);
      if (chance(30)) include.target = test::type_of(edge.target);
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
            .merged_targets = any(10),
            .link_batch = any(20),
            .max_decided = any(30),
            .walk_from = any(40),
            .first_batch = any(10),
            .last_batch = any(40)};
  }

 private:
  static const search::Parameter& token_of(const std::string& type) {
    for (int i = 0; i < 5; ++i) {
      if (type == kTypes[i])
        return test::parameter(type, i == 2 ? "status" : i == 1 ? "code" : i == 0 ? kTokens[0] : kTokens[3]);
    }
    std::abort();
  }
  std::string_view code() { return test::keep("c" + std::to_string(below(12))); }
  std::string_view system() { return test::keep(chance(40) ? "" : "http://s" + std::to_string(below(3))); }
  std::string_view word() {
    static const char* const kWords[] = {"a", "ab", "abc", "b c", "\"q\"", "x\\y", "über", "tab\there", "d-1", "e'"};
    return kWords[below(std::size(kWords))];
  }
  std::string uri() {
    static const char* const kUris[] = {"http://e/a", "http://e/a/b", "http://e/ab", "http://e/a/b/c", "http://e"};
    return kUris[below(std::size(kUris))];
  }
  double degrees(int most) { return (below(2 * most + 1) - most) * (chance(50) ? 1.0 : 0.37); }
  std::string_view decimal(int value) { return test::keep(*search::decimal_key(std::to_string(value))); }

  search::QuantityValue quantity(search::ParameterId param) {
    const int low = below(20);
    const int high = chance(70) ? low : low + below(5);
    search::QuantityValue value{param, decimal(low), decimal(high), "", "", ""};
    if (chance(70)) {  // u0 is a thousand of u1, u2 is no unit
      const int unit = below(3);
      value.system = "http://u";
      value.code = test::keep("u" + std::to_string(unit));
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
      values.quantities.push_back(quantity(test::parameter("Observation", "value-quantity").id));
    for (int i = below(2); i > 0; --i) values.dates.push_back(date(test::parameter("Observation", "date").id));
    for (const char* name : {"code-value-quantity", "code-value-date", "code-value-concept"}) {
      const search::Parameter& composite = test::parameter("Observation", name);
      for (int i = below(3); i > 0; --i) {
        search::CompositeValue value{composite.id, {search::TokenValue{component(composite, 0), code(), system()}}};
        const search::ParameterId second = component(composite, 1);
        if (name[11] == 'q')
          value.components.push_back(quantity(second));
        else if (name[11] == 'd')
          value.components.push_back(date(second));
        else
          value.components.push_back(search::TokenValue{second, code(), system()});
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
    const search::Link link{&test::parameter(edge->source, edge->code), test::type_of(other)};
    return search::Plan::make_link(is_chain ? search::Plan::Kind::chain : search::Plan::Kind::has, link,
                                   plan(other, depth + 1));
  }

  search::TokenMatch token_match() {
    search::TokenMatch match;
    if (chance(50)) match.system = system();
    if (!match.system || chance(70)) match.code = code();
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
  search::Leaf composite_leaf() {
    const int kind = below(3);
    const char* names[] = {"code-value-quantity", "code-value-date", "code-value-concept"};
    search::CompositeMatch match;
    match.components.push_back({nullptr, token_match()});
    if (chance(20)) match.components[0].match = token_set();
    const search::DateValue when = date(0);
    if (kind == 0) match.components.push_back({nullptr, quantity_match()});
    if (kind == 1) {
      match.components.push_back(
          {nullptr, search::DateMatch{static_cast<search::Prefix>(below(9)), when.low, when.high}});
    }
    if (kind == 2) match.components.push_back({nullptr, token_match()});
    return {&test::parameter("Observation", names[kind]), match};
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
        return {&test::parameter(type, chance(50) ? "_text" : "_content"),
                search::WordMatch{std::string(word()), chance(40)}};
      case 5:
        for (const Edge& edge : kEdges) {
          if (edge.source != type || chance(50)) continue;
          if (chance(50)) return {&test::parameter(type, edge.code), search::PresentMatch{}};
          return {&test::parameter(type, edge.code), search::UriMatch{uri(), search::UriMode::below}};
        }
        return {nullptr, search::IdMatch{any_id()}};
      case 6:
        return {nullptr, search::IdMatch{any_id()}};
      case 7:
        for (const Edge& edge : kEdges) {
          if (edge.source == type && chance(50)) {
            return {&test::parameter(type, edge.code), search::ReferenceMatch{{}, any_id()}};
          }
        }
        return {&token_of(type), token_match()};
      case 8:
      case 9:
        if (type == "Location") {
          return {&test::parameter(type, "near"), search::PositionMatch{degrees(90), degrees(180), below(9000) * 1e3}};
        }
        return composite_leaf();
      default:
        if (type == "Location") return {&token_of(type), token_match()};
        return {&test::parameter(type, "value-quantity"), quantity_match()};
    }
  }

  std::mt19937_64 random_;
};

class PlansTest : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = setting("VESTA_PROPERTY_SEED", std::random_device{}());
    std::printf("plans test: VESTA_PROPERTY_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    reopen({});
  }
  void reopen(const sqlite::Tuning& tuning) {
    store_.reset();
    auto opened =
        sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_, .tuning = tuning});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }

  void write_some(Generator& generator, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      clock_.set(kEpoch + (next_time_ += 1'000));
      std::map<std::pair<std::string, std::string>, search::IndexValues> news;
      for (int i = 1 + generator.below(6); i > 0; --i) {
        const std::string type = generator.type();
        news[{type, generator.id(generator.below(kPerType))}] = generator.values(type);
      }
      WriteSet set;
      for (auto& [name, values] : news) {
        Record& record = world_.records[name];
        const bool is_removal = record.is_current && generator.chance(15);
        Write write{is_removal ? Write::Kind::remove : Write::Kind::put,
                    test::type_of(name.first),
                    name.second,
                    {record.version},
                    is_removal ? "" : "}",
                    {},
                    record.values};
        if (!is_removal) write.added = values;
        record = {name.first, name.second, record.version + 1, !is_removal, {}, write.added};
        set.writes.push_back(std::move(write));
      }
      auto written = store_->commit(set);
      ASSERT_TRUE(written.ok()) << written.error().message;
      for (std::size_t i = 0; i < set.writes.size(); ++i) {
        const std::string type(fhir::r4().type(set.writes[i].type).name);
        world_.records[{type, set.writes[i].id}].last_updated = (*written)[i].last_updated;
      }
    }
  }

  std::set<std::string> expected_ids(const search::Query& query) const {
    std::set<std::string> ids;
    world_.each(query.type, [&](const search::Subject& subject) {
      if (search::matches(query.plan, subject, &world_)) ids.emplace(subject.id);
      return true;
    });
    return ids;
  }

  // All pages in one direction, in the order of the query; checks each page's links.
  void all_pages(const search::Query& query, std::uint32_t count, SearchOptions::Direction direction,
                 std::vector<std::string>& ids) {
    SearchOptions options{.count = count, .direction = direction};
    const bool is_forward = direction == SearchOptions::Direction::forward;
    for (bool is_first = true;; is_first = false) {
      auto page = store_->search(query, options);
      ASSERT_TRUE(page.ok()) << page.error().message;
      std::vector<std::string> found;
      for (const Version& version : page->entries) found.push_back(version.id);
      ids.insert(is_forward ? ids.end() : ids.begin(), found.begin(), found.end());
      const auto& far = is_forward ? page->next : page->previous;
      const auto& near = is_forward ? page->previous : page->next;
      ASSERT_EQ(near.has_value(), !is_first && !found.empty());
      if (!far) return;
      ASSERT_EQ(found.size(), count);
      options.from = *far;
    }
  }

  void compare(const search::Query& query, std::uint32_t count) {
    const std::set<std::string> expected = expected_ids(query);
    std::vector<std::string> forward, backward;
    ASSERT_NO_FATAL_FAILURE(all_pages(query, count, SearchOptions::Direction::forward, forward));
    ASSERT_EQ(std::set<std::string>(forward.begin(), forward.end()), expected);
    ASSERT_EQ(forward.size(), expected.size()) << "nothing comes twice";
    ASSERT_NO_FATAL_FAILURE(all_pages(query, count, SearchOptions::Direction::backward, backward));
    ASSERT_EQ(backward, forward);
    const std::string type(fhir::r4().type(query.type).name);
    for (std::size_t i = 1; i < forward.size(); ++i) {
      const auto subject = [&](std::size_t at) { return world_.records.at({type, forward[at]}).subject(); };
      ASSERT_FALSE(search::sorts_before(query.sort, subject(i), subject(i - 1), fhir::r4())) << i;
    }
    auto counted = store_->search(query, {.count = 0});
    ASSERT_TRUE(counted.ok());
    ASSERT_EQ(counted->total.value_or(9'999), expected.size());
    auto estimated = store_->search(query, {.count = 1, .total = search::Total::estimate});
    ASSERT_TRUE(estimated.ok() && estimated->total.has_value());
  }

  // As the contract of SearchOptions::includes has it, on the records.
  std::set<std::string> expected_included(const std::vector<search::Include>& includes,
                                          const std::vector<Version>& entries) const {
    std::set<std::string> seen;
    std::vector<const Record*> found;
    const auto name_of = [](const Record& record) { return record.type + "/" + record.id; };
    const auto add = [&](const Record& record) {
      if (record.is_current && seen.insert(name_of(record)).second) found.push_back(&record);
    };
    for (const Version& entry : entries) {
      const std::string type(fhir::r4().type(entry.type).name);
      seen.insert(type + "/" + entry.id);
      found.push_back(&world_.records.at({type, entry.id}));
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const search::Include& include : includes) {
        if (i < entries.size() || include.iterate) lead(include, *found[i], add);
      }
    }
    for (const Version& entry : entries) seen.erase(std::string(fhir::r4().type(entry.type).name) + "/" + entry.id);
    return seen;
  }
  template <class Add>
  void lead(const search::Include& include, const Record& from, const Add& add) const {
    const bool is_forward = include.direction == search::Include::Direction::forward;
    for (const auto& [name, record] : world_.records) {
      const Record& source = is_forward ? from : record;
      const Record& target = is_forward ? record : from;
      if (!source.is_current || (include.source != fhir::kNoType && test::type_of(source.type) != include.source)) {
        continue;
      }
      if (include.target != fhir::kNoType && test::type_of(target.type) != include.target) continue;
      for (const auto& reference : source.values.references) {
        if (include.parameter != nullptr && include.parameter->id != reference.parameter) continue;
        if (reference.type == test::type_of(target.type) && reference.id == target.id) add(record);
      }
    }
  }

  std::vector<std::string> findings() {
    std::vector<std::string> findings;
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
      return world_.records.at({std::string(fhir::r4().type(version.type).name), version.id}).values;
    };
    EXPECT_TRUE(store_->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
    return findings;
  }

  std::uint64_t seed_ = 0;
  std::int64_t next_time_ = 0;
  World world_;
  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(PlansTest, AreWhatTheMatcherDecides) {
  Generator generator(seed_);
  const int plans = static_cast<int>(setting("VESTA_PROPERTY_PLANS", kPlans));
  for (int phase = 0; phase < kPhases; ++phase) {
    if (phase > 1) reopen(generator.tuning());  // the defaults first
    ASSERT_NO_FATAL_FAILURE(write_some(generator, 60));
    for (int i = 0; i < plans / kPhases; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", phase " + std::to_string(phase) + ", plan " +
                   std::to_string(i));
      const std::string type = generator.type();
      const search::Query query{test::type_of(type), generator.plan(type, 0), generator.sort(type)};
      ASSERT_NO_FATAL_FAILURE(compare(query, static_cast<std::uint32_t>(1 + generator.below(25))));
    }
  }
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(PlansTest, IncludesAreWhatReferencesLeadTo) {
  Generator generator(seed_);
  ASSERT_NO_FATAL_FAILURE(write_some(generator, 120));
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + ", includes " + std::to_string(i));
    const std::string type = generator.type();
    const search::Query query{test::type_of(type), generator.plan(type, 3), {}};
    SearchOptions options{.count = static_cast<std::uint32_t>(1 + generator.below(5))};
    options.includes = generator.includes();
    auto page = store_->search(query, options);
    ASSERT_TRUE(page.ok()) << page.error().message;
    std::set<std::string> included;
    for (const Version& version : page->included) {
      EXPECT_FALSE(version.deleted);
      const std::string name = std::string(fhir::r4().type(version.type).name) + "/" + version.id;
      EXPECT_TRUE(included.insert(name).second) << name << " is included twice";
    }
    ASSERT_EQ(included, expected_included(options.includes, page->entries));
  }
}

}  // namespace
}  // namespace vesta::store
