// Tests of quantities across units. https://hl7.org/fhir/R4/search.html#quantity
#include "search/params/canonical.h"

#include "search/decimal_key.h"
#include "search/value_test_support.h"

namespace vesta::search {
namespace {

using testing::expect_answer;
using testing::Extracted;

Extracted measured(const std::string& quantity) {
  return Extracted(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c"}]},"valueQuantity":{)" +
      quantity + "}}");
}
Extracted ucum(const std::string& value, const std::string& code, const std::string& more = "") {
  return measured("\"value\":" + value + R"(,"system":"http://unitsofmeasure.org","code":")" + code + "\"" + more);
}
std::string in(const std::string& number, const std::string& code) {
  return number + "|http://unitsofmeasure.org|" + code;
}

// The search is for 5.4 mg, [5.35, 5.45): R4's example.
TEST(Canonical, ComparesAcrossUnits) {
  for (const char* same : {"0.0054", "0.00535", "0.005449"}) {
    expect_answer(ucum(same, "g"), "value-quantity", in("5.4", "mg"), "yes");
  }
  for (const char* other : {"0.00545", "0.005349", "5.4"}) {
    expect_answer(ucum(other, "g"), "value-quantity", in("5.4", "mg"), "no");
  }
  expect_answer(ucum("5400", "ug"), "value-quantity", in("5.4", "mg"), "yes");
  expect_answer(ucum("5.4", "mg"), "value-quantity", in("5.4", "mg"), "yes");
  expect_answer(ucum("6", "mg"), "value-quantity", in("gt0.0054", "g"), "yes");
  expect_answer(ucum("6", "mg"), "value-quantity", in("lt0.0054", "g"), "no");
  expect_answer(ucum("5.9", "mg"), "value-quantity", in("ap0.0054", "g"), "yes");
  expect_answer(ucum("37", "Cel"), "value-quantity", in("98.6", "[degF]"), "yes");
  expect_answer(ucum("70", "/min"), "value-quantity", in("70", "{beats}/min"), "yes");
  expect_answer(ucum("180", "mg/dL"), "value-quantity", in("gt1", "g/L"), "yes");
  expect_answer(ucum("180", "mg/dL"), "combo-value-quantity", in("1.80", "g/L"), "yes");
  expect_answer(ucum("180", "mg/dL"), "code-value-quantity", "c$" + in("1.80", "g/L"), "yes");
}

TEST(Canonical, NeverComparesDimensions) {
  expect_answer(ucum("5", "mg"), "value-quantity", in("5", "mL"), "no");
  expect_answer(ucum("5", "mg"), "value-quantity", in("gt0", "mL"), "no");
  expect_answer(ucum("5", "mg"), "value-quantity", in("ne5", "mL"), "no");
  expect_answer(ucum("5", "nonsense"), "value-quantity", in("5", "nonsense"), "yes");  // as written
  expect_answer(ucum("5", "nonsense"), "value-quantity", in("5", "mg"), "no");
  expect_answer(ucum("5", "mg"), "value-quantity", in("5", "nonsense"), "no");
}

TEST(Canonical, IsOfUcumAlone) {
  expect_answer(measured(R"("value":5,"unit":"g")"), "value-quantity", in("5000", "mg"), "no");
  expect_answer(measured(R"("value":5,"system":"http://other","code":"g")"), "value-quantity", in("5", "g"), "no");
  expect_answer(ucum("5", "g"), "value-quantity", "5||g", "yes");
  expect_answer(ucum("5", "g"), "value-quantity", "5000||mg", "no");  // a unit as people write it, of no system
  expect_answer(ucum("5", "g"), "value-quantity", "5", "yes");
}

TEST(Canonical, KeepsOpenEnds) {
  const Extracted below = ucum("5", "mg", R"(,"comparator":"<")");
  expect_answer(below, "value-quantity", in("lt0.006", "g"), "yes");
  expect_answer(below, "value-quantity", in("gt0.004", "g"), "yes");
  expect_answer(below, "value-quantity", in("gt0.005", "g"), "no");
  EXPECT_EQ(below.values.quantities.front().canonical_low, decimal_key_minus_infinity());
}

// A higher pH is less of what it measures, so that its ranges and comparisons stay in its own unit.
TEST(Canonical, LeavesFallingUnitsAsWritten) {
  expect_answer(ucum("7.4", "[pH]"), "value-quantity", in("gt7", "[pH]"), "yes");
  expect_answer(ucum("7.4", "[pH]"), "value-quantity", in("lt7", "[pH]"), "no");
  expect_answer(ucum("7.4", "[pH]"), "value-quantity", in("7.4", "[pH]"), "yes");
  const Extracted above = ucum("7.4", "[pH]", R"(,"comparator":">")");
  EXPECT_TRUE(above.values.quantities.front().canonical_unit.empty());
  expect_answer(above, "value-quantity", in("gt8", "[pH]"), "yes");
}

TEST(Canonical, ConvertsBothEndsOfARange) {
  const auto onset = [](const std::string& low, const std::string& high) {
    const auto end = [](const std::string& name, const std::string& code, const char* value) {
      return "\"" + name + R"(":{"value":)" + value + R"(,"system":"http://unitsofmeasure.org","code":")" + code +
             "\"}";
    };
    return Extracted(R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},"onsetRange":{)" +
                     end("low", low, "24") + "," + end("high", high, "60") + "}}");
  };
  expect_answer(onset("mo", "a"), "onset-age", in("gt59", "a"), "yes");
  expect_answer(onset("mo", "a"), "onset-age", in("sa1", "a"), "yes");
  expect_answer(onset("mo", "a"), "onset-age", in("sa3", "a"), "no");
  EXPECT_TRUE(onset("mg", "a").values.quantities.front().canonical_unit.empty());
}

}  // namespace
}  // namespace vesta::search
