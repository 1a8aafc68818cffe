// Rules with hidden and read-only elements: what is read, found and written, on both engines.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "access/policy_test_support.h"
#include "http/message.h"
#include "search/query_text.h"

namespace vesta::access {
namespace {

using testing::Ids;
using testing::kBase;

constexpr const char* kEach = R"("read","search","create","update","delete")";
constexpr const char* kPhone = R"(,"telecom":[{"system":"phone","value":"555"}])";
constexpr const char* kNarrative =
    R"(,"text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>555</div>"})";
constexpr const char* kPart =
    R"(,"meta":{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]})";
constexpr const char* kHidesTelecom = R"(,"hidden":["Patient.telecom"])";

class HiddenElementsTest : public testing::GrantsEngineTest {
 protected:
  void put_patient(const std::string& id, const std::string& rest) { put_ok("Patient", id, rest); }
  // The text behind the id and the head of meta, as `who` reads it.
  std::string read_text(const Principal& who, const std::string& type_name, const std::string& id) {
    const auto version = *as(who).read(type(type_name), id);
    return version ? version->tail : "nothing";
  }
  std::string stored(const std::string& type_name, const std::string& id) {
    return (*store_->read(type(type_name), id))->tail;
  }
  Result<store::SearchPage> ask(const Principal& who, const std::string& type_name, const std::string& text) {
    const auto parsed = search::parse_search({search::testing::registry(), kBase, clock_.now()}, type(type_name),
                                             *http::parse_query(text));
    CHECK(parsed.ok());
    return as(who).search(parsed->queries.front(), {.count = 10, .includes = parsed->includes});
  }
  Ids find(const Principal& who, const std::string& type_name, const std::string& text) {
    return ids_of(ask(who, type_name, text));
  }
  static std::string place_of(const Status& status) {
    if (status.ok()) return "ok";
    if (status.error().issues.empty()) return status.error().message;
    return std::string(is_forbidden(status) ? "" : "not forbidden: ") + status.error().issues.front().expression;
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
};
INSTANTIATE_TEST_SUITE_P(Engines, HiddenElementsTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(HiddenElementsTest, ReadsGoWithoutThem) {
  put_patient("p1", kNarrative + std::string(kPhone) + R"(,"gender":"male")");
  put_policy("p", rule(R"("Patient")", kRead, kHidesTelecom));
  const std::string tag = R"("tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue",)"
                          R"("code":"SUBSETTED"}]})";
  EXPECT_EQ(read_text(with_policy(), "Patient", "p1"), "," + tag + R"(,"gender":"male"})");
  const auto page = ask(with_policy(), "Patient", "gender=male");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.front().tail, "," + tag + R"(,"gender":"male"})");
  EXPECT_FALSE(has((*as(with_policy()).read_version(type("Patient"), "p1", {1}))->tail, "555"));
  const auto history = as(with_policy()).history({.type = type("Patient"), .id = {}, .count = 10});
  EXPECT_FALSE(has(history->entries.front().tail, "555"));
  put_patient("p2", R"(,"gender":"male")");
  EXPECT_EQ(read_text(with_policy(), "Patient", "p2"), read_text(with_policy(), "Patient", "p1"))
      << "nothing tells whether there was something";
}

TEST_P(HiddenElementsTest, RulesOnlyAdd) {
  put_patient("own", kPhone);
  put_patient("other", kPhone);
  put_policy("p", rule(R"("Patient")", kRead, R"(,"hidden":["Patient.telecom","Patient.gender"])") + "," +
                      rule(R"("Patient")", kRead, R"(,"compartment":"Patient")"));
  const Principal who = with_policy("Patient/own");
  EXPECT_EQ(read_text(who, "Patient", "own"), stored("Patient", "own"));
  EXPECT_FALSE(has(read_text(who, "Patient", "other"), "555"));
  EXPECT_EQ(find(who, "Patient", "phone=555"), Ids{"own"});
  EXPECT_EQ(find(who, "Patient", "phone:missing=true"), Ids{"other"});
  EXPECT_EQ(find(who, "Patient", "_id=own,other"), (Ids{"other", "own"}));
  EXPECT_FALSE(ask(who, "Patient", "_sort=phone").ok()) << "an order that is hidden in part";
  put_policy("q", rule(R"("Patient")", kRead, R"(,"hidden":["Patient.gender"])"));
  Principal more = who;
  more.policies.push_back("q");
  EXPECT_TRUE(has(read_text(more, "Patient", "other"), "555")) << "what only one of two rules hides";
  EXPECT_EQ(find(more, "Patient", "phone=555"), (Ids{"other", "own"}));
}

TEST_P(HiddenElementsTest, PartsOfElements) {
  put_patient("p1", R"(,"contact":[{"telecom":[{"value":"555"}]},{"name":{"text":"Ann"},"telecom":[{"value":"5"}]}],)"
                    R"("deceasedBoolean":true,"_birthDate":{"id":"x"})");
  put_policy("p", rule(R"("Patient")", kRead,
                       R"(,"hidden":["Patient.contact.telecom","Patient.deceased","Patient.birthDate"])"));
  const std::string text = read_text(with_policy(), "Patient", "p1");
  EXPECT_TRUE(has(text, R"(]},"contact":[{"name":{"text":"Ann"}}]})")) << text;
  EXPECT_EQ(find(with_policy(), "Patient", "deceased=true"), Ids{});
  EXPECT_EQ(find(with_policy(), "Patient", "deceased=false"), Ids{}) << "R4's expression reads what is not there too";
}

TEST_P(HiddenElementsTest, WhatOneRuleHidesWholeAndAnotherInPart) {
  put_patient("p1", R"(,"contact":[{"name":{"text":"Ann"},"telecom":[{"value":"555"}]}])");
  put_policy("p", rule(R"("Patient")", kRead, R"(,"hidden":["Patient.contact"])") + "," +
                      rule(R"("Patient")", kRead, R"(,"hidden":["Patient.contact.telecom"])"));
  const std::string text = read_text(with_policy(), "Patient", "p1");
  EXPECT_FALSE(has(text, "555")) << "both hide it: " << text;
  EXPECT_TRUE(has(text, "Ann")) << "one shows it: " << text;
}

// Elements of the same kind stand in each other: a rule means all of them.
TEST_P(HiddenElementsTest, AtEachDepth) {
  put_ok("QuestionnaireResponse", "r",
         R"(,"status":"completed","item":[{"linkId":"1","answer":[{"valueString":"top","item":[{"linkId":"1.1",)"
         R"("answer":[{"valueString":"under"}]}]}],"item":[{"linkId":"1.2","answer":[{"valueString":"deep"}],)"
         R"("item":[{"linkId":"1.2.1","answer":[{"valueString":"deeper"}]}]}]}])");
  put_ok("Consent", "c",
         R"(,"status":"active","scope":{"text":"s"},"category":[{"text":"c"}],"provision":{"type":"deny",)"
         R"("provision":[{"purpose":[{"code":"secret"}]},{"type":"permit","provision":[)"
         R"({"provision":[{"purpose":[{"code":"secret"}]}]}]}]})");
  put_policy("p", rule(R"("QuestionnaireResponse")", kRead, R"(,"hidden":["QuestionnaireResponse.item.answer"])") +
                      "," + rule(R"("Consent")", kRead, R"(,"hidden":["Consent.provision.purpose"])"));
  EXPECT_TRUE(has(read_text(with_policy(), "QuestionnaireResponse", "r"),
                  R"("item":[{"linkId":"1","item":[{"linkId":"1.2","item":[{"linkId":"1.2.1"}]}]}]})"))
      << read_text(with_policy(), "QuestionnaireResponse", "r");
  EXPECT_TRUE(
      has(read_text(with_policy(), "Consent", "c"), R"("provision":{"type":"deny","provision":[{"type":"permit"}]}})"))
      << read_text(with_policy(), "Consent", "c");
  put_policy("p",
             rule(R"("QuestionnaireResponse")", kRead, R"(,"hidden":["QuestionnaireResponse.item.answer.value"])"));
  const std::string text = read_text(with_policy(), "QuestionnaireResponse", "r");
  EXPECT_TRUE(has(text, R"("item":[{"linkId":"1","answer":[{"item":[{"linkId":"1.1"}]}],"item":[{"linkId":"1.2",)"
                        R"("item":[{"linkId":"1.2.1"}]}]}]})"))
      << text;
}

TEST_P(HiddenElementsTest, WritesAtEachDepth) {
  const auto response = [](const std::string& text, const std::string& top, const std::string& deep) {
    return R"(,"status":"completed","author":{"display":")" + text + R"("},"item":[{"linkId":"1")" + top +
           R"(,"item":[{"linkId":"1.1"},{"linkId":"1.2")" + deep + "}]}]";
  };
  const std::string answer = R"(,"answer":[{"valueString":"secret"}])", other = R"(,"answer":[{"valueString":"x"}])";
  const auto write = [&](const std::string& id, const std::string& rest) {
    return place_of(put(as(with_policy()), "QuestionnaireResponse", id, rest));
  };
  put_ok("QuestionnaireResponse", "r", response("a", "", answer));
  const std::string path = "QuestionnaireResponse.item.answer";
  put_policy("p", rule(R"("QuestionnaireResponse")", kEach, R"(,"readOnly":[")" + path + R"("])"));
  EXPECT_EQ(write("r", response("b", "", answer)), "ok");
  EXPECT_EQ(write("r", response("b", "", other)), path);
  EXPECT_EQ(write("r", response("b", "", "")), path);
  EXPECT_EQ(write("r", response("b", answer, answer)), path);
  EXPECT_EQ(write("r", R"(,"status":"completed","item":[{"linkId":"1"}])"), path);
  EXPECT_EQ(write("new", response("b", "", other)), path);
  EXPECT_EQ(write("new", response("b", "", "")), "ok");
  put_policy("p", rule(R"("QuestionnaireResponse")", kEach, R"(,"hidden":[")" + path + R"("])"));
  EXPECT_EQ(write("r", response("c", "", "")), "ok");
  EXPECT_TRUE(has(stored("QuestionnaireResponse", "r"), "secret") &&
              has(stored("QuestionnaireResponse", "r"), "\"c\""));
  EXPECT_EQ(write("r", response("c", "", other)), "QuestionnaireResponse.item");
  EXPECT_EQ(write("newer", response("c", "", other)), path);
}

TEST_P(HiddenElementsTest, WhatStandsInOtherResources) {
  put_ok("Observation", "o",
         R"(,"contained":[{"resourceType":"Patient","id":"in","gender":"male","telecom":[)"
         R"({"system":"phone","value":"555"}]}],"status":"final","code":{"text":"c"},)"
         R"("subject":{"reference":"#in"})");
  put_policy("p", rule(R"("Patient","Observation")", kRead, kHidesTelecom));
  const std::string text = read_text(with_policy(), "Observation", "o");
  EXPECT_FALSE(has(text, "555")) << text;
  EXPECT_TRUE(has(text, R"("gender":"male")") && has(text, "SUBSETTED")) << text;
  EXPECT_EQ(find(with_policy(), "Observation", "subject:Patient.phone=555"), Ids{});
  EXPECT_EQ(find(with_policy(), "Observation", "subject:Patient.gender=male"), Ids{"o"});
  EXPECT_EQ(find(with_policy(), "Observation", "_content=555"), Ids{});
}

TEST_P(HiddenElementsTest, StepsToOtherResources) {
  put_ok("Practitioner", "d", "");
  put_patient("p1", std::string(kPhone) + R"(,"generalPractitioner":[{"reference":"Practitioner/d"}])");
  put_ok("Observation", "o", R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p1"})");
  const std::string others = "," + rule(R"("Practitioner","Observation")", kRead);
  put_policy("p", rule(R"("Patient")", kRead, kHidesTelecom) + others);
  EXPECT_EQ(find(with_policy(), "Observation", "subject:Patient.phone=555"), Ids{});
  EXPECT_EQ(find(with_policy(), "Practitioner", "_has:Patient:general-practitioner:phone=555"), Ids{});
  EXPECT_EQ(find(with_policy(), "Practitioner", "_has:Patient:general-practitioner:_id=p1"), Ids{"d"});
  put_policy("p", rule(R"("Patient")", kRead, R"(,"hidden":["Patient.generalPractitioner"])") + others);
  EXPECT_EQ(find(with_policy(), "Practitioner", "_has:Patient:general-practitioner:_id=p1"), Ids{});
  EXPECT_EQ(find(with_policy(), "Patient", "general-practitioner:Practitioner._id=d"), Ids{});
  EXPECT_EQ(find(with_policy(), "Patient", "_include=Patient:general-practitioner"), Ids{"p1"});
  EXPECT_EQ(find(with_policy(), "Practitioner", "_revinclude=Patient:general-practitioner"), Ids{"d"});
  EXPECT_FALSE(ask(with_policy(), "Patient", "_include=Patient:*").ok());
  EXPECT_FALSE(ask(with_policy(), "Patient", "_include=*").ok());
  EXPECT_EQ(find(with_policy(), "Observation", "_include=Observation:*"), (Ids{"+p1", "o"}));
}

TEST_P(HiddenElementsTest, AnOrderByWhatIsHiddenIsNone) {
  put_patient("a", R"(,"birthDate":"2000-01-01")");
  put_patient("b", R"(,"birthDate":"1990-01-01")");
  put_policy("p", rule(R"("Patient")", kRead, R"(,"hidden":["Patient.birthDate"])"));
  const auto page = ask(with_policy(), "Patient", "_sort=birthdate");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.front().id, "a") << "as they were created";
}

TEST_P(HiddenElementsTest, UpdatesKeepWhatIsHidden) {
  put_patient("p1", kNarrative + std::string(kPhone) + R"(,"gender":"male")");
  put_policy("p", rule(R"("Patient")", kEach, kHidesTelecom));
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", kPart + std::string(R"(,"gender":"female")"))), "ok");
  EXPECT_TRUE(has(stored("Patient", "p1"), "\"555\"") && has(stored("Patient", "p1"), "<div"))
      << stored("Patient", "p1");
  EXPECT_FALSE(has(stored("Patient", "p1"), "SUBSETTED"));
  const Principal system{"c", {"all"}, {"user/*.cruds"}, "", ""};
  put_policy("all", rule(R"("*")", kRead));
  EXPECT_EQ(find(system, "Patient", "phone=555&gender=female"), Ids{"p1"}) << "the index is of the whole";
  EXPECT_EQ(find(system, "Patient", "gender=male"), Ids{});
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", R"(,"telecom":[{"value":"6"}])")), "Patient.telecom");
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", kPhone)), "Patient.telecom") << "even if it is the same";
  EXPECT_EQ((*store_->read(type("Patient"), "p1"))->version.value, 2U) << "nothing has changed";
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p2", kPhone)), "Patient.telecom");
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p2", R"(,"gender":"male")")), "ok");
  EXPECT_EQ(place_of(remove(as(with_policy()), "Patient", "p1")), "ok");
  EXPECT_EQ(find(system, "Patient", "phone=555"), Ids{});
}

// What a body lacks is told by what its writer was shown, which may be less than they would be shown now.
TEST_P(HiddenElementsTest, APartDoesNotReplaceMoreThanIsKept) {
  put_patient("p1", std::string(kPhone) + R"(,"gender":"male","active":true)");
  const std::string hides = rule(R"("Patient")", kEach, R"(,"hidden":["Patient.telecom","Patient.active"])");
  put_policy("p", hides);
  const std::string part = kPart + std::string(R"(,"gender":"female")");
  ASSERT_TRUE(has(read_text(with_policy(), "Patient", "p1"), "SUBSETTED"));
  put_policy("p", hides + "," + rule(R"("Patient")", kEach, kHidesTelecom));
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", part)), "not forbidden: Patient.meta.tag");
  EXPECT_TRUE(has(stored("Patient", "p1"), "active"));
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", part + R"(,"active":false)")), "ok");
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", R"(,"gender":"male")")), "ok")
      << "it is not said to be a part";
  EXPECT_TRUE(has(stored("Patient", "p1"), "555") && !has(stored("Patient", "p1"), "active"));
}

TEST_P(HiddenElementsTest, APartDoesNotReplaceWhatIsShownNow) {
  put_patient("p1", std::string(kPhone) + R"(,"gender":"male")");
  const std::string hides = rule(R"("Patient")", kEach, kHidesTelecom);
  const std::string part = kPart + std::string(R"(,"gender":"female")");
  const auto expect_refused = [&](const GuardedStore& store) {
    const Status status = put(store, "Patient", "p1", part);
    ASSERT_FALSE(status.ok()) << stored("Patient", "p1");
    EXPECT_EQ(status.error().category, Category::unprocessable);
    EXPECT_EQ(status.error().issues.front().expression, "Patient.meta.tag");
    EXPECT_TRUE(has(stored("Patient", "p1"), "555"));
  };
  put_policy("p", hides + "," + rule(R"("Patient")", kEach));
  expect_refused(as(with_policy()));
  put_policy("p", hides + "," + rule(R"("Patient")", kEach, R"(,"criteria":"gender=male,female")"));
  expect_refused(as(with_policy()));
  put_policy("p", rule(R"("Patient")", kEach));
  expect_refused(as(with_policy()));
  expect_refused(as_system());
  EXPECT_EQ(place_of(put(as_system(), "Patient", "p2", part)), "ok") << "a new one takes no other's place";
  EXPECT_EQ(place_of(put(as_system(), "Patient", "p2", part)), "ok") << "what is stored is said to be a part itself";
  EXPECT_EQ(place_of(put(as_system(), "Patient", "p3", R"(,"name":[{"text":"SUBSETTED"}])")), "ok");
  EXPECT_EQ(place_of(put(as_system(), "Patient", "p3", R"(,"name":[{"text":"SUBSETTED"}],"gender":"male")")), "ok");
}

TEST_P(HiddenElementsTest, UpdatesKeepElementsWithHiddenParts) {
  put_patient("p1", R"(,"contact":[{"name":{"text":"Ann"},"telecom":[{"value":"555"}]},{"telecom":[{"value":"6"}]}])");
  put_policy("p", rule(R"("Patient")", kEach, R"(,"hidden":["Patient.contact.telecom"])"));
  const std::string shown = R"(,"gender":"male","contact":[{"name":{"text":"Ann"}}])";
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", shown)), "ok");
  EXPECT_TRUE(has(stored("Patient", "p1"), "\"555\"") && has(stored("Patient", "p1"), "\"6\""));
  for (const char* other : {R"(,"gender":"male")", R"(,"contact":[{"name":{"text":"Bob"}}])"}) {
    EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", other)), "Patient.contact");
  }
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p2", R"(,"contact":[{"telecom":[{"value":"5"}]}])")),
            "Patient.contact.telecom");
}

TEST_P(HiddenElementsTest, UpdatesKeepWhatIsHiddenInOtherResources) {
  const std::string inner = R"({"resourceType":"Patient","id":"in","gender":"male")";
  const std::string rest = R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"#in"})";
  put_ok("Observation", "o", R"(,"contained":[)" + inner + kPhone + "}]" + rest);
  put_policy("p", rule(R"("Patient","Observation")", kEach, kHidesTelecom));
  EXPECT_EQ(place_of(put(as(with_policy()), "Observation", "o", R"(,"contained":[)" + inner + "}]" + rest)), "ok");
  EXPECT_TRUE(has(stored("Observation", "o"), "\"555\""));
  EXPECT_EQ(place_of(put(as(with_policy()), "Observation", "o", R"(,"contained":[)" + inner + kPhone + "}]" + rest)),
            "Observation.contained");
  EXPECT_EQ(place_of(put(as(with_policy()), "Observation", "n", R"(,"contained":[)" + inner + kPhone + "}]" + rest)),
            "Patient.telecom");
}

TEST_P(HiddenElementsTest, ReadOnlyElementsStay) {
  put_patient("p1", R"(,"active":true,"contact":[{"name":{"text":"Ann"},"gender":"male"}])");
  put_policy("p", rule(R"("Patient")", kEach, R"(,"readOnly":["Patient.active","Patient.contact.gender"])"));
  const auto write = [&](const std::string& id, const std::string& rest) {
    return place_of(put(as(with_policy()), "Patient", id, rest));
  };
  EXPECT_EQ(read_text(with_policy(), "Patient", "p1"), stored("Patient", "p1")) << "all of it is shown";
  EXPECT_EQ(write("p1", R"(,"active":true,"contact":[{"name":{"text":"Bob"},"gender":"male"}])"), "ok");
  EXPECT_EQ(write("p1", R"(,"contact":[{"gender":"male"}])"), "Patient.active");
  EXPECT_EQ(write("p1", R"(,"active":false,"contact":[{"gender":"male"}])"), "Patient.active");
  EXPECT_EQ(write("p1", R"(,"active":true)"), "Patient.contact.gender");
  EXPECT_EQ(write("p1", R"(,"active":true,"contact":[{"gender":"male"},{"gender":"male"}])"), "Patient.contact.gender");
  EXPECT_EQ(write("p2", R"(,"active":true)"), "Patient.active");
  EXPECT_EQ(write("p2", R"(,"gender":"male")"), "ok");
  put_policy("q", rule(R"("Patient")", kEach, R"(,"readOnly":["Patient.contact.gender"],"criteria":"gender=male")"));
  Principal more = with_policy();
  more.policies.push_back("q");
  EXPECT_EQ(place_of(put(as(more), "Patient", "p2", R"(,"gender":"male","active":true)")), "ok") << "rules only add";
  EXPECT_EQ(place_of(put(as(more), "Patient", "p2", R"(,"active":false)")), "Patient.active")
      << "it must be allowed as it will be";
}

TEST_P(HiddenElementsTest, NobodyBringsToLightWhatIsHidden) {
  put_patient("p1", kPhone);
  put_policy("p", rule(R"("Patient")", kEach, kHidesTelecom) + "," +
                      rule(R"("Patient")", kRead, R"(,"criteria":"gender=male")"));
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", R"(,"gender":"male")")), "Patient.telecom");
  EXPECT_EQ(place_of(put(as(with_policy()), "Patient", "p1", R"(,"gender":"female")")), "ok");
}

// Whether a canonical leads somewhere is asked of what is current; of a version of before more is hidden then.
TEST_P(HiddenElementsTest, WhatCannotBeDecidedShowsNothing) {
  put_ok("Questionnaire", "q", R"(,"status":"active","url":"http://q")");
  const std::string rest = R"(,"status":"completed","questionnaire":"http://q","authored":"2020")";
  put_ok("QuestionnaireResponse", "r", rest);
  put_ok("QuestionnaireResponse", "r", rest);
  put_policy("p", rule(R"("QuestionnaireResponse")", kRead, R"(,"hidden":["QuestionnaireResponse.authored"])") + "," +
                      rule(R"("QuestionnaireResponse")", kRead,
                           R"json(,"criteria":"_filter=not(questionnaire.status%20eq%20active)")json"));
  EXPECT_FALSE(has(read_text(with_policy(), "QuestionnaireResponse", "r"), "2020"));
  const auto before = *as(with_policy()).read_version(type("QuestionnaireResponse"), "r", {1});
  ASSERT_TRUE(before.has_value());
  EXPECT_FALSE(has(before->tail, "2020")) << before->tail;
}

// It is asked of what is to come: what cannot be decided hides, and lets be written, what any rule does.
TEST_P(HiddenElementsTest, WhatCannotBeDecidedIsNotWritten) {
  put_ok("Questionnaire", "q", R"(,"status":"active","url":"http://q")");
  const std::string rest = R"(,"status":"completed","questionnaire":"http://q")";
  const std::string by_canonical = R"json(,"criteria":"_filter=not(questionnaire.status%20eq%20active)")json";
  const char* const path = "QuestionnaireResponse.authored";
  const std::string authored = "[\"" + std::string(path) + "\"]" + by_canonical;
  const auto write = [&](const std::string& id, const std::string& more) {
    return place_of(put(as(with_policy()), "QuestionnaireResponse", id, rest + more));
  };
  put_policy("p", rule(R"("QuestionnaireResponse")", R"("create")", R"(,"readOnly":)" + authored));
  EXPECT_EQ(write("a", R"(,"authored":"2020")"), path);
  EXPECT_EQ(write("b", ""), "ok");
  put_policy("p", rule(R"("QuestionnaireResponse")", R"("create")") + "," +
                      rule(R"("QuestionnaireResponse")", kRead, R"(,"hidden":)" + authored));
  EXPECT_EQ(write("c", R"(,"authored":"2020")"), path);
  EXPECT_EQ(write("d", ""), "ok");
  put_policy("p", rule(R"("QuestionnaireResponse")", R"("create")") + "," +
                      rule(R"("QuestionnaireResponse")", kRead,
                           R"(,"hidden":["QuestionnaireResponse.authored"],"criteria":"status=amended")"));
  EXPECT_EQ(write("e", R"(,"authored":"2020")"), "ok") << "nor is the rest shown";
}

TEST_P(HiddenElementsTest, ScopesDoNotAskForThem) {
  put_patient("p1", std::string(kPhone) + R"(,"gender":"male")");
  put_policy("p", rule(R"("Patient")", kRead, kHidesTelecom));
  EXPECT_EQ(seen({"c", {"p"}, {"user/Patient.rs?phone=555"}, "", ""}, "Patient"), Ids{});
  EXPECT_FALSE(reads({"c", {"p"}, {"user/Patient.rs?phone=555"}, "", ""}, "Patient", "p1"));
  EXPECT_EQ(seen({"c", {"p"}, {"user/Patient.rs?phone:missing=true"}, "", ""}, "Patient"), Ids{"p1"});
  EXPECT_EQ(seen({"c", {"p"}, {"user/Patient.rs?gender=male"}, "", ""}, "Patient"), Ids{"p1"});
}

TEST_P(HiddenElementsTest, WritesLoseNoRace) {
  put_patient("p1", kPhone);
  put_policy("p", rule(R"("Patient")", kEach, kHidesTelecom));
  store::Write write = change_of(store::Write::Kind::put, "Patient", "p1");
  write.tail = "},\"gender\":\"male\"}";
  write.expected = {7};
  store::WriteSet set;
  set.writes.push_back(std::move(write));
  const auto written = as(with_policy()).commit(set);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().category, Category::conflict);
}

}  // namespace
}  // namespace vesta::access
