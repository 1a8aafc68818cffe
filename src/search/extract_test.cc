// Tests of extraction: exact values per data type, and all of Synthea.
#include "search/extract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "search/decimal_key.h"
#include "search/test_support.h"

namespace vesta::search {
namespace {

using testing::Extracted;
using testing::registry;

std::string number_text(DecimalKey key) {
  if (key == decimal_key_minus_infinity()) return "-inf";
  if (key == decimal_key_plus_infinity()) return "inf";
  for (const char* known : {"-5",  "-2.5", "-1.5", "0", "0.0195", "0.02", "0.0205", "0.1", "0.5", "1.5", "2",
                            "2.5", "3.05", "5.4",  "6", "6.3",    "9.99", "10",     "12",  "40",  "60",  "135.5"}) {
    if (key == *decimal_key(known)) return known;
  }
  return "?";
}
std::string date_text(std::int64_t point) {
  if (point == kDateMin) return "min";
  if (point == kDateMax) return "max";
  return std::to_string(point / 1'000'000);
}

// The components as they would stand in `listed` by themselves, with " $ " between them.
std::string composite_text(const CompositeValue& value);

// Every value but words as "code=value", sorted: the whole of what a resource is found by.
std::vector<std::string> listed(const IndexValues& values) {
  std::vector<std::string> out;
  const auto add = [&out](ParameterId id, const std::string& text) {
    out.push_back(std::string(registry().parameter(id).code) + "=" + text);
  };
  const auto text = [](std::string_view view) { return std::string(view); };
  for (const auto& v : values.tokens) add(v.parameter, text(v.system) + "|" + text(v.code));
  for (const auto& v : values.strings) add(v.parameter, text(v.folded) + "~" + text(v.exact));
  for (const auto& v : values.references) {
    add(v.parameter, text(fhir::r4().type(v.type).name) + "/" + text(v.id));
  }
  for (const auto& v : values.dates) add(v.parameter, date_text(v.low) + ".." + date_text(v.high));
  for (const auto& v : values.numbers) add(v.parameter, number_text(v.low) + ".." + number_text(v.high));
  for (const auto& v : values.quantities) {
    add(v.parameter, number_text(v.low) + ".." + number_text(v.high) + " " + text(v.system) + "|" + text(v.code) + " " +
                         text(v.unit));
  }
  for (const auto& v : values.uris) add(v.parameter, text(v.uri));
  for (const auto& v : values.positions) {
    add(v.parameter, std::to_string(v.latitude) + "," + std::to_string(v.longitude));
  }
  for (const auto& v : values.composites) add(v.parameter, composite_text(v));
  std::sort(out.begin(), out.end());
  return out;
}

std::string composite_text(const CompositeValue& value) {
  std::string text;
  for (const ComponentValue& component : value.components) {
    IndexValues alone;
    std::visit(
        [&alone](const auto& each) {
          using Value = std::decay_t<decltype(each)>;
          if constexpr (std::is_same_v<Value, TokenValue>) alone.tokens = {each};
          if constexpr (std::is_same_v<Value, StringValue>) alone.strings = {each};
          if constexpr (std::is_same_v<Value, ReferenceValue>) alone.references = {each};
          if constexpr (std::is_same_v<Value, DateValue>) alone.dates = {each};
          if constexpr (std::is_same_v<Value, NumberValue>) alone.numbers = {each};
          if constexpr (std::is_same_v<Value, QuantityValue>) alone.quantities = {each};
          if constexpr (std::is_same_v<Value, UriValue>) alone.uris = {each};
        },
        component);
    const std::string listed_alone = listed(alone).front();
    text += (text.empty() ? "" : " $ ") + listed_alone.substr(listed_alone.find('=') + 1);
  }
  return text;
}

void expect_values(const std::string& json, std::vector<std::string> expected) {
  const Extracted extracted(json);
  ASSERT_FALSE(extracted.error) << extracted.error->message << " in " << json;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(listed(extracted.values), expected) << json;
}

// Only the values of the named parameters.
void expect_of(std::string_view code, const std::string& json, std::vector<std::string> expected) {
  const Extracted extracted(json);
  ASSERT_FALSE(extracted.error) << extracted.error->message << " in " << json;
  std::vector<std::string> found;
  for (const std::string& each : listed(extracted.values)) {
    if (each.starts_with(std::string(code) + "=")) found.push_back(each.substr(code.size() + 1));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, expected) << code << " of " << json;
}

// What links go by: a canonical as it is written, and all canonicals that lead to a resource.
TEST(Extract, FindsWhatCanonicalsLeadBy) {
  const auto response = [](const std::string& canonical) {
    return R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":")" + canonical + "\"}";
  };
  expect_of("questionnaire:canonical", response("http://q|1#part"), {"http://q|1"});
  expect_of("questionnaire:canonical", response("http://q|"), {"http://q"});
  expect_of("questionnaire:canonical", response("#contained"), {});
  const Extracted inside(R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"#q",
                             "contained":[{"resourceType":"Questionnaire","id":"q","status":"active"}]})");
  EXPECT_EQ(inside.values.contained_references.size(), 1u) << "a canonical may name what is contained";
  expect_of("questionnaire", response("http://q|1"), {"http://q", "http://q|1"});
  const std::string questionnaire = R"({"resourceType":"Questionnaire","status":"active","url":"http://q")";
  expect_of("url:canonical", questionnaire + "}", {"http://q"});
  expect_of("url:canonical", questionnaire + R"(,"version":"1"})", {"http://q", "http://q|1"});
  expect_of("url:canonical", R"({"resourceType":"Device","url":"http://q","version":[{"value":"1"}]})", {});
}

// https://hl7.org/fhir/R4/references.html#contained
TEST(Extract, GivesWhatIsContainedValuesOfItsOwn) {
  const Extracted request(
      R"({"resourceType":"MedicationRequest","id":"1","status":"active","intent":"order","contained":[
          {"resourceType":"Organization","id":"o","name":"Acme"},
          {"resourceType":"Medication","id":"m","status":"active","manufacturer":{"reference":"#o"}},
          {"resourceType":"Organization","id":"o","name":"Second of this id"},
          {"resourceType":"Organization","name":"No id"}],
          "subject":{"reference":"#nowhere"},"medicationReference":{"reference":"#m"},
          "requester":{"reference":"#"},"recorder":{"reference":"#m"}})");
  ASSERT_FALSE(request.error);
  const auto places = [](const IndexValues& values) {
    std::vector<std::string> out;
    for (const ContainedReference& each : values.contained_references) {
      out.push_back(std::string(registry().parameter(each.parameter).code) + "#" + std::to_string(each.place));
    }
    return out;
  };
  EXPECT_EQ(places(request.values), std::vector<std::string>{"medication#1"});
  ASSERT_EQ(request.values.contained.size(), 4u);
  const Contained& medication = request.values.contained[1];
  EXPECT_EQ(medication.type, testing::type("Medication"));
  EXPECT_EQ(medication.id, "m");
  EXPECT_EQ(listed(medication.values),
            std::vector<std::string>{"status=http://hl7.org/fhir/CodeSystem/medication-status|active"});
  EXPECT_EQ(places(medication.values), std::vector<std::string>{"manufacturer#0"}) << "the first of that id";
  EXPECT_EQ(request.values.contained[3].id, "");
  EXPECT_EQ(listed(request.values.contained[3].values).front(), "name=no id~No id");
  EXPECT_TRUE(request.values.references.empty());
}

TEST(Extract, CountsWhatIsContained) {
  const auto list = [](std::size_t contained) {
    std::string json = R"({"resourceType":"Patient","contained":[)";
    for (std::size_t i = 0; i < contained; ++i)
      json += std::string(i == 0 ? "" : ",") + R"({"resourceType":"Patient"})";
    return Extracted(json + "]}");
  };
  // Each counts for itself and for the value of `deceased` that every Patient has.
  const std::size_t own = list(1).values.size() - 2;
  EXPECT_EQ(list(2).values.size(), own + 4);
  EXPECT_FALSE(list((kMaxIndexValues - own) / 2).error);
  const Extracted over = list((kMaxIndexValues - own) / 2 + 1);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->category, Category::too_large);
}

// The names that a canonical resource has are made behind its other values.
TEST(Extract, CountsCanonicalNames) {
  const auto value_set = [](std::size_t identifiers) {
    std::string json =
        R"({"resourceType":"ValueSet","url":"http://x/v","version":"1","status":"active","identifier":[)";
    for (std::size_t i = 0; i < identifiers; ++i)
      json += (i == 0 ? R"({"value":")" : R"(,{"value":")") + std::to_string(i) + "\"}";
    return Extracted(json + "]}");
  };
  // Words have a limit of their own.
  const auto size = [&](std::size_t identifiers) {
    const Extracted extracted = value_set(identifiers);
    return extracted.values.size() - extracted.values.words.size();
  };
  const std::size_t one = size(1);
  ASSERT_EQ(size(2), one + 1);
  EXPECT_FALSE(value_set(1 + kMaxIndexValues - one).error);
  const Extracted over = value_set(2 + kMaxIndexValues - one);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->category, Category::too_large);
}

TEST(Extract, FindsAllThatAPatientIsFoundBy) {
  expect_values(
      R"({"resourceType":"Patient","id":"1","meta":{"profile":["http://p|1"],"tag":[{"code":"t"}],"source":"urn:s"},
          "active":true,"identifier":[{"system":"urn:mrn","value":"12"},{"value":"7"}],
          "name":[{"use":"official","family":"Müller","given":["Ann","Bea"]}],
          "telecom":[{"system":"phone","value":"555"},{"system":"email","value":"a@b.c"}],
          "gender":"female","birthDate":"1970-01-01",
          "address":[{"use":"home","line":["Main St 1"],"city":"Ulm","country":"DE"}],
          "generalPractitioner":[{"reference":"Practitioner/9/_history/2"}],
          "managingOrganization":{"reference":"https://other.org/fhir/Organization/3"},
          "communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"de"}]}}]})",
      {"_profile=http://p",
       "_profile=http://p|1",
       "_source=urn:s",
       "_tag=|t",
       "active=|true",
       "address-city=ulm~Ulm",
       "address-country=de~DE",
       "address-use=http://hl7.org/fhir/address-use|home",
       "address=de~DE",
       "address=main st 1~Main St 1",
       "address=ulm~Ulm",
       "birthdate=0..86400",
       "deceased=|false",
       "email=|a@b.c",
       "family=muller~Müller",
       "gender=http://hl7.org/fhir/administrative-gender|female",
       "general-practitioner=Practitioner/9",
       "given=ann~Ann",
       "given=bea~Bea",
       "identifier=urn:mrn|12",
       "identifier=|7",
       "language=urn:ietf:bcp:47|de",
       "name=ann~Ann",
       "name=bea~Bea",
       "name=muller~Müller",
       "organization=https://other.org/fhir/Organization/3",
       "phone=|555",
       "phonetic=ann~Ann",
       "phonetic=bea~Bea",
       "phonetic=muller~Müller",
       "telecom=|555",
       "telecom=|a@b.c"});
}

TEST(Extract, FindsAllThatAnObservationIsFoundBy) {
  expect_values(
      R"({"resourceType":"Observation","id":"1","status":"final",
          "category":[{"coding":[{"system":"urn:c","code":"vital-signs"}]}],
          "code":{"coding":[{"system":"http://loinc.org","code":"8302-2"},{"code":"local"}],"text":"Height"},
          "subject":{"reference":"Patient/p"},"encounter":{"reference":"urn:uuid:1"},
          "effectiveDateTime":"1970-01-02T00:00:00Z",
          "valueQuantity":{"value":135.50,"unit":"cm","system":"http://unitsofmeasure.org","code":"[cm]"}})",
      {"category=urn:c|vital-signs", "code:text=height~Height",
       "code-value-quantity=http://loinc.org|8302-2 $ 135.5..135.5 http://unitsofmeasure.org|[cm] cm",
       "code-value-quantity=|local $ 135.5..135.5 http://unitsofmeasure.org|[cm] cm",
       "combo-code-value-quantity=http://loinc.org|8302-2 $ 135.5..135.5 http://unitsofmeasure.org|[cm] cm",
       "combo-code-value-quantity=|local $ 135.5..135.5 http://unitsofmeasure.org|[cm] cm",
       "code=http://loinc.org|8302-2", "code=|local", "combo-code:text=height~Height",
       "combo-code=http://loinc.org|8302-2", "combo-code=|local",
       "combo-value-quantity=135.5..135.5 http://unitsofmeasure.org|[cm] cm", "date=86400..86401",
       "encounter=urn:uuid:1", "patient=Patient/p", "status=http://hl7.org/fhir/observation-status|final",
       "subject=Patient/p", "value-quantity=135.5..135.5 http://unitsofmeasure.org|[cm] cm"});
}

std::string observation(const std::string& rest) {
  return R"({"resourceType":"Observation","status":"final","code":{"text":"c"},)" + rest + "}";
}

TEST(Extract, ConvertsDates) {
  expect_of("date", observation(R"("effectivePeriod":{"start":"1970-01-02","end":"1970-01-03"})"), {"86400..259200"});
  expect_of("date", observation(R"("effectivePeriod":{"start":"1970-01-02"})"), {"86400..max"});
  expect_of("date", observation(R"("effectivePeriod":{"end":"1970-01-01"})"), {"min..86400"});
  expect_of("date", observation(R"("effectivePeriod":{"start":"1970-01-05","end":"1970-01-01"})"), {});
  expect_of("date", observation(R"("effectiveInstant":"1970-01-01T01:00:00+01:00")"), {"0..1"});
  expect_of("date", observation(R"("effectiveTiming":{"event":["1970-01-04","1970-01-02"]})"), {"86400..345600"});
  expect_of("date", observation(R"("effectiveTiming":{"event":["1970-01-02"],
                                     "repeat":{"boundsPeriod":{"start":"1970-01-01"},"frequency":1}})"),
            {"0..max"});
  expect_of("date", observation(R"("effectiveTiming":{"repeat":{"boundsDuration":{"value":3},"frequency":1}})"), {});
}

TEST(Extract, ConvertsQuantities) {
  const auto with = [](const std::string& value) { return observation(value); };
  expect_of("value-quantity", with(R"("valueQuantity":{"value":5.40})"), {"5.4..5.4 | "});
  expect_of("value-quantity", with(R"("valueQuantity":{"value":5.4,"comparator":"<","unit":"mg"})"),
            {"-inf..5.4 | mg"});
  expect_of("value-quantity", with(R"("valueQuantity":{"value":5.4,"comparator":">=","code":"mg"})"),
            {"5.4..inf |mg "});
  expect_of("value-quantity", with(R"("valueQuantity":{"unit":"mg"})"), {});
  expect_of("value-quantity", with(R"("valueString":"5.4")"), {});
  // Points 2, -1 and 4 by a factor of 0.1 and an origin of 0.1: 0 … 0.5.
  expect_of("value-quantity", with(R"("valueSampledData":{"origin":{"value":0.1,"unit":"mV"},"period":1,"factor":0.1,
                                       "dimensions":1,"data":"2 E -1 4 U"})"),
            {"0..0.5 | mV"});
  expect_of("onset-age", R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},"onsetAge":{"value":40,
                               "system":"http://unitsofmeasure.org","code":"a"}})",
            {"40..40 http://unitsofmeasure.org|a "});
  expect_of("onset-age", R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},
                               "onsetRange":{"low":{"value":40,"code":"a"},"high":{"value":60,"code":"a"}}})",
            {"40..60 |a "});
  expect_of("onset-age", R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},
                               "onsetRange":{"high":{"value":60,"code":"a"}}})",
            {"-inf..60 |a "});
  expect_of("totalgross",
            R"({"resourceType":"Invoice","status":"issued","totalGross":{"value":9.99,"currency":"EUR"}})",
            {"9.99..9.99 urn:iso:std:iso:4217|EUR "});
}

TEST(Extract, ConvertsNumbers) {
  expect_of("probability", R"({"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/1"},
                                "prediction":[{"probabilityDecimal":0.020},{"probabilityRange":{"low":{"value":2}}}]})",
            {"0.02..0.02", "2..inf"});
}

TEST(Extract, KnowsThePrecisionOfNumbers) {
  const auto risk = [](const std::string& prediction) {
    return R"({"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/1"},"prediction":[{)" +
           prediction + "}]}";
  };
  expect_of("probability:precision", risk(R"("probabilityDecimal":0.020)"), {"0.0195..0.0205"});
  expect_of("probability:precision", risk(R"("probabilityDecimal":-2)"), {"-2.5..-1.5"});
  expect_of("probability:precision", risk(R"("probabilityRange":{"low":{"value":2},"high":{"value":3.0}})"),
            {"1.5..3.05"});
  expect_of("probability:precision", risk(R"("probabilityRange":{"low":{"value":2}})"), {"1.5..inf"});
  expect_of("probability:precision", risk(R"("probabilityRange":{"high":{"value":2}})"), {"-inf..2.5"});
  expect_of("probability:precision", risk(R"("probabilityRange":{"low":{"value":3},"high":{"value":2}})"), {});
  expect_of("probability:precision", risk(R"("probabilityRange":{"low":{"unit":"x"}})"), {});
}

TEST(Extract, ConvertsReferences) {
  const auto subject = [](const std::string& text) {
    return observation(R"("subject":{"reference":")" + text + "\"}");
  };
  expect_of("subject", subject("Group/g"), {"Group/g"});
  expect_of("patient", subject("Group/g"), {});
  expect_of("subject", subject("Patient/p/_history/3"), {"Patient/p"});
  expect_of("subject", subject("http://a.b/Patient/p"), {"http://a.b/Patient/p"});
  expect_of("subject", subject("urn:uuid:1"), {"urn:uuid:1"});
  expect_of("subject", subject("Nothing/p"), {});
  expect_of("subject", subject("Patient?identifier=1"), {});
  expect_of("subject", subject("#p"), {});
  expect_of("subject", observation(R"("subject":{"identifier":{"value":"1"}})"), {});
  expect_of("questionnaire",
            R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"http://q|2"})",
            {"http://q", "http://q|2"});
  expect_of("composition",
            R"({"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition",
      "id":"c","status":"final","type":{"text":"t"},"date":"2020","author":[{"display":"a"}],"title":"t"}}]})",
            {"Composition/c"});
}

TEST(Extract, TakesTheValueOfAnExtension) {
  expect_of("mothersMaidenName", R"({"resourceType":"Patient","extension":[
      {"url":"http://hl7.org/fhir/StructureDefinition/patient-extensions-Patient-mothersMaidenName",
       "valueString":"Doe"},
      {"url":"http://other","valueString":"Roe"}]})",
            {"doe~Doe"});
}

TEST(Extract, TurnsTruthIntoTokens) {
  expect_of("deceased", R"({"resourceType":"Patient"})", {"|false"});
  expect_of("deceased", R"({"resourceType":"Patient","deceasedBoolean":true})", {"|true"});
  expect_of("deceased", R"({"resourceType":"Patient","deceasedBoolean":false})", {"|false"});
  expect_of("deceased", R"({"resourceType":"Patient","deceasedDateTime":"2020"})", {"|true"});
}

TEST(Extract, LeavesOutPrimitivesThatHaveOnlyExtensions) {
  expect_of("birthdate",
            R"({"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://a","valueCode":"b"}]}})", {});
  expect_of("gender", R"({"resourceType":"Patient","_gender":{"extension":[{"url":"http://a","valueCode":"b"}]}})", {});
}

TEST(Extract, HoldsItsLimit) {
  const auto group = [](std::size_t members) {
    std::string json = R"({"resourceType":"Group","type":"person","actual":true,"member":[)";
    for (std::size_t i = 0; i < members; ++i) {
      json += (i == 0 ? "" : ",") + (R"({"entity":{"reference":"Patient/)" + std::to_string(i)) + "\"}}";
    }
    return Extracted(json + "]}");
  };
  const IndexValues one = group(1).values;
  const std::size_t fixed = one.size() - one.words.size() - 1;
  EXPECT_FALSE(group(kMaxIndexValues - fixed).error);
  const Extracted over = group(kMaxIndexValues - fixed + 1);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->category, Category::too_large);
}

TEST(Extract, HoldsItsLimitOfWords) {
  const auto patient = [](std::size_t words) {
    std::string text = R"({"resourceType":"Patient","address":[{"text":")";
    for (std::size_t i = 0; i < words; ++i) text.append("w").append(std::to_string(i)).append(" ");
    return Extracted(text + R"("}]})");
  };
  EXPECT_EQ(patient(kMaxWords).values.words.size(), kMaxWords);
  const Extracted over = patient(kMaxWords + 1);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->category, Category::too_large);
}

TEST(Extract, SucceedsOnAllOfSynthea) {
  const testing::SyntheaFolder folder;
  if (!folder.found()) GTEST_SKIP() << "no Synthea data: VESTA_SHARED_DATA is not set, or has none";
  std::size_t resources = 0, values = 0;
  std::map<std::string_view, std::pair<std::size_t, std::size_t>> by_type;
  testing::for_each_resource(folder.path(), [&](const fhir::Node& root, fhir::Arena& arena) {
    const auto extracted = extract(registry(), root, arena);
    ASSERT_TRUE(extracted.ok()) << extracted.error().message;
    EXPECT_TRUE(std::is_sorted(extracted->tokens.begin(), extracted->tokens.end()));
    ++resources;
    values += extracted->size();
    auto& [count, sum] = by_type[fhir::r4().type(root.type).name];
    ++count, sum += extracted->size();
  });
  EXPECT_EQ(resources, 38'970u);
  for (const auto& [name, counts] : by_type) {
    std::cout << name << ": " << counts.first << " with " << counts.second / counts.first << " values each\n";
    EXPECT_GE(counts.second, 2 * counts.first) << name;
  }
}

}  // namespace
}  // namespace vesta::search
