// Random policies and scopes over a random store: what is granted is what rules and scopes say one by one.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/policy_test_support.h"
#include "http/message.h"
#include "search/compartment.h"
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
using Texts = std::vector<std::string>;

const Texts kTypes = {"Client", "Encounter", "Observation", "Organization", "Patient"};
const Texts kInteractions = {"read", "search", "create", "update", "delete", "count"};  // as Action numbers them
// Of all types; "no-such" is of none.
const Texts kCommonCriteria = {"_id=1,2,3", "_id:not=%patient", "_lastUpdated=gt2000-01-01", "no-such=1",
                               "_id=%device"};
const std::map<std::string, Texts> kCriteria = {
    {"Client", {"status=active", "name=no"}},
    {"Encounter", {"status=planned", "subject=Patient/%patient", "subject:Patient.active=true"}},
    {"Observation",
     {"category=laboratory", "subject=Patient/%patient&category=laboratory", "category:not=laboratory",
      "subject:Patient.active=true", "subject:Patient.general-practitioner=%user", "site-kind=laboratory",
      "site-about:Patient.site-active=true", "patient=Patient/%patient"}},
    {"Organization", {"active=true", "name=no"}},
    {"Patient",
     {"active=true", "_has:Observation:subject:category=laboratory", "general-practitioner=Practitioner/%practitioner",
      "_has:Encounter:patient:status=planned", "site-active=true",
      "_has:Observation:site-about:site-kind:not=laboratory", "_has:Observation:patient:category=laboratory"}},
};
// What the variables are, by who the user is; whose record they look at is another one.
const std::map<std::string, std::map<std::string, std::string>> kValues = {
    {"Practitioner/d", {{"%practitioner", "d"}, {"%user", "Practitioner/d"}}},
    {"Patient/2", {{"%patient", "2"}, {"%user", "Patient/2"}}}};
const std::string kInContext = "3";

struct RandomRule {
  Texts types, interactions;
  bool is_around = false;  // in the compartment of the user, or of those who match
  std::string owners, criteria;
};
struct RandomScope {
  bool is_patients = false;
  std::string type, letters, query;
};

class GrantsPropertyTest : public testing::GrantsEngineTest {
 protected:
  GrantsPropertyTest() : dice_(search::testing::seed_from("VESTA_PROPERTY_SEED")) {
    for (int i = 0; i < 40; ++i) put_random(dice_.pick(kTypes), std::to_string(1 + dice_.below(8)));
  }

  void put_random(const std::string& type_name, const std::string& id) {
    if (world_.find(type(type_name), id) != nullptr) return;
    const auto maybe = [&](const char* text) { return dice_.chance(50) ? std::string(text) : std::string(); };
    const std::string subject = R"(,"subject":{"reference":"Patient/)" + std::to_string(1 + dice_.below(8)) + "\"}";
    std::string rest;
    if (type_name == "Client")
      rest = std::string(R"(,"name":"n","status":)") + (dice_.chance(50) ? "\"active\"" : "\"off\"");
    if (type_name == "Organization") rest = R"(,"name":"n")" + maybe(R"(,"active":true)");
    if (type_name == "Patient") {
      rest = maybe(R"(,"active":true)") + maybe(R"(,"generalPractitioner":[{"reference":"Practitioner/d"}])");
    }
    if (type_name == "Encounter") {
      rest = R"(,"class":{"code":"AMB"},"status":)" + std::string(dice_.chance(50) ? "\"planned\"" : "\"finished\"") +
             subject;
    }
    if (type_name == "Observation") {
      rest = R"(,"status":"final","code":{"text":"c"})" + subject +
             maybe(R"(,"category":[{"coding":[{"code":"laboratory"}]}])") +
             (dice_.chance(20) ? R"(,"performer":[{"reference":"Patient/2"}])" : "");
    }
    put_ok(type_name, id, rest);
    auto made =
        std::make_unique<Extracted>("{\"resourceType\":\"" + type_name + "\",\"id\":\"" + id + "\"" + rest + "}");
    CHECK(!made->error);
    const auto at = world_.subjects[type(type_name)].emplace(id, search::Subject{}).first;
    at->second = {type(type_name), at->first, clock_.now(), &made->values};
    extracted_.push_back(std::move(made));
  }

  RandomRule random_rule() {
    RandomRule rule;
    rule.types = {dice_.chance(30) ? "*" : dice_.pick(kTypes)};
    if (dice_.chance(20)) rule.types.push_back(dice_.pick(kTypes));
    rule.interactions = {dice_.pick(kInteractions), dice_.pick(kInteractions)};
    rule.is_around = dice_.chance(40);
    if (rule.is_around && dice_.chance(50)) rule.owners = dice_.pick(kCriteria.at("Patient"));
    if (dice_.chance(50)) rule.criteria = dice_.pick(kCommonCriteria);
    if (rule.types.size() == 1 && rule.types[0] != "*" && dice_.chance(60)) {
      rule.criteria = dice_.pick(kCriteria.at(rule.types[0]));
    }
    return rule;
  }
  static std::string list(const Texts& texts) {
    std::string list;
    for (const std::string& text : texts) list.append(list.empty() ? "\"" : ",\"").append(text).append("\"");
    return list;
  }
  static std::string json_of(const RandomRule& each) {
    std::string rest;
    if (each.is_around) rest += R"(,"compartment":"Patient")";
    if (!each.owners.empty()) rest += R"(,"compartmentCriteria":[")" + each.owners + "\"]";
    if (!each.criteria.empty()) rest += R"(,"criteria":")" + each.criteria + "\"";
    return rule(list(each.types), list(each.interactions), rest);
  }
  RandomScope random_scope() {
    static const Texts kLetters = {"rs", "cruds", "r", "s", "cud", "us"};
    RandomScope scope{dice_.chance(40), dice_.chance(40) ? "*" : dice_.pick(kTypes), dice_.pick(kLetters), ""};
    if (dice_.chance(30)) scope.query = dice_.pick(kCommonCriteria);
    if (scope.type != "*" && dice_.chance(30)) scope.query = dice_.pick(kCriteria.at(scope.type));
    if (scope.query.find('%') != std::string::npos) scope.query = "_id=1,2,3";  // scopes have no variables
    return scope;
  }
  static std::string text_of(const RandomScope& scope) {
    return (scope.is_patients ? "patient/" : "user/") + scope.type + "." + scope.letters +
           (scope.query.empty() ? "" : "?" + scope.query);
  }

  // nullopt: it is no criterion of this type, or has a variable without a value.
  std::optional<bool> holds(std::string text, const search::Subject& subject) {
    for (const auto& [variable, value] : kValues.at(user_)) {
      if (const auto at = text.find(variable); at != std::string::npos) text.replace(at, variable.size(), value);
    }
    if (text.find('%') != std::string::npos) return std::nullopt;
    const auto parsed = search::parse_search({search::testing::registry(), kBase, clock_.now()}, subject.type,
                                             *http::parse_query(text));
    if (!parsed.ok()) return std::nullopt;
    return search::matches(parsed->queries.front().plan, subject, &world_);
  }
  bool is_in_compartment(const std::string& patient, const search::Subject& subject) {
    const auto plan =
        search::compartment_plan(search::testing::registry(), type("Patient"), patient, subject.type, kBase);
    return plan.ok() && search::matches(*plan, subject, &world_);
  }
  static bool is_of_access(const std::string& type_name) { return type_name == "Client"; }
  static bool names(const std::string& written, const std::string& type_name) {
    return written == type_name || (written == "*" && !is_of_access(type_name));
  }

  // Would a rule be refused as a whole, since it says something that is not of all its types?
  bool is_refused(const RandomRule& each) {
    if (each.criteria == "no-such=1") return true;
    return each.is_around && std::ranges::any_of(each.types, [](const std::string& name) {
             return name == "Organization" || name == "Client";
           });
  }
  bool grants(const RandomRule& each, const std::string& type_name, const std::string& interaction,
              const search::Subject& subject) {
    if (is_refused(each)) return false;
    if (std::ranges::none_of(each.types, [&](const std::string& name) { return names(name, type_name); })) return false;
    const bool is_about = std::ranges::any_of(each.interactions, [&](const std::string& name) {
      return name == interaction || (name == "search" && interaction == "count");
    });
    if (!is_about) return false;
    if (each.is_around && each.owners.empty()) {
      const auto own = kValues.at(user_).find("%patient");
      if (own == kValues.at(user_).end() || !is_in_compartment(own->second, subject)) return false;
    }
    if (!each.owners.empty()) {
      bool is_in_one = false;
      for (const auto& [id, patient] : world_.subjects[type("Patient")]) {
        is_in_one = is_in_one || (holds(each.owners, patient).value_or(false) && is_in_compartment(id, subject));
      }
      if (!is_in_one) return false;
    }
    return each.criteria.empty() || holds(each.criteria, subject).value_or(false);
  }
  bool grants(const RandomScope& each, const std::string& type_name, char letter, const search::Subject& subject) {
    const bool leads_elsewhere =
        each.query.find("_has:") != std::string::npos || each.query.find(":Patient.") != std::string::npos;
    return !leads_elsewhere && names(each.type, type_name) && each.letters.find(letter) != std::string::npos &&
           (!each.is_patients || is_in_compartment(kInContext, subject)) &&
           (each.query.empty() || holds(each.query, subject).value_or(false));
  }

  static constexpr const char* kBase = testing::kBase;
  const testing::SiteParameters site_parameters_;
  Dice dice_;
  World world_{testing::kBase};
  std::vector<std::unique_ptr<Extracted>> extracted_;
  std::string user_;
};
INSTANTIATE_TEST_SUITE_P(Engines, GrantsPropertyTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(GrantsPropertyTest, GrantsAreTheUnionOfRulesAndTheUnionOfScopes) {
  constexpr const char* kLetters = "rscuds";  // as Action numbers them
  log::set_sink([](std::string_view) {});
  std::size_t allowed = 0, asked = 0;
  for (int round = 0; round < 60; ++round) {
    user_ = round % 2 == 0 ? "Practitioner/d" : "Patient/2";
    std::vector<RandomRule> rules;
    std::vector<RandomScope> scopes;
    Texts policies, texts;
    for (int i = 0; i < 4; ++i) {
      rules.push_back(random_rule());
      policies.push_back(json_of(rules.back()));
      scopes.push_back(random_scope());
      texts.push_back(text_of(scopes.back()));
    }
    put_policy("p", policies[0] + "," + policies[1]);
    put_policy("q", policies[2] + "," + policies[3]);
    const Principal who{"c", {"p", "q"}, texts, user_, kInContext};
    const GuardedStore store = as(who);
    for (const std::string& type_name : kTypes) {
      const Ids found_ids = seen(who, type_name);
      for (const auto& [id, subject] : world_.subjects[type(type_name)]) {
        for (std::size_t action = 0; action < kActions; ++action) {
          const bool by_rules = std::ranges::any_of(
              rules, [&](const RandomRule& each) { return grants(each, type_name, kInteractions[action], subject); });
          const bool by_scopes = std::ranges::any_of(
              scopes, [&](const RandomScope& each) { return grants(each, type_name, kLetters[action], subject); });
          const search::Plan& guard = store.grant().of(static_cast<Action>(action)).guard(type(type_name));
          const bool expected = by_rules && by_scopes;
          const std::string what =
              kInteractions[action] + " " + type_name + "/" + id + " by " + list(policies) + " and " + list(texts);
          ASSERT_EQ(search::matches(guard, subject, &world_), expected) << what;
          const bool is_seen = action == 0   ? (*store.read(type(type_name), id)).has_value()
                               : action == 1 ? std::ranges::find(found_ids, id) != found_ids.end()
                                             : expected;
          ASSERT_EQ(is_seen, expected) << what;
          allowed += expected ? 1 : 0;
          ++asked;
        }
      }
    }
  }
  log::set_sink(nullptr);
  EXPECT_GT(allowed, asked / 100) << "else little is tried";
  EXPECT_LT(allowed, asked / 2);
}

}  // namespace
}  // namespace vesta::access
