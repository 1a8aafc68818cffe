// Tests of the modifiers: each on the types that R4 allows it for, with R4's examples, and refused elsewhere.
#include "search/modifiers/modifiers.h"

#include <map>
#include <memory>

#include "search/value_test_support.h"

namespace vesta::search {
namespace {

using testing::answer;
using testing::expect_answer;
using testing::expect_refusal;
using testing::Extracted;

const Extracted& patient() {
  static const Extracted made(R"({"resourceType":"Patient","gender":"male",
      "name":[{"family":"Müller-Lee","given":["Eve"]}],"birthDate":"1980-05-01",
      "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"},
                                       {"code":"local"}],"text":"Medical Record"},
                     "system":"urn:mrn","value":"446053"},{"system":"urn:ssn","value":"9"}],
      "managingOrganization":{"identifier":{"system":"urn:org","value":"o7"}},
      "generalPractitioner":[{"reference":"Practitioner/23"},{"reference":"http://localhost:8080/fhir/Organization/4"}],
      "_deceasedBoolean":{"extension":[{"url":"http://a","valueCode":"unknown"}]}})");
  return made;
}

const Extracted& condition() {
  static const Extracted made(R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},
      "code":{"coding":[{"system":"http://s","code":"b","display":"Céphalée"}],"text":"Headache, severe"}})");
  return made;
}

TEST(Missing, AsksWhetherThereIsAValue) {
  const Extracted& p = patient();
  expect_answer(p, "gender:missing", "true", "no");
  expect_answer(p, "gender:missing", "false", "yes");
  expect_answer(p, "phone:missing", "true", "yes");
  expect_answer(p, "phone:missing", "false", "no");
  expect_answer(p, "birthdate:missing", "false", "yes");
  expect_answer(p, "organization:missing", "false", "yes");  // there, if only by its identifier
  expect_answer(p, "death-date:missing", "true", "yes");
  expect_answer(p, "_profile:missing", "true", "yes");
  expect_refusal(p, "gender:missing", "maybe", "value");
  expect_refusal(p, "gender:missing", "TRUE", "value");
}

TEST(Missing, TakesAnElementOfExtensionsAloneForMissing) {
  const Extracted made(R"({"resourceType":"Patient","_gender":{"extension":[{"url":"http://a","valueCode":"b"}]},
      "name":[{"extension":[{"url":"http://a","valueCode":"b"}]}],"maritalStatus":{"text":"single"}})");
  expect_answer(made, "gender:missing", "true", "yes");
  expect_answer(made, "name:missing", "true", "yes");
  expect_answer(condition(), "code:missing", "false", "yes");
  const Extracted text_only(R"({"resourceType":"Condition","subject":{"reference":"#"},"code":{"text":"x"}})");
  expect_answer(text_only, "code:missing", "false", "yes");  // no token, and yet a code
}

TEST(Missing, IsForAllTypesButComposites) {
  const Extracted observation(R"({"resourceType":"Observation","status":"final","code":{"text":"x"}})");
  expect_refusal(observation, "code-value-quantity:missing", "true", "not-supported");
  expect_answer(observation, "value-quantity:missing", "true", "yes");
  const Extracted location(R"({"resourceType":"Location"})");
  expect_answer(location, "near:missing", "true", "yes");
  expect_answer(location, "_text:missing", "true", "yes");
}

TEST(TokenText, MatchesTheBeginningOfItsTexts) {
  expect_answer(condition(), "code:text", "headache", "yes");
  expect_answer(condition(), "code:text", "HEADACHE\\, sev", "yes");
  expect_answer(condition(), "code:text", "cephalee", "yes");
  expect_answer(condition(), "code:text", "severe", "no");
  expect_answer(patient(), "identifier:text", "medical", "yes");
  expect_refusal(patient(), "gender:text", "male", "not-supported");  // a code has no text
  expect_refusal(condition(), "code:text", " ", "value");
}

TEST(Not, IsPutAroundByTheCaller) {
  expect_answer(patient(), "gender:not", "male", "no");
  expect_answer(patient(), "gender:not", "female", "yes");
  expect_answer(patient(), "phone:not", "1", "yes");  // "includes resources that have no value for the parameter"
  expect_refusal(patient(), "name:not", "a", "not-supported");
  expect_refusal(patient(), "birthdate:not", "1980", "not-supported");
}

TEST(OfType, WantsSystemCodeAndValue) {
  const std::string type = "http://terminology.hl7.org/CodeSystem/v2-0203|";
  expect_answer(patient(), "identifier:of-type", type + "MR|446053", "yes");
  expect_answer(patient(), "identifier:of-type", type + "MR|9", "no");
  expect_answer(patient(), "identifier:of-type", type + "SS|446053", "no");
  for (const char* bad : {"MR|446053", "446053", "|MR|446053", "http://s||446053", "http://s|MR|", "a|b|c|d"}) {
    expect_refusal(patient(), "identifier:of-type", bad, "value");
  }
  expect_refusal(patient(), "gender:of-type", "a|b|c", "not-supported");
}

TEST(Codes, ComeFromTheSource) {
  expect_answer(condition(), "code:in", "http://vs", "yes");
  expect_answer(condition(), "code:in", "ValueSet/123", "yes");
  expect_answer(condition(), "code:in", "http://whole", "yes");
  expect_answer(condition(), "code:not-in", "http://vs", "no");
  expect_answer(condition(), "code:below", "http://s|b", "yes");
  expect_answer(condition(), "code:above", "b", "yes");
  const Extracted other(R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},
      "code":{"coding":[{"system":"http://s","code":"c"},{"code":"a"}]}})");
  expect_answer(other, "code:in", "http://vs", "no");
  expect_answer(other, "code:not-in", "http://vs", "yes");
  expect_answer(other, "code:below", "http://s|b", "yes");
  expect_answer(other, "code:above", "http://s|b", "no");
}

TEST(Codes, AreRefusedWithTheReasonOfTheSource) {
  EXPECT_EQ(answer(condition(), "code:in", "http://no"),
            "invalid: Parameter 'code:in': the value set 'http://no' is unknown");
  EXPECT_EQ(answer(condition(), "code:below", "http://s|z"), "invalid: Parameter 'code:below': the code is unknown");
  for (const char* bad : {"|b", "http://s|", "a|b|c"}) expect_refusal(condition(), "code:below", bad, "value");
  ParseContext without = testing::value_context();
  without.codes = nullptr;
  const auto plan = testing::plan_of("Condition", "code:in", "http://vs", without);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().issues.front().code, "not-supported");
}

const Extracted& value_set(const std::string& url) {
  static std::map<std::string, std::unique_ptr<Extracted>> made;
  auto& kept = made[url];
  if (!kept) {
    kept = std::make_unique<Extracted>(R"({"resourceType":"ValueSet","status":"active","url":")" + url + "\"}");
  }
  return *kept;
}

// https://hl7.org/fhir/R4/search.html#uri, its examples.
TEST(UriHierarchy, ComparesPaths) {
  const std::string found = "http://acme.org/fhir/ValueSet/123";
  expect_answer(value_set(found), "url", found, "yes");
  expect_answer(value_set(found), "url:below", "http://acme.org/fhir/", "yes");
  expect_answer(value_set(found), "url:below", "http://acme.org/fhir", "yes");
  expect_answer(value_set(found), "url:below", found, "yes");
  expect_answer(value_set(found), "url:below", "http://acme.org/fhir/ValueSet/12", "no");
  expect_answer(value_set(found), "url:below", "http://acme.org/fhir/ValueSet/123/", "no");
  expect_answer(value_set(found), "url:above", "http://acme.org/fhir/ValueSet/123/_history/5", "yes");
  expect_answer(value_set(found), "url:above", found, "yes");
  expect_answer(value_set(found), "url:above", "http://acme.org/fhir/ValueSet/1234", "no");
  expect_answer(value_set(found), "url:above", "http://acme.org/fhir/ValueSet", "no");
  expect_answer(value_set("http://acme.org/fhir/"), "url:above", found, "yes");
  expect_answer(value_set("http://acme.org"), "url:above", found, "yes");
  expect_answer(value_set("http:/"), "url:above", found, "no");
}

// Above is the converse of below, whatever the two are.
TEST(UriHierarchy, IsSymmetrical) {
  const char* urls[] = {"http://a.b",        "http://a.b/",    "http://a.b/c",  "http://a.b/c/",
                        "http://a.b/cd",     "http://a.b/c/d", "http://a.b//",  "http://a.b//c",
                        "http://a.b/c?x=/y", "https://a.b/c",  "http://a.bc/d", "http://a.b/c/d/e"};
  for (const char* one : urls) {
    for (const char* other : urls) {
      EXPECT_EQ(answer(value_set(one), "url:above", other), answer(value_set(other), "url:below", one))
          << one << " above " << other;
    }
  }
}

TEST(UriHierarchy, IsForUrlsAlone) {
  expect_refusal(value_set("http://a"), "url:below", "urn:oid:1.2", "value");
  expect_refusal(value_set("http://a"), "url:above", "a/b", "value");
  expect_refusal(value_set("http://a"), "url:contains", "a", "not-supported");
  std::string deep = "http://a";
  for (int i = 0; i < 64; ++i) deep += "/x";
  expect_answer(value_set("http://a/x/x"), "url:above", deep, "yes");
  expect_refusal(value_set("http://a"), "url:above", deep + "/x", "value");
}

TEST(ReferenceType, NamesTheTypeOfAnId) {
  expect_answer(patient(), "general-practitioner:Practitioner", "23", "yes");
  expect_answer(patient(), "general-practitioner:Practitioner", "Practitioner/23", "yes");
  expect_answer(patient(), "general-practitioner:PractitionerRole", "23", "no");
  expect_answer(patient(), "general-practitioner:Organization", "4", "yes");  // by the absolute URL
  expect_refusal(patient(), "general-practitioner:Practitioner", "Organization/4", "value");
  expect_refusal(patient(), "general-practitioner:Practitioner", "http://other/Practitioner/23", "value");
  expect_refusal(patient(), "general-practitioner:Location", "23", "not-supported");  // no target of it
  expect_refusal(patient(), "general-practitioner:exact", "23", "not-supported");
  expect_refusal(patient(), "general-practitioner:Resource", "23", "not-supported");
}

TEST(ReferenceIdentifier, IsAToken) {
  expect_answer(patient(), "organization:identifier", "urn:org|o7", "yes");
  expect_answer(patient(), "organization:identifier", "o7", "yes");
  expect_answer(patient(), "organization:identifier", "|o7", "no");
  expect_answer(patient(), "organization:identifier", "urn:org|", "yes");
  expect_answer(patient(), "organization", "o7", "no");
  expect_refusal(patient(), "organization:identifier", "a|b|c", "value");
  const Extracted answers(
      R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"http://q"})");
  expect_refusal(answers, "questionnaire:identifier", "a", "not-supported");
}

TEST(ReferenceHierarchy, ComesFromTheSource) {
  const auto at = [](const std::string& location) {
    return Extracted(R"({"resourceType":"Encounter","status":"finished","class":{"code":"a"},
        "location":[{"location":{"reference":")" +
                     location + "\"}}]}");
  };
  const Extracted ward = at("Location/ward"), bed = at("http://localhost:8080/fhir/Location/bed");
  expect_answer(ward, "location:below", "building", "yes");
  expect_answer(ward, "location:below", "Location/ward", "yes");
  expect_answer(ward, "location:below", "bed", "no");
  expect_answer(bed, "location:below", "Location/building", "yes");
  expect_answer(ward, "location:above", "bed", "yes");
  expect_answer(bed, "location:above", "ward", "no");
  expect_answer(bed, "location:below", "nowhere", "no");
  expect_refusal(patient(), "general-practitioner:below", "23", "value");  // which type is meant?
  EXPECT_EQ(answer(patient(), "organization:below", "23"),
            "invalid: Parameter 'organization:below': the type has no hierarchy");
  ParseContext without = testing::value_context();
  without.hierarchy = nullptr;
  EXPECT_FALSE(testing::plan_of("Encounter", "location:below", "ward", without).ok());
}

TEST(ReferenceHierarchy, ComparesVersionsOfCanonicals) {
  const Extracted made(
      R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"http://q|1.2"})");
  expect_answer(made, "questionnaire", "http://q", "yes");
  expect_answer(made, "questionnaire", "http://q|1.2", "yes");
  expect_answer(made, "questionnaire", "http://q|1", "no");
  expect_answer(made, "questionnaire:below", "http://q|1", "yes");
  expect_answer(made, "questionnaire:below", "http://q|1.2", "yes");
  expect_answer(made, "questionnaire:below", "http://q|1.2.3", "no");
  expect_answer(made, "questionnaire:below", "http://q", "yes");
  expect_answer(made, "questionnaire:above", "http://q|1.2.3", "yes");
  expect_answer(made, "questionnaire:above", "http://q|1.20", "no");
  expect_answer(made, "questionnaire:above", "http://q|1", "no");
  const Extracted twenty(R"({"resourceType":"QuestionnaireResponse","status":"completed",
                             "questionnaire":"http://q|1.20"})");
  expect_answer(twenty, "questionnaire:below", "http://q|1.2", "no");
}

// https://hl7.org/fhir/R4/search.html#modifiers: what is not in its table for a type is refused, by name.
TEST(Modifiers, AreRefusedWhereR4HasThemNot) {
  struct Case {
    const char *type, *code, *value, *allowed;
  };
  for (const Case& c : std::vector<Case>{
           {"Patient", "family", "a", "exact contains"},
           {"Patient", "birthdate", "1980", ""},
           {"RiskAssessment", "probability", "1", ""},
           {"Observation", "value-quantity", "1", ""},
           {"Observation", "code-value-quantity", "a$1", ""},
           {"Location", "near", "1|1", ""},
           {"Patient", "_text", "a", ""},
           {"ValueSet", "url", "http://a", "above below"},
           {"Condition", "code", "http://s|b", "text not above below in not-in"},
           {"Patient", "gender", "a", "not above below in not-in"},
           {"Encounter", "location", "Location/ward", "identifier above below Location"},
       }) {
    for (const char* modifier : {"exact", "contains", "text", "not", "above", "below", "in", "not-in", "of-type",
                                 "identifier", "Location", "Nothing", "MISSING", "type"}) {
      const auto plan = testing::plan_of(c.type, std::string(c.code) + ":" + modifier, c.value);
      const bool is_refused = !plan.ok() && plan.error().issues.front().code == "not-supported";
      const std::string list = " " + std::string(c.allowed) + " ";
      EXPECT_EQ(is_refused, list.find(" " + std::string(modifier) + " ") == std::string::npos)
          << c.type << "?" << c.code << ":" << modifier;
      if (is_refused) {
        EXPECT_NE(plan.error().message.find("':" + std::string(modifier) + "'"), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace vesta::search
