// What a ViewDefinition may not be: each error with its place, each limit on both sides.
#include <gtest/gtest.h>

#include "views/limits.h"
#include "views/test_support.h"

namespace vesta::views::testing {
namespace {

constexpr std::string_view kId = R"({"column":[{"name":"id","path":"id"}]})";

// The error of a view of one column.
std::string column_error(std::string_view column) {
  return compile_error(patients(R"({"column":[)" + std::string(column) + "]}"));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + std::string(text);
  return all;
}

// `count` columns of different names.
std::string columns(std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += (i == 0 ? "" : ",") + (R"({"name":"c)" + std::to_string(i) + R"(","path":"id"})");
  return R"({"column":[)" + all + "]}";
}

// A select with `levels` of selects, itself the first.
std::string nested(std::size_t levels) {
  std::string select(kId);
  for (std::size_t i = 1; i < levels; ++i) select = R"({"select":[)" + select + "]}";
  return select;
}

TEST(ViewCompiler, AcceptsWhatAResourceMayHave) {
  EXPECT_EQ(compile_error(R"({"resourceType":"ViewDefinition","id":"v","meta":{"profile":["x"]},"url":"http://x/v",)"
                          R"("name":"some_view","_name":{"id":"a"},"status":"draft","experimental":false,)"
                          R"("fhirVersion":["4.0.1"],"resource":"Patient",)"
                          R"("select":[{"id":"s","column":[{"name":"a","path":"id","description":"d","type":"id",)"
                          R"("tag":[{"name":"ansi/type","value":"TEXT"}]}]}],)"
                          R"("where":[{"path":"active","description":"d"}]})"),
            "");
}

TEST(ViewCompiler, RefusesWhatIsNoViewDefinition) {
  EXPECT_EQ(compile_error("{}"), "ViewDefinition.resource: it is missing");
  EXPECT_EQ(compile_error("[]"), "ViewDefinition: an object is needed");
  EXPECT_TRUE(compile_error("{").starts_with("ViewDefinition: ")) << compile_error("{");
  EXPECT_EQ(compile_error(R"({"resourceType":"Patient"})"),
            "ViewDefinition.resourceType: 'Patient' is no ViewDefinition");
  EXPECT_EQ(compile_error(R"({"resource":"Nothing","select":[{"column":[{"name":"a","path":"id"}]}]})"),
            "ViewDefinition.resource: 'Nothing' is no resource type");
  EXPECT_EQ(compile_error(R"({"resource":"Patient"})"), "ViewDefinition.select: it is missing");
  EXPECT_EQ(compile_error(patients("")), "ViewDefinition.select: it is empty");
  EXPECT_EQ(compile_error(patients("{}")), "ViewDefinition.select: there is no column");
  EXPECT_EQ(compile_error(patients(kId, R"(,"sellect":1)")), "ViewDefinition.sellect: unknown property");
  EXPECT_EQ(compile_error(patients(kId, R"(,"status":"new")")),
            "ViewDefinition.status: 'new' is none of draft, active, retired and unknown");
  EXPECT_EQ(compile_error(patients(kId, R"(,"name":"a b")")),
            "ViewDefinition.name: 'a b' is no name of letters, digits and _ that begins with a letter");
  EXPECT_EQ(compile_error(patients(R"({"forEach":1})")), "ViewDefinition.select[0].forEach: a string is needed");
  EXPECT_EQ(compile_error(patients(R"({"forEach":"name","repeat":["name"]})")),
            "ViewDefinition.select[0]: only one of forEach, forEachOrNull and repeat may be there");
  EXPECT_EQ(compile_error(patients(R"({"repeat":["name",1]})")),
            "ViewDefinition.select[0].repeat[1]: a string is needed");
}

TEST(ViewCompiler, ChecksColumns) {
  const std::string place = "ViewDefinition.select[0].column[0]";
  EXPECT_EQ(column_error(R"({"name":"a"})"), place + ".path: it is missing");
  EXPECT_EQ(column_error(R"({"path":"id"})"), place + ".name: it is missing");
  EXPECT_EQ(column_error(R"({"name":"_a","path":"id"})"),
            place + ".name: '_a' is no name of letters, digits and _ that begins with a letter");
  EXPECT_EQ(column_error(R"({"name":"a","path":"id","collection":"yes"})"),
            place + ".collection: true or false is needed");
  EXPECT_EQ(column_error(R"({"name":"a","path":"id","type":"text"})"), place + ".type: unknown type 'text'");
  EXPECT_EQ(column_error(R"({"name":"a","path":"active","type":"string"})"),
            place + ".type: the path yields boolean, never string");
  EXPECT_EQ(column_error(R"({"name":"a","path":"birthDate","type":"dateTime"})"), "");
  EXPECT_EQ(
      column_error(R"j({"name":"a","path":"name.count()","type":"http://hl7.org/fhir/StructureDefinition/decimal"})j"),
      "");
  EXPECT_EQ(column_error(R"({"name":"a","path":"name"})"),
            place + ".type: the path yields elements with structure (HumanName), whose type must be declared");
  EXPECT_EQ(column_error(R"j({"name":"a","path":"name.first()","type":"HumanName"})j"), "");
  EXPECT_EQ(column_error(R"j({"name":"a","path":"name.first()","type":"Address"})j"),
            place + ".type: the path yields HumanName, never Address");
  EXPECT_EQ(column_error(R"({"name":"a","path":"nam"})"),
            place + ".path: FHIRPath: line 1, column 1: unknown element 'nam' of Patient");
  EXPECT_EQ(column_error(R"({"name":"a","path":"id"},{"name":"a","path":"id"})"),
            "ViewDefinition.select[0].column[1].name: there is a column 'a' already");
}

TEST(ViewCompiler, ChecksColumnsOfBranches) {
  const auto with = [](std::string_view branches) {
    return compile_error(patients(R"({"unionAll":[)" + std::string(branches) + "]}"));
  };
  const std::string place = "ViewDefinition.select[0].unionAll[1]: its columns ";
  const std::string end = ", in name, type, collection and order";
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id"}]},{"column":[{"name":"b","path":"id"}]})"),
            place + "(b) are not those of the branches before it (a)" + end);
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id"}]},{"column":[{"name":"a","path":"id","collection":true}]})"),
            place + "(a) are not those of the branches before it (a)" + end);
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id","type":"id"}]},)"
                 R"({"column":[{"name":"a","path":"active","type":"boolean"}]})"),
            place + "(a) are not those of the branches before it (a)" + end);
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id"}]},{"column":[{"name":"a","path":"gender"}]})"), "");
  // What the first branch leaves open another one settles, for those behind it and for those before it.
  const std::string typed = R"({"column":[{"name":"a","path":"id","type":"id"}]})";
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id"}]},)" + typed), "");
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"id"}]},)" + typed +
                 R"(,{"column":[{"name":"a","path":"active","type":"boolean"}]})"),
            "ViewDefinition.select[0].unionAll[2]: its columns (a) are not those of the branches before it (a)" + end);
  EXPECT_EQ(with(R"({"column":[{"name":"a","path":"active"}]},)" + typed),
            "ViewDefinition.select[0].unionAll[0].column[0].path: the path yields boolean, never id");
}

TEST(ViewCompiler, ChecksConstantsAndConditions) {
  const auto constant = [](std::string_view json) {
    return compile_error(patients(kId, R"(,"constant":[)" + std::string(json) + "]"));
  };
  const std::string place = "ViewDefinition.constant[0]";
  EXPECT_EQ(constant(R"({"name":"a"})"), place + ".value[x]: it is missing");
  EXPECT_EQ(constant(R"({"name":"a","valueString":"x","valueCode":"x"})"), place + ".value[x]: one value is needed");
  EXPECT_EQ(constant(R"({"name":"a","valueMarkdown":"x"})"), place + ".valueMarkdown: constants are not of this type");
  EXPECT_TRUE(constant(R"({"name":"a","valueDate":"1-1"})").starts_with(place + ".valueDate: it is not "));
  EXPECT_TRUE(constant(R"({"name":"a","valueInteger":"1"})").starts_with(place + ".valueInteger: it is not "));
  EXPECT_EQ(constant(R"({"name":"a","valueInteger64":"9007199254740993"})"), "");
  EXPECT_EQ(constant(R"({"name":"a","valueInteger64":"1.5"})"),
            place + ".valueInteger64: a string of digits is needed");
  EXPECT_EQ(constant(R"({"name":"a","valueCode":"x"},{"name":"a","valueCode":"x"})"),
            "ViewDefinition.constant[1].name: there is a constant 'a' already");
  EXPECT_EQ(compile_error(patients(kId, R"(,"where":[{"path":"name.family"}])")),
            "ViewDefinition.where[0].path: a condition is a boolean; this yields string");
}

TEST(ViewCompiler, HoldsToItsLimits) {
  EXPECT_EQ(compile_error(patients(nested(kMaxSelectDepth))), "");
  EXPECT_NE(compile_error(patients(nested(kMaxSelectDepth + 1))).find("kMaxSelectDepth"), std::string::npos);
  EXPECT_EQ(compile_error(patients(columns(kMaxColumns))), "");
  EXPECT_NE(compile_error(patients(columns(kMaxColumns + 1))).find("kMaxColumns"), std::string::npos);
  EXPECT_EQ(compile_error(patients(std::string(kId) + "," + repeated("{}", kMaxSelects - 1))), "");
  EXPECT_NE(compile_error(patients(std::string(kId) + "," + repeated("{}", kMaxSelects))).find("kMaxSelects"),
            std::string::npos);
  const auto conditions = [](std::size_t count) {
    return compile_error(patients(kId, R"(,"where":[)" + repeated(R"({"path":"active"})", count) + "]"));
  };
  EXPECT_EQ(conditions(kMaxConditions), "");
  EXPECT_NE(conditions(kMaxConditions + 1).find("kMaxConditions"), std::string::npos);
  const auto constants = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
      all += (i == 0 ? "" : ",") + (R"({"name":"c)" + std::to_string(i) + R"(","valueCode":"x"})");
    return compile_error(patients(kId, R"(,"constant":[)" + all + "]"));
  };
  EXPECT_EQ(constants(kMaxConstants), "");
  EXPECT_NE(constants(kMaxConstants + 1).find("kMaxConstants"), std::string::npos);
  const auto paths = [](std::size_t count) {
    return compile_error(patients(std::string(kId) + R"(,{"repeat":[)" + repeated(R"("extension")", count) + "]}"));
  };
  EXPECT_EQ(paths(kMaxRepeatPaths), "");
  EXPECT_NE(paths(kMaxRepeatPaths + 1).find("kMaxRepeatPaths"), std::string::npos);
  const std::string view = patients(kId);
  EXPECT_EQ(compile_error(view + std::string(kMaxViewBytes - view.size(), ' ')), "");
  EXPECT_NE(compile_error(view + std::string(kMaxViewBytes - view.size() + 1, ' ')).find("kMaxViewBytes"),
            std::string::npos);
}

}  // namespace
}  // namespace vesta::views::testing
