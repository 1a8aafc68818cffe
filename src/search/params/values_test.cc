// Tests of values without a modifier: composites, places, words, and what extraction finds of each.
#include "search/params/match.h"
#include "search/text.h"
#include "search/value_test_support.h"

namespace vesta::search {
namespace {

using testing::expect_answer;
using testing::expect_refusal;
using testing::Extracted;

// A blood pressure, as R4's example: one panel with two components.
const Extracted& blood_pressure() {
  static const Extracted made(R"({"resourceType":"Observation","status":"final",
      "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
      "component":[
        {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"},{"code":"sys$1"}]},
         "valueQuantity":{"value":107,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
        {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},
         "valueQuantity":{"value":60,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]})");
  return made;
}

TEST(Composite, HoldsWithinOneElement) {
  const Extracted& o = blood_pressure();
  expect_answer(o, "component-code-value-quantity", "http://loinc.org|8480-6$107", "yes");
  expect_answer(o, "component-code-value-quantity", "http://loinc.org|8480-6$gt100", "yes");
  expect_answer(o, "component-code-value-quantity", "http://loinc.org|8480-6$lt90", "no");  // the other one is
  expect_answer(o, "component-code-value-quantity", "http://loinc.org|8462-4$lt90", "yes");
  expect_answer(o, "component-code-value-quantity", "8462-4$60|http://unitsofmeasure.org|mm[Hg]", "yes");
  expect_answer(o, "combo-code-value-quantity", "http://loinc.org|8462-4$lt90", "yes");
  expect_answer(o, "combo-code-value-quantity", "http://loinc.org|85354-9$lt90", "no");  // the panel has no value
  expect_answer(o, "code-value-quantity", "http://loinc.org|8480-6$107", "no");
  expect_answer(o, "component-code-value-quantity", "sys\\$1$107", "yes");
}

TEST(Composite, RefusesWhatIsNotOfItsParts) {
  for (const char* bad : {"a", "a$1$2", "$1", "a$", "a$x", "|$1", "a\\$1"}) {
    expect_refusal(blood_pressure(), "component-code-value-quantity", bad, "value");
  }
}

TEST(Composite, HasValuesOfEveryType) {
  const Extracted date(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c"}]},
                           "valueDateTime":"2020-03-01"})");
  expect_answer(date, "code-value-date", "c$2020-03", "yes");
  expect_answer(date, "code-value-date", "c$lt2020-03", "no");
  const Extracted text(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c"}]},
                           "valueString":"Élevé, très"})");
  expect_answer(text, "code-value-string", "c$eleve\\, t", "yes");
  const Extracted concept_value(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c"}]},
                           "valueCodeableConcept":{"coding":[{"system":"http://s","code":"v"}]}})");
  expect_answer(concept_value, "code-value-concept", "c$http://s|v", "yes");
  expect_answer(concept_value, "code-value-concept", "c$|v", "no");
  const Extracted sequence(R"({"resourceType":"MolecularSequence","coordinateSystem":1,
      "referenceSeq":{"referenceSeqId":{"coding":[{"code":"NC_000001.11"}]},"windowStart":10,"windowEnd":20},
      "variant":[{"start":128273724,"end":128273736}]})");
  expect_answer(sequence, "referenceseqid-variant-coordinate", "NC_000001.11$128273724$ge128273736", "yes");
  expect_answer(sequence, "referenceseqid-window-coordinate", "NC_000001.11$10$lt20", "no");
  const Extracted group(R"({"resourceType":"Group","type":"person","actual":true,"characteristic":[
      {"code":{"coding":[{"code":"gender"}]},"valueCodeableConcept":{"coding":[{"code":"mixed"}]},"exclude":false},
      {"code":{"coding":[{"code":"owner"}]},"valueBoolean":true,"exclude":false}]})");
  expect_answer(group, "characteristic-value", "gender$mixed", "yes");
  expect_answer(group, "characteristic-value", "owner$mixed", "no");
  expect_answer(group, "characteristic-value", "owner$true", "yes");
  const Extracted plan(R"({"resourceType":"PlanDefinition","status":"active","useContext":[
      {"code":{"code":"age"},"valueRange":{"low":{"value":10},"high":{"value":20}}},
      {"code":{"code":"venue"},"valueCodeableConcept":{"coding":[{"code":"home"}]}}]})");
  expect_answer(plan, "context-type-quantity", "age$gt15", "yes");
  expect_answer(plan, "context-type-quantity", "venue$gt15", "no");
  expect_answer(plan, "context-type-value", "venue$home", "yes");
}

// Whose reference may match as a relative and as an absolute one.
TEST(Composite, TriesAllFormsOfAReference) {
  const auto document = [](const std::string& target) {
    return Extracted(R"({"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"title":"t"}}],
        "relatesTo":[{"code":"replaces","target":{"reference":")" +
                     target + "\"}}]}");
  };
  expect_answer(document("DocumentReference/9"), "relationship", "replaces$DocumentReference/9", "yes");
  expect_answer(document("http://localhost:8080/fhir/DocumentReference/9"), "relationship",
                "replaces$DocumentReference/9", "yes");
  expect_answer(document("DocumentReference/9"), "relationship", "appends$DocumentReference/9", "no");
}

TEST(Composite, HoldsItsLimit) {
  const auto observation = [](std::size_t codes) {
    std::string json = R"({"resourceType":"Observation","status":"final","code":{"coding":[)";
    for (std::size_t i = 0; i < codes; ++i) json += (i == 0 ? "" : ",") + ("{\"code\":\"c" + std::to_string(i)) + "\"}";
    json += R"(]},"valueCodeableConcept":{"coding":[)";
    for (std::size_t i = 0; i < codes; ++i) json += (i == 0 ? "" : ",") + ("{\"code\":\"v" + std::to_string(i)) + "\"}";
    return Extracted(json + "]}}");
  };
  EXPECT_FALSE(observation(90).error);  // 8,100 pairs, twice
  const Extracted over = observation(150);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->category, Category::too_large);
}

Extracted location(const std::string& latitude, const std::string& longitude) {
  return Extracted(R"({"resourceType":"Location","position":{"latitude":)" + latitude + R"(,"longitude":)" + longitude +
                   "}}");
}

// https://hl7.org/fhir/R4/location.html#positional, its example.
TEST(Near, MeasuresTheDistance) {
  const Extracted ann_arbor = location("42.256500", "-83.694810");
  expect_answer(ann_arbor, "near", "42.256500|-83.694810|11.20|km", "yes");
  expect_answer(ann_arbor, "near", "42.2565|-83.69481|0", "yes");
  expect_answer(ann_arbor, "near", "42.3314|-83.0458|50|km", "no");  // Detroit: 54 km
  expect_answer(ann_arbor, "near", "42.3314|-83.0458|60", "yes");    // km if the units are omitted
  expect_answer(ann_arbor, "near", "42.3314|-83.0458|60|m", "no");
  expect_answer(ann_arbor, "near", "42.3314|-83.0458|33|[mi_us]", "no");
  expect_answer(ann_arbor, "near", "42.3314|-83.0458|34|mi", "yes");
  expect_answer(ann_arbor, "near", "42.3314|-83.0458", "no");  // 50 km
  expect_answer(ann_arbor, "near", "42.2|-83.6", "yes");
  for (const char* bad : {"42", "42|", "42|x", "91|0", "0|181", "nan|0", "inf|0", "1|2|-3", "1|2|3|mg", "1|2|x|km",
                          "1|2|3|km|5", "|", "1e400|0"}) {
    expect_refusal(ann_arbor, "near", bad, "value");
  }
}

TEST(Near, KnowsThatTheEarthIsRound) {
  expect_answer(location("0", "179.9"), "near", "0|-179.9|23|km", "yes");  // 0.2 degrees across the date line
  expect_answer(location("0", "179.9"), "near", "0|-179.9|22|km", "no");
  expect_answer(location("0", "-180"), "near", "0|180|0|km", "yes");
  expect_answer(location("89.9", "0"), "near", "89.9|180|23|km", "yes");  // across the pole
  expect_answer(location("89.9", "0"), "near", "89.9|180|22|km", "no");
  expect_answer(location("90", "10"), "near", "90|-120|0.001|km", "yes");  // the pole has one place only
  expect_answer(location("-90", "0"), "near", "90|0|20015|km", "no");      // half a circumference: 20,015.1 km
  expect_answer(location("-90", "0"), "near", "90|0|20016|km", "yes");
  EXPECT_TRUE(location("91", "0").values.positions.empty());
}

const Extracted& note() {
  static const Extracted made(R"({"resourceType":"Observation","status":"final",
      "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><b class=\"hidden\">Severe</b> )"
                              R"(h&eacute;morragie &amp; follow-up</div>"},
      "code":{"coding":[{"system":"http://loinc.org","code":"1-2","display":"Bone density"}]},
      "subject":{"reference":"Patient/secret"},"valueString":"Über-Größe 42",
      "contained":[{"resourceType":"Patient","name":[{"family":"Inside"}]}]})");
  return made;
}

TEST(Words, AreThoseOfTheNarrativeOrOfAll) {
  const Extracted& o = note();
  for (const char* found : {"severe", "Hemorragie", "follow", "up", "follow-up", "SEV*"}) {
    expect_answer(o, "_text", found, "yes");
    expect_answer(o, "_content", found, "yes");
  }
  for (const char* found : {"bone", "DENSITY", "uber", "größe", "42", "inside", "final", "1-2"}) {
    expect_answer(o, "_text", found, "no");
    expect_answer(o, "_content", found, "yes");
  }
  for (const char* none : {"hidden", "xhtml", "sever", "secret", "loinc", "amp", "dens"}) {
    expect_answer(o, "_text", none, "no");
    expect_answer(o, "_content", none, "no");
  }
}

// An entity that is as long as the longest of HTML 4 parts words; what is longer is text as it stands.
TEST(Words, AreReadWithEntities) {
  const Extracted made(
      R"({"resourceType":"Patient","text":{"status":"generated","div":)"
      R"("<div xmlns=\"http://www.w3.org/1999/xhtml\">left&thetasym;right &#x10FFFF; &thetasyms;</div>"}})");
  for (const char* found : {"left", "right", "thetasyms"}) expect_answer(made, "_text", found, "yes");
  for (const char* none : {"thetasym", "10FFFF", "x10FFFF"}) expect_answer(made, "_text", none, "no");
}

TEST(Words, AreCombinedByAndOrNotAndParentheses) {
  const Extracted& o = note();
  expect_answer(o, "_content", "bone density", "yes");
  expect_answer(o, "_content", "bone AND density", "yes");
  expect_answer(o, "_content", "bone liver", "no");
  expect_answer(o, "_content", "liver OR bone", "yes");
  expect_answer(o, "_content", "liver OR bone kidney", "no");
  expect_answer(o, "_content", "(liver OR bone) density", "yes");
  expect_answer(o, "_content", "bone NOT liver", "yes");
  expect_answer(o, "_content", "NOT (liver OR bone)", "no");
  expect_answer(o, "_content", "NOT NOT bone", "yes");
  expect_answer(o, "_content", "((bone))AND(liv* OR dens*)", "yes");
  expect_answer(o, "_content", "bone\\,density", "yes");
}

TEST(Words, RefuseWhatTheyCannotAnswerExactly) {
  for (const char* bad : {"\"bone density\"", "bone AND", "AND bone", "NOT", "OR", "(bone", "bone)", "()", "*", "b*e",
                          "*bone", "bone-*", "...", "bone OR OR density"}) {
    expect_refusal(note(), "_content", bad, "value");
  }
  const std::string long_word(kMaxWordBytes, 'a');
  expect_answer(note(), "_content", long_word, "no");
  expect_refusal(note(), "_content", long_word + "a", "value");
  std::string deep;
  for (int i = 0; i < 16; ++i) deep += "(";
  expect_answer(note(), "_content", deep + "bone" + std::string(16, ')'), "yes");
  expect_refusal(note(), "_content", deep + "(bone)" + std::string(16, ')'), "value");
  std::string many;
  for (int i = 0; i < 64; ++i) many += "bone ";
  expect_answer(note(), "_content", many, "yes");
  expect_refusal(note(), "_content", many + "bone", "value");
}

TEST(Words, ThatAreTooLongAreFoundByTheirBeginning) {
  const std::string beginning(kMaxWordBytes, 'a');
  const Extracted made(R"({"resourceType":"Patient","name":[{"family":")" + beginning + "bcd\"}]}");
  expect_answer(made, "_content", beginning, "no");
  expect_answer(made, "_content", beginning + "*", "yes");
  ASSERT_EQ(made.values.words.size(), 1u);
  EXPECT_EQ(made.values.words.front().word, beginning + "b");
}

// A component's match on a value of another kind, as no parser makes it, never holds.
TEST(Composite, NeverMatchesAnotherKind) {
  const CompositeValue value{0, {TokenValue{1, "c", ""}}};
  EXPECT_TRUE(params::matches(CompositeMatch{{{nullptr, TokenMatch{{}, "c"}}}}, value));
  EXPECT_FALSE(params::matches(CompositeMatch{{{nullptr, StringMatch{StringMode::exact, "c"}}}}, value));
  EXPECT_FALSE(params::matches(CompositeMatch{{{nullptr, UriMatch{"c", UriMode::unequal}}}}, value));
  EXPECT_TRUE(params::matches(CompositeMatch{{{nullptr, PresentMatch{}}}}, value)) << "of any kind";
  const auto set = std::make_shared<const TokenSet>(TokenSet{{{"", "c"}}, {}});
  EXPECT_TRUE(params::matches(CompositeMatch{{{nullptr, TokenSetMatch{set}}}}, value));
}

}  // namespace
}  // namespace vesta::search
