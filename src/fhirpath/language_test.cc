// What the official suite does not ask: dialects, variables, services, the clock, errors with their places, limits.
#include <gtest/gtest.h>

#include <string>

#include "fhirpath/arithmetic.h"
#include "fhirpath/test_resources.h"

namespace vesta::fhirpath {
namespace {

const std::string kNamedPatient = R"({"resourceType":"Patient","id":"p","gender":"male",
  "modifierExtension":[{"url":"http://example.org/m","valueBoolean":true}],
  "maritalStatus":{"coding":[{"system":"http://example.org/s","code":"M"}]},
  "name":[{"family":"A","given":["b","c"]},{"family":"D","given":["e"]}],
  "managingOrganization":{"reference":"Organization/1"}})";

std::string run(std::string_view expression) {
  return testing::evaluate(kNamedPatient, expression);
}

std::string failure(std::string_view text) {
  return "error: FHIRPath: line 1, column " + std::string(text);
}

class FixedClock : public Clock {
 public:
  Instant now() override { return Instant(1'700'000'000'123'456); }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
};

class FewServices : public Services {
 public:
  Result<bool> is_member_of(const CodeInSystem& code, std::string_view value_set) override {
    return code.system == "http://example.org/s" && code.code == "M" && value_set == "v";
  }
  Result<bool> is_in_slice(const fhir::Node& element, const fhir::Node& /*resource*/, std::string_view profile,
                           std::string_view name) override {
    const bool is_official = element.first_child != nullptr && element.first_child->value == name;
    return profile == "p" && is_official;
  }
  void trace(std::string_view name, std::span<const Item> items) override {
    traced += std::string(name) + ":" + std::to_string(items.size()) + " ";
  }
  std::string traced;
};

std::string run_with(std::string_view expression, const Surroundings& surroundings) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  auto root = reader.read(kNamedPatient, arena);
  if (!root.ok()) return "not read: " + root.error().message;
  auto program = compile(fhir::r4(), (*root)->type, expression);
  if (!program.ok()) return "error: " + program.error().message;
  Collection items;
  Status status = (*program)->evaluate(**root, arena, items, surroundings);
  if (!status.ok()) return "error: " + status.error().message;
  std::string text;
  for (const Item& item : items) text += (text.empty() ? "" : ", ") + testing::print(item);
  return text;
}

TEST(Language, AsFiltersListsInTheDialectsOfSearchAndInvariants) {
  EXPECT_EQ(run("name as HumanName"), failure("6: 'as' needs a single item"));
  EXPECT_EQ(testing::evaluate(kNamedPatient, "(name as HumanName).family", testing::kSearchDialect), "A, D");
  EXPECT_EQ(testing::evaluate(kNamedPatient, "(name as HumanName).family", {.dialect = Dialect::invariant}), "A, D");
}

TEST(Language, KeepsVariablesToTheirScope) {
  EXPECT_EQ(run("name.defineVariable('n', first().family).select(family & %n)"), "'AA', 'DA'");
  EXPECT_EQ(run("name.select(defineVariable('n', family).given.select($this & %n))"), "'bA', 'cA', 'eD'");
  EXPECT_EQ(run("name.select(defineVariable('n').family) | %n"), failure("43: unknown constant %n"));
  EXPECT_EQ(run("defineVariable('n').defineVariable('n')"), failure("36: %n is defined already"));
  EXPECT_EQ(run("defineVariable('ucum')"), failure("16: %ucum is defined already"));
}

// https://hl7.org/fhirpath/#date-and-time-component-functions
TEST(Language, TakesDatesAndTimesApart) {
  const std::string time = "@2012-01-05T12:30:07.002-07:30.";
  EXPECT_EQ(run(time + "yearOf() | " + time + "monthOf()"), "2012, 1");
  EXPECT_EQ(run(time + "dayOf()"), "5");
  EXPECT_EQ(run(time + "hourOf() | " + time + "minuteOf() | " + time + "secondOf()"), "12, 30, 7");
  EXPECT_EQ(run(time + "millisecondOf()"), "2");
  EXPECT_EQ(run(time + "timezoneOffsetOf()"), "-7.5");
  EXPECT_EQ(run("@2012-01-01T12:30:00.5+08:45.select(timezoneOffsetOf() | millisecondOf())"), "8.75, 500");
  EXPECT_EQ(run("@2012-01-01T12:30:00Z.select(timezoneOffsetOf() | secondOf())"), "0.0") << "0 equals 0.0";
  EXPECT_EQ(run("@2012-01-01T12:30:00-00:30.timezoneOffsetOf()"), "-0.5");
  EXPECT_EQ(run("@2012-01-01T12:30:00+00:20.timezoneOffsetOf()"), "0.33333333");
  EXPECT_EQ(run(time + "dateOf()"), "2012-01-05");
  EXPECT_EQ(run(time + "timeOf()"), "12:30:07.002");
  EXPECT_EQ(run("@T09:05.select(hourOf() | minuteOf())"), "9, 5");
  EXPECT_EQ(run("@2012-01.select(yearOf() | monthOf())"), "2012, 1");
  for (const char* nothing : {"@2012-01.dayOf()", "@2012T.hourOf()", "@2012T.timeOf()", "@2012T.timezoneOffsetOf()",
                              "@T09:05.yearOf()", "@T09:05.timeOf()", "@T09:05.secondOf()", "@2012-01-05.hourOf()",
                              "'2012'.yearOf()", "{}.yearOf()", "@T09:05:07.millisecondOf()"}) {
    EXPECT_EQ(run(nothing), "") << nothing;
  }
  EXPECT_EQ(run("@2012T.dateOf()"), "2012");
  EXPECT_TRUE(run("(@2012 | @2013).yearOf()").starts_with("error: "));
  EXPECT_EQ(testing::evaluate(R"({"resourceType":"Patient","birthDate":"1974-12-25"})", "birthDate.yearOf()"), "1974");
}

// https://hl7.org/fhirpath/#aggregates
TEST(Language, TotalsItems) {
  EXPECT_EQ(run("(1.0 | 2.0 | 3.0).sum()"), "6");
  EXPECT_EQ(run("(1).combine(1).sum()"), "2");
  EXPECT_EQ(run("(1.0 'mg' | 2.0 'mg').sum() = 3 'mg'"), "true");
  EXPECT_EQ(run("(1 'g' | 2 'mg').sum() = 1002 'mg'"), "true");
  EXPECT_EQ(run("(1 'g' | 2 'm').sum()"), "") << "units that do not go together";
  EXPECT_EQ(run("7.sum()"), "7");
  EXPECT_EQ(run("{}.sum() | {}.avg() | {}.min()"), "");
  EXPECT_EQ(run("(2147483647).combine(1).sum()"), "") << "beyond the Integers";
  EXPECT_EQ(run("(5.5 | 4.7 | 4.8).avg() = 5"), "true");
  EXPECT_EQ(run("(1 | 2).avg()"), "1.5");
  EXPECT_EQ(run("(5.5 'cm' | 4.5 'cm').avg() = 5 'cm'"), "true");
  EXPECT_EQ(run("(2 | 4 | 8 | 6).min() | (2 | 4 | 8 | 6).max()"), "2, 8");
  EXPECT_EQ(run("(@2012-12-31 | @2013-01-01 | @2012-01-01).min()"), "2012-01-01");
  EXPECT_EQ(run("(@2012 | @2012-01-01).min()"), "") << "it cannot be told";
  EXPECT_EQ(run("name.family.max()"), "D");
  EXPECT_EQ(run("(1 | 2.0).sum()"), failure("11: the items must be of one type"));
  EXPECT_EQ(run("name.family.sum()"), failure("13: numbers or quantities are needed"));
  EXPECT_EQ(run("(true | false).max()"), failure("16: booleans have no order"));
  EXPECT_TRUE(run("name.min()").starts_with("error: "));
}

TEST(Language, TakesTheFirstThatIsThere) {
  EXPECT_EQ(run("coalesce(photo, name.family, 'none')"), "A, D");
  EXPECT_EQ(run("Patient.coalesce(photo, gender)"), "male");
  EXPECT_EQ(run("name.select(coalesce(text, given.skip(1), 'none'))"), "c, 'none'");
  EXPECT_EQ(run("coalesce(photo)"), "");
  EXPECT_EQ(run("coalesce(id, (1 | 2).single())"), "p") << "what stands behind is not evaluated";
  EXPECT_EQ(run("coalesce(id, nme)"), failure("14: unknown element 'nme' of Patient"));
}

TEST(Language, RepeatsWithEqualItems) {
  EXPECT_EQ(run("name.first().repeatAll(given | family)"), "b, c, A");
  EXPECT_EQ(run("(1 | 1).repeatAll(iif($this < 3, $this + 1, {}))"), "2, 3");
  EXPECT_EQ(run("(1).combine(1).repeatAll(iif($this < 3, $this + 1, {}))"), "2, 2, 3, 3");
  EXPECT_TRUE(run("(1).repeatAll($this)").starts_with("error: ")) << "it ends at a limit";
}

TEST(Language, FindsTheLastPosition) {
  EXPECT_EQ(run("'abcabc'.lastIndexOf('bc')"), "4");
  EXPECT_EQ(run("'éaéa'.lastIndexOf('a')"), "3") << "in characters";
  EXPECT_EQ(run("'abc'.lastIndexOf('x')"), "-1");
  EXPECT_EQ(run("'abc'.lastIndexOf('')"), "3");
  EXPECT_EQ(run("{}.lastIndexOf('a')"), "");
}

TEST(Language, AsksTheClockThatItIsGiven) {
  FixedClock clock;
  const Surroundings with_clock = {.clock = &clock};
  EXPECT_EQ(run_with("now()", with_clock), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(run_with("today()", with_clock), "2023-11-14");
  EXPECT_EQ(run_with("timeOfDay()", with_clock), "22:13:20.123");
  EXPECT_EQ(run_with("now()", {}), failure("1: this evaluation was given no clock"));
}

TEST(Language, AsksTheServicesThatItIsGiven) {
  FewServices services;
  const Surroundings with_services = {.services = &services};
  EXPECT_EQ(run_with("maritalStatus.memberOf('v')", with_services), "true");
  EXPECT_EQ(run_with("maritalStatus.coding.memberOf('w')", with_services), "false");
  EXPECT_EQ(run_with("name.trace('t', given).count()", with_services), "2");
  EXPECT_EQ(services.traced, "t:3 ");
  const std::string missing = " needs a service that this evaluation was not given";
  EXPECT_EQ(run_with("maritalStatus.memberOf('v')", {}), failure("15: memberOf()" + missing));
  EXPECT_EQ(run_with("name.slice('p', 'official').count()", with_services), "0");
  EXPECT_EQ(run_with("name.slice('p', name.first().family).count()", with_services), "1");
  EXPECT_EQ(run_with("name.slice('q', 'official').count()", with_services), "0");
  EXPECT_EQ(run_with("1.slice('p', 'official')", with_services), failure("3: slice() needs elements"));
  EXPECT_EQ(run_with("name.slice('p', 'official')", {}), failure("6: slice()" + missing));
  EXPECT_EQ(run_with("maritalStatus.subsumes(maritalStatus)", {}), failure("15: subsumes()" + missing));
}

// https://hl7.org/fhir/R4/fhirpath.html#functions
TEST(Language, DescribesElementsByTheTables) {
  EXPECT_EQ(run("elementDefinition().path"), "Patient");
  EXPECT_EQ(run("gender.elementDefinition().select(id & ' ' & min.toString() & '..' & max & ' ' & type.code)"),
            "'Patient.gender 0..1 code'");
  EXPECT_EQ(run("name.elementDefinition().select(path & ' ' & max)"), "'Patient.name *', 'Patient.name *'");
  EXPECT_EQ(run("name.given.first().elementDefinition().path"), "HumanName.given");
  EXPECT_EQ(run("modifierExtension.elementDefinition().select(isModifier and isSummary)"), "false");
  EXPECT_EQ(run("modifierExtension.value.elementDefinition().path"), "Extension.value[x]");
  EXPECT_EQ(run("modifierExtension.value.elementDefinition().type.count() > 40"), "true");
  EXPECT_EQ(run("photo.elementDefinition()"), "");
  EXPECT_EQ(run("'a'.elementDefinition()"), failure("5: elementDefinition() needs elements"));
  EXPECT_EQ(testing::evaluate(R"({"resourceType":"Patient","contact":[{"gender":"male"}]})",
                              "contact.elementDefinition().type.code | contact.gender.elementDefinition().path"),
            "BackboneElement, Patient.contact.gender");
}

// https://hl7.org/fhir/R4/fhirpath.html#functions
TEST(Language, DecidesConformanceToTypesByTheType) {
  const auto conforms = [](const std::string& element, const std::string& structure) {
    return run_with(element + ".conformsTo('http://hl7.org/fhir/StructureDefinition/" + structure + "')", {});
  };
  EXPECT_EQ(conforms("$this", "Patient"), "true");
  EXPECT_EQ(conforms("$this", "Patient|4.0.1"), "true");
  EXPECT_EQ(conforms("$this", "DomainResource"), "true");
  EXPECT_EQ(conforms("$this", "Resource"), "true");
  EXPECT_EQ(conforms("$this", "Person"), "false");
  EXPECT_EQ(conforms("$this", "Element"), "false");
  EXPECT_EQ(conforms("name.first()", "HumanName"), "true");
  EXPECT_EQ(conforms("name.first()", "Element"), "true");
  EXPECT_EQ(conforms("gender", "code"), "true");
  EXPECT_EQ(conforms("gender", "string"), "true") << "a code is a string";
  EXPECT_EQ(conforms("photo", "Attachment"), "");
  const auto unknown = [](std::size_t column, const std::string& url) {
    return failure(std::to_string(column) + ": conformsTo() knows the definitions of FHIR's types here, of which '" +
                   url + "' is none");
  };
  const std::string structures = "http://hl7.org/fhir/StructureDefinition/";
  for (const char* name : {"vitalsigns", "SimpleQuantity", "Patient.contact", "Patient|5.0.0", "patient", ""}) {
    EXPECT_EQ(conforms("$this", name), unknown(7, structures + name));
  }
  EXPECT_EQ(run_with("conformsTo('http://example.org/Patient')", {}), unknown(1, "http://example.org/Patient"));
  EXPECT_EQ(conforms("name", "HumanName"), failure("6: conformsTo() needs a single item"));
}

TEST(Language, ChecksNarratives) {
  const auto checks = [](const std::string& content) {
    const std::string div = R"(<div xmlns=\"http://www.w3.org/1999/xhtml\">)" + content + "</div>";
    return testing::evaluate(R"({"resourceType":"Patient","text":{"status":"generated","div":")" + div + R"("}})",
                             "text.div.htmlChecks()");
  };
  EXPECT_EQ(checks("<p>a</p>"), "true");
  EXPECT_EQ(checks("<script>a</script>"), "false");
  EXPECT_EQ(run("text.div.htmlChecks()"), "");
  EXPECT_EQ(run("id.htmlChecks()"), failure("4: htmlChecks() needs one xhtml element"));
}

TEST(Language, ChecksModifierExtensions) {
  EXPECT_EQ(run("checkModifiers('http://example.org/m').id"), "p");
  EXPECT_EQ(run("checkModifiers('x').id"), failure("1: an unknown modifier extension: http://example.org/m"));
}

TEST(Language, RefusesBadRegularExpressions) {
  EXPECT_EQ(run("'a'.matches('(')"), failure("13: a bad regular expression: missing ): ("));
  EXPECT_EQ(run("'2024-05'.replaceMatches('(?<y>[0-9]+)-([0-9]+)', '$2.${y}')"), "'05.2024'");
  EXPECT_EQ(run("'a$b\\\\c'.replaceMatches('b', '\\\\$')"), "'a$\\$\\c'");
}

TEST(Language, ComputesWithTwentyEightDigits) {
  EXPECT_EQ(run("1 / 3"), "0.3333333333333333333333333333");
  EXPECT_EQ(run("2.sqrt()"), "1.414213562373095048801688724");
  EXPECT_EQ(run("0.1 + 0.2"), "0.3");
  EXPECT_EQ(run("-7 div 2"), "-3");
  EXPECT_EQ(run("-7 mod 2"), "-1");
  EXPECT_EQ(run("2147483647 + 0"), "2147483647");
  EXPECT_EQ(run("2147483647 + 1"), "");  // beyond the Integers
  EXPECT_EQ(run("1 - 'a'"), failure("3: no such operation on Integer and String"));
}

TEST(Language, HoldsPlainDecimalsToKMaxDecimalScale) {
  const std::string most = "1e" + std::to_string(kMaxDecimalScale);
  const std::string more = "1e" + std::to_string(kMaxDecimalScale + 1);
  EXPECT_EQ(plain_decimal(most)->size(), kMaxDecimalScale + 1);
  EXPECT_EQ(plain_decimal(more), std::nullopt);
  EXPECT_EQ(plain_decimal("12.5e-3"), "0.0125");
  EXPECT_EQ(plain_decimal("12.5e1"), "125");
  EXPECT_TRUE(round_to("1", kMaxDecimalScale, Rounding::floor));
  EXPECT_FALSE(round_to("1", kMaxDecimalScale + 1, Rounding::floor));
}

TEST(Language, HoldsBoundariesAndPowersToTheirLimits) {
  const auto exists = [](const std::string& expression) { return run("(" + expression + ").exists()"); };
  const std::string places = std::to_string(kMaxDecimalPrecision);
  EXPECT_EQ(exists("1.5.lowBoundary(" + places + ")"), "true");
  EXPECT_EQ(exists("1.5.lowBoundary(" + places + " + 1)"), "false");
  const std::string most = std::to_string(kMaxPowerOfTen);
  EXPECT_EQ(exists("10.0.power(" + most + ")"), "true");
  EXPECT_EQ(exists("10.0.power(" + most + " + 1)"), "false");
  EXPECT_EQ(exists(most + ".exp()"), "true");
  EXPECT_EQ(exists("(" + most + " + 1).exp()"), "false");
}

TEST(Language, AddsDurationsToDates) {
  EXPECT_EQ(run("@2024-01-31 + 1 month"), "2024-02-29");
  EXPECT_EQ(run("@2024-03-01 - 1 day"), "2024-02-29");
  EXPECT_EQ(run("@2014 + 24 months"), "2016");
  EXPECT_EQ(run("@2014 + 23 months"), "2015");
  EXPECT_EQ(run("@2024-12-31T23:30:00+01:00 + 45 minutes"), "2025-01-01T00:15:00+01:00");
  EXPECT_EQ(run("@T23:30 + 45 minutes"), "00:15");
  EXPECT_EQ(run("@9999-12-31 + 1 day"), "");
  EXPECT_EQ(run("@2024-01-01 + 1 'kg'"), failure("13: 'kg' is no duration of the calendar"));
}

TEST(Language, ComparesQuantitiesByUcum) {
  EXPECT_EQ(run("1 'g' > 999 'mg'"), "true");
  EXPECT_EQ(run("1 'g' = 1 's'"), "");
  EXPECT_EQ(run("1 year = 12 months"), "true");
  EXPECT_EQ(run("1 year ~ 1 'a'"), "true");
  EXPECT_EQ(run("1 'g' + 500 'mg'"), "1.5 'g'");
  EXPECT_EQ(run("3 * 2 'mg'"), "6 'mg'");
  EXPECT_EQ(run("'37.5 \\'Cel\\''.toQuantity('K')"), "310.65 'K'");
}

}  // namespace
}  // namespace vesta::fhirpath
