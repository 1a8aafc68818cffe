// Property test on real resources: what is extracted from random resources of many types is found by random plans over
// the types' own parameters, and over links between them, alike by an engine, by the memory engine and by
// search/matcher: ids, order, pages in both directions, totals and includes; of one type and of several; while others
// write.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "search/random_plan.h"
#include "search/random_resource.h"
#include "search/test_support.h"
#include "search/world_test_support.h"
#include "store/contract_test_support.h"
#include "store/describe_test_support.h"
#include "store/memory/memory_store.h"
#include "store/version_text.h"

namespace vesta::store::property_test {

using search::testing::Dice;
using search::testing::Extracted;
using search::testing::RandomPlan;
using search::testing::RandomPool;
using search::testing::RandomResource;

inline constexpr int kResourcePhases = 4;
inline constexpr int kSetsPerPhase = 120;
inline constexpr int kWalksPerPhase = search::testing::kSlowness > 1 ? 2 : 12;  // each page of a walk costs a commit
inline constexpr std::uint64_t kEnoughPlans = 10'000;                  // so that each kind of leaf and link matches
inline constexpr std::int64_t kResourceEpoch = 1'500'000'000'000'000;  // microseconds

// Every kind of parameter occurs: numbers in RiskAssessment, uris in ValueSet, quantities in Observation and others.
// Canonicals lead to Questionnaire and ValueSet.
inline constexpr const char* kTypes[] = {
    "Condition",    "Encounter",     "Immunization",          "Location",       "Observation",
    "Organization", "Patient",       "Practitioner",          "RiskAssessment", "ServiceRequest",
    "Substance",    "Questionnaire", "QuestionnaireResponse", "ValueSet"};

inline RandomPool make_pool() {
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
    memory_ = memory::open(test::registry(), clock_);
  }

  // As of PropertyTest.
  virtual std::unique_ptr<Store> open(const std::function<int(int)>& below) = 0;

  void reopen(const std::function<int(int)>& below) {
    engine_.reset();
    engine_ = open(below);
    ASSERT_NE(engine_, nullptr);
  }

  // One resource over its life; the values of its current version point into `current`.
  struct Resource {
    std::uint64_t version = 0;
    Instant last_updated = {};
    CommitSeq seq;
    std::unique_ptr<Extracted> current;  // null: deleted, or not there yet
  };
  using Name = std::pair<fhir::TypeId, std::string>;

  // One set of creations, updates and removals, into both engines.
  void write_set() {
    clock_.set(kResourceEpoch + (elapsed_ += dice_.below(3)) * 500);
    WriteSet set;
    std::map<Name, std::unique_ptr<Extracted>> made;
    for (int left = 1 + dice_.below(4); left > 0; --left) made[{dice_.pick(pool_.types), pool_.any_id(dice_)}] = {};
    for (const auto& [name, extracted] : made) touched_.insert(name);
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
    auto got = engine_->commit(set);
    ASSERT_TRUE(got.ok()) << got.error().message;
    std::size_t at = 0;
    for (auto& [name, extracted] : made) {
      const Written& written = (*got)[at++];
      Resource& resource = written_[name];
      resource.version = written.version.value;
      resource.last_updated = written.last_updated;
      resource.seq = written.seq;
      resource.current = std::move(extracted);
      plans_.learn(written.last_updated);
      if (resource.current != nullptr) plans_.learn(resource.current->values);
    }
  }

  void read_world() {
    world_.subjects.clear();
    contained_.clear();
    for (const auto& [name, resource] : written_) {
      if (resource.current == nullptr) continue;
      world_.subjects[name.first][name.second] = {name.first, name.second, resource.last_updated,
                                                  &resource.current->values};
      const search::Subject& outer = world_.subjects[name.first][name.second];
      std::uint32_t place = 0;
      for (const search::Contained& inner : resource.current->values.contained) {
        contained_[inner.type].push_back({search::contained_subject(outer, inner), name, {resource.seq, place++}});
      }
    }
    for (auto& [type, all] : contained_) std::ranges::sort(all, {}, &Inner::order);
  }

  // A contained resource, what contains it, and its place in the order of every store: that of the writes.
  struct Inner {
    search::Subject subject;
    Name outer;
    std::pair<CommitSeq, std::uint32_t> order;
  };

  // The resources of a type in a store's own stable order, which breaks the ties of every sort. For the memory engine
  // it is that of creation; in SQLite a resource stands where it was first named by a reference, if that came earlier.
  using Order = std::map<fhir::TypeId, std::vector<const search::Subject*>>;
  void read_order(Store& store, Order& order) {
    order.clear();
    for (const fhir::TypeId type : pool_.types) {
      const std::string name(fhir::r4().type(type).name);
      for (const std::string& id : test::all_pages(store, test::all_query(name), 7)) {
        const search::Subject* found = world_.find(type, id);
        ASSERT_NE(found, nullptr) << name << "/" << id << " is not there";
        order[type].push_back(found);
      }
      ASSERT_EQ(order[type].size(), world_.subjects[type].size()) << name;
    }
  }

  using Queries = std::vector<search::Query>;

  // What the matcher says, on resources in this order, and of those what `visible` shows; null: all.
  std::vector<Name> decide(const Queries& queries, Order& order, const search::Visibility* visible) const {
    const auto is_seen = [&](const search::Subject& subject) {
      return visible == nullptr || search::matches(visible->guard(subject.type), subject, &world_);
    };
    struct Found {
      const search::Query* query;
      const search::Subject* subject;
      Name name;  // of a contained one: of what contains it
    };
    std::vector<Found> found;
    for (const search::Query& query : queries) {
      const auto inside = contained_.find(query.type);
      if (query.scope == search::Scope::contained && inside != contained_.end()) {
        for (const Inner& inner : inside->second) {
          if (search::matches(query.plan, inner.subject, &world_)) {
            found.push_back({&query, &inner.subject, inner.outer});
          }
        }
      }
      if (query.scope == search::Scope::contained) continue;
      for (const search::Subject* subject : order[query.type]) {
        if (search::matches(query.plan, *subject, &world_) && is_seen(*subject)) {
          found.push_back({&query, subject, Name(subject->type, subject->id)});
        }
      }
    }
    std::stable_sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
      return search::sorts_before({a.query->sort, *a.subject}, {b.query->sort, *b.subject}, fhir::r4());
    });
    std::vector<Name> names;
    for (const Found& each : found) names.push_back(each.name);
    return names;
  }

  static std::vector<std::string> ids_of(const std::vector<Name>& names) {
    std::vector<std::string> ids;
    for (const auto& [type, id] : names) ids.push_back(id);
    return ids;
  }

  void compare(Store& store, const Queries& queries, std::uint32_t page_size, const std::vector<std::string>& expected,
               const search::Visibility* visible) {
    ASSERT_EQ(test::all_pages(store, queries, page_size, search::Total::none, visible), expected);
    if (dice_.chance(30)) {
      ASSERT_EQ(test::all_pages_backward(store, queries, page_size, visible), expected);
    }
    if (!expected.empty() && dice_.chance(30)) {
      ASSERT_NO_FATAL_FAILURE(compare_turn(store, queries, expected, visible));
    }
    const auto counted = store.search(
        queries,
        {.count = page_size, .total = search::Total::accurate, .visible = visible, .explain = dice_.chance(10)});
    ASSERT_TRUE(counted.ok()) << counted.error().message;
    ASSERT_EQ(counted->total.value_or(9'999'999), expected.size());
    if (!dice_.chance(10)) return;
    const auto estimated = store.search(queries, {.count = 1, .total = search::Total::estimate, .visible = visible});
    ASSERT_TRUE(estimated.ok()) << estimated.error().message;
    ASSERT_TRUE(estimated->total.has_value());
  }

  // Forward by two pages, and from there backward by one of another size.
  void compare_turn(Store& store, const Queries& queries, const std::vector<std::string>& expected,
                    const search::Visibility* visible) {
    const auto ids_of = [](const SearchPage& page) {
      std::vector<std::string> ids;
      for (const Version& version : page.entries) ids.push_back(version.id);
      return ids;
    };
    const auto size = static_cast<int>(expected.size());
    const int first = 1 + dice_.below(size), back = 1 + dice_.below(size);
    const auto one = store.search(queries, {.count = static_cast<std::uint32_t>(first), .visible = visible});
    ASSERT_TRUE(one.ok()) << one.error().message;
    ASSERT_EQ(one->next.has_value(), first < size);
    ASSERT_FALSE(one->previous.has_value());
    if (!one->next) return;
    const auto two = store.search(queries, {.count = 1, .from = *one->next, .visible = visible});
    ASSERT_TRUE(two.ok()) << two.error().message;
    ASSERT_TRUE(two->previous.has_value());
    const auto turned = store.search(queries, {.count = static_cast<std::uint32_t>(back),
                                               .from = *two->previous,
                                               .direction = SearchOptions::Direction::backward,
                                               .visible = visible});
    ASSERT_TRUE(turned.ok()) << turned.error().message;
    const std::vector<std::string> before(expected.begin() + std::max(0, first - back), expected.begin() + first);
    ASSERT_EQ(ids_of(*turned), before);
    ASSERT_EQ(turned->previous.has_value(), back < first);
    ASSERT_TRUE(turned->next.has_value());
  }

  search::Visibility any_visibility() {
    search::Visibility visible = search::Visibility::nothing();
    for (const fhir::TypeId type : pool_.types) {
      if (dice_.chance(80)) visible.add(type, plans_.plan(type, search::testing::RandomPlan::kMaxDepth - 1));
    }
    return visible;
  }

  // By id, pages are the same in both engines; so must be what is included in them.
  void compare_includes(Queries queries, std::uint32_t page_size) {
    const bool descending = dice_.chance(50);
    for (search::Query& query : queries) query.sort = {{search::SortKey::Column::id, nullptr, descending}};
    SearchOptions options{.count = page_size};
    options.includes = plans_.includes(queries.front().type);
    SCOPED_TRACE(test::describe(options.includes));
    const search::Visibility visible = any_visibility();
    if (dice_.chance(50)) options.visible = &visible;
    const auto names_of = [](const std::vector<Version>& versions) {
      std::vector<std::string> names;
      for (const Version& version : versions) {
        names.push_back(std::string(fhir::r4().type(version.type).name) + "/" + version.id + "/" +
                        std::to_string(version.version.value) + (version.deleted ? " deleted" : "") + version.tail);
      }
      return names;
    };
    const auto expected = memory_->search(queries, options);
    ASSERT_TRUE(expected.ok()) << expected.error().message;
    const auto got = engine_->search(queries, options);
    ASSERT_TRUE(got.ok()) << got.error().message;
    ASSERT_EQ(names_of(got->entries), names_of(expected->entries));
    auto names = names_of(got->included), expected_names = names_of(expected->included);
    std::sort(names.begin(), names.end());
    std::sort(expected_names.begin(), expected_names.end());
    ASSERT_EQ(names, expected_names);
    included_ += names.size();
    if (options.visible != nullptr) seen_ += names.size() + got->entries.size();
  }

  // Which kinds of leaves and links found a resource at all, taken alone.
  void note_kinds(const search::Plan& plan) {
    for (const search::Plan& child : plan.children) note_kinds(child);
    const bool is_link = search::rewrites::is_link(plan);
    if (!is_link && plan.kind != search::Plan::Kind::leaf) return;
    const std::pair<search::Plan::Kind, std::size_t> kind(plan.kind, is_link ? 0 : plan.leaf.match.index());
    if (kinds_.contains(kind)) return;
    for (const auto& [type, subjects] : world_.subjects) {
      for (const auto& [id, subject] : subjects) {
        if (search::matches(plan, subject, &world_)) kinds_.insert(kind);
      }
    }
  }

  void compare_one(Order& memory_order, Order& engine_order) {
    const int kind = dice_.below(20);
    const Queries queries = kind < 3    ? Queries{plans_.contained_query()}
                            : kind < 15 ? Queries{plans_.query(dice_.pick(pool_.types))}
                                        : plans_.queries();
    const bool is_contained = queries.front().scope == search::Scope::contained;
    const search::Visibility some = any_visibility();
    const search::Visibility* const visible = !is_contained && dice_.chance(30) ? &some : nullptr;
    const auto page_size = static_cast<std::uint32_t>(1 + dice_.below(dice_.chance(50) ? 9 : 100));
    SCOPED_TRACE("seed " + std::to_string(seed_) + ", plan " + std::to_string(compared_++) + " on " +
                 test::describe(queries));
    {
      SCOPED_TRACE("memory");
      ASSERT_NO_FATAL_FAILURE(
          compare(*memory_, queries, page_size, ids_of(decide(queries, memory_order, visible)), visible));
    }
    SCOPED_TRACE("pages of " + std::to_string(page_size));
    const std::vector<std::string> expected = ids_of(decide(queries, engine_order, visible));
    ASSERT_NO_FATAL_FAILURE(compare(*engine_, queries, page_size, expected, visible));
    if (!is_contained && dice_.chance(25)) {
      ASSERT_NO_FATAL_FAILURE(compare_includes(queries, page_size));
    }
    hits_ += expected.empty() ? 0 : 1;
    contained_hits_ += !expected.empty() && is_contained ? 1 : 0;
    for (const search::Query& query : queries) note_kinds(query.plan);
  }

  // A walk through all pages of one engine, and what it should meet.
  struct PageWalk {
    Store* store;
    SearchOptions options;
    std::vector<Name> expected;
    std::vector<Name> seen = {};
    bool is_done = false;

    void turn(const Queries& queries) {
      if (is_done) return;
      const auto page = store->search(queries, options);
      ASSERT_TRUE(page.ok()) << page.error().message;
      const bool is_forward = options.direction == SearchOptions::Direction::forward;
      std::vector<Name> names;
      for (const Version& version : page->entries) names.emplace_back(version.type, version.id);
      seen.insert(is_forward ? seen.end() : seen.begin(), names.begin(), names.end());
      const auto& further = is_forward ? page->next : page->previous;
      is_done = !further.has_value();
      if (further) options.from = *further;
    }
  };

  // Of what nobody changes meanwhile, each match is seen once and in its place, whatever else comes and goes.
  void walk_while_others_write(Order& memory_order, Order& engine_order) {
    Queries queries = plans_.queries();
    for (search::Query& query : queries) {
      if (test::has_link(query.plan))
        query.plan = search::Plan::make_all();  // others' changes would change its matches
    }
    SearchOptions options{.count = static_cast<std::uint32_t>(1 + dice_.below(20))};
    if (dice_.chance(50)) options.direction = SearchOptions::Direction::backward;
    SCOPED_TRACE("seed " + std::to_string(seed_) + ", " + test::describe(queries));
    PageWalk walks[] = {{memory_.get(), options, decide(queries, memory_order, nullptr)},
                        {engine_.get(), options, decide(queries, engine_order, nullptr)}};
    touched_.clear();
    while (!walks[0].is_done || !walks[1].is_done) {
      for (PageWalk& walk : walks) ASSERT_NO_FATAL_FAILURE(walk.turn(queries));
      ASSERT_NO_FATAL_FAILURE(write_set());
    }
    for (PageWalk& walk : walks) {
      const auto is_touched = [&](const Name& name) { return touched_.contains(name); };
      std::erase_if(walk.seen, is_touched);
      std::erase_if(walk.expected, is_touched);
      ASSERT_EQ(walk.seen, walk.expected) << (walk.store == memory_.get() ? "memory" : "engine");
      met_ += walk.seen.size();
    }
  }

  void walk_many() {
    for (int walk = 0; walk < kWalksPerPhase; ++walk) {
      read_world();
      Order memory_order, engine_order;
      ASSERT_NO_FATAL_FAILURE(read_order(*memory_, memory_order));
      ASSERT_NO_FATAL_FAILURE(read_order(*engine_, engine_order));
      ASSERT_NO_FATAL_FAILURE(walk_while_others_write(memory_order, engine_order));
    }
  }

  // Rare kinds (a distance, an element of a composite) need many plans to find something: a short run proves nothing.
  void expect_enough() const {
    if (compared_ < kEnoughPlans) return;
    EXPECT_GT(hits_ * 3, compared_) << "the plans look for what is not there";
    EXPECT_GT(contained_hits_, compared_ / 100) << "searches for what is contained find nothing";
    EXPECT_GT(included_, compared_ / 10) << "the includes lead nowhere";
    EXPECT_GT(seen_, compared_ / 100) << "everything is hidden";
    for (std::size_t match = 0; match < std::variant_size_v<decltype(search::Leaf::match)>; ++match) {
      EXPECT_TRUE(kinds_.contains({search::Plan::Kind::leaf, match})) << "no leaf of kind " << match;
    }
    EXPECT_TRUE(kinds_.contains({search::Plan::Kind::chain, 0})) << "no chain finds anything";
    EXPECT_TRUE(kinds_.contains({search::Plan::Kind::has, 0})) << "no _has finds anything";
    EXPECT_TRUE(kinds_.contains({search::Plan::Kind::contains, 0})) << "nothing is found by what it contains";
  }

  // Every text as it is stored, read anew and extracted anew, is indexed as it was at its commit.
  void verify() {
    std::vector<std::string> findings;
    std::unique_ptr<Extracted> again;
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
      std::string text;
      append_text(fhir::r4(), version, text);
      again = std::make_unique<Extracted>(text);
      if (again->error) return *again->error;
      return again->values;
    };
    const auto looked_at = engine_->verify(extract, [&](std::string text) { findings.push_back(std::move(text)); });
    ASSERT_TRUE(looked_at.ok()) << looked_at.error().message;
    EXPECT_EQ(findings, std::vector<std::string>{});
  }

  // VESTA_PROPERTY_PLANS and VESTA_PROPERTY_SEED override what is drawn.
  void answers_what_the_matcher_decides(std::uint64_t usual_plans) {
    const std::uint64_t plans = search::testing::setting("VESTA_PROPERTY_PLANS", usual_plans);
    for (int phase = 0; phase < kResourcePhases; ++phase) {
      // The defaults first, then every way to execute.
      const auto below = [&](int limit) { return dice_.below(limit); };
      ASSERT_NO_FATAL_FAILURE(reopen(phase == 0 ? std::function<int(int)>() : below));
      for (int set = 0; set < kSetsPerPhase; ++set) ASSERT_NO_FATAL_FAILURE(write_set());
      read_world();
      Order memory_order, engine_order;
      ASSERT_NO_FATAL_FAILURE(read_order(*memory_, memory_order));
      ASSERT_NO_FATAL_FAILURE(read_order(*engine_, engine_order));
      for (std::uint64_t i = 0; i < plans / kResourcePhases; ++i) {
        ASSERT_NO_FATAL_FAILURE(compare_one(memory_order, engine_order));
      }
      ASSERT_NO_FATAL_FAILURE(walk_many());
    }
    std::printf(
        "%llu plans compared over %zu resources, %llu found something, %llu resources included, %llu where others were "
        "hidden, %llu contained, %llu met\n",
        static_cast<unsigned long long>(compared_), written_.size(), static_cast<unsigned long long>(hits_),
        static_cast<unsigned long long>(included_), static_cast<unsigned long long>(seen_),
        static_cast<unsigned long long>(contained_hits_), static_cast<unsigned long long>(met_));
    EXPECT_GT(met_, kResourcePhases * kWalksPerPhase) << "the walks meet nothing";
    expect_enough();
    verify();
  }

  const std::uint64_t seed_;
  const RandomPool pool_ = make_pool();
  Dice dice_;
  RandomResource resources_;
  RandomPlan plans_;
  std::map<Name, Resource> written_;
  search::testing::World world_;
  std::map<fhir::TypeId, std::vector<Inner>> contained_;  // by their own type
  std::set<Name> touched_;                                // written since it was cleared
  std::uint64_t compared_ = 0;
  std::int64_t elapsed_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t contained_hits_ = 0;
  std::uint64_t included_ = 0;
  std::uint64_t seen_ = 0;  // of those included, where others were hidden
  std::uint64_t met_ = 0;   // by walks, of what nobody changed
  std::set<std::pair<search::Plan::Kind, std::size_t>> kinds_;
  test::FakeClock clock_;
  std::unique_ptr<Store> memory_;
  std::unique_ptr<Store> engine_;
};

}  // namespace vesta::store::property_test
