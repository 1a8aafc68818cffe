// What becomes of single elements by Safe Harbor as it is shipped.
#include "deidentify/deidentifier.h"

#include <gtest/gtest.h>

#include <set>

#include "deidentify/dates.h"
#include "deidentify/test_support.h"

namespace vesta::deidentify {
namespace {

using testing::applied;
using testing::deidentifier;
using testing::kKey;

std::string of_patient(const std::string& members) {
  return applied(deidentifier(), R"({"resourceType":"Patient","id":"p1",)" + members + "}");
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
int shift_of(std::string_view patient) {
  return Pseudonyms(kKey).shift_of(patient, 365);
}

TEST(Deidentifier, removes_names_contacts_photos_and_narratives) {
  const std::string text = of_patient(
      R"("text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>Ada Lovelace</div>"},
         "name":[{"family":"Lovelace","given":["Ada"],"text":"Ada Lovelace"}],
         "telecom":[{"system":"phone","value":"555-1234"},{"system":"email","value":"ada@example.org"}],
         "photo":[{"contentType":"image/png","data":"YWJj","url":"http://photos.example.org/ada"}],
         "gender":"female","maritalStatus":{"text":"left Bob",
         "coding":[{"system":"urn:x","code":"D","display":"Bob"}]})");
  for (const std::string_view gone : {"Ada", "Lovelace", "555", "example.org", "YWJj", "Bob", "div"}) {
    EXPECT_FALSE(has(text, gone)) << gone << text;
  }
  EXPECT_TRUE(has(text, R"("gender":"female")"));
  EXPECT_TRUE(has(text, R"("maritalStatus":{"coding":[{"system":"urn:x","code":"D"}]})")) << text;
}

TEST(Deidentifier, labels_what_it_has_made) {
  EXPECT_EQ(of_patient(R"("active":true)"),
            R"({"resourceType":"Patient","id":")" + Pseudonyms(kKey).of_id("p1") +
                R"(","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue",)" +
                R"("code":"PSEUDED"}]},"active":true})");
  const std::string twice = applied(deidentifier(), of_patient(R"("active":true)"));
  EXPECT_EQ(twice.find("PSEUDED"), twice.rfind("PSEUDED"));
}

TEST(Deidentifier, keeps_state_and_the_first_digits_of_a_zip_only) {
  const auto address = [](std::string_view members) {
    const std::string text = of_patient(R"("address":[{"line":["1 Main St"],"city":"Lowell","district":"Middlesex",)" +
                                        std::string(members) + "}]");
    for (const std::string_view gone : {"Main", "Lowell", "Middlesex"}) EXPECT_FALSE(has(text, gone)) << text;
    const std::size_t from = text.find(R"("address")");
    return from == std::string::npos ? std::string() : text.substr(from, text.size() - from - 1);
  };
  EXPECT_EQ(address(R"("state":"MA","postalCode":"01850","country":"US")"),
            R"("address":[{"state":"MA","postalCode":"018","country":"US"}])");
  EXPECT_EQ(address(R"("postalCode":"01850-1234")"), R"("address":[{"postalCode":"018"}])");
  EXPECT_EQ(address(R"("postalCode":"03601")"), R"("address":[{"postalCode":"000"}])");
  EXPECT_EQ(address(R"("postalCode":"03601","country":"DE")"), R"("address":[{"country":"DE"}])");
  for (const std::string_view other : {"SW1A 1AA", "0185", "018501", "01850-12", "01850x1234"}) {
    EXPECT_EQ(address(R"("postalCode":")" + std::string(other) + "\""), "") << other;
  }
}

TEST(Deidentifier, moves_all_dates_of_a_patient_by_the_same_days) {
  const int days = shift_of("p1");
  ASSERT_NE(days, 0);
  const std::string text = applied(deidentifier(),
                                   R"({"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},
          "subject":{"reference":"http://example.org/fhir/Patient/p1/_history/3"},
          "period":{"start":"2020-02-28T23:30:00-05:00","end":"2020-03-01"}})");
  EXPECT_TRUE(has(text, R"("start":")" + *shifted("2020-02-28T23:30:00-05:00", days) + "\"")) << text;
  EXPECT_TRUE(has(text, R"("end":")" + *shifted("2020-03-01", days) + "\"")) << text;
}

TEST(Deidentifier, leaves_the_year_of_what_is_of_nobody_or_of_several) {
  for (const std::string_view subject :
       {R"({"display":"x"})", R"({"reference":"Group/g"})", R"({"reference":"Patient?identifier=1"})",
        R"({"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"})"}) {
    const std::string text =
        applied(deidentifier(), R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":)" +
                                    std::string(subject) + R"(,"effectiveDateTime":"2020-02-28T10:00:00Z",
                                    "issued":"2020-02-28T10:00:00Z"})");
    EXPECT_TRUE(has(text, R"("effectiveDateTime":"2020")")) << text;
    EXPECT_TRUE(has(text, R"("issued":"2020-01-01T00:00:00Z")")) << text;
  }
  EXPECT_TRUE(has(applied(deidentifier(), R"({"resourceType":"Appointment","status":"booked","created":"2020-02-28",
      "participant":[{"actor":{"reference":"Patient/a"},"status":"accepted"},
                     {"actor":{"reference":"Patient/b"},"status":"accepted"}]})"),
                  R"("created":"2020")"));
}

TEST(Deidentifier, leaves_years_alone_where_the_configuration_says_so) {
  std::string configuration(safe_harbor());
  configuration.replace(configuration.find("\"shift\""), 7, "\"year\"");
  const std::string text =
      applied(deidentifier(kKey, configuration),
              R"({"resourceType":"Patient","id":"p1","deceasedDateTime":"2020-02-28","birthDate":"1980-05-06"})");
  EXPECT_TRUE(has(text, R"("deceasedDateTime":"2020")")) << text;
  EXPECT_TRUE(has(text, R"("birthDate":"1980")")) << text;
}

TEST(Deidentifier, tells_nothing_of_ages_over_89) {
  EXPECT_TRUE(has(of_patient(R"("birthDate":"1937-12-31")"), R"("birthDate":"1937")"));
  EXPECT_FALSE(has(of_patient(R"("birthDate":"1936-12-31")"), "birthDate"));  // 90 this year
  EXPECT_FALSE(has(of_patient(R"("deceasedDateTime":"1936-12-31")"), "deceased"));
  const auto onset = [](const std::string& age) {
    return applied(deidentifier(),
                   R"({"resourceType":"Condition","subject":{"reference":"Patient/p"},"onsetAge":)" + age + "}");
  };
  EXPECT_TRUE(has(onset(R"({"value":89.5,"system":"http://unitsofmeasure.org","code":"a"})"), R"("value":89.5)"));
  EXPECT_TRUE(has(onset(R"({"value":90,"system":"http://unitsofmeasure.org","code":"a"})"), R"("value":90,)"));
  EXPECT_TRUE(has(onset(R"({"value":104,"system":"http://unitsofmeasure.org","code":"a"})"), R"("value":90,)"));
  EXPECT_TRUE(has(onset(R"({"value":30,"system":"http://unitsofmeasure.org","code":"mo"})"), R"("value":30,)"));
  EXPECT_FALSE(has(onset(R"({"value":1248,"system":"http://unitsofmeasure.org","code":"mo"})"), "value"));
  EXPECT_FALSE(has(onset(R"({"value":104})"), "104"));
  for (const char* code : {"a_j", "a_t", "a_g"}) {
    const std::string unit = R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(code) + "\"}";
    EXPECT_TRUE(has(onset(R"({"value":104)" + unit), R"("value":90,)")) << code;
    EXPECT_TRUE(has(onset(R"({"value":89)" + unit), R"("value":89,)")) << code;
  }
  const std::string range =
      applied(deidentifier(), R"({"resourceType":"Observation","status":"final","code":{"text":"x"},
      "valueQuantity":{"value":104,"unit":"years"}})");
  EXPECT_TRUE(has(range, R"("valueQuantity":{"value":90})")) << range;
  const auto quantity = [](const std::string& members) {
    return applied(deidentifier(), R"({"resourceType":"Observation","status":"final","code":{"text":"x"},
        "valueQuantity":{)" + members + "}}");
  };
  for (const char* old : {"\"value\":104,\"code\":\"a_j\"", "\"value\":1248,\"code\":\"mo\"",
                          "\"value\":37985,\"code\":\"d\"", "\"value\":37985,\"unit\":\"days\""}) {
    EXPECT_FALSE(has(quantity(old), std::string(old).substr(0, 11))) << old;
  }
  EXPECT_TRUE(has(quantity("\"value\":1248,\"code\":\"mg\""), "\"value\":1248")) << "of something else than time";
  EXPECT_TRUE(has(quantity("\"value\":1248,\"code\":\"d\""), "\"value\":1248"));
}

TEST(Deidentifier, makes_identifiers_pseudonyms_within_their_system) {
  const auto value = [](std::string_view key, std::string_view system) {
    const std::string text = applied(deidentifier(key), R"({"resourceType":"Patient","identifier":[{"system":")" +
                                                            std::string(system) + R"(","value":"999-12-3456"}]})");
    EXPECT_FALSE(has(text, "999-12-3456")) << text;
    const std::size_t from = text.find(R"("value":")");
    return text.substr(from, text.find('"', from + 9) - from);
  };
  EXPECT_EQ(value(kKey, "urn:a"), value(kKey, "urn:a"));
  EXPECT_NE(value(kKey, "urn:a"), value(kKey, "urn:b"));
  EXPECT_NE(value(kKey, "urn:a"), value(testing::kOtherKey, "urn:a"));
}

TEST(Deidentifier, keeps_links_between_resources) {
  const Pseudonyms pseudonyms(kKey);
  const std::string text =
      applied(deidentifier(), R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},
      "contained":[{"resourceType":"Device","id":"d","serialNumber":"SN-77",
       "deviceName":[{"name":"Bob's","type":"other"}]}],
      "device":{"reference":"#d"},"subject":{"reference":"Patient/p1","display":"Ada"},
      "performer":[{"reference":"http://example.org/fhir/Practitioner/x"},
                   {"reference":"http://other.org/Practitioner/x"},
                   {"reference":"Practitioner?name=Bob"}]})");
  EXPECT_TRUE(has(text, R"("reference":"#)" + pseudonyms.of_id("d") + "\"")) << text;
  EXPECT_TRUE(has(text, R"({"resourceType":"Device","id":")" + pseudonyms.of_id("d") + "\"")) << text;
  EXPECT_TRUE(has(text, R"("subject":{"reference":"Patient/)" + pseudonyms.of_id("p1") + "\"}")) << text;
  EXPECT_TRUE(has(text, R"("reference":"http://example.org/fhir/Practitioner/)" + pseudonyms.of_id("x") + "\""))
      << text;
  EXPECT_TRUE(has(text, R"("reference":")" + pseudonyms.of_urn("http://other.org/Practitioner/x") + "\"")) << text;
  for (const std::string_view gone : {"SN-77", "Bob", "Ada", "other.org"}) EXPECT_FALSE(has(text, gone)) << text;
}

TEST(Deidentifier, moves_dates_in_a_bundle_by_the_patient_that_an_entry_is) {
  const std::string text = applied(deidentifier(), R"({"resourceType":"Bundle","type":"transaction","entry":[
      {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","id":"p1"},
       "request":{"method":"POST","url":"Patient?name=Ada"}},
      {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"effectiveDateTime":"2020-02-28",
       "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}}}]})");
  EXPECT_TRUE(has(text, *shifted("2020-02-28", shift_of("p1")))) << text;
  const std::string urn = Pseudonyms(kKey).of_urn("urn:uuid:00000000-0000-4000-8000-000000000001");
  EXPECT_TRUE(has(text, R"("fullUrl":")" + urn + "\"")) << text;
  EXPECT_TRUE(has(text, R"("reference":")" + urn + "\"")) << text;
  EXPECT_FALSE(has(text, "Ada")) << text;
}

TEST(Deidentifier, keeps_extensions_that_are_listed_without_their_texts) {
  const std::string race = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race";
  const std::string text = of_patient(R"("extension":[{"url":")" + race + R"(","extension":[
      {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3",
       "display":"White"}},
      {"url":"text","valueString":"as Ada says"}]},{"url":"http://example.org/maiden","valueCode":"byron"}],
      "_gender":{"extension":[{"url":"http://example.org/x","valueCode":"byron"}]})");
  EXPECT_TRUE(has(text, R"("extension":[{"url":")" + race + R"(","extension":[{"url":"ombCategory","valueCoding":{)" +
                            R"("system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3","display":"White"}}]}])"))
      << text;
  for (const std::string_view gone : {"Ada", "maiden", "byron", "gender"}) EXPECT_FALSE(has(text, gone)) << text;
}

TEST(Deidentifier, says_why_a_mandatory_element_is_not_there) {
  const std::string text = applied(deidentifier(), R"({"resourceType":"DocumentReference","status":"current",
      "content":[{"attachment":{"title":"Ada's letter"}}]})");
  EXPECT_TRUE(has(text, R"("content":[{"attachment":{"extension":[{"url":)"
                        R"("http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}}])"))
      << text;
  EXPECT_NE(testing::Parsed(text).root, nullptr);
}

TEST(Deidentifier, undoes_pseudonyms_of_ids_by_the_key_alone) {
  const Pseudonyms pseudonyms(kKey), others(testing::kOtherKey);
  for (const std::string id : {"1", "p-1.A", "00000000-0000-4000-8000-000000000001",
                               "ABCDEF00-0000-4000-8000-00000000000", "0123456789abcdef0123456789abcdef"}) {
    const std::string pseudonym = pseudonyms.of_id(id);
    EXPECT_LE(pseudonym.size(), 64u);
    EXPECT_EQ(pseudonym.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."),
              std::string::npos);
    EXPECT_NE(pseudonym, others.of_id(id));
    EXPECT_EQ(others.id_of(pseudonym), std::nullopt);
    const bool is_short = id.size() <= kMaxReversibleId || id.front() == '0';
    EXPECT_EQ(pseudonyms.id_of(pseudonym), is_short ? std::optional(id) : std::nullopt) << id;
  }
  EXPECT_EQ(pseudonyms.of_id(std::string(64, 'a')).size(), 43u);
  for (const std::string& other : {std::string(), std::string("1"), std::string("a_b"), std::string(64, 'a')}) {
    EXPECT_EQ(pseudonyms.id_of(other), std::nullopt);
  }
}

TEST(Pseudonyms, move_dates_by_every_number_of_days_but_none) {
  const Pseudonyms pseudonyms(kKey);
  std::set<int> seen;
  for (int i = 0; i < 200; ++i) seen.insert(pseudonyms.shift_of("p" + std::to_string(i), 2));
  EXPECT_EQ(seen, (std::set<int>{-2, -1, 1, 2}));
}

TEST(Dates, move_by_the_calendar_and_keep_their_precision) {
  EXPECT_EQ(shifted("2020-02-28", 2), "2020-03-01");
  EXPECT_EQ(shifted("2019-12-31T23:59:59.5+01:00", 1), "2020-01-01T23:59:59.5+01:00");
  EXPECT_EQ(shifted("2020-01", 20), "2020-02");
  EXPECT_EQ(shifted("2020", 200), "2020");
  EXPECT_EQ(shifted("2020-02-30", 1), std::nullopt);
  EXPECT_EQ(shifted("0001-01-01", -1), std::nullopt);
  EXPECT_EQ(shifted("9999-12-31", 1), std::nullopt);
  EXPECT_EQ(start_of_year(testing::now()), testing::at("2026-01-01"));
}

TEST(Rules, refuse_what_they_do_not_understand) {
  for (const std::string_view configuration :
       {"", "[]", "{}", R"({"subjects":["Nobody"]})", R"({"subjects":["Patient"],"x":1})",
        R"({"subjects":["Patient"],"types":{"Nothing":"keep"}})", R"({"subjects":["Patient"],"types":{"code":"what"}})",
        R"({"subjects":["Patient"],"types":{"HumanName":"keep"}})",
        R"({"subjects":["Patient"],"elements":{"Patient.what":"keep"}})",
        R"({"subjects":["Patient"],"elements":{"Resource.id":"remove"}})",
        R"({"subjects":["Patient"],"elements":{"Resource.id":"keep"}})",
        R"({"subjects":["Patient"],"elements":{"Patient.id":"remove"}})",
        R"({"subjects":["Patient"],"maxShiftDays":0})", R"({"subjects":["Patient"],"maxShiftDays":3651})",
        R"({"subjects":["Patient"],"dates":"month"})", R"({"subjects":["Patient"],"smallZips":[1]})"}) {
    EXPECT_FALSE(Rules::parse(fhir::r4(), configuration).ok()) << configuration;
  }
  EXPECT_TRUE(Rules::parse(fhir::r4(), R"({"subjects":["Patient"],"maxShiftDays":3650})").ok());
}

TEST(Rules, remove_what_nothing_is_said_of) {
  EXPECT_EQ(applied(deidentifier(kKey, R"({"subjects":["Patient"]})"),
                    R"({"resourceType":"Patient","id":"1","active":true,"gender":"female"})")
                .find("active"),
            std::string::npos);
}

}  // namespace
}  // namespace vesta::deidentify
