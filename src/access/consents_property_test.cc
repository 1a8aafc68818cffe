// Random Consents, askers and resources: what is seen is what reading each Consent by itself leaves.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "access/consent.h"
#include "access/policy_test_support.h"
#include "fhir/datetime.h"
#include "search/matcher.h"
#include "search/random_resource.h"
#include "search/world_test_support.h"

namespace vesta::access {
namespace {

using search::testing::Dice;
using search::testing::Extracted;
using testing::Ids;
using Texts = std::vector<std::string>;
using Kind = Provision::Kind;

constexpr const char* kWorksThere = "Practitioner/d";  // for the Organization g
constexpr const char* kConfidentialities = "ULMNRV";   // rising
const std::string kLabelSystem = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const std::string kActSystem = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

// What there is to know of a resource.
struct Facts {
  std::string type, id, patient;
  std::vector<ConsentCode> labels, codes;
  Texts profiles;
  std::optional<fhir::TimeRange> time;
};
struct User {
  std::string name;
  Texts purposes;
};

// Reads a provision as it is written, and tries each way in which it may be meant.
class Interpreter {
 public:
  Interpreter(const User& user, std::string action, Instant now, const Facts& resource)
      : user_(user), action_(std::move(action)), now_(now), resource_(resource) {}

  // What it may come to where it applies.
  std::set<Kind> outcomes(const Provision& provision) const {
    std::set<std::set<Kind>> heard = {{}};
    for (const Provision& each : provision.provisions) {
      const auto [may, must] = applies(each);
      if (!may) continue;
      std::set<std::set<Kind>> further;
      for (const auto& before : heard) {
        if (!must) further.insert(before);
        for (const Kind kind : outcomes(each)) {
          auto with = before;
          with.insert(kind);
          further.insert(with);
        }
      }
      heard = std::move(further);
    }
    std::set<Kind> outcomes;
    for (const auto& each : heard) {
      outcomes.insert(each.contains(Kind::deny)     ? Kind::deny
                      : each.contains(Kind::permit) ? Kind::permit
                                                    : provision.kind);
    }
    return outcomes;
  }

 private:
  using Bounds = std::pair<bool, bool>;  // may it apply, must it

  template <class Value, class Is>
  static void narrow(Bounds& bounds, const Choices<Value>& choices, Is is) {
    if (choices.says_nothing()) return;
    const bool known = std::ranges::any_of(choices.of, is);
    bounds.first = bounds.first && (known || choices.has_others);
    bounds.second = bounds.second && known;
  }
  static bool has(const std::vector<ConsentCode>& codes, const ConsentCode& code) {
    return std::ranges::find(codes, code) != codes.end();
  }

  Bounds applies(const Provision& p) const {
    Bounds bounds{true, !p.is_vague};
    if (now_.value < p.period.low || now_.value >= p.period.high) bounds = {false, false};
    Choices<std::string> actors = p.actors;  // whoever it is may be one of a group
    actors.has_others = actors.has_others || std::ranges::find(actors.of, "Group/g") != actors.of.end();
    narrow(bounds, actors, [&](const std::string& name) {
      return name == user_.name || (name == "Organization/g" && user_.name == kWorksThere);
    });
    narrow(bounds, p.actions, [&](const ConsentCode& code) { return code.code == action_; });
    Choices<ConsentCode> purposes = p.purposes;
    purposes.has_others = purposes.has_others || (user_.purposes.empty() && !purposes.of.empty());
    narrow(bounds, purposes, [&](const ConsentCode& code) {
      return std::ranges::find(user_.purposes, code.code) != user_.purposes.end();
    });
    narrow(bounds, p.codes, [&](const ConsentCode& code) { return has(resource_.codes, code); });
    narrow(bounds, p.labels, [&](const ConsentCode& code) { return is_labelled(code, p.kind); });
    narrow(bounds, p.instances, [&](const std::string& which) { return which == resource_.type + "/" + resource_.id; });
    if (!p.types.says_nothing() || !p.profiles.says_nothing()) {
      Choices<std::string> classes;
      classes.of = p.types.of;
      classes.of.insert(classes.of.end(), p.profiles.of.begin(), p.profiles.of.end());
      classes.has_others = p.types.has_others || p.profiles.has_others;
      narrow(bounds, classes, [&](const std::string& each) {
        return each == resource_.type || std::ranges::find(resource_.profiles, each) != resource_.profiles.end();
      });
    }
    if (!p.data_period.is_always()) {
      const auto& time = resource_.time;
      bounds.first = bounds.first && (!time || (time->low < p.data_period.high && time->high > p.data_period.low));
      bounds.second = bounds.second && time && time->low >= p.data_period.low && time->high <= p.data_period.high;
    }
    return bounds;
  }

  bool is_labelled(const ConsentCode& code, Kind kind) const {
    if (code.system != kLabelSystem) return has(resource_.labels, code);
    const std::string order = kConfidentialities;
    bool is_up_to = false, is_above = false, is_it = false;
    for (const ConsentCode& each : resource_.labels) {
      if (each.system != kLabelSystem) continue;
      is_it = is_it || each == code;
      (order.find(each.code) <= order.find(code.code) ? is_up_to : is_above) = true;
    }
    return kind == Kind::permit ? is_up_to && !is_above : is_it || is_above;
  }

  const User& user_;
  const std::string action_;
  const Instant now_;
  const Facts& resource_;
};

class ConsentsPropertyTest : public testing::GrantsEngineTest {
 protected:
  ConsentsPropertyTest() : dice_(search::testing::seed_from("VESTA_PROPERTY_SEED")) {
    put_ok("PractitionerRole", "r",
           R"(,"practitioner":{"reference":")" + std::string(kWorksThere) +
               R"("},"organization":{"reference":"Organization/g"})");
    for (int i = 1; i <= 4; ++i) add("Patient", "p" + std::to_string(i));
    for (int i = 1; i <= 12; ++i) {
      add(dice_.pick(Texts{"Observation", "Condition", "Encounter"}), "x" + std::to_string(i));
    }
  }

  static std::string coding(const ConsentCode& code) {
    return R"({"system":")" + code.system + R"(","code":")" + code.code + "\"}";
  }
  ConsentCode random_label() {
    if (dice_.chance(30)) return {kActSystem, dice_.chance(50) ? "ETH" : "HIV"};
    return {kLabelSystem, std::string(1, kConfidentialities[dice_.below(6)])};
  }
  ConsentCode random_code() { return {"http://s", dice_.chance(50) ? "a" : "b"}; }

  void add(const std::string& type_name, const std::string& id) {
    Facts facts{type_name, id, type_name == "Patient" ? id : "p" + std::to_string(1 + dice_.below(4)), {}, {}, {}, {}};
    std::string labels;
    for (std::size_t i = dice_.below(3); i > 0; --i) {
      facts.labels.push_back(random_label());
      labels += (labels.empty() ? "" : ",") + coding(facts.labels.back());
    }
    if (dice_.chance(30)) facts.profiles = {"http://a.b/profile"};
    std::string rest = R"(,"meta":{"versionId":"1")" + (labels.empty() ? "" : ",\"security\":[" + labels + "]") +
                       (facts.profiles.empty() ? "" : R"(,"profile":["http://a.b/profile"])") + "}";
    if (type_name != "Patient") rest += R"(,"subject":{"reference":"Patient/)" + facts.patient + "\"}";
    if (type_name == "Observation" || type_name == "Condition") {
      facts.codes = {random_code()};
      rest += R"(,"code":{"coding":[)" + coding(facts.codes.front()) + "]}";
    }
    if (type_name == "Encounter") rest += R"(,"status":"planned","class":{"code":"AMB"})";
    if (type_name == "Observation") rest += R"(,"status":"final")";
    if (type_name != "Patient" && type_name != "Condition" && dice_.chance(70)) {
      const std::string when = dice_.pick(Texts{"2015", "2016-05", "2017"});
      facts.time = fhir::parse_time_range(when);
      rest += type_name == "Observation" ? R"(,"effectiveDateTime":")" + when + "\""
                                         : R"(,"period":{"start":")" + when + R"(","end":")" + when + "\"}";
    }
    put_ok(type_name, id, rest);
    facts_.push_back(std::move(facts));
    auto made =
        std::make_unique<Extracted>("{\"resourceType\":\"" + type_name + "\",\"id\":\"" + id + "\"" + rest + "}");
    CHECK(!made->error);
    const auto at = world_.subjects[type(type_name)].emplace(id, search::Subject{}).first;
    at->second = {type(type_name), at->first, clock_.now(), &made->values};
    extracted_.push_back(std::move(made));
  }

  template <class Make>
  std::string list(const char* name, Make make) {
    std::string texts = make();
    if (dice_.chance(20)) texts += "," + make();
    return ",\"" + std::string(name) + "\":[" + texts + "]";
  }
  std::string random_actor() {
    const std::string who = dice_.pick(Texts{"Practitioner/d", "Practitioner/e", "Organization/g", "Group/g"});
    const std::string role = dice_.chance(80) ? "PRCP" : "CST";
    return R"({"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":")" +
           role + R"("}]},"reference":{"reference":")" + who + "\"}}";
  }
  std::string random_class() {
    if (dice_.chance(20)) return coding({"urn:ietf:bcp:13", "application/hl7-cda+xml"});
    if (dice_.chance(30)) return coding({"urn:ietf:rfc:3986", "http://a.b/profile"});
    return coding({"http://hl7.org/fhir/resource-types", dice_.pick(Texts{"Observation", "Condition", "Patient"})});
  }
  std::string random_concept(const ConsentCode& code) {
    return dice_.chance(15) ? R"({"text":"t"})" : R"({"coding":[)" + coding(code) + "]}";
  }
  std::string random_period() {
    return dice_.pick(Texts{R"({"start":"2015","end":"2016"})", R"({"start":"2016"})", R"({"end":"2016"})"});
  }
  std::string random_data() {
    return R"({"meaning":")" + std::string(dice_.chance(80) ? "instance" : "related") +
           R"(","reference":{"reference":"Observation/x)" + std::to_string(1 + dice_.below(12)) + "\"}}";
  }
  std::string random_provision(int depth) {
    std::string text;
    if (depth > 0 || dice_.chance(70)) text += dice_.chance(50) ? R"(,"type":"permit")" : R"(,"type":"deny")";
    if (dice_.chance(10)) {
      text += R"(,"period":)" + dice_.pick(Texts{R"({"end":"2000"})", R"({"start":"2000"})", R"({"start":"2100"})"});
    }
    if (dice_.chance(25)) text += list("actor", [&] { return random_actor(); });
    if (dice_.chance(10)) {
      text += list("action", [&] {
        return random_concept(
            {"http://terminology.hl7.org/CodeSystem/consentaction", dice_.pick(Texts{"access", "correct", "collect"})});
      });
    }
    if (dice_.chance(20)) text += list("securityLabel", [&] { return coding(random_label()); });
    if (dice_.chance(10)) {
      text += list("purpose", [&] {
        return coding({"http://terminology.hl7.org/CodeSystem/v3-ActReason", dice_.pick(Texts{"TREAT", "HPAYMT"})});
      });
    }
    if (dice_.chance(25)) text += list("class", [&] { return random_class(); });
    if (dice_.chance(20)) text += list("code", [&] { return random_concept(random_code()); });
    if (dice_.chance(15)) text += R"(,"dataPeriod":)" + random_period();
    if (dice_.chance(10)) text += list("data", [&] { return random_data(); });
    if (dice_.chance(5)) text += R"(,"modifierExtension":[{"url":"http://a.b","valueBoolean":true}])";
    std::string inner;
    for (std::size_t i = depth < 3 ? dice_.below(3) : 0; i > 0; --i) {
      inner += (inner.empty() ? "" : ",") + random_provision(depth + 1);
    }
    if (!inner.empty()) text += ",\"provision\":[" + inner + "]";
    if (text.empty()) text = R"(,"id":"i")";
    return "{" + text.substr(1) + "}";
  }
  // Returns what it says.
  Consent put_random_consent(const std::string& id) {
    std::string rest = R"(,"status":")" + std::string(dice_.chance(90) ? "active" : "inactive") +
                       R"(","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
                       R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p)" +
                       std::to_string(1 + dice_.below(4)) + "\"}";
    if (dice_.chance(60)) {
      rest +=
          R"(,"policyRule":{"coding":[)" + coding({kActSystem, dice_.pick(Texts{"OPTIN", "OPTOUT", "NOPP"})}) + "]}";
    }
    if (dice_.chance(90)) rest += R"(,"provision":)" + random_provision(0);
    put_ok("Consent", id, rest);
    const Extracted made(R"({"resourceType":"Consent","id":")" + id + "\"" + rest + "}");
    CHECK(!made.error);
    texts_[id] = rest;
    return read_consent(fhir::r4(), *made.root, testing::kBase);
  }

  std::string all_texts() const {
    std::string all;
    for (const auto& [id, text] : texts_) all.append("\n").append(text);
    return all;
  }

  bool expected(const std::map<std::string, Consent>& consents, const User& user, const std::string& action,
                bool is_required, const Facts& resource) {
    bool is_permitted = !is_required;
    const Interpreter interpreter(user, action, clock_.now(), resource);
    for (const auto& [id, consent] : consents) {
      if (!consent.is_active || consent.patient != resource.patient) continue;
      const std::set<Kind> outcomes = interpreter.outcomes(consent.rule);
      if (outcomes.contains(Kind::deny)) return false;
      is_permitted = is_permitted || outcomes == std::set{Kind::permit};
    }
    return is_permitted;
  }

  const testing::SiteParameters site_parameters_;
  Dice dice_;
  search::testing::World world_{testing::kBase};
  std::vector<std::unique_ptr<Extracted>> extracted_;
  std::vector<Facts> facts_;
  std::map<std::string, std::string> texts_;  // of Consents
};
INSTANTIATE_TEST_SUITE_P(Engines, ConsentsPropertyTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(ConsentsPropertyTest, WhatIsSeenIsWhatConsentsLeave) {
  std::map<std::string, Consent> consents;
  std::size_t seen_count = 0, asked = 0;
  for (int round = 0; round < 150; ++round) {
    const std::string id = "c" + std::to_string(dice_.below(6));
    consents.insert_or_assign(id, put_random_consent(id));
    const bool is_required = dice_.chance(30);
    const User user{dice_.pick(Texts{"Practitioner/d", "Practitioner/e", "Device/d"}),
                    dice_.pick(std::vector<Texts>{{}, {"TREAT"}, {"HPAYMT", "TREAT"}})};
    std::string purposes;
    for (const std::string& each : user.purposes) purposes += (purposes.empty() ? "\"" : ",\"") + each + "\"";
    put_policy("p", rule(R"("Patient","Observation","Condition","Encounter")", R"("read","search","create","update")",
                         std::string(R"(,"consent":)") + (is_required ? "\"required\"" : "\"respected\"") +
                             (purposes.empty() ? "" : ",\"purpose\":[" + purposes + "]")));
    const GuardedStore store = as(with_policy(user.name));
    std::map<std::string, Ids> found_ids;
    for (const Facts& each : facts_) {
      if (!found_ids.contains(each.type)) found_ids[each.type] = seen(with_policy(user.name), each.type);
      const Ids& ids = found_ids[each.type];
      const bool is_found = std::ranges::find(ids, each.id) != ids.end();
      const std::string what =
          each.type + "/" + each.id + " for " + user.name + purposes + (is_required ? " required" : "") + all_texts();
      ASSERT_EQ(is_found, expected(consents, user, "access", is_required, each)) << what;
      const search::Subject& subject = *world_.find(type(each.type), each.id);
      for (const auto& [action, name] : {std::pair{Action::create, "collect"}, std::pair{Action::update, "correct"}}) {
        const search::Plan& guard = store.grant().of(action).guard(type(each.type));
        ASSERT_EQ(search::matches(guard, subject, &world_), expected(consents, user, name, is_required, each))
            << what << " to " << name;
      }
      seen_count += is_found ? 1 : 0;
      ++asked;
    }
  }
  EXPECT_GT(seen_count, asked / 20) << "else little is tried";
  EXPECT_LT(seen_count, asked * 9 / 10);
}

}  // namespace
}  // namespace vesta::access
