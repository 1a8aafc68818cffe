// The part of the contract that is about searches, their pages, and the conditions that are searches; each engine
// instantiates it too.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "store/contract_test_suite.h"

namespace vesta::store {

template <class Engine>
class StoreSearches : public StoreContract<Engine> {
 protected:
  // Observation o1 of patient p1 named Ada, o2 of p2 named Bob; p1's general practitioner is d.
  void put_family() {
    const auto patient = [](const std::string& name) {
      return test::Values().string(test::parameter("Patient", "name"), name);
    };
    this->put("Practitioner", "d", 0, {});
    this->put("Patient", "p1", 0,
              patient("Ada").reference(test::parameter("Patient", "general-practitioner"), "Practitioner", "d"));
    this->put("Patient", "p2", 0, patient("Bob"));
    this->put("Observation", "o1", 0, test::observation("c1", "final", "Patient/p1", "2020-01-01", "1"));
    this->put("Observation", "o2", 0, test::observation("c2", "final", "Patient/p2", "2020-01-01", "2"));
  }
};

TYPED_TEST_SUITE_P(StoreSearches);

// A page ends once its texts have kMaxPageBytes, and the next goes on behind it.
TYPED_TEST_P(StoreSearches, EndsPagesOfLargeTextsEarly) {
  const std::string tail = "},\"x\":\"" + std::string(kMaxPageBytes / 2, 'x') + "\"}";
  for (const char* id : {"a", "b", "c"}) this->put("Observation", id, 0, test::code_value("c1"), {}, tail);
  const auto query = test::token_query("Observation", "code", "c1");
  const auto page = this->store_->search(query, {.count = 10});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.size(), 2u);
  ASSERT_TRUE(page->next);
  const auto rest = this->store_->search(query, {.count = 10, .from = *page->next});
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->entries.size(), 1u);
  EXPECT_FALSE(rest->next);
  const auto history = this->store_->history({.count = 10});
  ASSERT_TRUE(history.ok());
  EXPECT_EQ(history->entries.size(), 2u);
  EXPECT_TRUE(history->more);
  const auto older = this->store_->history({.count = 10, .before = history->entries.back().seq});
  ASSERT_TRUE(older.ok());
  EXPECT_EQ(older->entries.size(), 1u);
  EXPECT_FALSE(older->more);
  const auto changes = this->store_->changes({0}, 10);
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->size(), 2u);
  const auto later = this->store_->changes(changes->back().seq, 10);
  ASSERT_TRUE(later.ok());
  ASSERT_EQ(later->size(), 1u);
  EXPECT_EQ(later->front().id, "c");
  EXPECT_TRUE(this->store_->changes(later->back().seq, 10)->empty());
}

TYPED_TEST_P(StoreSearches, EndsPagesByTheBytesAskedFor) {
  for (const char* id : {"a", "b", "c"}) {
    this->put("Observation", id, 0, test::code_value("c1"), {}, std::string(100, 'x'));
  }
  const auto query = test::token_query("Observation", "code", "c1");
  const auto entries = [&](std::size_t max_bytes) {
    const auto page = this->store_->search(query, {.count = 10, .max_bytes = max_bytes});
    EXPECT_TRUE(page.ok());
    EXPECT_EQ(page->next.has_value(), page->entries.size() < 3);
    return page->entries.size();
  };
  EXPECT_EQ(entries(0), 1u) << "at least one";
  EXPECT_EQ(entries(100), 1u);
  EXPECT_EQ(entries(101), 2u);
  EXPECT_EQ(entries(200), 2u);
  EXPECT_EQ(entries(201), 3u);
}

TYPED_TEST_P(StoreSearches, UpdatesWhatAResourceIsFoundBy) {
  const test::Values before = test::observation("c1", "final", "Patient/p1", "2020-01-01", "1.5");
  const test::Values after = test::observation("c1", "amended", "Patient/p2", "2021-01-01", "2.5");
  this->put("Observation", "o", 0, before);
  this->put("Observation", "o", 1, after, before);
  using Ids = std::vector<std::string>;
  EXPECT_EQ(this->find_by_code("c1"), Ids{"o"});
  EXPECT_EQ(this->find(test::token_query("Observation", "status", "final")), Ids{});
  EXPECT_EQ(this->find(test::token_query("Observation", "status", "amended")), Ids{"o"});
  EXPECT_EQ(this->find(test::reference_query("Observation", "subject", "Patient", "p1")), Ids{});
  EXPECT_EQ(this->find(test::reference_query("Observation", "subject", "Patient", "p2")), Ids{"o"});
  EXPECT_EQ(this->find(test::date_query("Observation", "date", search::Prefix::eq, "2020")), Ids{});
  EXPECT_EQ(this->find(test::date_query("Observation", "date", search::Prefix::eq, "2021")), Ids{"o"});
}

TYPED_TEST_P(StoreSearches, ReferencesHoldWhateverComesFirst) {
  const test::Values values = test::observation("c1", "final", "Patient/p1", "2020-01-01", "1");
  this->put("Observation", "o", 0, values);
  EXPECT_EQ(this->read("Patient", "p1"), std::nullopt) << "being named does not make a resource";
  EXPECT_TRUE(this->find(test::all_query("Patient")).empty());
  EXPECT_EQ(this->store_->statistics()->resources, 1u);
  const auto query = test::reference_query("Observation", "subject", "Patient", "p1");
  EXPECT_EQ(this->find(query), std::vector<std::string>{"o"});
  this->put("Patient", "p1", 0, {});
  EXPECT_EQ(this->find(query), std::vector<std::string>{"o"});
  EXPECT_EQ(this->find(test::all_query("Patient")), std::vector<std::string>{"p1"});
  EXPECT_EQ(this->find(test::reference_query("Observation", "subject", "Group", "p1")), std::vector<std::string>{});
}

TYPED_TEST_P(StoreSearches, PagesNeitherRepeatNorSkip) {
  std::vector<std::string> ids;
  for (int i = 0; i < 57; ++i) {
    ids.push_back("o" + std::to_string(1000 - i));
    this->put("Observation", ids.back(), 0, test::observation("c", "final", "Patient/p", "2020-01-01", "1"));
  }
  for (const std::uint32_t count : {1u, 7u, 56u, 57u, 58u}) {
    EXPECT_EQ(this->find_by_code("c", count), ids) << "in the order of creation, pages of " << count;
    EXPECT_EQ(this->find(test::all_query("Observation"), count), ids);
  }
  search::Query sorted = test::token_query("Observation", "code", "c");
  sorted.sort.push_back({search::SortKey::Column::id, nullptr, false});
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(this->find(sorted, 5), ids);
}

TYPED_TEST_P(StoreSearches, PositionsHoldWhileOthersWrite) {
  for (int i = 0; i < 20; ++i) this->put("Observation", "o" + std::to_string(i), 0, test::code_value("c"));
  const search::Query query = test::token_query("Observation", "code", "c");
  std::vector<std::string> seen;
  SearchOptions options{.count = 3};
  for (int round = 0;; ++round) {
    auto page = this->store_->search(query, options);
    ASSERT_TRUE(page.ok());
    for (const Version& version : page->entries) seen.push_back(version.id);
    if (!page->next) break;
    options.from = *page->next;
    // The last one seen goes away, one before it too, and a new one comes.
    this->remove("Observation", seen.back(), 1, test::code_value("c"));
    this->put("Patient", "p" + std::to_string(round), 0, {});
  }
  ASSERT_EQ(seen.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], "o" + std::to_string(i));
}

TYPED_TEST_P(StoreSearches, RefusesPositionsOfOtherSearches) {
  for (int i = 0; i < 4; ++i) this->put("Observation", "o" + std::to_string(i), 0, test::code_value("c"));
  auto page = this->store_->search(test::all_query("Observation"), {.count = 2});
  ASSERT_TRUE(page.ok() && page->next);
  search::Query sorted = test::all_query("Observation");
  sorted.sort.push_back({search::SortKey::Column::last_updated, nullptr, false});
  for (const Position& position : {*page->next, Position("x"), *page->next + "x", page->next->substr(0, 5)}) {
    auto refused = this->store_->search(sorted, {.count = 2, .from = position});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().category, Category::invalid);
  }
}

TYPED_TEST_P(StoreSearches, TotalsAreExact) {
  for (int i = 0; i < 30; ++i) {
    this->put("Observation", "o" + std::to_string(i), 0, test::code_value(i % 3 == 0 ? "c" : "d"));
  }
  for (const search::Total total : {search::Total::accurate, search::Total::estimate}) {
    auto page = this->store_->search(test::token_query("Observation", "code", "c"), {.count = 4, .total = total});
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->entries.size(), 4u);
    EXPECT_EQ(page->total.value_or(0), 10u);
  }
  auto none = this->store_->search(test::token_query("Observation", "code", "c"), {.count = 4});
  EXPECT_FALSE(none->total.has_value());
  auto count = this->store_->search(test::all_query("Observation"), {.count = 0});
  EXPECT_TRUE(count->entries.empty());
  EXPECT_EQ(count->total.value_or(0), 30u);
  EXPECT_EQ(this->store_->search(test::all_query("Device"), {.count = 0})->total.value_or(9), 0u);
}

TYPED_TEST_P(StoreSearches, ConditionsMustHold) {
  this->put("Observation", "o1", 0, test::code_value("c"));
  const auto attempt = [&](const std::string& id, std::vector<std::string> matches) {
    WriteSet set;
    set.writes.push_back(test::make_put("Observation", id, 0, "x", test::code_value("c"), {}));
    set.conditions.push_back({test::token_query("Observation", "code", "c"), std::move(matches)});
    auto result = this->store_->commit(set);
    return result.ok() ? std::optional<Category>() : result.error().category;
  };
  EXPECT_EQ(attempt("n", {}), Category::conflict);
  EXPECT_EQ(attempt("n", {"o2"}), Category::conflict);
  EXPECT_EQ(attempt("n", {"o1", "o2"}), Category::conflict);
  EXPECT_EQ(this->read("Observation", "n"), std::nullopt);
  EXPECT_EQ(attempt("o2", {"o1"}), std::nullopt);
  EXPECT_EQ(attempt("o3", {"o1"}), Category::conflict) << "there are two now";
  EXPECT_EQ(attempt("o3", {"o2", "o1"}), std::nullopt);
}

// Exactly its matches, however many: one that came, one that went, and one for another.
TYPED_TEST_P(StoreSearches, ConditionsHoldManyMatches) {
  std::vector<std::string> ids;
  WriteSet many;
  for (std::size_t i = 0; i < kMaxConditionMatches; ++i) {
    ids.push_back("o" + std::to_string(i));
    many.writes.push_back(test::make_put("Observation", ids.back(), 0, "x", test::code_value("c"), {}));
  }
  ASSERT_TRUE(this->store_->commit(many).ok());
  int number = 0;
  const auto attempt = [&](std::vector<std::string> matches) {
    WriteSet set;
    set.writes.push_back(test::make_put("Patient", "p" + std::to_string(number++), 0, "x", {}, {}));
    set.conditions.push_back({test::token_query("Observation", "code", "c"), std::move(matches)});
    auto result = this->store_->commit(set);
    return result.ok() ? std::optional<Category>() : result.error().category;
  };
  EXPECT_EQ(attempt(ids), std::nullopt) << "at the limit";
  EXPECT_EQ(attempt({ids[0], ids[1], ids[2]}), Category::conflict);
  EXPECT_EQ(attempt({ids.rbegin(), ids.rend()}), std::nullopt) << "in any order";
  EXPECT_EQ(attempt({ids.begin(), ids.end() - 1}), Category::conflict) << "one more than named";
  std::vector<std::string> other = ids;
  other[500] = "another";
  EXPECT_EQ(attempt(other), Category::conflict);
  std::vector<std::string> beyond = ids;
  beyond.push_back("more");
  EXPECT_EQ(attempt(beyond), Category::too_large);
  this->put("Observation", "more", 0, test::code_value("c"));
  EXPECT_EQ(attempt(ids), Category::conflict) << "one came";
  EXPECT_EQ(attempt(beyond), Category::too_large);
  this->remove("Observation", "more", 1, test::code_value("c"));
  this->remove("Observation", ids[7], 1, test::code_value("c"));
  EXPECT_EQ(attempt(ids), Category::conflict) << "one went";
  ids.erase(ids.begin() + 7);
  EXPECT_EQ(attempt(ids), std::nullopt);
  EXPECT_EQ(this->store_->search(test::all_query("Patient"), {.count = 0})->total.value_or(9), 3u)
      << "what was refused wrote nothing";
}

// subject:Patient.name=ada, and what a removal leaves of it.
TYPED_TEST_P(StoreSearches, FollowsChains) {
  this->put_family();
  const auto of_patient = [&](search::Plan child) {
    return this->find({test::type_of("Observation"),
                       search::Plan::make_link(search::Plan::Kind::chain,
                                               {&test::parameter("Observation", "subject"), test::type_of("Patient")},
                                               std::move(child)),
                       {}});
  };
  const auto named = [](const std::string& folded) {
    return search::Plan::make_leaf(
        {&test::parameter("Patient", "name"), search::StringMatch{search::StringMode::prefix, folded}});
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(of_patient(named("ad")), Ids{"o1"});
  EXPECT_EQ(of_patient(search::Plan::make(search::Plan::Kind::not_, {named("ad")})), Ids{"o2"});
  EXPECT_EQ(of_patient(search::Plan::make_all()), (Ids{"o1", "o2"}));
  this->remove("Patient", "p2", 1, test::Values().string(test::parameter("Patient", "name"), "Bob"));
  EXPECT_EQ(of_patient(search::Plan::make_all()), Ids{"o1"}) << "a deleted patient is led to no more";
}

// _has:Observation:subject:code=c1, and the doctors of such patients.
TYPED_TEST_P(StoreSearches, FollowsChainsBackward) {
  this->put_family();
  const search::Plan patients = search::Plan::make_link(
      search::Plan::Kind::has, {&test::parameter("Observation", "subject"), test::type_of("Observation")},
      test::token_query("Observation", "code", "c1").plan);
  using Ids = std::vector<std::string>;
  EXPECT_EQ(this->find({test::type_of("Patient"), patients, {}}), Ids{"p1"});
  EXPECT_EQ(this->find({test::type_of("Patient"), search::Plan::make(search::Plan::Kind::not_, {patients}), {}}),
            Ids{"p2"});
  const search::Link doctor{&test::parameter("Patient", "general-practitioner"), test::type_of("Patient")};
  EXPECT_EQ(
      this->find(
          {test::type_of("Practitioner"), search::Plan::make_link(search::Plan::Kind::has, doctor, patients), {}}),
      Ids{"d"});
}

// _include, _include:iterate and _revinclude: each resource once, in no order that counts.
TYPED_TEST_P(StoreSearches, IncludesWhatReferencesLeadTo) {
  this->put_family();
  using Include = search::Include;
  const auto included = [&](const search::Query& query, std::vector<Include> includes) {
    const auto page = this->store_->search(query, {.count = 10, .includes = std::move(includes)});
    EXPECT_TRUE(page.ok());
    std::vector<std::string> ids;
    for (const Version& version : page->included) ids.push_back(version.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  const Include subject{Include::Direction::forward, false, test::type_of("Observation"),
                        &test::parameter("Observation", "subject")};
  const Include doctor{Include::Direction::forward, true, test::type_of("Patient"),
                       &test::parameter("Patient", "general-practitioner")};
  const Include observations{Include::Direction::reverse, false, test::type_of("Observation"), nullptr};
  using Ids = std::vector<std::string>;
  EXPECT_EQ(included(test::all_query("Observation"), {}), Ids{});
  EXPECT_EQ(included(test::all_query("Observation"), {subject}), (Ids{"p1", "p2"}));
  EXPECT_EQ(included(test::token_query("Observation", "code", "c1"), {subject, doctor}), (Ids{"d", "p1"}));
  Include devices = subject;
  devices.target = test::type_of("Device");
  EXPECT_EQ(included(test::all_query("Observation"), {devices}), Ids{});
  EXPECT_EQ(included(test::all_query("Patient"), {observations}), (Ids{"o1", "o2"}));

  const auto only = [](const char* id) { return search::Plan::make_leaf({nullptr, search::IdMatch{id}}); };
  const auto seen = [&](const search::Visibility& visible, const search::Query& query, std::vector<Include> includes) {
    const auto page = this->store_->search(query, {.count = 10, .includes = std::move(includes), .visible = &visible});
    Ids ids;
    for (const Version& version : page->included) ids.push_back(version.id);
    return ids;
  };
  search::Visibility of_p2 = search::Visibility::nothing();
  of_p2.add(test::type_of("Patient"), only("p2"));
  of_p2.add(test::type_of("Observation"), search::Plan::make_all());
  EXPECT_EQ(seen(of_p2, test::all_query("Observation"), {subject}), Ids{"p2"});
  EXPECT_EQ(seen(of_p2, test::all_query("Observation"), {subject, doctor}), Ids{"p2"})
      << "what is hidden leads no further";
  search::Visibility of_o1 = search::Visibility::nothing();
  of_o1.add(test::type_of("Patient"), search::Plan::make_all());
  of_o1.add(test::type_of("Observation"), only("o1"));
  EXPECT_EQ(seen(of_o1, test::all_query("Patient"), {observations}), Ids{"o1"});
}

TYPED_TEST_P(StoreSearches, FindsWhatIsSeenAlone) {
  for (const char* id : {"p1", "p2", "p3"}) this->put("Patient", id, 0, {});
  this->put("Encounter", "e", 0, {});
  this->put("Observation", "o1", 0, test::Values().token(test::parameter("Observation", "code"), "c1"));
  this->put("Observation", "o2", 0, test::Values().token(test::parameter("Observation", "code"), "c1"));
  const auto one = [](const char* id) { return search::Plan::make_leaf({nullptr, search::IdMatch{id}}); };
  search::Visibility visible = search::Visibility::nothing();
  visible.add(test::type_of("Patient"), one("p1"));
  visible.add(test::type_of("Patient"), one("p3"));
  visible.add(test::type_of("Observation"), one("o2"));
  const auto found = [&](const std::vector<search::Query>& queries) {
    const auto page =
        this->store_->search(queries, {.count = 10, .total = search::Total::accurate, .visible = &visible});
    std::vector<std::string> ids;
    for (const Version& version : page->entries) ids.push_back(version.id);
    EXPECT_EQ(page->total, ids.size());
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(found({test::all_query("Patient")}), (Ids{"p1", "p3"}));
  EXPECT_EQ(found({test::leaf_query("Patient", {nullptr, search::IdMatch{"p2"}})}), Ids{});
  EXPECT_EQ(found({test::all_query("Encounter")}), Ids{}) << "of what is not named nothing is seen";
  EXPECT_EQ(found({test::token_query("Observation", "code", "c1")}), Ids{"o2"});
  EXPECT_EQ(found({test::all_query("Observation"), test::all_query("Patient")}), (Ids{"o2", "p1", "p3"}));
  const auto count = this->store_->search(test::all_query("Patient"), {.count = 0, .visible = &visible});
  EXPECT_EQ(count->total, 2U);
}

// An absolute URL leads to a resource of the server that the query names, and a canonical to all that have it as a
// name.
TYPED_TEST_P(StoreSearches, FollowsUris) {
  const search::Parameter& subject = test::parameter("Observation", "subject");
  const search::Parameter& questionnaire = test::parameter("QuestionnaireResponse", "questionnaire");
  const search::Registry& registry = test::registry();
  const search::Parameter& held = registry.parameter(questionnaire.canonical);
  const search::Parameter& names = registry.parameter(registry.canonical_of(test::type_of("Questionnaire")).names);
  this->put("Patient", "p", 0, {});
  this->put("Observation", "o", 0, test::Values().uri(subject, "http://here/fhir/Patient/p"));
  this->put("Questionnaire", "q1", 0, test::Values().uri(names, "http://q").uri(names, "http://q|1"));
  this->put("Questionnaire", "q2", 0, test::Values().uri(names, "http://q").uri(names, "http://q|2"));
  this->put("QuestionnaireResponse", "r1", 0, test::Values().uri(held, "http://q|1"));
  this->put("QuestionnaireResponse", "r2", 0, test::Values().uri(held, "http://q"));
  using Ids = std::vector<std::string>;
  using Kind = search::Plan::Kind;
  const auto find = [&](const std::string& type, Kind kind, const search::Parameter& by, const std::string& other,
                        const std::string& id, const std::string& base_url) {
    search::Plan child = search::Plan::make_leaf({nullptr, search::IdMatch{id}});
    return this->find({test::type_of(type),
                       search::Plan::make_link(kind, {&by, test::type_of(other)}, std::move(child)),
                       {},
                       base_url});
  };
  const std::string here = "http://here/fhir";
  EXPECT_EQ(find("Observation", Kind::chain, subject, "Patient", "p", here), Ids{"o"});
  EXPECT_EQ(find("Observation", Kind::chain, subject, "Patient", "p", "http://there/fhir"), Ids{});
  EXPECT_EQ(find("Observation", Kind::chain, subject, "Patient", "p", ""), Ids{});
  EXPECT_EQ(find("Patient", Kind::has, subject, "Observation", "o", here), Ids{"p"});
  EXPECT_EQ(find("Patient", Kind::has, subject, "Observation", "o", ""), Ids{});
  EXPECT_EQ(find("QuestionnaireResponse", Kind::chain, questionnaire, "Questionnaire", "q1", ""), (Ids{"r1", "r2"}));
  EXPECT_EQ(find("QuestionnaireResponse", Kind::chain, questionnaire, "Questionnaire", "q2", ""), Ids{"r2"});
  EXPECT_EQ(find("Questionnaire", Kind::has, questionnaire, "QuestionnaireResponse", "r1", ""), Ids{"q1"});
  EXPECT_EQ(find("Questionnaire", Kind::has, questionnaire, "QuestionnaireResponse", "r2", ""), (Ids{"q1", "q2"}));
  this->remove("Questionnaire", "q1", 1, test::Values().uri(names, "http://q").uri(names, "http://q|1"));
  EXPECT_EQ(find("QuestionnaireResponse", Kind::chain, questionnaire, "Questionnaire", "q1", ""), Ids{});
}

TYPED_TEST_P(StoreSearches, TurnsPagesBackward) {
  std::vector<std::string> ids;
  for (int i = 0; i < 11; ++i) {
    ids.push_back("o" + std::to_string(i));
    this->put("Observation", ids.back(), 0, test::code_value("c"));
  }
  const search::Query query = test::token_query("Observation", "code", "c");
  search::Query sorted = query;
  sorted.sort.push_back({search::SortKey::Column::last_updated, nullptr, true});
  for (const std::uint32_t count : {1u, 3u, 10u, 11u, 12u}) {
    EXPECT_EQ(test::all_pages_backward(*this->store_, query, count), ids) << "pages of " << count;
    EXPECT_EQ(test::all_pages_backward(*this->store_, sorted, count), this->find(sorted)) << "pages of " << count;
  }
  const auto first = this->store_->search(query, {.count = 4});
  ASSERT_TRUE(first.ok() && first->next);
  EXPECT_FALSE(first->previous);
  const auto second = this->store_->search(query, {.count = 4, .from = *first->next});
  ASSERT_TRUE(second.ok() && second->previous);
  const auto back = this->store_->search(
      query, {.count = 3, .from = *second->previous, .direction = SearchOptions::Direction::backward});
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->entries.size(), 3u);
  EXPECT_EQ(back->entries.front().id, "o1");
  EXPECT_EQ(back->entries.back().id, "o3");
  EXPECT_TRUE(back->previous && back->next);
}

// :missing, which is about elements and not about their values.
TYPED_TEST_P(StoreSearches, FindsByPresence) {
  const search::Parameter& birthdate = test::parameter("Patient", "birthdate");
  this->put("Patient", "p1", 0, test::Values().present(birthdate));
  this->put("Patient", "p2", 0, test::Values());
  search::Query query = test::leaf_query("Patient", {&birthdate, search::PresentMatch{}});
  using Ids = std::vector<std::string>;
  EXPECT_EQ(this->find(query), Ids{"p1"});
  query.plan = search::Plan::make(search::Plan::Kind::not_, {query.plan});
  EXPECT_EQ(this->find(query), Ids{"p2"});
}

// Both components hold for one element, not one for one and one for another.
TYPED_TEST_P(StoreSearches, FindsByElementsOfComposites) {
  const search::Parameter& composite = test::parameter("Observation", "code-value-concept");
  ASSERT_EQ(composite.components.size(), 2u);
  const search::Parameter& code = test::registry().parameter(composite.components[0]);
  const search::Parameter& value = test::registry().parameter(composite.components[1]);
  const auto element = [&](const char* one, const char* other) {
    return std::vector<search::ComponentValue>{search::TokenValue{code.id, one, ""},
                                               search::TokenValue{value.id, other, ""}};
  };
  const search::Parameter& codes = test::parameter("Observation", "code");
  const search::Parameter& values = test::parameter("Observation", "value-concept");
  const auto both = [&](test::Values& to, const char* one, const char* other) -> test::Values& {
    return to.token(codes, one).token(values, other).composite(composite, element(one, other));
  };
  test::Values first, second;
  this->put("Observation", "o1", 0, both(both(first, "a", "x"), "b", "y"));
  this->put("Observation", "o2", 0, both(second, "a", "y"));
  const auto find_both = [&](const char* one, const char* other) {
    search::CompositeMatch match;
    match.components.push_back({&code, search::TokenMatch{std::nullopt, one}});
    match.components.push_back({&value, search::TokenMatch{std::nullopt, other}});
    return this->find(test::leaf_query("Observation", {&composite, match}));
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(find_both("a", "x"), Ids{"o1"});
  EXPECT_EQ(find_both("a", "y"), Ids{"o2"});
  EXPECT_EQ(find_both("b", "x"), Ids{});
}

TYPED_TEST_P(StoreSearches, FindsByWords) {
  const search::Parameter& text = test::parameter("Patient", "_text");
  this->put("Patient", "p1", 0, test::Values().word(text, "heart").word(text, "left"));
  this->put("Patient", "p2", 0, test::Values().word(text, "heartburn"));
  const auto find_word = [&](const std::string& word, bool is_prefix) {
    return this->find(test::leaf_query("Patient", {&text, search::WordMatch{word, is_prefix}}));
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(find_word("heart", false), Ids{"p1"});
  EXPECT_EQ(find_word("heart", true), (Ids{"p1", "p2"}));
  EXPECT_EQ(find_word("eart", true), Ids{});
}

// A degree of latitude is some 111 km; the date line is no border.
TYPED_TEST_P(StoreSearches, FindsByDistance) {
  const search::Parameter& near = test::parameter("Location", "near");
  this->put("Location", "l1", 0, test::Values().position(near, 52, 179.9));
  this->put("Location", "l2", 0, test::Values().position(near, 53, 179.9));
  const auto find_near = [&](double latitude, double longitude, double meters) {
    return this->find(test::leaf_query("Location", {&near, search::PositionMatch{latitude, longitude, meters}}));
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(find_near(52, 179.9, 0), Ids{"l1"});
  EXPECT_EQ(find_near(52, 179.9, 111'000), Ids{"l1"});
  EXPECT_EQ(find_near(52, 179.9, 112'000), (Ids{"l1", "l2"}));
  EXPECT_EQ(find_near(52, -179.9, 20'000), Ids{"l1"});
}

REGISTER_TYPED_TEST_SUITE_P(StoreSearches, EndsPagesOfLargeTextsEarly, EndsPagesByTheBytesAskedFor,
                            UpdatesWhatAResourceIsFoundBy, ReferencesHoldWhateverComesFirst, PagesNeitherRepeatNorSkip,
                            PositionsHoldWhileOthersWrite, RefusesPositionsOfOtherSearches, TotalsAreExact,
                            ConditionsMustHold, ConditionsHoldManyMatches, FollowsChains, FollowsChainsBackward,
                            IncludesWhatReferencesLeadTo, FindsWhatIsSeenAlone, FollowsUris, TurnsPagesBackward,
                            FindsByPresence, FindsByElementsOfComposites, FindsByWords, FindsByDistance);

}  // namespace vesta::store
