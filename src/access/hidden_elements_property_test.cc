// Random rules that hide elements, over a random store: what is found is what the matcher finds in resources that never
// had these elements.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "access/policy_test_support.h"
#include "http/message.h"
#include "search/matcher.h"
#include "search/query_text.h"
#include "search/random_resource.h"
#include "search/world_test_support.h"

namespace vesta::access {
namespace {

using search::testing::Dice;
using search::testing::Extracted;
using search::testing::World;
using testing::Ids;
using testing::kBase;
using Names = std::vector<std::string>;
using Parts = std::map<std::string, std::string>;  // of a resource, by element

const std::map<std::string, std::map<std::string, Names>> kElements = {
    {"Patient",
     {{"active", {R"("active":true)", R"("active":false)"}},
      {"gender", {R"("gender":"male")", R"("gender":"female")"}},
      {"telecom", {R"("telecom":[{"system":"phone","value":"1"}])", R"("telecom":[{"system":"email","value":"2"}])"}},
      {"birthDate", {R"("birthDate":"1980-01-01")", R"("birthDate":"1990")"}},
      {"generalPractitioner",
       {R"("generalPractitioner":[{"reference":"Practitioner/1"}])",
        R"("generalPractitioner":[{"reference":"Practitioner/2"}])"}}}},
    {"Observation",
     {{"subject",
       {R"("subject":{"reference":"Patient/1"})", R"("subject":{"reference":"Patient/2"})",
        R"("subject":{"reference":"Patient/3"})"}},
      {"category", {R"("category":[{"coding":[{"code":"a"}]}])", R"("category":[{"coding":[{"code":"b"}]}])"}},
      {"value", {R"("valueString":"x")", R"("valueQuantity":{"value":7})"}},
      {"hasMember",
       {R"("hasMember":[{"reference":"Observation/1"}])", R"("hasMember":[{"reference":"Observation/2"}])"}}}}};
const std::map<std::string, Names> kRuleCriteria = {
    {"Patient", {"active=true", "gender=male", "birthdate=1990", "_has:Observation:subject:category=a", "_id=1,2,3"}},
    {"Observation", {"category=a", "subject=Patient/1", "subject:Patient.gender=male", "_id=1,2,3"}}};
const std::map<std::string, Names> kQueries = {
    {"Patient",
     {"active=true", "active:not=true", "active:missing=true", "gender=male,female", "phone=1", "telecom=email|2",
      "phone:missing=false", "birthdate=ge1985", "birthdate=ne1990", "general-practitioner:missing=true",
      "general-practitioner=Practitioner/1", "_has:Observation:subject:category=a",
      "_has:Observation:subject:value-string=x", "_filter=not(gender%20eq%20male)%20or%20phone%20eq%201",
      "phone=1&gender=male", "_has:Observation:subject:_has:Observation:has-member:category=b"}},
    {"Observation",
     {"subject=Patient/1", "subject:missing=true", "patient.gender=male", "patient.phone=1", "category=a",
      "category:not=a", "value-string=x", "value-quantity=7", "has-member.category=a", "has-member.value-string=x",
      "patient.general-practitioner=Practitioner/1", "_has:Observation:has-member:subject=Patient/1",
      "code-value-quantity=c$7", "_filter=category%20eq%20a%20and%20not(value-string%20eq%20x)"}}};

struct HidingRule {
  std::string type, criteria;
  std::set<std::string> hidden;
};

class HiddenElementsPropertyTest : public testing::GrantsEngineTest {
 protected:
  HiddenElementsPropertyTest() : dice_(search::testing::seed_from("VESTA_PROPERTY_SEED")) {
    for (const auto& [type_name, elements] : kElements) {
      for (int i = 1; i <= 12; ++i) {
        Parts parts;
        for (const auto& [element, values] : elements) {
          if (dice_.chance(70)) parts.emplace(element, dice_.pick(values));
        }
        const std::string id = std::to_string(i);
        put_ok(type_name, id, rest_of(type_name, parts, {}));
        add(world_, type_name, id, parts, {});
        parts_[type_name].emplace(id, std::move(parts));
      }
    }
  }

  static std::string rest_of(const std::string& type_name, const Parts& parts, const std::set<std::string>& hidden) {
    std::string rest = type_name == "Observation" ? R"(,"status":"final","code":{"coding":[{"code":"c"}]})" : "";
    for (const auto& [element, text] : parts) {
      if (!hidden.contains(element)) rest += "," + text;
    }
    return rest;
  }
  void add(World& world, const std::string& type_name, const std::string& id, const Parts& parts,
           const std::set<std::string>& hidden) {
    auto made = std::make_unique<Extracted>(R"({"resourceType":")" + type_name + R"(","id":")" + id + "\"" +
                                            rest_of(type_name, parts, hidden) + "}");
    CHECK(!made->error);
    const auto at = world.subjects[type(type_name)].insert_or_assign(id, search::Subject{}).first;
    at->second = {type(type_name), at->first, clock_.now(), &made->values};
    extracted_.push_back(std::move(made));
  }

  search::Query query(const std::string& type_name, const std::string& text) {
    const auto parsed = search::parse_search({search::testing::registry(), kBase, clock_.now()}, type(type_name),
                                             *http::parse_query(text));
    CHECK(parsed.ok());
    return parsed->queries.front();
  }
  bool holds(const World& world, const std::string& type_name, const std::string& text, const std::string& id) {
    if (text.empty()) return true;
    return search::matches(query(type_name, text).plan, *world.find(type(type_name), id), &world);
  }

  HidingRule random_rule() {
    HidingRule made{dice_.pick(Names{"Patient", "Observation"}), {}, {}};
    if (dice_.chance(60)) made.criteria = dice_.pick(kRuleCriteria.at(made.type));
    for (const auto& [element, values] : kElements.at(made.type)) {
      if (dice_.chance(30)) made.hidden.insert(element);
    }
    return made;
  }
  std::string json_of(const HidingRule& each) {
    std::string hidden;
    for (const std::string& element : each.hidden) {
      hidden += (hidden.empty() ? "\"" : ",\"") + each.type + "." + element + "\"";
    }
    return rule("\"" + each.type + "\"", kRead,
                (hidden.empty() ? "" : R"(,"hidden":[)" + hidden + "]") +
                    (each.criteria.empty() ? "" : R"(,"criteria":")" + each.criteria + "\""));
  }

  // The world as the rules show it, by what they say one by one.
  World shown(const std::vector<HidingRule>& rules) {
    World world{kBase};
    for (const auto& [type_name, all] : parts_) {
      world.subjects[type(type_name)];
      for (const auto& [id, parts] : all) {
        std::vector<std::set<std::string>> ways;
        for (const HidingRule& each : rules) {
          if (each.type == type_name && holds(world_, type_name, each.criteria, id)) ways.push_back(each.hidden);
        }
        if (ways.empty()) continue;
        std::set<std::string> hidden = ways.front();
        for (const auto& way : ways) {
          std::erase_if(hidden, [&](const std::string& element) { return !way.contains(element); });
        }
        add(world, type_name, id, parts, hidden);
        hidden_[type_name + "/" + id] = hidden;
      }
    }
    return world;
  }

  static constexpr const char* kBase = testing::kBase;
  Dice dice_;
  World world_{testing::kBase};
  std::map<std::string, std::map<std::string, Parts>> parts_;
  std::map<std::string, std::set<std::string>> hidden_;  // by the rules that were shown last
  std::vector<std::unique_ptr<Extracted>> extracted_;
};
INSTANTIATE_TEST_SUITE_P(Engines, HiddenElementsPropertyTest, ::testing::Values("memory", "sqlite"),
                         testing::engine_name);

TEST_P(HiddenElementsPropertyTest, WhatIsFoundIsWhatIsFoundWithoutTheElements) {
  std::size_t matched = 0, differing = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<HidingRule> rules;
    std::string texts;
    for (int i = 0; i < 4; ++i) {
      rules.push_back(random_rule());
      texts += (texts.empty() ? "" : ",") + json_of(rules.back());
    }
    put_policy("p", texts);
    hidden_.clear();
    const World world = shown(rules);
    const Principal who = with_policy();
    for (const auto& [type_name, queries] : kQueries) {
      for (const std::string& text : queries) {
        Ids expected;
        for (const auto& [id, subject] : world.subjects.at(type(type_name))) {
          if (holds(world, type_name, text, id)) expected.push_back(id);
          differing += holds(world, type_name, text, id) != holds(world_, type_name, text, id) ? 1 : 0;
        }
        std::sort(expected.begin(), expected.end());
        matched += expected.size();
        ASSERT_EQ(found(as(who), query(type_name, text), {.count = 100}), expected)
            << type_name << "?" << text << " by " << texts;
      }
      for (const auto& [id, parts] : parts_[type_name]) {
        const auto version = *as(who).read(type(type_name), id);
        const auto hidden = hidden_.find(type_name + "/" + id);
        ASSERT_EQ(version.has_value(), hidden != hidden_.end());
        if (!version) continue;
        for (const auto& [element, part] : parts) {
          ASSERT_EQ(version->tail.find(part) == std::string::npos, hidden->second.contains(element))
              << version->tail << " by " << texts;
        }
      }
    }
  }
  EXPECT_GT(matched, 1000U) << "else little is tried";
  EXPECT_GT(differing, 100U) << "else nothing is hidden";
}

}  // namespace
}  // namespace vesta::access
