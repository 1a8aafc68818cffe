// The part of the contract that is about copies (store/copy.h): of random histories, from the memory engine into
// another and on, interrupted or not; and what they are made of.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "search/random_plan.h"
#include "search/random_resource.h"
#include "search/test_support.h"
#include "store/contract_test_support.h"
#include "store/copy.h"
#include "store/describe_test_support.h"
#include "store/digest.h"
#include "store/memory/memory_store.h"
#include "store/version_text.h"

namespace vesta::store {

// Writes a random history: creations, updates, deletions, creations of what was deleted, contained resources, records
// of the audit log, properties.
class RandomHistory {
 public:
  using Extracted = search::testing::Extracted;

  RandomHistory() : resources_(fhir::r4(), pool_, dice_), plans_(search::testing::registry(), pool_, dice_) {}

  void write(Store& store, test::FakeClock& clock, int sets) {
    for (; sets > 0; --sets) {
      clock.set(kStart + (elapsed_ += dice_.below(3)) * 500);
      WriteSet set;
      std::map<Name, std::unique_ptr<Extracted>> made;
      for (int left = 1 + dice_.below(4); left > 0; --left) made[{dice_.pick(pool_.types), pool_.any_id(dice_)}] = {};
      for (auto& [name, extracted] : made) set.writes.push_back(make_write(name, extracted));
      if (dice_.chance(40)) set.audit.push_back("record " + std::to_string(dice_.below(1000)));
      if (dice_.chance(40)) set.properties.emplace_back("p" + std::to_string(dice_.below(150)), std::string("\0v", 2));
      const auto written = store.commit(set);
      ASSERT_TRUE(written.ok()) << written.error().message;
      for (auto& [name, extracted] : made) {
        State& state = states_[name];
        ++state.version;
        state.current = std::move(extracted);
        if (state.current != nullptr) plans_.learn(state.current->values);
      }
    }
  }
  // Of one type, or of what is contained.
  search::Query query() { return dice_.chance(20) ? plans_.contained_query() : plans_.query(dice_.pick(pool_.types)); }
  search::testing::Dice& dice() { return dice_; }

 private:
  using Name = std::pair<fhir::TypeId, std::string>;
  struct State {
    std::uint64_t version = 0;
    std::unique_ptr<Extracted> current;  // null: deleted, or not there yet
  };
  static constexpr std::int64_t kStart = 1'500'000'000'000'000;  // microseconds

  static search::testing::RandomPool make_pool() {
    search::testing::RandomPool pool;
    for (const char* name : {"Observation", "Patient", "Encounter", "Organization"}) {
      pool.types.push_back(test::type_of(name));
    }
    return pool;
  }
  Write make_write(const Name& name, std::unique_ptr<Extracted>& extracted) {
    const State& state = states_[name];
    Write write;
    write.type = name.first;
    write.id = name.second;
    write.expected = {state.version};
    if (state.current != nullptr) write.removed = state.current->values;
    if (state.current != nullptr && dice_.chance(30)) {
      write.kind = Write::Kind::remove;
      return write;
    }
    extracted = std::make_unique<Extracted>(resources_.json(name.first, name.second));
    EXPECT_FALSE(extracted->error) << extracted->text;
    fhir::write_tail(fhir::r4(), *extracted->root, write.tail);
    write.added = extracted->values;
    return write;
  }

  const search::testing::RandomPool pool_ = make_pool();
  search::testing::Dice dice_{search::testing::seed_from("VESTA_PROPERTY_SEED")};
  search::testing::RandomResource resources_;
  search::testing::RandomPlan plans_;
  std::map<Name, State> states_;
  std::int64_t elapsed_ = 0;
};

class TestIndexer final : public CopyIndexer {
 public:
  std::string refused;  // the id of what cannot be indexed

  Result<search::IndexValues> values_of(const Version& version) override {
    if (version.id == refused) return make_error(Category::internal, "refused");
    std::string text;
    append_text(fhir::r4(), version, text);
    kept_.push_back(std::make_unique<search::testing::Extracted>(std::move(text)));
    if (kept_.back()->error) return *kept_.back()->error;
    return kept_.back()->values;
  }
  void reset() override { kept_.clear(); }

 private:
  std::vector<std::unique_ptr<search::testing::Extracted>> kept_;
};

template <class Engine>
class StoreCopies : public ::testing::Test {
 protected:
  static constexpr int kSets = 60;
  static constexpr int kQueries = 60;

  StoreCopies()
      : source_(memory::open(search::testing::registry(), clock_)),
        engine_(std::make_unique<Engine>()),
        store_(open(*engine_)) {}
  ~StoreCopies() override { store_.reset(); }

  std::unique_ptr<Store> open(Engine& engine) { return engine.open(search::testing::registry(), clock_); }
  Result<Copied> run(Store& from, Store& to, int commits = -1) {
    CopyOptions options{.registry = search::testing::registry(), .indexer = indexer_, .versions_per_commit = 7};
    options.progress = [commits](std::uint64_t, std::uint64_t) mutable -> Status {
      if (commits-- != 0) return kOk;
      return make_error(Category::unavailable, "interrupted");
    };
    return copy(from, to, options);
  }
  // Ids and tails, into the source.
  void put_patients(const std::vector<std::pair<std::string, std::string>>& patients) {
    for (const auto& [id, tail] : patients) {
      WriteSet set;
      set.generation = search::testing::registry().generation();
      set.writes.push_back(test::make_put("Patient", id, 0, tail, {}, {}));
      ASSERT_TRUE(source_->commit(set).ok());
    }
  }
  void expect_copied(Store& from, Store& to) {
    auto copied = run(from, to);
    ASSERT_TRUE(copied.ok()) << copied.error().message;
    EXPECT_EQ(copied->unindexed, 0u);
    expect_same(from, to);
    auto direct = digest(to, fhir::r4());
    ASSERT_TRUE(direct.ok());
    EXPECT_EQ(direct->total(), copied->digest.total());
  }
  void expect_same(Store& from, Store& to) {
    EXPECT_EQ(from.newest(), to.newest());
    EXPECT_EQ(from.newest_audit(), to.newest_audit());
    const auto left = from.statistics(), right = to.statistics();
    ASSERT_TRUE(left.ok() && right.ok());
    EXPECT_EQ(left->resources, right->resources);
    EXPECT_EQ(left->versions, right->versions);
    EXPECT_EQ(left->index_epoch, right->index_epoch);
    const auto checked = to.verify(
        [this](const Version& version) {
          indexer_.reset();
          return indexer_.values_of(version);
        },
        [](const std::string& finding) { ADD_FAILURE() << finding; });
    EXPECT_TRUE(checked.ok());
    for (int i = 0; i < kQueries; ++i) expect_same_pages(from, to, history_.query());
  }
  // And a position of the one store leads on in the other.
  void expect_same_pages(Store& from, Store& to, const search::Query& query) {
    SearchOptions options{.count = 3, .total = search::Total::accurate};
    for (int pages = 0; pages < 3; ++pages) {
      const auto left = from.search(query, options), right = to.search(query, options);
      ASSERT_TRUE(left.ok() && right.ok()) << (left.ok() ? right : left).error().message;
      EXPECT_EQ(left->total, right->total);
      EXPECT_EQ(names_of(*left), names_of(*right)) << test::describe(query);
      EXPECT_EQ(left->next.has_value(), right->next.has_value());
      if (!left->next || query.scope == search::Scope::contained) return;
      options.from = *left->next;
    }
  }
  static std::vector<std::string> names_of(const SearchPage& page) {
    std::vector<std::string> names;
    for (const Version& entry : page.entries) {
      names.push_back(entry.id + "/" + std::to_string(entry.version.value) +
                      (entry.contained ? "#" + std::to_string(*entry.contained) : std::string()));
    }
    return names;
  }
  static Category category_of(const Result<Copied>& copied) {
    EXPECT_FALSE(copied.ok());
    return copied.ok() ? Category::internal : copied.error().category;
  }

  test::FakeClock clock_;
  RandomHistory history_;
  TestIndexer indexer_;
  std::unique_ptr<Store> source_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(StoreCopies);

TYPED_TEST_P(StoreCopies, HasEverythingAndAnswersAlike) {
  this->history_.write(*this->source_, this->clock_, this->kSets);
  ASSERT_TRUE(this->source_->take_over({}, 3).ok());
  this->expect_copied(*this->source_, *this->store_);
  // Times go on behind those that were copied, and so do all numbers.
  this->history_.write(*this->store_, this->clock_, this->kSets / 2);

  auto other = std::make_unique<TypeParam>();
  auto second = this->open(*other);
  this->expect_copied(*this->store_, *second);
  const auto back = memory::open(search::testing::registry(), this->clock_);
  this->expect_copied(*second, *back);
  second.reset();
}

TYPED_TEST_P(StoreCopies, GoesOnWhereItWasInterrupted) {
  this->history_.write(*this->source_, this->clock_, this->kSets);
  for (int interruptions = 0;; ++interruptions) {
    const auto copied = this->run(*this->source_, *this->store_, 1);
    if (copied.ok()) {
      EXPECT_GT(interruptions, 3);
      break;
    }
    ASSERT_EQ(copied.error().message, "interrupted");
    EXPECT_EQ(*is_unfinished_copy(*this->store_), true);
    if (TypeParam::kIsDurable) {
      this->store_.reset();
      this->store_ = this->open(*this->engine_);
      EXPECT_EQ(*is_unfinished_copy(*this->store_), true);
    }
  }
  EXPECT_EQ(*is_unfinished_copy(*this->store_), false);
  this->expect_same(*this->source_, *this->store_);
}

TYPED_TEST_P(StoreCopies, IsOfOneSourceAsItWas) {
  this->history_.write(*this->source_, this->clock_, this->kSets);
  EXPECT_EQ(this->run(*this->source_, *this->store_, 2).error().message, "interrupted");
  const auto elsewhere = memory::open(search::testing::registry(), this->clock_);
  EXPECT_EQ(this->category_of(this->run(*elsewhere, *this->store_)), Category::conflict);
  EXPECT_EQ(this->category_of(this->run(*this->store_, *elsewhere)), Category::conflict) << "it is unfinished itself";
  WriteSet set;
  set.audit.push_back("one more");
  ASSERT_TRUE(this->source_->commit(set).ok());
  EXPECT_EQ(this->category_of(this->run(*this->source_, *this->store_)), Category::conflict);
  EXPECT_EQ(*is_unfinished_copy(*this->store_), true);
}

TYPED_TEST_P(StoreCopies, NoticeThatTheirSourceIsWrittenTo) {
  this->history_.write(*this->source_, this->clock_, this->kSets);
  CopyOptions options{.registry = search::testing::registry(), .indexer = this->indexer_};
  options.progress = [this](std::uint64_t, std::uint64_t) -> Status {
    WriteSet set;
    set.audit.push_back("meanwhile");
    VESTA_CHECK_OK(this->source_->commit(set));
    return kOk;
  };
  EXPECT_EQ(this->category_of(copy(*this->source_, *this->store_, options)), Category::conflict);
  EXPECT_EQ(*is_unfinished_copy(*this->store_), true);
}

TYPED_TEST_P(StoreCopies, NeedsAnEmptyTarget) {
  this->history_.write(*this->source_, this->clock_, 2);
  WriteSet set;
  set.properties.emplace_back("there", "already");
  ASSERT_TRUE(this->store_->commit(set).ok());
  const auto refused = this->run(*this->source_, *this->store_);
  ASSERT_EQ(this->category_of(refused), Category::conflict);
  EXPECT_EQ(refused.error().message, "the target is not empty");
}

TYPED_TEST_P(StoreCopies, OfNothingIsEmpty) {
  this->expect_copied(*this->source_, *this->store_);
  EXPECT_EQ(*is_unfinished_copy(*this->store_), false);
}

TYPED_TEST_P(StoreCopies, HaveWhatCannotBeIndexed) {
  this->put_patients({{"a", "}}"}, {"b", "}}"}});
  this->indexer_.refused = "b";
  const auto copied = this->run(*this->source_, *this->store_);
  ASSERT_TRUE(copied.ok()) << copied.error().message;
  EXPECT_EQ(copied->unindexed, 1u);
  EXPECT_NE(*this->store_->read(test::type_of("Patient"), "b"), std::nullopt);
}

TYPED_TEST_P(StoreCopies, CommitSoManyVersionsOrBytesAtOnce) {
  std::vector<std::pair<std::string, std::string>> patients;
  for (int i = 0; i < 8; ++i) patients.emplace_back("p" + std::to_string(i), "}}");
  for (const char* id : {"x", "y", "z"})
    patients.emplace_back(id, "},\"language\":\"" + std::string(5 << 20, 'l') + "\"}");
  this->put_patients(patients);
  std::vector<std::uint64_t> steps;
  CopyOptions options{.registry = search::testing::registry(), .indexer = this->indexer_, .versions_per_commit = 7};
  options.progress = [&steps](std::uint64_t done, std::uint64_t) -> Status {
    steps.push_back(done);
    return kOk;
  };
  ASSERT_TRUE(copy(*this->source_, *this->store_, options).ok());
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{7, 10, 11})) << "7 versions; 10 MB are more than " << kCopyBytes;
}

TYPED_TEST_P(StoreCopies, AreHeldAgainstTheirSource) {
  this->history_.write(*this->source_, this->clock_, this->kSets);
  this->expect_copied(*this->source_, *this->store_);
  const std::uint64_t audited = this->store_->newest_audit(), seq = this->store_->newest().value;
  const auto before = digest(*this->store_, fhir::r4(), DigestLimits{seq, audited});
  ASSERT_TRUE(before.ok());
  WriteSet set;
  set.audit.push_back("one more");
  ASSERT_TRUE(this->store_->commit(set).ok());
  const auto differ = compare(*this->source_, *this->store_, fhir::r4());
  ASSERT_FALSE(differ.ok());
  EXPECT_EQ(differ.error().category, Category::conflict);
  EXPECT_EQ(differ.error().message,
            "entry " + std::to_string(audited + 1) + " of the audit log is in the second store only");
  this->history_.write(*this->store_, this->clock_, 1);
  EXPECT_NE(compare(*this->source_, *this->store_, fhir::r4()).error().message.find("(commit sequence "),
            std::string::npos);
  const auto after = digest(*this->store_, fhir::r4(), DigestLimits{seq, audited});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(before->total(), after->total()) << "what was there is there";
  EXPECT_NE(before->total(), digest(*this->store_, fhir::r4(), DigestLimits{seq - 1, audited})->total());
}

TYPED_TEST_P(StoreCopies, GivePlacesBeforeThereAreVersions) {
  const fhir::TypeId type = test::type_of("Patient");
  const std::vector<PlaceInOrder> places = {{5, type, "late"}, {9, type, "early"}};
  ASSERT_TRUE(this->store_->take_over(places, 2).ok());
  ASSERT_TRUE(this->store_->take_over(places, 1).ok()) << "again, as after an interruption";
  EXPECT_EQ(this->store_->statistics()->index_epoch, 2u);
  EXPECT_EQ(*this->store_->read(type, "late"), std::nullopt);
  EXPECT_TRUE(this->store_->places(0, 10)->empty());
  const std::vector<PlaceInOrder> other = {{6, type, "late"}};
  const auto refused = this->store_->take_over(other, 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::conflict);
  for (const char* id : {"new", "early", "late"}) {
    WriteSet set;
    set.generation = search::testing::registry().generation();
    set.writes.push_back(test::make_put("Patient", id, 0, "}", {}, {}));
    ASSERT_TRUE(this->store_->commit(set).ok());
  }
  EXPECT_EQ(test::all_pages(*this->store_, test::all_query("Patient"), 2),
            (std::vector<std::string>{"late", "early", "new"}));
  const auto first = this->store_->places(0, 2);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, places);
  const auto rest = this->store_->places(9, 2);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->front().id, "new");
}

TYPED_TEST_P(StoreCopies, ListProperties) {
  WriteSet set;
  for (const char* key : {"b", "a", "c"}) set.properties.emplace_back(key, std::string(key) + "\xff");
  ASSERT_TRUE(this->store_->commit(set).ok());
  EXPECT_EQ(*this->store_->properties("", 2), (std::vector<Property>{{"a", "a\xff"}, {"b", "b\xff"}}));
  EXPECT_EQ(*this->store_->properties("b", 2), (std::vector<Property>{{"c", "c\xff"}}));
}

TYPED_TEST_P(StoreCopies, KeepTheirTimes) {
  constexpr std::int64_t kThen = 1'400'000'000'123'000;
  WriteSet set;
  set.generation = search::testing::registry().generation();
  set.writes.push_back(test::make_put("Patient", "a", 0, "}", {}, {}));
  set.writes.push_back(test::make_put("Patient", "b", 0, "}", {}, {}));
  set.writes[0].last_updated = Instant{kThen};
  set.writes[1].last_updated = Instant{kThen + 2000};
  const auto written = this->store_->commit(set);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ((*written)[0].last_updated, Instant{kThen});
  const auto changes = this->store_->changes({}, 10);
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ(changes->at(0).last_updated, Instant{kThen});
  EXPECT_EQ(changes->at(1).last_updated, Instant{kThen + 2000});
}

REGISTER_TYPED_TEST_SUITE_P(StoreCopies, HasEverythingAndAnswersAlike, GoesOnWhereItWasInterrupted,
                            IsOfOneSourceAsItWas, NoticeThatTheirSourceIsWrittenTo, NeedsAnEmptyTarget,
                            OfNothingIsEmpty, HaveWhatCannotBeIndexed, CommitSoManyVersionsOrBytesAtOnce,
                            AreHeldAgainstTheirSource, GivePlacesBeforeThereAreVersions, ListProperties,
                            KeepTheirTimes);

}  // namespace vesta::store
