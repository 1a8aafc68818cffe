// Variables of the caller, and the types of items.

#include <gtest/gtest.h>

#include "fhirpath/item_node.h"
#include "fhirpath/patient_test_support.h"
#include "fhirpath/program.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

using Variables = OnAPatient;

TEST_F(Variables, AreWhatTheCallerGives) {
  const Item text{Item::Kind::string, fhir::kNoType, nullptr, "b", false};
  const std::vector<Variable> variables = {{"v", {text}}, {"none", {}}, {"patient", {node_item(*root_)}}};
  EXPECT_EQ(run("%v", variables), "'b'");
  EXPECT_EQ(run("name.given.where($this = %v)", variables), "b");
  EXPECT_EQ(run("%none.exists()", variables), "false");
  EXPECT_EQ(run("%patient.name.family", variables), "A");
  EXPECT_EQ(run("defineVariable('own', 1).select(%own + %v.length())", variables), "2");
}

TEST_F(Variables, MustBeKnownAndUnique) {
  const std::vector<Variable> variables = {{"v", {}}};
  EXPECT_EQ(run("name.select(%w)", variables), "refused: FHIRPath: line 1, column 13: unknown constant %w");
  EXPECT_NE(run("defineVariable('v', 1)", variables).find("defined already"), std::string::npos);
  for (const char* taken : {"context", "resource", "rootResource", "ucum", "sct"}) {
    const std::vector<Variable> wrong = {{taken, {}}};
    EXPECT_NE(run("1", wrong).find("is taken"), std::string::npos) << taken;
  }
  const std::vector<Variable> twice = {{"v", {}}, {"v", {}}};
  EXPECT_NE(run("1", twice).find("is taken"), std::string::npos);
}

TEST_F(Variables, TypesAreQualified) {
  const auto type_of = [&](std::string_view expression) {
    Collection items;
    const auto program = compile(fhir::r4(), root_->type, expression);
    return program.ok() && (*program)->evaluate(*root_, arena_, items).ok() && items.size() == 1
               ? qualified_type(fhir::r4(), items[0])
               : "none";
  };
  EXPECT_EQ(type_of("Patient"), "FHIR.Patient");
  EXPECT_EQ(type_of("name.family"), "FHIR.string");
  EXPECT_EQ(type_of("name.family.length()"), "System.Integer");
  EXPECT_EQ(type_of("4 'mg'"), "System.Quantity");
  EXPECT_EQ(type_of("id.type()"), "System.TypeInfo");
}

}  // namespace
}  // namespace vesta::fhirpath
