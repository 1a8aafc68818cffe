// The text of the first dictionary: rare things first, since zstd finds what stands near the end most cheaply.
#include "store/sqlite/seed_dictionary.h"

namespace vesta::store::sqlite {

std::string_view seed_dictionary() {
  static constexpr std::string_view kText =
      R"(,"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M)"
      R"(","display":"Married"}],"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en-U)"
      R"(S","display":"English"}],"telecom":[{"system":"phone","value":"555-","use":"home"}],"address":[{"line":[)"
      R"("],"city":","state":","postalCode":","country":"US"}],"gender":"female","birthDate":"19","gender":"male")"
      R"(,"multipleBirthBoolean":false,"deceasedDateTime":","photo":[{"contact":[{"relationship":[{"managingOrgan)"
      R"(ization":"generalPractitioner":[{"link":[{"active":true,"name":[{"use":"official","family":","given":["])"
      R"(,"prefix":["Mr."]},"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","e)"
      R"(xtension":[{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"},{"ur)"
      R"(l":"text","valueString":""identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl)"
      R"(7.org/CodeSystem/v2-0203","code":"MR""display":"Medical Record Number"}],"text":"},"system":"http://hl7.)"
      R"(org/fhir/sid/us-npi","value":""contained":[{"resourceType":""id":"coverage","beneficiary":{"re)"
      R"(ference":"Patient/"},"payor":[{"display":""insurance":[{"focal":true,"sequence":1,"coverage":{"display":)"
      R"("},"diagnosis":[{"sequence":1,"diagnosisReference":"item":[{"sequence":1,"productOrService":{"coding":[{)"
      R"("system":","encounter":[{"reference":"Encounter/"}]}],"total":[{"category":{"coding":[{"system":"http://)"
      R"(terminology.hl7.org/CodeSystem/adjudication","code":"submitted","display":"Submitted Amount"}],"amount":)"
      R"({"value":,"currency":"USD"}}],"payment":{"amount":{"value":,"currency":"USD"}}"use":"claim","priority":{)"
      R"("coding":[{"system":"http://terminology.hl7.org/CodeSystem/processpriority","code":"normal""billablePeri)"
      R"(od":{"start":","end":"},"created":","insurer":{"display":"},"provider":{"reference":"Organization/"facil)"
      R"(ity":{"reference":"Location/","outcome":"complete","careTeam":[{"sequence":1,"provider":{"reference":",")"
      R"(serviceProvider":{"reference":"Organization/","display":"},"participant":[{"type":[{"coding":[{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"PPRF","display":"primary performer")"
      R"(}],"text":"primary performer"}],"individual":{"reference":"Practitioner/","display":"Dr. "},"period":{"s)"
      R"(tart":","end":""class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"reaso)"
      R"(nCode":[{"coding":[{"intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.ni)"
      R"(h.gov/research/umls/rxnorm","code":","display":"}],"text":"},"authoredOn":","requester":{"reference":"Pr)"
      R"(actitioner/","dosageInstruction":[{"sequence":1,"text":","timing":{"repeat":{"frequency":1,"period":1.0,)"
      R"("periodUnit":"d"}},"asNeededBoolean":false,"doseAndRate":[{"doseQuantity":{"value":1.0}}]}],"vaccineCode)"
      R"(":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","occurrenceDateTime":","primarySource":true},"perfo)"
      R"(rmedPeriod":{"start":","end":"},"performer":[{"reference":""clinicalStatus":{"coding":[{"system":"http:/)"
      R"(/terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}"clinicalStatus":{"coding":[{"syst)"
      R"(em":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved","verificationStatus":{")"
      R"(coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},"o)"
      R"(nsetDateTime":","abatementDateTime":","recordedDate":","presentedForm":[{"contentType":"text/plain","dat)"
      R"(a":","result":[{"reference":"Observation/","conclusion":","activity":[{"detail":{"code":{"coding":[{"sys)"
      R"(tem":"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"></div>"},"note":[{")"
      R"(text":""profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-"]},"tag":[{"security":[{"sou)"
      R"(rce":""code":{"coding":[{"system":"http://snomed.info/sct","code":","display":"Disorder of "}],"text":"P)"
      R"(rocedure on "},"status":"active","status":"completed","status":"finished","subject":{"reference":"Patien)"
      R"(t/"},"patient":{"reference":"Patient/","display":"},"interpretation":[{"coding":[{"referenceRange":[{"lo)"
      R"(w":{"high":{"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"},"valueCodeableConcept)"
      R"(":{"coding":[{"system":},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/C)"
      R"(odeSystem/observation-category","code":"laboratory","display":"Laboratory"}]}],"code":"vital-signs","dis)"
      R"(play":"Vital signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":","display":"}],"text":"},)"
      R"("subject":{"reference":"Patient/"},"encounter":{"reference":"Encounter/"},"effectiveDateTime":"20","issu)"
      R"(ed":"20T00:00:00.000+00:00","valueQuantity":{"value":,"unit":"mg/dL","system":"http://unitsofmeasure.org)"
      R"(","code":"mg/dL"}})";
  return kText;
}

}  // namespace vesta::store::sqlite
