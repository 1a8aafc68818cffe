// The definition of store/store.h: a typed gtest suite that every engine instantiates and passes.
//
//   struct MemoryEngine {                              // one object per test
//     std::unique_ptr<Store> open(const search::Registry&, Clock&);   // the same data at each call, if kIsDurable
//     static constexpr bool kIsDurable = false;
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryEngine);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "store/audit_chain.h"
#include "store/contract_test_support.h"
#include "store/store.h"

namespace vesta::store {

template <class Engine>
class StoreContract : public ::testing::Test {
 protected:
  StoreContract() { reopen(); }

  void reopen() {
    store_.reset();
    store_ = engine_.open(test::registry(), clock_);
    ASSERT_NE(store_, nullptr);
  }

  // Commits one write and expects success.
  Written put(const std::string& type, const std::string& id, std::uint64_t expected, const test::Values& added,
              const test::Values& removed = {}, const std::string& tail = "},\"active\":true}") {
    WriteSet set;
    set.writes.push_back(test::make_put(type, id, expected, tail, added, removed));
    Result<std::vector<Written>> written = store_->commit(set);
    EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
    return written.ok() ? written->front() : Written{};
  }
  Written remove(const std::string& type, const std::string& id, std::uint64_t expected, const test::Values& removed) {
    WriteSet set;
    set.writes.push_back(test::make_remove(type, id, expected, removed));
    Result<std::vector<Written>> written = store_->commit(set);
    EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
    return written.ok() ? written->front() : Written{};
  }
  std::optional<Version> read(const std::string& type, const std::string& id) {
    auto version = store_->read(test::type_of(type), id);
    EXPECT_TRUE(version.ok());
    return version.ok() ? *version : std::nullopt;
  }
  // The ids of all pages of `query`, read with pages of `count`.
  std::vector<std::string> find(const search::Query& query, std::uint32_t count = 2) {
    return test::all_pages(*store_, query, count);
  }
  std::vector<std::string> find_by_code(const std::string& code, std::uint32_t count = 2) {
    return find(test::token_query("Observation", "code", code), count);
  }
  Category category_of(WriteSet& set) {
    auto result = store_->commit(set);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Category::internal : result.error().category;
  }

  test::FakeClock clock_;
  Engine engine_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, ReadsWhatWasWritten) {
  EXPECT_EQ(this->read("Patient", "a"), std::nullopt);
  const Written written = this->put("Patient", "a", 0, {}, {}, "},\"gender\":\"female\"}");
  EXPECT_EQ(written.version, VersionId{1});
  const auto version = this->read("Patient", "a");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->type, test::type_of("Patient"));
  EXPECT_EQ(version->id, "a");
  EXPECT_EQ(version->version, VersionId{1});
  EXPECT_EQ(version->last_updated, written.last_updated);
  EXPECT_EQ(version->seq, written.seq);
  EXPECT_EQ(version->tail, "},\"gender\":\"female\"}");
  EXPECT_FALSE(version->deleted);
  EXPECT_EQ(this->read("Observation", "a"), std::nullopt);
  EXPECT_EQ(this->read("Patient", "A"), std::nullopt);
}

TYPED_TEST_P(StoreContract, KeepsIdsOfEveryForm) {
  const std::vector<std::string> ids = {"1",
                                        "a.b-c",
                                        "0192f0c4-5b6e-7a31-9c55-0f1c2d3e4f50",
                                        "0192F0C4-5B6E-7A31-9C55-0F1C2D3E4F50",
                                        "0192f0c45-b6e-7a31-9c55-0f1c2d3e4f50",
                                        "0192f0c4-5b6e-7a31-9c55-0f1c2d3e4f5g",
                                        std::string(64, 'z')};
  for (const std::string& id : ids) this->put("Patient", id, 0, {}, {}, id + "}");
  for (const std::string& id : ids) {
    const auto version = this->read("Patient", id);
    ASSERT_TRUE(version) << id;
    EXPECT_EQ(version->id, id);
    EXPECT_EQ(version->tail, id + "}");
  }
}

TYPED_TEST_P(StoreContract, KeepsBodiesOfEverySize) {
  std::string tail;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{5'000'000}}) {
    while (tail.size() < size) tail.push_back(static_cast<char>('a' + (tail.size() * 7919 >> 3) % 26));
    const std::string id = "s" + std::to_string(size);
    this->put("Patient", id, 0, {}, {}, tail);
    const auto version = this->read("Patient", id);
    ASSERT_TRUE(version);
    EXPECT_TRUE(version->tail == tail);
  }
}

TYPED_TEST_P(StoreContract, NumbersVersionsAndRefusesWrongOnes) {
  this->put("Patient", "a", 0, {}, {}, "1");
  this->put("Patient", "a", 1, {}, {}, "2");
  WriteSet stale;
  stale.writes.push_back(test::make_put("Patient", "a", 1, "3", {}, {}));
  EXPECT_EQ(this->category_of(stale), Category::conflict);
  WriteSet again;
  again.writes.push_back(test::make_put("Patient", "a", 0, "3", {}, {}));
  EXPECT_EQ(this->category_of(again), Category::conflict);
  WriteSet ahead;
  ahead.writes.push_back(test::make_put("Patient", "b", 1, "3", {}, {}));
  EXPECT_EQ(this->category_of(ahead), Category::conflict);
  EXPECT_EQ(this->read("Patient", "a")->tail, "2");
  EXPECT_EQ(this->read("Patient", "b"), std::nullopt);
}

TYPED_TEST_P(StoreContract, KeepsEveryVersion) {
  this->put("Patient", "a", 0, {}, {}, "1");
  this->put("Patient", "a", 1, {}, {}, "2");
  this->remove("Patient", "a", 2, {});
  this->put("Patient", "a", 3, {}, {}, "4");
  const auto type = test::type_of("Patient");
  for (const std::uint64_t number : {1, 2, 3, 4}) {
    auto version = this->store_->read_version(type, "a", {number});
    ASSERT_TRUE(version.ok() && version->has_value()) << number;
    EXPECT_EQ((*version)->version.value, number);
    EXPECT_EQ((*version)->deleted, number == 3);
    EXPECT_EQ((*version)->tail, number == 3 ? "" : std::to_string(number));
  }
  for (const std::uint64_t number : {0, 5}) {
    EXPECT_FALSE(this->store_->read_version(type, "a", {number})->has_value());
  }
  EXPECT_FALSE(this->store_->read_version(type, "b", {1})->has_value());
}

TYPED_TEST_P(StoreContract, DeletesAndBringsBack) {
  const test::Values values = test::code_value("c1");
  this->put("Observation", "o", 0, values);
  EXPECT_EQ(this->find_by_code("c1"), std::vector<std::string>{"o"});
  const Written gone = this->remove("Observation", "o", 1, values);
  EXPECT_EQ(gone.version, VersionId{2});
  auto version = this->read("Observation", "o");
  ASSERT_TRUE(version);
  EXPECT_TRUE(version->deleted);
  EXPECT_EQ(version->version, VersionId{2});
  EXPECT_EQ(version->last_updated, gone.last_updated);
  EXPECT_EQ(version->seq, gone.seq);
  EXPECT_EQ(version->tail, "");
  EXPECT_TRUE(this->find_by_code("c1").empty());
  EXPECT_TRUE(this->find(test::all_query("Observation")).empty());
  EXPECT_EQ(this->store_->statistics()->resources, 0u);
  this->put("Observation", "o", 2, test::code_value("c2"));
  EXPECT_TRUE(this->find_by_code("c1").empty());
  EXPECT_EQ(this->find_by_code("c2"), std::vector<std::string>{"o"});
  EXPECT_EQ(this->store_->statistics()->resources, 1u);
  EXPECT_EQ(this->store_->statistics()->versions, 3u);
}

TYPED_TEST_P(StoreContract, CommitsAllOfASetOrNothing) {
  this->put("Patient", "a", 0, {});
  WriteSet set;
  set.writes.push_back(test::make_put("Patient", "b", 0, "b", {}, {}));
  set.writes.push_back(test::make_put("Patient", "a", 7, "a", {}, {}));
  set.properties.emplace_back("cursor", "1");
  EXPECT_EQ(this->category_of(set), Category::conflict);
  EXPECT_EQ(this->read("Patient", "b"), std::nullopt);
  EXPECT_EQ(this->store_->property("cursor")->has_value(), false);
  set.writes[1].expected = {1};
  auto written = this->store_->commit(set);
  ASSERT_TRUE(written.ok());
  ASSERT_EQ(written->size(), 2u);
  EXPECT_EQ((*written)[0].version, VersionId{1});
  EXPECT_EQ((*written)[1].version, VersionId{2});
  EXPECT_EQ((*written)[0].seq.value + 1, (*written)[1].seq.value);
  EXPECT_EQ((*written)[0].last_updated, (*written)[1].last_updated);
  EXPECT_EQ(this->store_->property("cursor")->value_or(""), "1");
}

TYPED_TEST_P(StoreContract, TimesNeverGoBackwards) {
  this->clock_.set(1'700'000'000'123'456);
  const Written first = this->put("Patient", "a", 0, {});
  EXPECT_EQ(first.last_updated.value, 1'700'000'000'123'000) << "whole milliseconds, as the text says";
  this->clock_.set(1'600'000'000'000'000);
  const Written second = this->put("Patient", "b", 0, {});
  EXPECT_GE(second.last_updated, first.last_updated);
  EXPECT_GT(second.seq, first.seq);
  this->clock_.set(1'700'000'000'200'000);
  EXPECT_EQ(this->put("Patient", "c", 0, {}).last_updated.value, 1'700'000'000'200'000);
}

TYPED_TEST_P(StoreContract, HistoriesNewestFirst) {
  this->clock_.set(1'000'000'000);
  this->put("Patient", "a", 0, {}, {}, "a1");
  this->clock_.set(2'000'000'000);
  this->put("Observation", "o", 0, {}, {}, "o1");
  this->put("Patient", "a", 1, {}, {}, "a2");
  this->clock_.set(3'000'000'000);
  this->put("Patient", "b", 0, {}, {}, "b1");
  this->remove("Patient", "a", 2, {});
  const auto patient = test::type_of("Patient");
  const auto names = [&](HistoryQuery query) { return test::history_names(*this->store_, query); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({}), (Names{"a/3", "b/1", "a/2", "o/1", "a/1"}));
  EXPECT_EQ(names({.type = patient}), (Names{"a/3", "b/1", "a/2", "a/1"}));
  EXPECT_EQ(names({.type = patient, .id = "a"}), (Names{"a/3", "a/2", "a/1"}));
  EXPECT_EQ(names({.type = patient, .id = "c"}), Names{});
  EXPECT_EQ(names({.type = test::type_of("Device")}), Names{});
  EXPECT_EQ(names({.since = Instant{2'000'000'000}}), (Names{"a/3", "b/1", "a/2", "o/1"}));
  EXPECT_EQ(names({.since = Instant{2'000'000'001}}), (Names{"a/3", "b/1"}));
  EXPECT_EQ(names({.at_most = Instant{2'000'000'000}}), (Names{"a/1"}));
  EXPECT_EQ(names({.since = Instant{2'000'000'000}, .at_most = Instant{3'000'000'000}}), (Names{"a/2", "o/1"}));
  EXPECT_EQ(names({.type = patient, .id = "a", .since = Instant{2'000'000'000}}), (Names{"a/3", "a/2"}));
  auto page = this->store_->history({.count = 2});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->total.value_or(0), 5u);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->entries[0].tail, "");
  EXPECT_TRUE(page->entries[0].deleted);
  EXPECT_EQ(page->entries[1].tail, "b1");
}

TYPED_TEST_P(StoreContract, FeedsChangesInOrder) {
  this->put("Patient", "a", 0, {}, {}, "a1");
  this->put("Observation", "o", 0, {}, {}, "o1");
  this->put("Patient", "a", 1, {}, {}, "a2");
  this->remove("Observation", "o", 1, {});
  std::vector<std::string> seen;
  CommitSeq after{0};
  for (;;) {
    auto changes = this->store_->changes(after, 3);
    ASSERT_TRUE(changes.ok());
    if (changes->empty()) break;
    for (const Version& version : *changes) {
      EXPECT_GT(version.seq, after);
      after = version.seq;
      seen.push_back(version.id + version.tail + (version.deleted ? "gone" : ""));
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"aa1", "oo1", "aa2", "ogone"}));
  EXPECT_EQ(this->store_->statistics()->last_seq, after);
  EXPECT_EQ(this->store_->newest(), after);
}

TYPED_TEST_P(StoreContract, TellsOfWhichTypeTheNewestVersionsAre) {
  const auto newest = [this](const std::string& type) { return this->store_->newest(test::type_of(type)); };
  this->put("Patient", "a", 0, {});
  this->put("Observation", "o", 0, {});
  const CommitSeq patients = newest("Patient"), observations = newest("Observation"), devices = newest("Device");
  this->put("Patient", "a", 1, {});
  EXPECT_GT(newest("Patient"), patients);
  EXPECT_EQ(newest("Observation"), observations);
  this->remove("Observation", "o", 1, {});
  EXPECT_GT(newest("Observation"), observations);
  EXPECT_EQ(newest("Device"), devices);
}

TYPED_TEST_P(StoreContract, PropertiesAreKept) {
  EXPECT_EQ(this->store_->property("k")->has_value(), false);
  for (const std::string& value : {std::string("one"), std::string("\0\xFF", 2), std::string()}) {
    WriteSet set;
    set.properties.emplace_back("k", value);
    ASSERT_TRUE(this->store_->commit(set).ok());
    EXPECT_EQ(this->store_->property("k")->value_or("none"), value);
  }
}

TYPED_TEST_P(StoreContract, TakesPropertiesAway) {
  WriteSet first;
  first.properties = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  ASSERT_TRUE(this->store_->commit(first).ok());
  WriteSet second;
  second.properties = {{"d", "4"}};
  second.removed_properties = {"a", "c", "never there"};
  second.expected_properties = {{"a", "one"}};
  EXPECT_EQ(this->category_of(second), Category::conflict);
  EXPECT_TRUE(this->store_->property("a")->has_value()) << "what was refused takes nothing away";
  second.expected_properties = {{"a", "1"}};
  ASSERT_TRUE(this->store_->commit(second).ok());
  if (TypeParam::kIsDurable) this->reopen();
  EXPECT_EQ(*this->store_->properties("", 9), (std::vector<Property>{{"b", "2"}, {"d", "4"}}));
  EXPECT_FALSE(this->store_->property("a")->has_value());
  WriteSet again;
  again.expected_properties = {{"a", std::nullopt}};
  again.properties = {{"a", "5"}};
  EXPECT_TRUE(this->store_->commit(again).ok()) << "it is as if it had never been there";
  EXPECT_EQ(this->store_->property("a")->value_or("none"), "5");
}

TYPED_TEST_P(StoreContract, ExpectsProperties) {
  const auto commit = [this](std::optional<std::string> expected, const std::string& next) -> std::string {
    WriteSet set;
    set.expected_properties.emplace_back("k", std::move(expected));
    set.properties.emplace_back("k", next);
    set.writes.push_back(test::make_put("Observation", "o-" + next, 0, "}}", {}, {}));
    const auto written = this->store_->commit(set);
    return written.ok() ? "" : written.error().category == Category::conflict ? "conflict" : "other";
  };
  EXPECT_EQ(commit("one", "none"), "conflict") << "it is not there";
  EXPECT_EQ(commit(std::nullopt, "one"), "");
  EXPECT_EQ(commit(std::nullopt, "again"), "conflict") << "it is there";
  EXPECT_EQ(commit("on", "two"), "conflict");
  EXPECT_EQ(commit("one", ""), "");
  EXPECT_EQ(commit(std::nullopt, "three"), "conflict") << "empty is there";
  EXPECT_EQ(commit("", "three"), "");
  EXPECT_EQ(this->store_->property("k")->value_or("none"), "three");
  EXPECT_EQ(this->store_->statistics()->resources, 3u) << "what was refused has left nothing";
  WriteSet other;
  other.expected_properties = {{"k", "three"}, {"l", std::nullopt}};
  other.properties.emplace_back("l", "1");
  EXPECT_TRUE(this->store_->commit(other).ok()) << "of others than it sets";
  EXPECT_EQ(this->category_of(other), Category::conflict) << "one of two";
}

TYPED_TEST_P(StoreContract, ChainsTheAuditLog) {
  EXPECT_TRUE(this->store_->audit(0, 10)->empty());
  EXPECT_EQ(this->store_->newest_audit(), 0u);
  const CommitSeq before = this->store_->statistics()->last_seq;
  WriteSet records;
  records.audit = {"first", std::string("sec\0nd", 6)};
  ASSERT_TRUE(this->store_->commit(records).ok()) << "records alone are a commit";
  EXPECT_EQ(this->store_->statistics()->last_seq, before);
  if (TypeParam::kIsDurable) this->reopen();
  EXPECT_EQ(this->store_->newest_audit(), 2u);
  WriteSet both;
  both.writes.push_back(test::make_put("Observation", "o", 0, "}}", {}, {}));
  both.audit = {""};
  ASSERT_TRUE(this->store_->commit(both).ok());
  const auto all = this->store_->audit(0, 10);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(this->store_->newest_audit(), 3u);
  const std::string one = audit_hash("", 1, "first");
  const std::string two = audit_hash(one, 2, std::string_view("sec\0nd", 6));
  EXPECT_EQ(*all, (std::vector<AuditEntry>{
                      {1, "first", one}, {2, std::string("sec\0nd", 6), two}, {3, "", audit_hash(two, 3, "")}}));
  EXPECT_EQ(*this->store_->audit(1, 1), (std::vector<AuditEntry>{all->at(1)}));
  EXPECT_TRUE(this->store_->audit(3, 10)->empty());
}

TYPED_TEST_P(StoreContract, AppendsNothingToTheAuditLogOfWhatItRefuses) {
  this->put("Observation", "o", 0, {});
  WriteSet late;
  late.writes.push_back(test::make_put("Observation", "o", 0, "}}", {}, {}));
  late.audit = {"o was created"};
  EXPECT_EQ(this->category_of(late), Category::conflict);
  WriteSet large;
  large.audit = {"fits", std::string(kMaxAuditRecordBytes + 1, 'x')};
  EXPECT_EQ(this->category_of(large), Category::too_large);
  EXPECT_TRUE(this->store_->audit(0, 10)->empty());
  large.audit.back().pop_back();
  ASSERT_TRUE(this->store_->commit(large).ok());
  EXPECT_EQ(this->store_->audit(0, 10)->size(), 2u);
}

TYPED_TEST_P(StoreContract, VerifyFindsNothingWrong) {
  std::map<std::string, test::Values> indexed;
  for (int i = 0; i < 10; ++i) {
    const std::string id = "o" + std::to_string(i);
    indexed.emplace(id, test::observation("c" + std::to_string(i), "final", "Patient/p", "2020-01-01", "1.5"));
    this->put("Observation", id, 0, indexed.at(id));
  }
  this->remove("Observation", "o3", 1, indexed.at("o3"));
  std::vector<std::string> findings;
  const auto report = [&](std::string finding) { findings.push_back(std::move(finding)); };
  const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
    return indexed.at(version.id).values();
  };
  auto looked_at = this->store_->verify(extract, report);
  ASSERT_TRUE(looked_at.ok());
  EXPECT_EQ(*looked_at, 10u);
  EXPECT_EQ(findings, std::vector<std::string>{});
  // A value that the index lacks, and one that it has too much.
  indexed.insert_or_assign("o5", test::observation("other", "final", "Patient/p", "2020-01-01", "1.5"));
  ASSERT_TRUE(this->store_->verify(extract, report).ok());
  EXPECT_FALSE(findings.empty());
}

TYPED_TEST_P(StoreContract, VerifyReportsWhatCannotBeExtracted) {
  for (const char* id : {"good", "bad", "fine"}) this->put("Observation", id, 0, test::code_value("c"));
  std::vector<std::string> findings;
  const test::Values values = test::code_value("c");
  const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
    if (version.id == "bad") return make_error(Category::invalid, "it is bad");
    return values.values();
  };
  auto looked_at = this->store_->verify(extract, [&](std::string text) { findings.push_back(std::move(text)); });
  ASSERT_TRUE(looked_at.ok()) << looked_at.error().message;
  EXPECT_EQ(*looked_at, 3u) << "it goes on";
  ASSERT_FALSE(findings.empty());
  EXPECT_NE(findings.front().find("Observation/bad"), std::string::npos) << findings.front();
  EXPECT_NE(findings.front().find("it is bad"), std::string::npos) << findings.front();
}

TYPED_TEST_P(StoreContract, IsWritableAndComesBack) {
  EXPECT_TRUE(this->store_->writable().ok());
  if (!TypeParam::kIsDurable) GTEST_SKIP() << "this engine keeps nothing";
  const test::Values values = test::observation("c", "final", "Patient/p", "2020-01-01", "1.5");
  this->put("Observation", "o", 0, values, {}, "text");
  this->put("Observation", "gone", 0, values);
  this->remove("Observation", "gone", 1, values);
  const Statistics before = *this->store_->statistics();
  this->reopen();
  EXPECT_EQ(this->read("Observation", "o")->tail, "text");
  EXPECT_TRUE(this->read("Observation", "gone")->deleted);
  EXPECT_EQ(this->find_by_code("c"), std::vector<std::string>{"o"});
  EXPECT_EQ(this->store_->statistics()->resources, before.resources);
  EXPECT_EQ(this->store_->statistics()->versions, before.versions);
  EXPECT_EQ(this->store_->statistics()->last_seq, before.last_seq);
  EXPECT_EQ(this->store_->newest(), before.last_seq);
  const Written next = this->put("Patient", "p", 0, {});
  EXPECT_GT(next.seq, before.last_seq);
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, ReadsWhatWasWritten, KeepsIdsOfEveryForm, KeepsBodiesOfEverySize,
                            NumbersVersionsAndRefusesWrongOnes, KeepsEveryVersion, DeletesAndBringsBack,
                            CommitsAllOfASetOrNothing, TimesNeverGoBackwards, HistoriesNewestFirst, FeedsChangesInOrder,
                            TellsOfWhichTypeTheNewestVersionsAre, PropertiesAreKept, TakesPropertiesAway,
                            ExpectsProperties, ChainsTheAuditLog, AppendsNothingToTheAuditLogOfWhatItRefuses,
                            VerifyFindsNothingWrong, VerifyReportsWhatCannotBeExtracted, IsWritableAndComesBack);

}  // namespace vesta::store
