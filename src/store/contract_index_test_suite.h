// The part of the contract that is about a Registry that grows: index values without a version, generations,
// forgetting.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/contract_test_suite.h"

namespace vesta::store {

// A Registry of its own: those of other suites stay as they are.
template <class Engine>
class StoreIndexing : public ::testing::Test {
 protected:
  StoreIndexing() : store_(engine_.open(registry_, clock_)) {}

  static search::CustomParameter source() {
    search::CustomParameter made;
    made.url = "http://test/note";
    made.code = "note-text";
    made.type = fhir::SearchParamType::string;
    made.expression = "Observation.note.text";
    made.base = {test::type_of("Observation")};
    return made;
  }
  std::string digest() const { return search::digest_of(fhir::r4(), source()); }
  const search::Parameter& note() const {
    const search::Parameter* found = registry_.find(test::type_of("Observation"), "note-text");
    CHECK(found != nullptr);
    return *found;
  }
  const search::Parameter& code() const { return *registry_.find(test::type_of("Observation"), "code"); }

  test::Values values(const std::string& code, const std::string& note = "") const {
    test::Values made;
    made.token(this->code(), code, "http://loinc.org").present(this->code());
    if (!note.empty()) made.string(this->note(), note).present(this->note());
    return made;
  }
  Result<std::vector<Written>> commit(Write write, std::uint64_t generation) {
    WriteSet set;
    set.writes.push_back(std::move(write));
    set.generation = generation;
    return store_->commit(set);
  }
  static Write make_index(const std::string& id, std::uint64_t version, const test::Values& values) {
    Write write = test::make_put("Observation", id, version, "", values, {});
    write.kind = Write::Kind::index;
    return write;
  }
  std::vector<std::string> found(const std::string& folded) {
    return test::all_pages(
        *store_, test::leaf_query("Observation", {&note(), search::StringMatch{search::StringMode::equal, folded}}), 2);
  }
  std::vector<std::string> with_code(const std::string& value) {
    return test::all_pages(*store_, test::leaf_query("Observation", {&code(), search::TokenMatch{std::nullopt, value}}),
                           2);
  }
  // Whether the store agrees that `values` are those of the one resource.
  int findings(const test::Values& values) {
    int count = 0;
    const auto looked_at =
        store_->verify([&](const Version&) -> Result<search::IndexValues> { return values.values(); },
                       [&](const std::string&) { ++count; });
    EXPECT_TRUE(looked_at.ok());
    return count;
  }

  using Ids = std::vector<std::string>;
  test::FakeClock clock_;
  search::Registry registry_{fhir::r4()};
  Engine engine_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(StoreIndexing);

TYPED_TEST_P(StoreIndexing, RefusesValuesOfAnOlderGeneration) {
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 0, "1", this->values("x"), {}), 0).ok());
  ASSERT_TRUE(this->registry_.add(this->source()).ok());
  const auto stale = this->commit(test::make_put("Observation", "a", 1, "2", this->values("x"), this->values("x")), 0);
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().category, Category::conflict);
  EXPECT_EQ(this->store_->statistics()->versions, 1u);
  EXPECT_TRUE(this->commit(test::make_put("Observation", "a", 1, "2", this->values("x", "n"), this->values("x")),
                           this->registry_.generation())
                  .ok());
  WriteSet properties;
  properties.properties.emplace_back("k", "v");
  EXPECT_TRUE(this->store_->commit(properties).ok()) << "nothing was extracted";
}

TYPED_TEST_P(StoreIndexing, ReplacesIndexValuesWithoutAVersion) {
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 0, "1", this->values("x"), {}), 0).ok());
  ASSERT_TRUE(this->registry_.add(this->source()).ok());
  const std::uint64_t generation = this->registry_.generation();
  const auto first = this->commit(this->make_index("a", 1, this->values("x", "new")), generation);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_TRUE(first->front().changed);
  EXPECT_EQ(first->front().version.value, 1u);
  const auto again = this->commit(this->make_index("a", 1, this->values("x", "new")), generation);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->front().changed) << "all is there";
  this->registry_.set_ready(this->digest());
  EXPECT_EQ(this->found("new"), typename TestFixture::Ids{"a"});
  EXPECT_EQ(this->with_code("x"), typename TestFixture::Ids{"a"});
  EXPECT_EQ(this->findings(this->values("x", "new")), 0);
  ASSERT_TRUE(this->commit(this->make_index("a", 1, this->values("y")), generation).ok());
  EXPECT_EQ(this->found("new"), typename TestFixture::Ids{});
  EXPECT_EQ(this->with_code("y"), typename TestFixture::Ids{"a"});
  EXPECT_EQ(this->findings(this->values("y")), 0);
  EXPECT_EQ(this->store_->statistics()->versions, 1u);
  EXPECT_EQ(this->store_->changes({0}, 10)->size(), 1u);
}

TYPED_TEST_P(StoreIndexing, IndexesWhatAPutLeftOut) {
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 0, "1", this->values("x"), {}), 0).ok());
  ASSERT_TRUE(this->registry_.add(this->source()).ok());
  const std::uint64_t generation = this->registry_.generation();
  // Both versions have the value, though the store has none of the first: its row would not be put in.
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 1, "2", this->values("x", "n"), this->values("x", "n")),
                           generation)
                  .ok());
  ASSERT_TRUE(this->commit(this->make_index("a", 2, this->values("x", "n")), generation).ok());
  this->registry_.set_ready(this->digest());
  EXPECT_EQ(this->found("n"), typename TestFixture::Ids{"a"});
  EXPECT_EQ(this->findings(this->values("x", "n")), 0);
}

TYPED_TEST_P(StoreIndexing, IndexesNothingButTheCurrentVersion) {
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 0, "1", this->values("x"), {}), 0).ok());
  const auto category = [&](Write write) {
    const auto committed = this->commit(std::move(write), 0);
    return committed.ok() ? std::nullopt : std::optional(committed.error().category);
  };
  EXPECT_EQ(category(this->make_index("a", 2, this->values("x"))), Category::conflict);
  EXPECT_EQ(category(this->make_index("none", 0, this->values("x"))), Category::conflict);
  ASSERT_TRUE(this->commit(test::make_remove("Observation", "a", 1, this->values("x")), 0).ok());
  EXPECT_EQ(category(this->make_index("a", 2, this->values("x"))), Category::conflict);
}

TYPED_TEST_P(StoreIndexing, ForgetsWhatIsRetiredAndWhatItIsTold) {
  ASSERT_TRUE(this->registry_.add(this->source()).ok());
  const auto with_note = this->values("x", "n");
  ASSERT_TRUE(this->commit(test::make_put("Observation", "a", 0, "1", with_note, {}), 1).ok());
  this->registry_.set_ready(this->digest());
  EXPECT_EQ(this->findings(with_note), 0);
  EXPECT_EQ(this->found("n"), typename TestFixture::Ids{"a"});
  const search::Parameter& note = this->note();
  for (bool is_done = false; !is_done;) is_done = this->store_->forget({note.id}).value();
  EXPECT_EQ(this->found("n"), typename TestFixture::Ids{});
  this->registry_.retire(this->digest());
  for (bool is_done = false; !is_done;) is_done = this->store_->forget({}).value();
  EXPECT_EQ(this->findings(this->values("x")), 0);
  EXPECT_EQ(this->with_code("x"), typename TestFixture::Ids{"a"});
}

// What is retired has no values left when it comes back.
TYPED_TEST_P(StoreIndexing, ForgetsWhatIsRetired) {
  ASSERT_TRUE(this->registry_.add(this->source()).ok());
  this->registry_.set_ready(this->digest());
  const auto with_note = this->values("x", "n");
  for (const std::string id : {"a", "b"}) {  // so that what was once found to be empty is looked at again
    ASSERT_TRUE(
        this->commit(test::make_put("Observation", id, 0, "1", with_note, {}), this->registry_.generation()).ok());
    EXPECT_EQ(this->found("n"), typename TestFixture::Ids{id});
    this->registry_.retire(this->digest());
    for (bool is_done = false; !is_done;) is_done = this->store_->forget({}).value();
    EXPECT_TRUE(this->store_->forget({}).value());
    ASSERT_TRUE(this->registry_.add(this->source()).ok());
    this->registry_.set_ready(this->digest());
    EXPECT_EQ(this->found("n"), typename TestFixture::Ids{});
  }
  EXPECT_EQ(this->with_code("x"), (typename TestFixture::Ids{"a", "b"}));
}

// A wildcard stands for what a search by the code takes, once it is ready, and for no other parameter of that code.
TYPED_TEST_P(StoreIndexing, IncludesByTheParameterThatIsChosen) {
  search::CustomParameter source;
  source.url = "http://test/subject";
  source.code = "subject";
  source.type = fhir::SearchParamType::reference;
  source.expression = "Observation.performer";
  source.base = {test::type_of("Observation")};
  const std::string digest = search::digest_of(fhir::r4(), source);
  const auto subject = [&] { return this->registry_.find(test::type_of("Observation"), "subject"); };
  const search::Parameter& core = *subject();
  ASSERT_TRUE(this->registry_.add(source).ok());
  ASSERT_EQ(subject(), &core);
  this->registry_.set_ready(digest);
  const search::Parameter& custom = *subject();
  ASSERT_NE(&custom, &core);
  const std::uint64_t generation = this->registry_.generation();
  for (const std::string id : {"p1", "p2"}) {
    ASSERT_TRUE(this->commit(test::make_put("Patient", id, 0, "1", {}, {}), generation).ok());
  }
  const auto values = test::Values().reference(core, "Patient", "p1").reference(custom, "Patient", "p2");
  ASSERT_TRUE(this->commit(test::make_put("Observation", "o", 0, "1", values, {}), generation).ok());
  const auto included = [&](const search::Query& query, search::Include::Direction direction, fhir::TypeId type) {
    const auto page = this->store_->search(query, {.count = 10, .includes = {{direction, false, type, nullptr}}});
    typename TestFixture::Ids ids;
    for (const Version& version : page->included) ids.push_back(version.id);
    return ids;
  };
  const auto check = [&](const std::string& chosen, const std::string& other) {
    using Ids = typename TestFixture::Ids;
    const auto patient = [](const std::string& id) {
      return test::leaf_query("Patient", {nullptr, search::IdMatch{id}});
    };
    for (const fhir::TypeId type : {test::type_of("Observation"), fhir::kNoType}) {
      EXPECT_EQ(included(test::all_query("Observation"), search::Include::Direction::forward, type), Ids{chosen});
      EXPECT_EQ(included(patient(chosen), search::Include::Direction::reverse, type), Ids{"o"});
      EXPECT_EQ(included(patient(other), search::Include::Direction::reverse, type), Ids{});
    }
  };
  check("p2", "p1");
  this->registry_.retire(digest);
  check("p1", "p2");
}

REGISTER_TYPED_TEST_SUITE_P(StoreIndexing, RefusesValuesOfAnOlderGeneration, ReplacesIndexValuesWithoutAVersion,
                            IndexesWhatAPutLeftOut, IndexesNothingButTheCurrentVersion,
                            ForgetsWhatIsRetiredAndWhatItIsTold, ForgetsWhatIsRetired,
                            IncludesByTheParameterThatIsChosen);

}  // namespace vesta::store
