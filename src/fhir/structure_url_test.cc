// URLs of definitions, HL7's and others.
#include "fhir/structure_url.h"

#include <gtest/gtest.h>

namespace vesta::fhir {
namespace {

TEST(StructureUrl, IsTheOneThatTheDefinitionHas) {
  EXPECT_EQ(r4_structure_url(*r4().find_type("Patient")), "http://hl7.org/fhir/StructureDefinition/Patient");
  EXPECT_EQ(r4_structure_url(*r4().find_type("ViewDefinition")),
            "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition");
}

TEST(StructureUrl, LeadsBack) {
  for (TypeId type = 0; type < r4().types().size(); ++type) {
    if (r4().type(type).kind == TypeKind::backbone) continue;
    EXPECT_EQ(find_r4_structure(r4_structure_url(type)), type) << r4().type(type).name;
  }
  const std::string base = "http://hl7.org/fhir/StructureDefinition/";
  EXPECT_EQ(find_r4_structure(base + "HumanName|4.0.1"), r4().find_type("HumanName"));
  for (const char* none : {"HumanName|5.0.0", "Patient.contact", "Nothing", "ViewDefinition"})
    EXPECT_FALSE(find_r4_structure(base + none)) << none;
  EXPECT_FALSE(find_r4_structure("http://example.org/Patient"));
}

}  // namespace
}  // namespace vesta::fhir
