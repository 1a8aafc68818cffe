// Rows of views beyond the official suite: products, blank rows, values as elements, errors of a run, limits.
#include "views/runner.h"

#include <gtest/gtest.h>

#include "views/limits.h"
#include "views/test_support.h"

namespace vesta::views::testing {
namespace {

const std::string kAda =
    R"({"resourceType":"Patient","id":"ada","active":true,"name":[{"family":"King","given":["Ada","Augusta"]},)"
    R"({"family":"Byron","_given":[{"extension":[{"url":"u","valueCode":"unknown"}]}]}],)"
    R"("managingOrganization":{"reference":"Organization/1/_history/2"},)"
    R"("generalPractitioner":[{"reference":"https://example.org/fhir/Practitioner/2"},{"reference":"#p"},)"
    R"({"reference":"Practitioner/3"},{"display":"none"}]})";

// A view of Patients with one column of this path.
std::string column(std::string_view path) {
  return patients(R"j({"column":[{"name":"c","path":")j" + std::string(path) + R"j("}]})j");
}

// A Patient with so many given names in one name.
std::string with_given(std::size_t count) {
  std::string given;
  for (std::size_t i = 0; i < count; ++i) given += i == 0 ? R"j("g")j" : R"j(,"g")j";
  return R"j({"resourceType":"Patient","name":[{"given":[)j" + given + "]}]}";
}

TEST(ViewRunner, MultipliesSelectsAndKeepsTheirOrder) {
  const std::string view =
      patients(R"j({"forEach":"name","column":[{"name":"f","path":"family"}],)j"
               R"j("select":[{"forEach":"%resource.name.given","column":[{"name":"g","path":"$this"}]}],)j"
               R"j("unionAll":[{"column":[{"name":"u","path":"'1'"}]},{"column":[{"name":"u","path":"'2'"}]}]})j");
  EXPECT_EQ(run(view, {R"j({"resourceType":"Patient","name":[{"family":"A","given":["x","y"]},{"family":"B"}]})j"}),
            "{\"f\":\"A\",\"g\":\"x\",\"u\":\"1\"}\n{\"f\":\"A\",\"g\":\"x\",\"u\":\"2\"}\n"
            "{\"f\":\"A\",\"g\":\"y\",\"u\":\"1\"}\n{\"f\":\"A\",\"g\":\"y\",\"u\":\"2\"}\n"
            "{\"f\":\"B\",\"g\":\"x\",\"u\":\"1\"}\n{\"f\":\"B\",\"g\":\"x\",\"u\":\"2\"}\n"
            "{\"f\":\"B\",\"g\":\"y\",\"u\":\"1\"}\n{\"f\":\"B\",\"g\":\"y\",\"u\":\"2\"}\n");
}

TEST(ViewRunner, LeavesOneBlankRowOfAnIterationOverNothing) {
  const std::string view =
      patients(R"j({"forEachOrNull":"contact","column":[{"name":"i","path":"%rowIndex"},{"name":"c","path":"'C'"},)j"
               R"j({"name":"l","path":"telecom.value","collection":true}],)j"
               R"j("unionAll":[{"column":[{"name":"u","path":"%rowIndex"}]},{"column":[{"name":"u","path":"2"}]}]})j");
  EXPECT_EQ(run(view, {kAda}), "{\"i\":0,\"c\":null,\"l\":null,\"u\":0}\n");
}

TEST(ViewRunner, GoesOverValuesThatAnExpressionMakes) {
  const std::string view =
      patients(R"j({"forEach":"name.first().given.select($this.length()) | (true) | name.first().family","column":[)j"
               R"j({"name":"i","path":"%rowIndex + 1"},{"name":"v","path":"$this"}]})j");
  EXPECT_EQ(run(view, {kAda}),
            "{\"i\":1,\"v\":3}\n{\"i\":2,\"v\":7}\n{\"i\":3,\"v\":true}\n{\"i\":4,\"v\":\"King\"}\n");
}

TEST(ViewRunner, WritesElementsWhoseTypeIsDeclared) {
  EXPECT_EQ(run(patients(R"j({"column":[{"name":"o","path":"managingOrganization","type":"Reference"},)j"
                         R"j({"name":"g","path":"name[1].given","collection":true}]})j"),
                {kAda}),
            "{\"o\":{\"reference\":\"Organization/1/_history/2\"},\"g\":[null]}\n");
}

TEST(ViewRunner, KeysAreIdsOfRelativeReferences) {
  EXPECT_EQ(run(patients(R"j({"column":[{"name":"k","path":"getResourceKey()"},)j"
                         R"j({"name":"o","path":"managingOrganization.getReferenceKey(Organization)"},)j"
                         R"j({"name":"n","path":"managingOrganization.getReferenceKey(Patient)"},)j"
                         R"j({"name":"p","path":"generalPractitioner.getReferenceKey()","collection":true}]})j"),
                {kAda}),
            "{\"k\":\"ada\",\"o\":\"1\",\"n\":null,\"p\":[\"3\"]}\n");
  EXPECT_EQ(compile_error(column("managingOrganization.getReferenceKey(Period)")),
            "ViewDefinition.select[0].column[0].path: FHIRPath: line 1, column 38: "
            "getReferenceKey() needs the type of a resource");
}

TEST(ViewRunner, SaysWhereARunFails) {
  const std::string place = "error: ViewDefinition.select[0].column[0].path: ";
  EXPECT_EQ(run(column("name.given"), {kAda}), place + "several values in a column that is no collection");
  EXPECT_EQ(run(column("name.first().children().first()"),
                {R"j({"resourceType":"Patient","name":[{"period":{"start":"2020"}}]})j"}),
            place + "an element with structure in a column that declares no type");
  EXPECT_EQ(run(column("(1 'mg')"), {kAda}), place + "it yields what no column can hold");
  EXPECT_EQ(run(patients(R"j({"column":[{"name":"c","path":"id"}]})j", R"j(,"where":[{"path":"children().first()"}])j"),
                {kAda}),
            "error: ViewDefinition.where[0].path: it yields something else than a boolean");
}

TEST(ViewRunner, ChecksValuesAgainstTheDeclaredType) {
  const std::string died = R"j({"resourceType":"Patient","deceasedDateTime":"2020-01-01"})j";
  const std::string lives = R"j({"resourceType":"Patient","deceasedBoolean":false})j";
  const auto typed = [](std::string_view path, std::string_view type, std::string_view more = "") {
    return patients(R"j({"column":[{"name":"c","path":")j" + std::string(path) + R"j(","type":")j" + std::string(type) +
                    R"j(")j" + std::string(more) + "}]}");
  };
  const std::string wrong =
      "error: ViewDefinition.select[0].column[0].path: a value of column 'c' is not of the "
      "declared type ";
  EXPECT_EQ(run(typed("deceased", "boolean"), {lives}), "{\"c\":false}\n");
  EXPECT_EQ(run(typed("deceased", "boolean"), {died}), wrong + "boolean");
  EXPECT_EQ(run(typed("deceased", "dateTime"), {died}), "{\"c\":\"2020-01-01\"}\n");
  EXPECT_EQ(run(typed("deceased", "dateTime"), {lives}), wrong + "dateTime");
  EXPECT_EQ(run(typed("children().first()", "HumanName"), {kAda}), wrong + "HumanName");
  EXPECT_EQ(run(typed("children().first()", "string"), {kAda}), "{\"c\":\"ada\"}\n");
  EXPECT_EQ(run(typed("name.first() | active", "HumanName", R"j(,"collection":true)j"), {kAda}), wrong + "HumanName");
  // Conversions: integers are decimals, and dates are dateTimes.
  EXPECT_EQ(run(typed("iif(active, 1, 'x')", "decimal"), {kAda}), "{\"c\":1}\n");
  EXPECT_EQ(run(typed("iif(active, @2020, 'x')", "dateTime"), {kAda}), "{\"c\":\"2020\"}\n");
  EXPECT_EQ(run(typed("iif(active, 1.5, 1)", "integer"), {kAda}), wrong + "integer");
  EXPECT_EQ(run(typed("iif(active, 1.5, 1)", "integer64"), {kAda}), wrong + "integer64");
}

TEST(ViewRunner, ChecksBranchesAgainstATypeThatAnotherDeclares) {
  const std::string view = patients(R"j({"unionAll":[{"column":[{"name":"c","path":"deceased"}]},)j"
                                    R"j({"column":[{"name":"c","path":"active","type":"boolean"}]}]})j");
  EXPECT_EQ(run(view, {R"j({"resourceType":"Patient","deceasedBoolean":false})j"}), "{\"c\":false}\n{\"c\":null}\n");
  EXPECT_EQ(run(view, {R"j({"resourceType":"Patient","deceasedDateTime":"2020-01-01"})j"}),
            "error: ViewDefinition.select[0].unionAll[0].column[0].path: a value of column 'c' is not of the declared "
            "type boolean");
}

TEST(ViewRunner, HasNoRowsForOtherTypes) {
  EXPECT_EQ(run(column("id"), {R"j({"resourceType":"Basic","code":{"text":"x"}})j"}), "");
}

TEST(ViewRunner, BoundsRows) {
  const std::string view =
      patients(R"j({"forEach":"name.given","select":[{"forEach":"%resource.name.given","column":[)j"
               R"j({"name":"g","path":"$this"}]}]})j");
  constexpr std::size_t kSide = 300;
  static_assert(kSide * kSide <= kMaxRowsPerResource && (kSide + 100) * (kSide + 100) > kMaxRowsPerResource);
  EXPECT_EQ(run(view, {with_given(kSide)}).size(), std::string("{\"g\":\"g\"}\n").size() * kSide * kSide);
  EXPECT_NE(run(view, {with_given(kSide + 100)}).find("kMaxRowsPerResource"), std::string::npos);
}

TEST(ViewRunner, BoundsCells) {
  std::string columns;
  for (std::size_t i = 0; i < 100; ++i)
    columns += (i == 0 ? "" : ",") + (R"j({"name":"c)j" + std::to_string(i) + R"j(","path":"{}"})j");
  const std::string view = patients(R"j({"forEach":"name.given","column":[)j" + columns + "]}");
  EXPECT_EQ(run(view, {with_given(kMaxCellsPerResource / 100)}).find("error"), std::string::npos);
  EXPECT_NE(run(view, {with_given(kMaxCellsPerResource / 100 + 1)}).find("kMaxCellsPerResource"), std::string::npos);
}

TEST(ViewRunner, BoundsCellsThatAreMadeForNothing) {
  std::string columns;
  for (std::size_t i = 0; i < 100; ++i)
    columns += (i == 0 ? "" : ",") + (R"j({"name":"c)j" + std::to_string(i) + R"j(","path":"{}"})j");
  // Ten times: n rows of 100 cells, times 10, of which a later select takes all away.
  const std::string view = patients(
      R"j({"forEach":"name.given.take(10)","select":[{"forEach":"%resource.name.given","column":[)j" + columns +
      R"j(]},{"forEach":"%resource.name.given.take(10)","column":[{"name":"g","path":"$this"}]},)j"
      R"j({"forEach":"%resource.photo","column":[{"name":"p","path":"url"}]}]})j");
  constexpr std::size_t kCellsPerName = 10 * (100 + 102 + 9 * 102);
  constexpr std::size_t kMost = kMaxMadeCellsPerResource / kCellsPerName;
  EXPECT_EQ(run(view, {with_given(kMost - 5)}), "");
  EXPECT_NE(run(view, {with_given(kMost + 5)}).find("kMaxMadeCellsPerResource"), std::string::npos);
}

TEST(ViewRunner, BoundsElements) {
  // Rows that a later select takes away.
  const std::string view =
      patients(R"j({"forEach":"name.given","select":[{"forEach":"%resource.name.given","select":[)j"
               R"j({"forEach":"%resource.photo","column":[{"name":"g","path":"url"}]}]}]})j");
  static_assert(440 * 440 + 440 + 1 <= kMaxElementsPerResource && 450 * 450 > kMaxElementsPerResource);
  EXPECT_EQ(run(view, {with_given(440)}), "");
  EXPECT_NE(run(view, {with_given(450)}).find("kMaxElementsPerResource"), std::string::npos);
}

TEST(ViewRunner, BoundsStepsOverAllExpressions) {
  const std::string view =
      patients(R"j({"forEach":"name.given","column":[{"name":"n","path":"%resource.name.given.count()"}]})j");
  EXPECT_EQ(run(view, {with_given(1000)}).find("error"), std::string::npos);
  EXPECT_NE(run(view, {with_given(3000)}).find("kMaxStepsPerResource"), std::string::npos);
}

TEST(ViewRunner, BoundsTheDepthOfRepeats) {
  const std::string view = patients(R"j({"repeat":["%resource.name"],"column":[{"name":"f","path":"family"}]})j");
  EXPECT_NE(run(view, {R"j({"resourceType":"Patient","name":[{"family":"A"}]})j"}).find("kMaxRepeatDepth"),
            std::string::npos);
  const auto nested = [](std::size_t levels) {
    std::string extension = R"j({"url":"u","valueCode":"c"})j";
    for (std::size_t i = 1; i < levels; ++i) extension = R"j({"url":"u","extension":[)j" + extension + "]}";
    const std::string text = R"j({"resourceType":"Patient","extension":[)j" + extension + "]}";
    // Deeper than a resource may be that comes from outside.
    fhir::JsonReader reader(fhir::r4());
    fhir::Arena arena;
    const auto root = reader.read(text, text.capacity(), arena, {.max_depth = 3 * levels});
    const auto compiled = compile(
        fhir::r4(), patients(R"j({"repeat":["extension"],"column":[{"name":"v","path":"value.ofType(code)"}]})j"));
    Runner runner(**compiled);
    const auto rows = runner.run(**root, arena);
    return rows.ok() ? std::to_string(rows->size()) : reason_of(rows.error());
  };
  EXPECT_EQ(nested(kMaxRepeatDepth), std::to_string(kMaxRepeatDepth));
  EXPECT_NE(nested(kMaxRepeatDepth + 1).find("kMaxRepeatDepth"), std::string::npos);
}

}  // namespace
}  // namespace vesta::views::testing
