// The text of the first dictionary: rare things first, since zstd finds what stands near the end most cheaply.
#include "store/sqlite/seed_dictionary.h"

namespace vesta::store::sqlite {

std::string_view seed_dictionary() {
  static constexpr std::string_view kText =
      R"(,"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M",)"
      R"("display":"Married"}],"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en-US",)"
      R"("display":"English"}],"telecom":[{"system":"phone","value":"555-","use":"home"}],"address":[{"line":["],)"
      R"("city":","state":","postalCode":","country":"US"}],"gender":"female","birthDate":"19","gender":"male",)"
      R"("multipleBirthBoolean":false,"deceasedDateTime":","photo":[{"contact":[{"relationship":[{"managingOrganization":)"
      R"("generalPractitioner":[{"link":[{"active":true,"name":[{"use":"official","family":","given":["],"prefix":["Mr."]})"
      R"(,"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"ombCategory")"
      R"(,"valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"},{"url":"text","valueString":")"
      R"("identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR")"
      R"("display":"Medical Record Number"}],"text":"},"system":"http://hl7.org/fhir/sid/us-npi","value":")"
      R"("contained":[{"resourceType":"Coverage","id":"coverage","beneficiary":{"reference":"Patient/"},"payor":[{"display":")"
      R"("insurance":[{"focal":true,"sequence":1,"coverage":{"display":"},"diagnosis":[{"sequence":1,"diagnosisReference":)"
      R"("item":[{"sequence":1,"productOrService":{"coding":[{"system":","encounter":[{"reference":"Encounter/"}]}],"total":)"
      R"([{"category":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adjudication","code":"submitted","display":)"
      R"("Submitted Amount"}],"amount":{"value":,"currency":"USD"}}],"payment":{"amount":{"value":,"currency":"USD"}})"
      R"("use":"claim","priority":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/processpriority","code":"normal")"
      R"("billablePeriod":{"start":","end":"},"created":","insurer":{"display":"},"provider":{"reference":"Organization/)"
      R"("facility":{"reference":"Location/","outcome":"complete","careTeam":[{"sequence":1,"provider":{"reference":")"
      R"(,"serviceProvider":{"reference":"Organization/","display":"},"participant":[{"type":[{"coding":[{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"PPRF","display":"primary performer"}],"text":)"
      R"("primary performer"}],"individual":{"reference":"Practitioner/","display":"Dr. "},"period":{"start":","end":")"
      R"("class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"reasonCode":[{"coding":[{)"
      R"("intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm",)"
      R"("code":","display":"}],"text":"},"authoredOn":","requester":{"reference":"Practitioner/","dosageInstruction":[{)"
      R"("sequence":1,"text":","timing":{"repeat":{"frequency":1,"period":1.0,"periodUnit":"d"}},"asNeededBoolean":false,)"
      R"("doseAndRate":[{"doseQuantity":{"value":1.0}}]}],"vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx",)"
      R"("occurrenceDateTime":","primarySource":true},"performedPeriod":{"start":","end":"},"performer":[{"reference":")"
      R"("clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]})"
      R"("clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved")"
      R"(,"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":)"
      R"("confirmed"}]},"onsetDateTime":","abatementDateTime":","recordedDate":","presentedForm":[{"contentType":"text/plain",)"
      R"("data":","result":[{"reference":"Observation/","conclusion":","activity":[{"detail":{"code":{"coding":[{"system":)"
      R"("text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"></div>"},"note":[{"text":")"
      R"("profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-"]},"tag":[{"security":[{"source":")"
      R"("code":{"coding":[{"system":"http://snomed.info/sct","code":","display":"Disorder of "}],"text":"Procedure on "})"
      R"(,"status":"active","status":"completed","status":"finished","subject":{"reference":"Patient/"},"patient":{)"
      R"("reference":"Patient/","display":"},"interpretation":[{"coding":[{"referenceRange":[{"low":{"high":{)"
      R"("component":[{"code":{"coding":[{"system":"http://loinc.org","code":"},"valueCodeableConcept":{"coding":[{"system":)"
      R"(},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
      R"("code":"laboratory","display":"Laboratory"}]}],"code":"vital-signs","display":"Vital signs"}]}],"code":{"coding":[{)"
      R"("system":"http://loinc.org","code":","display":"}],"text":"},"subject":{"reference":"Patient/"},"encounter":{)"
      R"("reference":"Encounter/"},"effectiveDateTime":"20","issued":"20T00:00:00.000+00:00","valueQuantity":{"value":,"unit":)"
      R"("mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}})";
  return kText;
}

}  // namespace vesta::store::sqlite
