// References by their text.
#include "fhirpath/reference.h"

#include <gtest/gtest.h>

namespace vesta::fhirpath {
namespace {

std::string type_in(std::string_view text) {
  fhir::TypeId type = type_of_reference(fhir::r4(), text);
  return type == fhir::kNoType ? "none" : std::string(fhir::r4().type(type).name);
}

TEST(Reference, TellsTheTypeOfItsTarget) {
  EXPECT_EQ(type_in("Patient/1"), "Patient");
  EXPECT_EQ(type_in("Patient/1/_history/2"), "Patient");
  EXPECT_EQ(type_in("https://example.org/fhir/Patient/1"), "Patient");
  EXPECT_EQ(type_in("https://example.org/fhir/Patient/1/_history/2"), "Patient");
  EXPECT_EQ(type_in("Practitioner?identifier=http://a/b|Patient/1"), "Practitioner");
  EXPECT_EQ(type_in("http://hl7.org/fhir/ValueSet/x|4.0.1"), "ValueSet");
  EXPECT_EQ(type_in("Patient/1#a"), "Patient");
}

TEST(Reference, TellsNoTypeOfOtherTexts) {
  for (std::string_view text :
       {"", "1", "Patient", "urn:uuid:5a5a", "urn:oid:1.2/Patient/1", "HumanName/1", "Resource/1", "DomainResource/1",
        "patient/1", "Patient/1/2", "/", "//", "?", "#", "_history/2", "/_history/2", "1/_history/2"}) {
    EXPECT_EQ(type_in(text), "none") << text;
  }
}

}  // namespace
}  // namespace vesta::fhirpath
