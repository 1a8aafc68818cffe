// The part of the contract that is about searches over several types: one order, one page, one state.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "store/contract_test_suite.h"

namespace vesta::store {

template <class Engine>
class StoreSearchesSeveral : public StoreContract<Engine> {
 protected:
  using Ids = std::vector<std::string>;
  using Column = search::SortKey::Column;

  static std::vector<search::Query> all_of(const std::vector<std::string>& types) {
    std::vector<search::Query> queries;
    for (const std::string& type : types) queries.push_back(test::all_query(type));
    return queries;
  }
  // Each type sorts by its own parameter of that name.
  static std::vector<search::Query> sorted(std::vector<search::Query> queries, const std::string& code,
                                           bool descending) {
    for (search::Query& query : queries) {
      const std::string type(fhir::r4().type(query.type).name);
      query.sort.push_back({Column::parameter, &test::parameter(type, code), descending});
    }
    return queries;
  }
  static std::vector<search::Query> sorted(std::vector<search::Query> queries, Column column, bool descending) {
    for (search::Query& query : queries) query.sort.push_back({column, nullptr, descending});
    return queries;
  }

  // By pages of every size, there and back.
  void expect_order(const std::vector<search::Query>& queries, const Ids& expected) {
    for (std::uint32_t count = 1; count <= expected.size() + 1; ++count) {
      EXPECT_EQ(test::all_pages(*this->store_, queries, count), expected) << "pages of " << count;
      EXPECT_EQ(test::all_pages_backward(*this->store_, queries, count), expected) << "backward, pages of " << count;
    }
    EXPECT_EQ(this->store_->search(queries, {.count = 0})->total.value_or(9999), expected.size());
  }

  // Dates of both types, with a tie between them and one of each without a date.
  void put_dated() {
    put_dated("Procedure", "p-none", "");
    put_dated("Observation", "o-none", "");
    put_dated("Procedure", "p2", "2020-02-01");
    put_dated("Observation", "o2", "2020-02-01");
    put_dated("Observation", "o3", "2020-03-01");
    put_dated("Procedure", "p1", "2020-01-01");
    put_dated("Observation", "o2b", "2020-02-01");
    put_dated("Procedure", "p4", "2020-04-01");
  }
  void put_dated(const std::string& type, const std::string& id, const std::string& date) {
    this->put(type, id, 0, dated(type, date));
  }
  static test::Values dated(const std::string& type, const std::string& date) {
    test::Values values;
    if (date.empty()) return values;
    const auto when = *fhir::parse_time_range(date);
    return values.date(test::parameter(type, "date"), when.low, when.high);
  }
};

TYPED_TEST_SUITE_P(StoreSearchesSeveral);

TYPED_TEST_P(StoreSearchesSeveral, UnsortedComeQueryAfterQuery) {
  this->expect_order(this->all_of({"Device", "Patient"}), {});
  for (const char* id : {"p1", "p2"}) this->put("Patient", id, 0, {});
  for (const char* id : {"o1", "o2", "o3"}) this->put("Observation", id, 0, test::code_value("c"));
  this->put("Patient", "p3", 0, {});
  this->put("Device", "gone", 0, {});
  this->remove("Device", "gone", 1, {});
  this->expect_order(this->all_of({"Device", "Observation", "Patient"}), {"o1", "o2", "o3", "p1", "p2", "p3"});
  this->expect_order(this->all_of({"Patient", "Device", "Observation"}), {"p1", "p2", "p3", "o1", "o2", "o3"});
  auto filtered = this->all_of({"Patient"});
  filtered.push_back(test::token_query("Observation", "code", "d"));
  this->expect_order(filtered, {"p1", "p2", "p3"});
}

TYPED_TEST_P(StoreSearchesSeveral, SortsByParametersOfEachType) {
  this->put_dated();
  const auto queries = this->all_of({"Device", "Observation", "Procedure"});
  const auto two = this->all_of({"Observation", "Procedure"});
  this->expect_order(this->sorted(two, "date", false), {"p1", "o2", "o2b", "p2", "o3", "p4", "o-none", "p-none"});
  this->expect_order(this->sorted(two, "date", true), {"p4", "o3", "o2", "o2b", "p2", "p1", "o-none", "p-none"});
  using Column = search::SortKey::Column;
  this->expect_order(this->sorted(queries, Column::id, false),
                     {"o-none", "o2", "o2b", "o3", "p-none", "p1", "p2", "p4"});
  this->expect_order(this->sorted(queries, Column::id, true),
                     {"p4", "p2", "p1", "p-none", "o3", "o2b", "o2", "o-none"});
  this->expect_order(this->sorted(this->sorted(two, "date", false), Column::id, true),
                     {"p1", "p2", "o2b", "o2", "o3", "p4", "p-none", "o-none"});
}

TYPED_TEST_P(StoreSearchesSeveral, SortsByTheTimeOfTheLastChange) {
  const auto at = [this](std::int64_t second) { this->clock_.set(1'600'000'000'000'000 + second * 1'000'000); };
  at(0);
  this->put("Patient", "p1", 0, {});
  at(1);
  this->put("Device", "d1", 0, {});
  this->put("Patient", "p2", 0, {});
  at(2);
  this->put("Observation", "o1", 0, {});
  this->put("Patient", "p1", 1, {});
  using Column = search::SortKey::Column;
  const auto queries = this->all_of({"Device", "Observation", "Patient"});
  this->expect_order(this->sorted(queries, Column::last_updated, false), {"d1", "p2", "o1", "p1"});
  this->expect_order(this->sorted(queries, Column::last_updated, true), {"o1", "p1", "d1", "p2"});
}

// Whatever comes and goes, what was not changed is seen once, in both directions.
TYPED_TEST_P(StoreSearchesSeveral, PositionsHoldWhileOthersWrite) {
  using Column = search::SortKey::Column;
  std::vector<std::string> ids;
  for (int i = 10; i < 30; ++i) {
    ids.push_back("r" + std::to_string(i));
    this->put(i % 3 == 0 ? "Patient" : i % 3 == 1 ? "Device" : "Observation", ids.back(), 0, {});
  }
  const auto queries = this->sorted(this->all_of({"Device", "Observation", "Patient"}), Column::id, false);
  int made = 0;
  // Behind and before the position there is now more and less.
  const auto disturb = [&] {
    const std::string id = std::to_string(made++);
    this->put("Device", "q" + id, 0, {});
    this->put("Observation", "s" + id, 0, {});
    if (made > 1) this->remove("Device", "q" + std::to_string(made - 2), 1, {});
  };
  std::vector<std::string> seen;
  const auto note = [&](const Version& version) {
    if (version.id.front() == 'r') seen.push_back(version.id);
  };
  SearchOptions options{.count = 3};
  std::optional<Position> last;
  for (;;) {
    auto page = this->store_->search(queries, options);
    ASSERT_TRUE(page.ok());
    for (const Version& version : page->entries) note(version);
    if (seen.size() == ids.size()) {
      last = page->previous;
      break;
    }
    ASSERT_TRUE(page->next);
    options.from = *page->next;
    disturb();
  }
  EXPECT_EQ(seen, ids);
  seen.clear();
  options.direction = SearchOptions::Direction::backward;
  while (last) {
    options.from = *last;
    disturb();
    auto page = this->store_->search(queries, options);
    ASSERT_TRUE(page.ok());
    std::for_each(page->entries.rbegin(), page->entries.rend(), note);
    last = page->previous;
  }
  std::reverse(seen.begin(), seen.end());
  EXPECT_EQ(seen, std::vector<std::string>(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(seen.size())));
  EXPECT_GE(seen.size() + 3, ids.size()) << "all but the last page";
}

TYPED_TEST_P(StoreSearchesSeveral, RefusesPositionsOfOtherTypesAndSorts) {
  this->put_dated();
  const auto two = this->sorted(this->all_of({"Observation", "Procedure"}), "date", false);
  const auto page = this->store_->search(two, {.count = 2});
  ASSERT_TRUE(page.ok() && page->next);
  const auto expect_refused = [&](const std::vector<search::Query>& queries) {
    const auto refused = this->store_->search(queries, {.count = 2, .from = *page->next});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().category, Category::invalid);
  };
  expect_refused({two[0]});
  expect_refused({two[1], two[0]});
  expect_refused(this->all_of({"Observation", "Procedure"}));
  expect_refused(this->sorted(this->all_of({"Observation", "Procedure"}), "date", true));
  EXPECT_TRUE(this->store_->search(two, {.count = 2, .from = *page->next}).ok());
}

// One page's limit, not one of each type.
TYPED_TEST_P(StoreSearchesSeveral, EndsPagesByTheBytesOfAllTypes) {
  const std::string tail = "},\"x\":\"" + std::string(1000, 'x') + "\"}";
  for (const char* id : {"p1", "p2"}) this->put("Patient", id, 0, {}, {}, tail);
  for (const char* id : {"o1", "o2"}) this->put("Observation", id, 0, {}, {}, tail);
  using Column = search::SortKey::Column;
  const auto unsorted = this->all_of({"Observation", "Patient"});
  for (const auto& queries : {unsorted, this->sorted(unsorted, Column::id, true)}) {
    const auto page = this->store_->search(queries, {.count = 10, .max_bytes = 2500});
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->entries.size(), 3u);
    ASSERT_TRUE(page->next);
    EXPECT_EQ(this->store_->search(queries, {.count = 10, .from = *page->next})->entries.size(), 1u);
  }
}

// Each once, and none that another of the queries has matched.
TYPED_TEST_P(StoreSearchesSeveral, IncludesBesideTheMatchesOfAllTypes) {
  const search::Parameter& doctor = test::parameter("Patient", "general-practitioner");
  const search::Parameter& subject = test::parameter("Observation", "subject");
  this->put("Practitioner", "d1", 0, {});
  this->put("Practitioner", "d2", 0, {});
  this->put("Patient", "p1", 0, test::Values().reference(doctor, "Practitioner", "d1"));
  this->put("Patient", "p2", 0, test::Values().reference(doctor, "Practitioner", "d2"));
  this->put("Observation", "o1", 0, test::Values().reference(subject, "Patient", "p1"));
  this->put("Observation", "o2", 0, test::Values().reference(subject, "Patient", "p1"));
  using Include = search::Include;
  const auto queries = this->all_of({"Observation", "Patient"});
  const auto included = [&](std::uint32_t count) {
    const auto page = this->store_->search(
        queries, {.count = count,
                  .includes = {{Include::Direction::forward, false, test::type_of("Observation"), &subject},
                               {Include::Direction::forward, true, test::type_of("Patient"), &doctor}}});
    EXPECT_TRUE(page.ok());
    std::vector<std::string> ids;
    for (const Version& version : page->included) ids.push_back(version.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(included(2), (Ids{"d1", "p1"}));
  EXPECT_EQ(included(3), Ids{"d1"}) << "p1 is a match now";
  EXPECT_EQ(included(4), (Ids{"d1", "d2"}));
}

REGISTER_TYPED_TEST_SUITE_P(StoreSearchesSeveral, UnsortedComeQueryAfterQuery, SortsByParametersOfEachType,
                            SortsByTheTimeOfTheLastChange, PositionsHoldWhileOthersWrite,
                            RefusesPositionsOfOtherTypesAndSorts, EndsPagesByTheBytesOfAllTypes,
                            IncludesBesideTheMatchesOfAllTypes);

}  // namespace vesta::store
