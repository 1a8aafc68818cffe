// Property test on real resources: what is extracted from random resources of many types is found by random plans over
// the types' own parameters alike by SQLite, by the memory engine and by search/matcher: ids, order, pages and totals.
#include <gtest/gtest.h>

#include "fhir/envelope.h"
#include "search/describe_plan.h"
#include "search/matcher.h"
#include "search/random_plan.h"
#include "search/random_resource.h"
#include "search/test_support.h"
#include "store/contract_test_support.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

using search::testing::Dice;
using search::testing::Extracted;
using search::testing::RandomPlan;
using search::testing::RandomPool;
using search::testing::RandomResource;

// VESTA_PROPERTY_PLANS and VESTA_PROPERTY_SEED override these.
constexpr std::uint64_t kPlans = 3'000;
constexpr int kPhases = 4;
constexpr int kSetsPerPhase = 120;
constexpr std::int64_t kEpoch = 1'500'000'000'000'000;  // microseconds

// Every kind of parameter occurs: numbers in RiskAssessment, uris in ValueSet, quantities in Observation and others.
constexpr const char* kTypes[] = {"Condition",      "Encounter",      "Immunization", "Location",
                                  "Observation",    "Organization",   "Patient",      "Practitioner",
                                  "RiskAssessment", "ServiceRequest", "Substance",    "ValueSet"};

RandomPool make_pool() {
  RandomPool pool;
  for (const char* name : kTypes) pool.types.push_back(test::type_of(name));
  return pool;
}

class ResourcePropertyTest : public ::testing::Test {
 protected:
  ResourcePropertyTest()
      : seed_(search::testing::seed_from("VESTA_PROPERTY_SEED")),
        dice_(seed_),
        resources_(fhir::r4(), pool_, dice_),
        plans_(search::testing::registry(), pool_, dice_) {
    memory_ = memory::open(fhir::r4(), clock_);
  }

  void reopen(const sqlite::Tuning& tuning) {
    sqlite_.reset();
    auto opened = sqlite::open(
        {.directory = folder_.path(), .registry = &search::testing::registry(), .clock = &clock_, .tuning = tuning});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    sqlite_ = std::move(*opened);
  }

  // One resource over its life; the values of its current version point into `current`.
  struct Resource {
    std::uint64_t version = 0;
    Instant last_updated = {};
    std::unique_ptr<Extracted> current;  // null: deleted, or not there yet
  };
  using Name = std::pair<fhir::TypeId, std::string>;

  // One set of creations, updates and removals, into both engines.
  void write_set() {
    clock_.set(kEpoch + (elapsed_ += dice_.below(3)) * 500);
    WriteSet set;
    std::map<Name, std::unique_ptr<Extracted>> made;
    for (int left = 1 + dice_.below(4); left > 0; --left) made[{dice_.pick(pool_.types), pool_.any_id(dice_)}] = {};
    for (auto& [name, extracted] : made) {
      const Resource& resource = written_[name];
      const bool is_removal = resource.current != nullptr && dice_.chance(15);
      if (!is_removal) extracted = std::make_unique<Extracted>(resources_.json(name.first, name.second));
      ASSERT_TRUE(is_removal || !extracted->error) << extracted->error->message << extracted->text;
      Write write;
      write.kind = is_removal ? Write::Kind::remove : Write::Kind::put;
      write.type = name.first;
      write.id = name.second;
      write.expected = {resource.version};
      if (!is_removal) fhir::write_tail(fhir::r4(), *extracted->root, write.tail);
      if (!is_removal) write.added = extracted->values;
      if (resource.current != nullptr) write.removed = resource.current->values;
      set.writes.push_back(std::move(write));
    }
    ASSERT_NO_FATAL_FAILURE(commit(set, made));
  }

  void commit(WriteSet& set, std::map<Name, std::unique_ptr<Extracted>>& made) {
    auto expected = memory_->commit(set);
    ASSERT_TRUE(expected.ok()) << expected.error().message;
    auto got = sqlite_->commit(set);
    ASSERT_TRUE(got.ok()) << got.error().message;
    std::size_t at = 0;
    for (auto& [name, extracted] : made) {
      const Written& written = (*got)[at++];
      Resource& resource = written_[name];
      resource.version = written.version.value;
      resource.last_updated = written.last_updated;
      resource.current = std::move(extracted);
      plans_.learn(written.last_updated);
      if (resource.current != nullptr) plans_.learn(resource.current->values);
    }
  }

  // The resources of a type in a store's own stable order, which breaks the ties of every sort. For the memory engine
  // it is that of creation; in SQLite a resource stands where it was first named by a reference, if that came earlier.
  using Order = std::map<fhir::TypeId, std::vector<const Name*>>;
  void read_order(Store& store, Order& order) {
    order.clear();
    for (const fhir::TypeId type : pool_.types) {
      const std::string name(fhir::r4().type(type).name);
      std::size_t current = 0;
      for (const auto& [key, resource] : written_) {
        current += key.first == type && resource.current != nullptr ? 1 : 0;
      }
      for (const std::string& id : test::all_pages(store, test::all_query(name), 7)) {
        const auto found = written_.find({type, id});
        ASSERT_TRUE(found != written_.end() && found->second.current != nullptr)
            << name << "/" << id << " is not there";
        order[type].push_back(&found->first);
      }
      ASSERT_EQ(order[type].size(), current) << name;
    }
  }

  // What the matcher says, on resources in this order.
  std::vector<std::string> decide(const search::Query& query, Order& order) const {
    std::vector<search::Subject> found;
    for (const Name* name : order[query.type]) {
      const Resource& resource = written_.at(*name);
      const search::Subject subject{name->first, name->second, resource.last_updated, &resource.current->values};
      if (search::matches(query.plan, subject)) found.push_back(subject);
    }
    std::stable_sort(found.begin(), found.end(), [&](const search::Subject& a, const search::Subject& b) {
      return search::sorts_before(query.sort, a, b, fhir::r4());
    });
    std::vector<std::string> ids;
    for (const search::Subject& subject : found) ids.emplace_back(subject.id);
    return ids;
  }

  void compare(Store& store, const search::Query& query, std::uint32_t page_size,
               const std::vector<std::string>& expected) {
    ASSERT_EQ(test::all_pages(store, query, page_size), expected);
    const auto counted = store.search(query, {.count = page_size, .total = search::Total::accurate});
    ASSERT_TRUE(counted.ok()) << counted.error().message;
    ASSERT_EQ(counted->total.value_or(9'999'999), expected.size());
  }

  void compare_one(Order& memory_order, Order& sqlite_order) {
    const search::Query query = plans_.query(dice_.pick(pool_.types));
    const auto page_size = static_cast<std::uint32_t>(1 + dice_.below(dice_.chance(50) ? 9 : 100));
    SCOPED_TRACE("seed " + std::to_string(seed_) + ", plan " + std::to_string(compared_++) + " on " +
                 std::string(fhir::r4().type(query.type).name) + ": " + search::testing::describe(query));
    {
      SCOPED_TRACE("memory");
      ASSERT_NO_FATAL_FAILURE(compare(*memory_, query, page_size, decide(query, memory_order)));
    }
    SCOPED_TRACE("sqlite");
    const std::vector<std::string> expected = decide(query, sqlite_order);
    ASSERT_NO_FATAL_FAILURE(compare(*sqlite_, query, page_size, expected));
    hits_ += expected.empty() ? 0 : 1;
  }

  // Every text as it is stored, read anew and extracted anew, is indexed as it was at its commit.
  void verify() {
    std::vector<std::string> findings;
    std::unique_ptr<Extracted> again;
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
      std::string text;
      fhir::append_head(fhir::r4().type(version.type).name, version.id, version.version, version.last_updated, text);
      again = std::make_unique<Extracted>(text + version.tail);
      if (again->error) return *again->error;
      return again->values;
    };
    const auto looked_at = sqlite_->verify(extract, [&](std::string text) { findings.push_back(std::move(text)); });
    ASSERT_TRUE(looked_at.ok()) << looked_at.error().message;
    EXPECT_EQ(findings, std::vector<std::string>{});
  }

  const std::uint64_t seed_;
  const RandomPool pool_ = make_pool();
  Dice dice_;
  RandomResource resources_;
  RandomPlan plans_;
  std::map<Name, Resource> written_;
  std::uint64_t compared_ = 0;
  std::int64_t elapsed_ = 0;
  std::uint64_t hits_ = 0;
  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> memory_;
  std::unique_ptr<Store> sqlite_;
};

TEST_F(ResourcePropertyTest, EnginesAnswerWhatTheMatcherDecides) {
  const std::uint64_t plans = search::testing::setting("VESTA_PROPERTY_PLANS", kPlans);
  for (int phase = 0; phase < kPhases; ++phase) {
    // The defaults first, then every way to execute.
    const auto below = [&](int limit) { return dice_.below(limit); };
    ASSERT_NO_FATAL_FAILURE(reopen(phase == 0 ? sqlite::Tuning() : sqlite::test::any_tuning(below)));
    for (int set = 0; set < kSetsPerPhase; ++set) ASSERT_NO_FATAL_FAILURE(write_set());
    Order memory_order, sqlite_order;
    ASSERT_NO_FATAL_FAILURE(read_order(*memory_, memory_order));
    ASSERT_NO_FATAL_FAILURE(read_order(*sqlite_, sqlite_order));
    for (std::uint64_t i = 0; i < plans / kPhases; ++i) {
      ASSERT_NO_FATAL_FAILURE(compare_one(memory_order, sqlite_order));
    }
  }
  std::printf("%llu plans compared over %zu resources, %llu found something\n",
              static_cast<unsigned long long>(compared_), written_.size(), static_cast<unsigned long long>(hits_));
  EXPECT_GT(hits_ * 3, compared_) << "the plans look for what is not there";
  verify();
}

}  // namespace
}  // namespace vesta::store
