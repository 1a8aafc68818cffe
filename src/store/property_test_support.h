// Property test of an engine: on random resources, plans, sorts and page sizes it answers what the memory engine does,
// which asks search/matcher. Then again after updates and deletions.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "search/random_resource.h"
#include "store/contract_test_support.h"
#include "store/memory/memory_store.h"

namespace vesta::store::property_test {

inline constexpr int kResources = 400;
inline constexpr int kMaxDepth = 4;
inline constexpr int kPhases = 8;
inline constexpr int kHistories = 200;
inline constexpr int kFewer = search::testing::kSlowness > 1 ? 5 : 1;  // of everything, in a slow build

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr std::int64_t kEpoch = 1'500'000'000 * kSecond;

// Draws resources and queries from few values, so that many of them meet.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {
    for (const char* code : {"code", "status", "category", "identifier"}) tokens_.push_back(&param(code));
    for (const char* code : {"subject", "performer"}) references_.push_back(&param(code));
    for (const char* code : {"value-string"}) strings_.push_back(&param(code));
    dates_.push_back(&param("date"));
    for (const char* code : {"value-quantity", "component-value-quantity"}) quantities_.push_back(&param(code));
  }

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
  }

  test::Values values() {
    test::Values values;
    for (int i = below(6); i > 0; --i) values.token(*pick(tokens_), code(), system());
    for (int i = below(3); i > 0; --i) values.reference(*pick(references_), target_type(), target_id());
    for (int i = below(3); i > 0; --i) values.string(*pick(strings_), text());
    for (int i = below(3); i > 0; --i) {
      const auto [low, high] = range(true);
      values.date(*pick(dates_), low, high);
    }
    for (int i = below(3); i > 0; --i) {
      const std::string low = chance(5) ? "-oo" : decimal();
      const std::string high = chance(70) ? low : chance(20) ? "+oo" : decimal();
      const bool is_ordered = low == "-oo" || high == "+oo" || std::stod(low) <= std::stod(high);
      values.quantity(*pick(quantities_), is_ordered ? low : high, is_ordered ? high : low, system(), unit(), unit());
    }
    for (int i = below(2); i > 0; --i) values.uri(*pick(references_), "http://example.org/" + std::to_string(below(4)));
    // The number parameter of another type would never be met here: RiskAssessment has its own resources.
    return values;
  }
  test::Values risk_values() {
    test::Values values;
    for (int i = below(4); i > 0; --i) {
      const std::string low = decimal();
      const std::string high = chance(60) ? low : decimal();
      const bool is_ordered = std::stod(low) <= std::stod(high);
      values.number(test::parameter("RiskAssessment", "probability"), is_ordered ? low : high, is_ordered ? high : low);
    }
    return values;
  }

  search::Plan plan(int depth, bool of_risk) {
    const int kind = below(depth >= kMaxDepth ? 5 : 10);
    if (kind == 0 && chance(20)) return chance(70) ? search::Plan::make_all() : search::Plan::make_none();
    if (kind < 6) return search::Plan::make_leaf(of_risk ? risk_leaf() : leaf());
    std::vector<search::Plan> children;
    for (int i = kind == 9 ? 1 : 1 + below(3); i > 0; --i) children.push_back(plan(depth + 1, of_risk));
    return search::Plan::make(kind == 9   ? search::Plan::Kind::not_
                              : kind >= 7 ? search::Plan::Kind::and_
                                          : search::Plan::Kind::or_,
                              std::move(children));
  }

  std::vector<search::SortKey> sort(bool of_risk) {
    using Column = search::SortKey::Column;
    std::vector<search::SortKey> keys;
    for (int i = below(4) - 1; i > 0; --i) {
      const int column = below(8);
      if (column == 0)
        keys.push_back({Column::id, nullptr, chance(50)});
      else if (column == 1)
        keys.push_back({Column::last_updated, nullptr, chance(50)});
      else if (of_risk)
        keys.push_back({Column::parameter, &test::parameter("RiskAssessment", "probability"), chance(50)});
      else
        keys.push_back({Column::parameter, any_parameter(), chance(50)});
    }
    return keys;
  }

  std::string id(int number) {
    if (number % 3 == 0) return "r" + std::to_string(number * 7919 % 1000);
    char text[40];
    std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012x", static_cast<unsigned>(number) * 2654435761u,
                  static_cast<unsigned>(number));
    return text;
  }
  std::uint32_t page_size() { return static_cast<std::uint32_t>(chance(50) ? 1 + below(9) : 10 + below(500)); }

 private:
  static const search::Parameter& param(const char* code) { return test::parameter("Observation", code); }
  const search::Parameter* any_parameter() {
    switch (below(5)) {
      case 0:
        return pick(tokens_);
      case 1:
        return pick(references_);
      case 2:
        return pick(strings_);
      case 3:
        return pick(dates_);
      default:
        return pick(quantities_);
    }
  }

  std::string code() { return "c" + std::to_string(below(12)); }
  std::string system() { return chance(40) ? "" : "http://s" + std::to_string(below(3)); }
  std::string unit() { return chance(30) ? "" : "u" + std::to_string(below(3)); }
  std::string target_type() { return chance(70) ? "Patient" : "Group"; }
  std::string target_id() { return "t" + std::to_string(below(6)); }
  std::string text() {
    static const std::vector<std::string> kWords = {"Ada", "ada", "ADA L", "Bob", "Übel", "ubel",
                                                    "",    "a",   "ab",    "abc", "éa"};
    return pick(kWords);
  }
  std::string decimal() {
    static const std::vector<std::string> kNumbers = {"0",   "1",  "1.0", "1.5", "-1", "-1.5", "2",
                                                      "1e2", "99", "100", "101", "3",  "0.5",  "1.05"};
    return pick(kNumbers);
  }
  // Of every class of width, open ends included.
  std::pair<std::int64_t, std::int64_t> range(bool may_be_open) {
    const std::int64_t start = kEpoch + below(40) * kDay / 2;
    switch (below(may_be_open ? 9 : 7)) {
      case 0:
        return {start, start + 1'000};
      case 1:
        return {start, start + kSecond};
      case 2:
        return {start, start + kDay};
      case 3:
        return {start, start + 60 * kSecond};
      case 4:
        return {start, start + below(20) * kDay + 5};
      case 5:
        return {start, start + 700 * kDay};
      case 6:
        return {start - 1, start + below(3)};
      case 7:
        return {search::kDateMin, start};
      default:
        return {start, search::kDateMax};
    }
  }
  search::Prefix prefix() { return static_cast<search::Prefix>(below(static_cast<int>(search::Prefix::co) + 1)); }
  search::NumberMatch number_match() {
    const std::string text = decimal();
    const search::Prefix by = prefix();
    const auto around = by == search::Prefix::ap ? *search::approximate_range(text) : *search::implicit_range(text);
    return {by, around.low, around.high, around.exact};
  }

  search::Leaf common_leaf() {
    if (chance(50)) return {nullptr, search::IdMatch{id(below(kResources)), chance(20)}};
    // Millisecond steps, as the clock of the test makes them.
    const std::int64_t at = kEpoch + below(60) * 1'000 - (chance(20) ? 1 : 0);
    return {nullptr, search::LastUpdatedMatch{{prefix(), at, at + below(5) * 1'000 + 1}}};
  }
  search::Leaf risk_leaf() {
    if (chance(20)) return common_leaf();
    return {&test::parameter("RiskAssessment", "probability"), number_match()};
  }
  search::Leaf leaf() {
    const auto maybe = [this](std::string value) {
      return chance(60) ? std::optional<std::string>(std::move(value)) : std::nullopt;
    };
    switch (below(9)) {
      case 0:
      case 1: {
        search::TokenMatch match{maybe(system()), maybe(code()), chance(20)};
        return {pick(tokens_), match};
      }
      case 2: {
        const int modes = static_cast<int>(search::StringMode::at_most) + 1;
        search::StringMatch match{static_cast<search::StringMode>(below(modes)), {}};
        if (match.mode == search::StringMode::exact)
          match.text = text();
        else
          search::fold(text(), match.text);
        return {pick(strings_), match};
      }
      case 3: {
        search::ReferenceMatch match{{}, target_id()};
        if (chance(60)) match.types.push_back(test::type_of(target_type()));
        if (chance(10)) match.types.push_back(test::type_of("Device"));
        return {pick(references_), match};
      }
      case 4:
      case 5: {
        const auto [low, high] = range(false);
        return {pick(dates_), search::DateMatch{prefix(), low, high}};
      }
      case 6:
        return {pick(quantities_), search::QuantityMatch{number_match(), maybe(system()), maybe(unit())}};
      case 7:
        return {pick(references_), search::UriMatch{"http://example.org/" + std::to_string(below(5)),
                                                    chance(20) ? search::UriMode::unequal : search::UriMode::exact}};
      default:
        return common_leaf();
    }
  }

  std::mt19937_64 random_;
  std::vector<const search::Parameter*> tokens_, references_, strings_, dates_, quantities_;
};

class PropertyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = search::testing::seed_from("VESTA_PROPERTY_SEED");
    memory_ = memory::open(test::registry(), clock_);
    ASSERT_NO_FATAL_FAILURE(reopen(nullptr));
  }

  // The same store, opened; `below` draws a number under its argument, for settings that change no answer: null for the
  // defaults.
  virtual std::unique_ptr<Store> open(const std::function<int(int)>& below) = 0;

  void reopen(const std::function<int(int)>& below) {
    engine_.reset();
    engine_ = open(below);
    ASSERT_NE(engine_, nullptr);
  }

  void commit(WriteSet set) {
    auto expected = memory_->commit(set);
    auto got = engine_->commit(set);
    ASSERT_TRUE(expected.ok()) << expected.error().message;
    ASSERT_TRUE(got.ok()) << got.error().message;
    for (std::size_t i = 0; i < got->size(); ++i) {
      ASSERT_EQ((*got)[i].version, (*expected)[i].version);
      ASSERT_EQ((*got)[i].last_updated, (*expected)[i].last_updated);
    }
  }

  // Changes each resource once in a while: create, update, delete, bring back.
  void write_some(Generator& generator, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      clock_.set(kEpoch + (next_time_ += generator.below(3)) * 500);
      WriteSet set;
      std::set<int> numbers;
      for (int i = 1 + generator.below(4); i > 0; --i) numbers.insert(generator.below(kResources));
      for (const int number : numbers) {
        const std::string type = number % 5 == 0 ? "RiskAssessment" : "Observation";
        State& state = states_[number];
        const bool is_removal = state.exists && generator.chance(15);
        test::Values values = number % 5 == 0 ? generator.risk_values() : generator.values();
        const test::Values old = state.exists ? state.values : test::Values();
        if (is_removal) values = {};
        set.writes.push_back(is_removal
                                 ? test::make_remove(type, generator.id(number), state.version, old)
                                 : test::make_put(type, generator.id(number), state.version,
                                                  "},\"n\":" + std::to_string(state.version) + "}", values, old));
        state = {state.version + 1, !is_removal, values};
      }
      ASSERT_NO_FATAL_FAILURE(commit(std::move(set)));
    }
  }

  void compare(const search::Query& query, std::uint32_t page_size) {
    const auto expected = test::all_pages(*memory_, query, page_size);
    const auto got = test::all_pages(*engine_, query, page_size);
    ASSERT_EQ(got, expected);
    auto counted = engine_->search(query, {.count = page_size, .from = {}, .total = search::Total::accurate});
    ASSERT_TRUE(counted.ok());
    ASSERT_EQ(counted->total.value_or(9'999'999), expected.size());
  }

  void compare_many(Generator& generator, int plans) {
    for (int i = 0; i < plans; ++i) {
      const bool of_risk = generator.chance(20);
      const search::Query query{test::type_of(of_risk ? "RiskAssessment" : "Observation"), generator.plan(0, of_risk),
                                generator.sort(of_risk)};
      const std::uint32_t page_size = generator.page_size();
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", plan " + std::to_string(i));
      ASSERT_NO_FATAL_FAILURE(compare(query, page_size));
      ++compared_;
    }
  }

  // VESTA_PROPERTY_PLANS and VESTA_PROPERTY_SEED override what is drawn.
  void answers_what_the_matcher_decides(int usual_plans) {
    const int plans =
        static_cast<int>(search::testing::setting("VESTA_PROPERTY_PLANS", static_cast<std::uint64_t>(usual_plans)));
    Generator generator(seed_);
    for (int phase = 0; phase < kPhases; ++phase) {
      // The defaults first.
      if (phase > 1) {
        ASSERT_NO_FATAL_FAILURE(reopen([&](int limit) { return generator.below(limit); }));
      }
      ASSERT_NO_FATAL_FAILURE(write_some(generator, 100 / kFewer));
      ASSERT_NO_FATAL_FAILURE(compare_many(generator, plans / kPhases));
    }
    std::printf("property test: %d plans compared\n", compared_);
    std::vector<std::string> findings;
    std::map<std::string, search::IndexValues> indexed;
    for (const auto& [number, state] : states_) indexed[generator.id(number)] = state.values.values();
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> { return indexed.at(version.id); };
    ASSERT_TRUE(engine_->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
    EXPECT_EQ(findings, std::vector<std::string>{});
  }

  void histories_and_feeds_are_the_same(int histories = kHistories) {
    Generator generator(seed_);
    ASSERT_NO_FATAL_FAILURE(write_some(generator, 300 / kFewer));
    const auto describe = [](const std::vector<Version>& versions) {
      std::vector<std::string> out;
      for (const Version& version : versions) {
        out.push_back(version.id + "/" + std::to_string(version.version.value) + " at " +
                      std::to_string(version.last_updated.value) + version.tail);
      }
      return out;
    };
    ASSERT_EQ(describe(*engine_->changes({0}, 100'000)), describe(*memory_->changes({0}, 100'000)));
    for (int i = 0; i < histories; ++i) {
      HistoryQuery query;
      if (generator.chance(70)) query.type = test::type_of(generator.chance(50) ? "Observation" : "RiskAssessment");
      if (query.type && generator.chance(50)) query.id = generator.id(generator.below(kResources));
      if (generator.chance(40)) query.since = Instant{kEpoch + generator.below(400) * 1'000 - generator.below(2)};
      if (generator.chance(40)) query.at_most = Instant{kEpoch + generator.below(400) * 1'000 - generator.below(2)};
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", history " + std::to_string(i));
      ASSERT_EQ(test::history_names(*engine_, query), test::history_names(*memory_, query));
    }
  }

  struct State {
    std::uint64_t version = 0;
    bool exists = false;
    test::Values values;
  };
  std::uint64_t seed_ = 0;
  int compared_ = 0;
  std::int64_t next_time_ = 0;
  std::map<int, State> states_;
  test::FakeClock clock_;
  std::unique_ptr<Store> memory_;
  std::unique_ptr<Store> engine_;
};

}  // namespace vesta::store::property_test
