// Which elements the search parameters read, by R4's own and by expressions of every kind.
#include "search/elements.h"

#include <gtest/gtest.h>

#include <string>

#include "search/test_support.h"

namespace vesta::search {
namespace {

ElementPath path(const std::string& text) {
  const std::size_t dot = text.find('.');
  ElementPath path{testing::type(text.substr(0, dot)), {}};
  for (std::size_t at = dot; at != std::string::npos;) {
    const std::size_t next = text.find('.', at + 1);
    path.names.push_back(*fhir::r4().find_name(text.substr(at + 1, next - at - 1)));
    at = next;
  }
  return path;
}

ElementsRead read_by(const std::string& type, const std::string& code) {
  return elements_read(fhir::r4(), *testing::registry().find(testing::type(type), code));
}
bool touches(const std::string& code, const std::string& element) {
  const ElementPath at = path(element);
  return read_by(std::string(fhir::r4().type(at.type).name), code).touches(fhir::r4(), at);
}

ElementsRead read_of(const char* expression, const char* type = "Patient") {
  const fhir::SearchParameter definition{"u", "c", "", expression, fhir::SearchParamType::token, {}, {}, {}};
  Parameter parameter;
  parameter.type = testing::type(type);
  parameter.definition = &definition;
  return elements_read(fhir::r4(), parameter);
}
bool touches_in(const char* expression, const std::string& element) {
  const std::string type = element.substr(0, element.find('.'));
  return read_of(expression, type.c_str()).touches(fhir::r4(), path(element));
}

TEST(Elements, OfR4) {
  EXPECT_TRUE(touches("phone", "Patient.telecom"));
  EXPECT_TRUE(touches("phone", "Patient.telecom.system")) << "it is asked for";
  EXPECT_FALSE(touches("phone", "Patient.contact.telecom"));
  EXPECT_FALSE(touches("gender", "Patient.telecom"));
  EXPECT_TRUE(touches("address", "Patient.address.line")) << "it is in what is read";
  EXPECT_FALSE(touches("address-city", "Patient.address.line"));
  EXPECT_TRUE(touches("deceased", "Patient.deceased"));
  EXPECT_TRUE(touches("value-quantity", "Observation.value"));
  EXPECT_TRUE(touches("patient", "Observation.subject"));
  EXPECT_TRUE(touches("code-value-quantity", "Observation.value"));
  EXPECT_FALSE(touches("code-value-quantity", "Observation.interpretation"));
  EXPECT_TRUE(touches("component-code-value-quantity", "Observation.component.value"));
  EXPECT_FALSE(touches("component-code-value-quantity", "Observation.component.interpretation"));
  EXPECT_FALSE(touches("_tag", "Observation.value"));
  EXPECT_FALSE(read_by("Observation", "patient").goes_beyond) << "a reference says where it leads";
  EXPECT_TRUE(read_by("Observation", "_content").goes_beyond);
  EXPECT_TRUE(touches("_text", "Patient.text"));
  EXPECT_TRUE(read_by("Bundle", "composition").goes_beyond);
}

// An element of its own kind may stand in an element, directly or by others, and is meant too.
TEST(Elements, AtEachDepth) {
  const char* const kAnswer = "QuestionnaireResponse.item.answer";
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.answer.value", kAnswer));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.item.answer.value", kAnswer));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.item.item.answer", kAnswer));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.item", kAnswer)) << "it is in what is read";
  EXPECT_FALSE(touches_in("QuestionnaireResponse.item.item.linkId", kAnswer));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.answer.item.text", "QuestionnaireResponse.item.text"));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.answer", "QuestionnaireResponse.item.text"));
  EXPECT_FALSE(touches_in("QuestionnaireResponse.item.answer.value", "QuestionnaireResponse.item.text"));
  EXPECT_FALSE(touches_in("QuestionnaireResponse.item.linkId", "QuestionnaireResponse.item.text"));
  EXPECT_TRUE(touches_in("QuestionnaireResponse.item.item.answer.item.answer.value",
                         "QuestionnaireResponse.item.answer.value"));
  EXPECT_FALSE(touches_in("QuestionnaireResponse.item.answer.value", "QuestionnaireResponse.item.item.answer"));
  EXPECT_TRUE(touches_in("Consent.provision.provision.actor.reference", "Consent.provision.actor"));
  EXPECT_TRUE(touches_in("Composition.section.section.entry", "Composition.section.entry"));
  EXPECT_TRUE(touches_in("Patient.extension('a').extension('b').value", "Patient.extension.value"));
  EXPECT_FALSE(touches_in("Patient.name.given", "Patient.name.family")) << "extensions may hold any type";
}

TEST(Elements, OfExpressions) {
  EXPECT_TRUE(touches_in("Patient.name.where(%resource.active).family", "Patient.active"));
  EXPECT_TRUE(touches_in("Patient.name.where($this.use = 'usual').family", "Patient.name.use"));
  EXPECT_FALSE(touches_in("Patient.name.where($this.use = 'usual').family", "Patient.name.given"));
  EXPECT_TRUE(touches_in("Patient.contact.exists()", "Patient.contact.telecom")) << "it may be all there is";
  EXPECT_TRUE(touches_in("Patient.contact.first().name", "Patient.contact.telecom"));
  EXPECT_FALSE(touches_in("Patient.contact.name", "Patient.contact.telecom"));
  EXPECT_TRUE(touches_in("Patient.contact.select(telecom | name)", "Patient.contact.telecom"));
  EXPECT_TRUE(touches_in("iif(Patient.active, Patient.gender, Patient.language)", "Patient.active"));
  EXPECT_TRUE(touches_in("Patient.children()", "Patient.telecom"));
  EXPECT_TRUE(touches_in("Patient.contact.repeat(x)", "Patient.telecom"));
  EXPECT_FALSE(touches_in("Practitioner.telecom | Patient.gender", "Patient.telecom"));
  EXPECT_TRUE(touches_in("(Patient.gender | Patient.telecom).extension('u').value", "Patient.telecom.extension"));
  EXPECT_TRUE(read_of("Patient.generalPractitioner.resolve().name").goes_beyond);
  EXPECT_TRUE(read_of("Patient.contained.name").goes_beyond);
  EXPECT_TRUE(read_of("Patient").goes_beyond);
  EXPECT_TRUE(read_of("((").goes_beyond);
  EXPECT_FALSE(read_of("Patient.generalPractitioner.where(resolve() is Practitioner)").goes_beyond);
}

}  // namespace
}  // namespace vesta::search
