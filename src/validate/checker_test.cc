// Tests of profiles on elements: each kind of rule on both sides, slices, what is not known, limits.
#include "validate/checker.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "fhir/json.h"
#include "fhirpath/services.h"

namespace vesta::validate {
namespace {

class Codes : public fhirpath::Services {
 public:
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) override {
    if (value_set == "urn:none") return make_error(Category::not_found, "there is no urn:none");
    return value_set == "urn:it's|1" && code.code == "in";
  }
};

class CheckerTest : public ::testing::Test, public Source {
 protected:
  Result<const fhir::Node*> find(std::string_view url) override {
    const auto found = structures_.find(std::string(url));
    return found == structures_.end() ? nullptr : found->second;
  }
  const fhir::Node& read(std::string text) {
    texts_.push_back(std::move(text));
    const auto root =
        reader_.read(texts_.back(), texts_.back().capacity(), arena_, {.completeness = fhir::Completeness::part});
    EXPECT_TRUE(root.ok()) << texts_.back() << root.error().message;
    return **root;
  }
  // A profile of Observations, "urn:p" by default, whose elements are these.
  void profile(const std::string& elements, const std::string& form = "snapshot", const std::string& url = "urn:p",
               const std::string& base = "http://hl7.org/fhir/StructureDefinition/Observation",
               const std::string& type = "Observation") {
    const std::string root = R"({"id":")" + type + R"(","path":")" + type + R"("})";
    structures_[url] = &read(R"({"resourceType":"StructureDefinition","url":")" + url + R"(","type":")" + type +
                             R"(","baseDefinition":")" + base + R"(",")" + form + R"(":{"element":[)" + root +
                             (elements.empty() ? "" : ",") + elements + "]}}");
  }
  // One element of a profile.
  static std::string element(const std::string& id, const std::string& rest) {
    return R"({"id":")" + id + R"(","path":"x",)" + rest + "}";
  }
  std::string check(const std::string& members, const std::string& url = "urn:p") {
    const fhir::Node& root = read(R"({"resourceType":"Observation")" + (members.empty() ? "" : "," + members) + "}");
    return text(Checker(fhir::r4(), *this, codes_, nullptr).conforms_to(root, root, url));
  }
  // For each element of this name whether it is in the slice.
  std::string slices(const std::string& members, const std::string& name, const std::string& slice) {
    const fhir::Node& root = read(R"({"resourceType":"Observation",)" + members + "}");
    Checker checker(fhir::r4(), *this, codes_, nullptr);
    std::string all;
    for (const fhir::Node& child : root.children()) {
      if (fhir::r4().name(child.name) == name) all += text(checker.is_in_slice(child, root, "urn:p", slice)) + " ";
    }
    return all;
  }
  static std::string text(const Result<bool>& result) {
    if (!result.ok()) return result.error().message;
    return *result ? "yes" : "no";
  }

  fhir::JsonReader reader_{fhir::r4()};
  fhir::Arena arena_;
  std::deque<std::string> texts_;
  std::map<std::string, const fhir::Node*> structures_;
  Codes codes_;
};

TEST_F(CheckerTest, HoldsTypesAndNumbers) {
  profile(element("Observation.note", R"("min":1,"max":"2")") + "," +
          element("Observation.value[x]", R"("type":[{"code":"Quantity"},{"code":"string"}])"));
  const std::string note = R"("note":[{"text":"a"})";
  EXPECT_EQ(check(""), "no");
  EXPECT_EQ(check(note + "]"), "yes");
  EXPECT_EQ(check(note + R"(,{"text":"b"}])"), "yes");
  EXPECT_EQ(check(note + R"(,{"text":"b"},{"text":"c"}])"), "no");
  EXPECT_EQ(check(note + R"(],"valueString":"x")"), "yes");
  EXPECT_EQ(check(note + R"(],"valueQuantity":{"value":1})"), "yes");
  EXPECT_EQ(check(note + R"(],"valueBoolean":true)"), "no");
  profile("", "snapshot", "urn:patient", "http://hl7.org/fhir/StructureDefinition/Patient", "Patient");
  EXPECT_EQ(check("", "urn:patient"), "no");
}

TEST_F(CheckerTest, HoldsFixedValuesAndPatterns) {
  profile(element("Observation.status", R"("fixedCode":"final")") + "," +
          element("Observation.method", R"("fixedCodeableConcept":{"coding":[{"code":"m"}]})") + "," +
          element("Observation.code", R"("patternCodeableConcept":{"coding":[{"system":"urn:s","code":"c"}]})"));
  EXPECT_EQ(check(R"("status":"final")"), "yes");
  EXPECT_EQ(check(R"("status":"amended")"), "no");
  EXPECT_EQ(check(R"("method":{"coding":[{"code":"m"}]})"), "yes");
  EXPECT_EQ(check(R"("method":{"coding":[{"code":"m"}],"text":"more"})"), "no");
  EXPECT_EQ(check(R"("code":{"coding":[{"code":"x"},{"system":"urn:s","code":"c","display":"d"}],"text":"more"})"),
            "yes");
  EXPECT_EQ(check(R"("code":{"coding":[{"code":"c"},{"system":"urn:s"}]})"), "no");
}

TEST_F(CheckerTest, HoldsBindingsAndConstraints) {
  profile(element("Observation.code", R"("binding":{"strength":"required","valueSet":"urn:it's|1"})") + "," +
          element("Observation.method", R"("binding":{"strength":"preferred","valueSet":"urn:none"})") + "," +
          element("Observation.device", R"("constraint":[{"key":"a","severity":"error","human":"h","expression":)"
                                        R"("display.exists() // said"},{"key":"b","severity":"warning","human":"h",)"
                                        R"("expression":"false"}])"));
  EXPECT_EQ(check(R"("code":{"coding":[{"code":"in"}]})"), "yes");
  EXPECT_EQ(check(R"("code":{"coding":[{"code":"out"}]},"method":{"text":"x"})"), "no");
  EXPECT_EQ(check(R"("device":{"display":"d"})"), "yes");
  EXPECT_EQ(check(R"("device":{"reference":"Device/1"})"), "no");
  profile(element("Observation.code", R"("binding":{"strength":"required","valueSet":"urn:none"})"));
  EXPECT_NE(check(R"("code":{"text":"x","coding":[{"code":"in"}]})").find("there is no urn:none"), std::string::npos);
  profile(element("Observation", R"("constraint":[{"key":"z-1","severity":"error","human":"h","expression":"nme("}])"));
  EXPECT_NE(check("").find("the constraint z-1: "), std::string::npos);
}

TEST_F(CheckerTest, HoldsProfilesOfElementsAndOfWhatItDerivesFrom) {
  profile(element("Quantity.unit", R"("min":1)"), "snapshot", "urn:q",
          "http://hl7.org/fhir/StructureDefinition/Quantity", "Quantity");
  profile(element("Observation.value[x]", R"("type":[{"code":"Quantity","profile":["urn:q"]}])"), "differential");
  EXPECT_EQ(check(R"("valueQuantity":{"unit":"kg"})"), "yes");
  EXPECT_EQ(check(R"("valueQuantity":{"value":1})"), "no");
  profile(element("Observation.note", R"("min":1)"), "differential", "urn:derived", "urn:p");
  EXPECT_EQ(check(R"("note":[{"text":"a"}],"valueQuantity":{"unit":"kg"})", "urn:derived"), "yes");
  EXPECT_EQ(check(R"("note":[{"text":"a"}],"valueQuantity":{"value":1})", "urn:derived"), "no");
  EXPECT_EQ(check("", "urn:derived"), "no");
  EXPECT_EQ(check("", "urn:unknown"), "the profile 'urn:unknown' is not known here");
  EXPECT_EQ(check("", "http://hl7.org/fhir/StructureDefinition/DomainResource"), "yes");
  profile("", "differential", "urn:circle", "urn:circle");
  EXPECT_NE(check("", "urn:circle").find("kMaxNestedProfiles"), std::string::npos);
}

TEST_F(CheckerTest, TellsSlicesApartByValues) {
  const auto sliced = [](const std::string& rules) {
    return element("Observation.component",
                   R"("slicing":{"rules":")" + rules + R"(","discriminator":[{"type":"pattern","path":"code"}]})") +
           "," + element("Observation.component:high", R"("sliceName":"high","min":1,"max":"1")") + "," +
           element("Observation.component:high.code", R"("patternCodeableConcept":{"coding":[{"code":"h"}]})") + "," +
           element("Observation.component:high.value[x]", R"("min":1)");
  };
  profile(sliced("open"));
  const std::string high = R"({"code":{"coding":[{"code":"h"}]},"valueString":"v"})";
  const std::string other = R"({"code":{"coding":[{"code":"o"}]}})";
  const auto components = [](const std::string& all) { return R"("component":[)" + all + "]"; };
  EXPECT_EQ(check(components(other)), "no") << "the slice is missing";
  EXPECT_EQ(check(components(high + "," + other)), "yes");
  EXPECT_EQ(check(components(high + "," + high)), "no") << "there is one too many";
  EXPECT_EQ(check(components(R"({"code":{"coding":[{"code":"h"}]}})")), "no") << "its value is missing";
  EXPECT_EQ(slices(components(high + "," + other), "component", "high"), "yes no ");
  EXPECT_EQ(slices(components(high), "component", "low"), "the profile 'urn:p' has no slice 'low' of 'component' ");
  profile(sliced("closed"));
  EXPECT_EQ(check(components(high + "," + other)), "no");
  EXPECT_EQ(check(components(high)), "yes");
}

TEST_F(CheckerTest, TellsSlicesApartByTypesExistenceAndUrls) {
  const auto slicing = [](const std::string& type, const std::string& path) {
    return R"("slicing":{"rules":"open","discriminator":[{"type":")" + type + R"(","path":")" + path + R"("}]})";
  };
  profile(element("Observation.value[x]", slicing("type", "$this")) + "," +
          element("Observation.value[x]:number", R"("sliceName":"number","type":[{"code":"Quantity"}])") + "," +
          element("Observation.note", slicing("exists", "time")) + "," +
          element("Observation.note:timed", R"("sliceName":"timed")") + "," +
          element("Observation.note:timed.time", R"("min":1)") + "," +
          element("Observation.note:other", R"("sliceName":"other")") + "," +
          element("Observation.note:other.time", R"("max":"0")") + "," +
          element("Observation.extension", slicing("value", "url")) + "," +
          element("Observation.extension:e", R"("sliceName":"e","type":[{"code":"Extension","profile":["urn:e|1"]}])") +
          "," + element("Observation.performer", slicing("type", "resolve()")) + "," +
          element("Observation.performer:p", R"("sliceName":"p","type":[{"code":"Reference","targetProfile":)"
                                             R"(["http://hl7.org/fhir/StructureDefinition/Practitioner"]}])"));
  EXPECT_EQ(slices(R"("valueQuantity":{"value":1})", "value", "number"), "yes ");
  EXPECT_EQ(slices(R"("valueString":"a")", "value", "number"), "no ");
  const std::string notes = R"("note":[{"text":"a","time":"2020"},{"text":"b"}])";
  EXPECT_EQ(slices(notes, "note", "timed"), "yes no ");
  EXPECT_EQ(slices(notes, "note", "other"), "no yes ");
  EXPECT_EQ(slices(R"("extension":[{"url":"urn:e"},{"url":"urn:f"}])", "extension", "e"), "yes no ");
  EXPECT_EQ(check(R"("extension":[{"url":"urn:f"}])"), "yes");
  EXPECT_EQ(check(R"("extension":[{"url":"urn:e"}])"), "the profile 'urn:e|1' is not known here");
  EXPECT_EQ(slices(R"("performer":[{"reference":"Practitioner/1"},{"reference":"Patient/1"}])", "performer", "p"),
            "yes no ");
}

TEST_F(CheckerTest, SaysWhatCannotBeToldApart) {
  profile(element("Observation.note", R"("slicing":{"rules":"open"})") + "," +
          element("Observation.note:a", R"("sliceName":"a")") + "," +
          element("Observation.component",
                  R"("slicing":{"rules":"open","discriminator":[{"type":"value","path":"code"}]})") +
          "," + element("Observation.component:a", R"("sliceName":"a")"));
  EXPECT_EQ(check(""), "yes");
  EXPECT_NE(check(R"("note":[{"text":"x"}])").find("cannot be told apart"), std::string::npos);
  EXPECT_NE(check(R"("component":[{"code":{"text":"x"}}])").find("says no values at its discriminator 'code'"),
            std::string::npos);
}

TEST_F(CheckerTest, LimitsProfiles) {
  const auto elements = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 1; i < count; ++i) all += (i == 1 ? "" : ",") + element("Observation.note", R"("min":0)");
    return all;
  };
  profile(elements(kMaxProfileElements));
  EXPECT_EQ(check(""), "yes");
  profile(elements(kMaxProfileElements + 1));
  EXPECT_NE(check("").find("kMaxProfileElements"), std::string::npos);
  const auto deep = [](std::size_t depth) {
    std::string id = "Observation";
    for (std::size_t i = 1; i < depth; ++i) id += ".a";
    return element(id, R"("min":0)");
  };
  profile(deep(kMaxProfileDepth));
  EXPECT_EQ(check(""), "yes");
  profile(deep(kMaxProfileDepth + 1));
  EXPECT_NE(check("").find("kMaxProfileDepth"), std::string::npos);
}

// Each derives from the next.
TEST_F(CheckerTest, LimitsHowManyAreReadAndNested) {
  const auto chain = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string base =
          i + 1 == count ? "http://hl7.org/fhir/StructureDefinition/Observation" : "urn:" + std::to_string(i + 1);
      profile("", "differential", "urn:" + std::to_string(i), base);
    }
    return check("", "urn:0");
  };
  EXPECT_EQ(chain(kMaxNestedProfiles), "yes");
  EXPECT_NE(chain(kMaxNestedProfiles + 1).find("kMaxNestedProfiles"), std::string::npos);
  Checker checker(fhir::r4(), *this, codes_, nullptr);
  const fhir::Node& root = read(R"({"resourceType":"Observation"})");
  for (std::size_t i = 0; i <= kMaxProfiles; ++i) {
    profile("", "snapshot", "urn:n" + std::to_string(i));
    const std::string answer = text(checker.conforms_to(root, root, "urn:n" + std::to_string(i)));
    EXPECT_EQ(answer == "yes", i < kMaxProfiles) << answer;
  }
}

TEST_F(CheckerTest, LimitsWork) {
  profile(element("Observation.note", R"("constraint":[{"key":"a","severity":"error","human":"h","expression":)"
                                      R"j("%resource.descendants().exists()"}])j"));
  const auto notes = [](std::size_t count) {
    std::string all = R"("note":[{"text":"a"})";
    for (std::size_t i = 1; i < count; ++i) all += R"(,{"text":"a"})";
    return all + "]";
  };
  EXPECT_EQ(check(notes(500)), "yes");
  EXPECT_NE(check(notes(3000)).find("kMaxCheckSteps"), std::string::npos);
}

TEST_F(CheckerTest, LimitsExpressions) {
  const auto constraints = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      all += std::string(i == 0 ? "" : ",") + R"({"key":"a","severity":"error","human":"h","expression":")" +
             std::to_string(i) + R"( >= 0"})";
    }
    return element("Observation", R"("constraint":[)" + all + "]");
  };
  profile(constraints(kMaxCheckPrograms));
  EXPECT_EQ(check(""), "yes");
  profile(constraints(kMaxCheckPrograms + 1));
  EXPECT_NE(check("").find("kMaxCheckPrograms"), std::string::npos);
}

}  // namespace
}  // namespace vesta::validate
