// AuditEvents of records: which there are, whom they name, and that they are resources.
#include "audit/audit_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/base64.h"
#include "fhir/definitions.h"
#include "fhir/json.h"

namespace vesta::audit {
namespace {

using How = Touched::How;
using Owners = std::map<std::string, std::vector<std::string>>;  // by the id of what was touched

constexpr std::string_view kProfiles = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";

Record asked(std::string method, std::string path, std::string query, std::string interaction, int status) {
  return {.at = Instant{1'767'225'600'000'000},
          .request = "r-1",
          .client = "app",
          .user = "u1",
          .fhir_user = "Practitioner/d",
          .address = "192.0.2.1",
          .server = "http://test/fhir",
          .method = std::move(method),
          .path = std::move(path),
          .query = std::move(query),
          .interaction = std::move(interaction),
          .status = status};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// What is made is read as a resource is.
std::vector<std::string> events_of(const Record& record, const Owners& owners) {
  const auto events =
      audit_events_of(record, "audit-7-", [&](const Touched& touched) -> Result<std::vector<std::string>> {
        const auto found = owners.find(touched.id);
        return found == owners.end() ? std::vector<std::string>() : found->second;
      });
  EXPECT_TRUE(events.ok());
  std::vector<std::string> texts;
  for (const AuditEvent& event : *events) {
    fhir::Arena arena;
    fhir::JsonReader reader(fhir::r4());
    const auto read = reader.read(event.text, arena);
    EXPECT_TRUE(read.ok()) << event.text << (read.ok() ? "" : read.error().message);
    EXPECT_EQ(event.id, "audit-7-" + std::to_string(texts.size() + 1));
    texts.push_back(event.text);
  }
  return texts;
}

TEST(AuditEvent, OfAReadSaysWhoWhatAndWhose) {
  Record record = asked("GET", "/fhir/Observation/o", "_elements=code", "read", 200);
  record.touched = {{How::read, "Observation", "o", {3}}};
  const auto events = events_of(record, {{"o", {"p"}}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(
      events[0],
      R"({"resourceType":"AuditEvent","id":"audit-7-1","meta":{"profile":[")" + std::string(kProfiles) +
          R"(PatientRead"]},"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},)"
          R"("subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"read"}],"action":"R",)"
          R"("recorded":"2026-01-01T00:00:00.000Z","outcome":"0","agent":[)"
          R"({"type":{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110152"}]},)"
          R"("who":{"identifier":{"value":"app"}},"requestor":false,"network":{"address":"192.0.2.1","type":"2"}},)"
          R"({"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",)"
          R"("code":"IRCP"}]},)"
          R"("who":{"reference":"Practitioner/d","identifier":{"value":"u1"}},"requestor":true},)"
          R"({"type":{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110153"}]},)"
          R"("who":{"identifier":{"value":"http://test/fhir"},"display":"Vesta"},"requestor":false,)"
          R"("network":{"address":"http://test/fhir","type":"5"}}],)"
          R"("source":{"observer":{"identifier":{"value":"http://test/fhir"},"display":"Vesta"},)"
          R"("type":[{"system":"http://terminology.hl7.org/CodeSystem/security-source-type","code":"4"}]},"entity":[)"
          R"({"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"1"},)"
          R"("role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"1"},)"
          R"("what":{"reference":"Patient/p"}},)"
          R"({"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"2"},)"
          R"("role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"4"},)"
          R"("what":{"reference":"Observation/o/_history/3"}},)"
          R"({"type":{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",)"
          R"("code":"XrequestId"},)"
          R"("what":{"identifier":{"value":"r-1"}}}]})");
}

// Of the opening alone; records from before purposes were recorded make the events that they made.
TEST(AuditEvent, OfAnEmergencyHasItsPurpose) {
  Record record = asked("POST", "/fhir", "", "", 0);
  record.touched = {{How::create, "EmergencyAccess", "e", {1}}, {How::create, "Observation", "o", {1}}};
  const Owners owners = {{"e", {"p"}}, {"o", {"q"}}};
  const std::string before = events_of(record, owners)[0];
  EXPECT_FALSE(has(before, "purposeOfEvent")) << before;
  record.purpose = kBreakTheGlass;
  auto events = events_of(record, owners);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(has(events[0],
                  R"("purposeOfEvent":[{"coding":[)"
                  R"({"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"BTG"}]}],"agent")"))
      << events[0];
  EXPECT_TRUE(has(events[0], "Patient/p") && has(events[1], "Patient/q"));
  EXPECT_FALSE(has(events[1], "purposeOfEvent")) << events[1];
  record.touched = {{How::read, "EmergencyAccess", "e", {1}}};
  EXPECT_FALSE(has(events_of(record, owners)[0], "purposeOfEvent"));
}

// Each says those of what it is about, and that of the request alone says all.
TEST(AuditEvent, SaysForWhichPurposes) {
  const auto purposes = [](const std::string& list) {
    std::string text = R"(,"purposeOfEvent":[)";
    std::string_view codes = list;
    while (!codes.empty()) {
      const std::string code(codes.substr(0, codes.find(',')));
      codes.remove_prefix(std::min(codes.size(), code.size() + 1));
      text += R"({"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":")" + code +
              (codes.empty() ? R"("}]}])" : R"("}]},)");
    }
    return text + ",\"agent\"";
  };
  Record record = asked("GET", "/fhir/Observation", "", "search-type", 200);
  record.purposes = "BTG,ETREAT,TREAT";
  record.touched = {{How::read, "Observation", "o", {3}, "TREAT"},
                    {How::read, "Observation", "n", {1}, "BTG,ETREAT"},
                    {How::read, "Observation", "m", {1}, "ETREAT,TREAT"},
                    {How::read, "Observation", "l", {1}}};
  auto events = events_of(record, {{"o", {"p"}}, {"n", {"q"}}, {"m", {"p"}}, {"l", {"r"}}});
  ASSERT_EQ(events.size(), 4U);
  EXPECT_TRUE(has(events[0], purposes("ETREAT,TREAT"))) << events[0];
  EXPECT_TRUE(has(events[1], purposes("BTG,ETREAT"))) << events[1];
  EXPECT_FALSE(has(events[2], "purposeOfEvent")) << events[2];
  EXPECT_TRUE(has(events[3], purposes("BTG,ETREAT,TREAT"))) << events[3];
  record = asked("PUT", "/fhir/Observation/o", "", "update", 403);
  record.purposes = "TREAT";
  events = events_of(record, {});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], purposes("TREAT"))) << events[0];
}

// Nothing of the query: it may name others.
TEST(AuditEvent, OfASearchIsOneForWhomItNames) {
  Record record = asked("GET", "/fhir/Observation", "patient=p,q", "search-type", 200);
  record.purposes = "TREAT";
  record.named = {"p", "q"};
  record.touched = {{How::read, "Observation", "o", {3}}};
  auto events = events_of(record, {{"o", {"p"}}});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_TRUE(has(events[0], "Patient/p") && has(events[0], "Observation/o/_history/3"));
  EXPECT_FALSE(has(events[0], "Patient/q"));
  EXPECT_TRUE(has(events[1], R"("entity":[{"type":{"system":)"
                             R"("http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"1"},)"
                             R"("role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"1"},)"
                             R"("what":{"reference":"Patient/q"}},)"
                             R"({"type":{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",)"
                             R"("code":"XrequestId"},"what":{"identifier":{"value":"r-1"}}}]})"))
      << events[1];
  EXPECT_TRUE(has(events[1], R"("code":"TREAT"}]}])") && has(events[1], R"("action":"E")"));
  EXPECT_FALSE(has(events[1], "Patient/p") || has(events[1], "query") || has(events[1], "Observation"));
  EXPECT_TRUE(has(events[2], "query"));
  record.status = 403;
  EXPECT_EQ(events_of(record, {{"o", {"p"}}}).size(), 2U) << "what is refused is no look";
  record.status = 0;  // of a commit, for which something was looked for
  record.interaction = "";
  record.touched = {{How::create, "Observation", "o", {3}}};
  for (const std::string& event : events_of(record, {{"o", {"p"}}})) EXPECT_FALSE(has(event, "Patient/q"));
}

TEST(AuditEvent, OfNobodysRecordNamesNoPatient) {
  Record record = asked("GET", "/fhir/ValueSet/v", "", "read", 200);
  record.touched = {{How::read, "ValueSet", "v", {1}}};
  const auto events = events_of(record, {});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(has(events[0], "Patient"));
  EXPECT_TRUE(has(events[0], std::string(kProfiles) + "Read\""));
}

TEST(AuditEvent, OfASignInHasDicomsCodes) {
  Record record = asked("POST", "/auth/sign-in", "", "sign-in", 200);
  auto events = events_of(record, {});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], R"("type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110114"},)"
                             R"("subtype":[{"system":"urn:vesta:CodeSystem:audit-event","code":"sign-in"},)"
                             R"({"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110122"}],)"
                             R"("action":"E",)"))
      << events[0];
  EXPECT_TRUE(has(events[0], R"("outcome":"0")") && has(events[0], R"("reference":"Practitioner/d")"));
  EXPECT_TRUE(has(events[0], encode_base64("POST /auth/sign-in", Base64::standard)));
  EXPECT_FALSE(has(events[0], kProfiles));

  record.status = 403;
  record.user.clear();  // of a name that nobody has nothing is known
  record.fhir_user.clear();
  events = events_of(record, {});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], R"("outcome":"4","outcomeDesc":"HTTP 403")") && has(events[0], "\"110122\""));

  const auto code_of = [&](const char* interaction) {
    record.interaction = interaction;
    const std::string event = events_of(record, {}).front();
    return std::pair(has(event, "\"110114\""), has(event, "\"110123\""));
  };
  EXPECT_EQ(code_of("sign-out"), std::pair(true, true));
  EXPECT_EQ(code_of("revoke"), std::pair(true, false)) << "nobody was signed out";
  EXPECT_EQ(code_of("first-factor"), std::pair(true, false));
  EXPECT_EQ(code_of("refresh-reuse"), std::pair(false, false)) << "an alert";
  EXPECT_TRUE(has(events_of(record, {}).front(), "\"110113\""));
  EXPECT_EQ(code_of("add-passkey"), std::pair(false, false)) << "an alert too";
  EXPECT_TRUE(has(events_of(record, {}).front(), "\"110137\""));
}

TEST(AuditEvent, OfACommandSaysWhatWasWritten) {
  Record record = asked("vesta", "user password ada", "", "command", 0);
  record.client = record.fhir_user = record.address = record.server = "";
  record.user = "os:root";
  record.touched = {{How::read, "Session", "s", {1}}, {How::update, "Session", "s", {2}}};
  const auto events = events_of(record, {});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(has(events[0], R"("code":"update")") && has(events[0], "Session/s/_history/2"));
  EXPECT_TRUE(has(events[1], encode_base64("vesta user password ada", Base64::standard)));
  EXPECT_TRUE(has(events[1], "\"110100\"") && has(events[1], R"("outcome":"0")"));
  for (const std::string& event : events) EXPECT_TRUE(has(event, R"("identifier":{"value":"os:root"})"));
  record.touched.clear();
  record.interaction = "export";
  record.status = 200;
  EXPECT_TRUE(has(events_of(record, {}).front(), "\"110106\""));
}

// No patient learns of another: neither by what was found nor by what was asked.
TEST(AuditEvent, OfASearchAreOneForEachPatientAndOneWithTheQuery) {
  Record record = asked("GET", "/fhir/Observation", "patient=p,q,never-found", "search-type", 200);
  record.touched = {{How::read, "Observation", "op", {1}},
                    {How::read, "Observation", "oq", {1}},
                    {How::read, "Patient", "p", {4}},
                    {How::read, "Practitioner", "d", {1}},
                    {How::read, "Appointment", "both", {1}}};
  const auto events = events_of(record, {{"op", {"p"}}, {"oq", {"q"}}, {"p", {"p"}}, {"both", {"p", "q"}}});
  ASSERT_EQ(events.size(), 4U);
  const std::string query = encode_base64("GET /fhir/Observation?patient=p,q,never-found", Base64::standard);
  const std::string& nobodys = events[0];
  EXPECT_TRUE(has(nobodys, "Practitioner/d/_history/1") && !has(nobodys, "Patient/"));
  const std::string& of_p = events[1];
  for (const char* part : {"\"Patient/p\"", "Observation/op/_history/1", "Patient/p/_history/4", "Appointment/both"}) {
    EXPECT_TRUE(has(of_p, part)) << part;
  }
  EXPECT_FALSE(has(of_p, "oq") || has(of_p, "Patient/q") || has(of_p, "\"query\""));
  EXPECT_TRUE(has(of_p, R"("code":"search-type")") && has(of_p, R"("action":"E")"));
  EXPECT_FALSE(has(of_p, kProfiles)) << "BALP's has the query";
  const std::string& of_q = events[2];
  EXPECT_TRUE(has(of_q, "\"Patient/q\"") && has(of_q, "Observation/oq") && has(of_q, "Appointment/both"));
  EXPECT_FALSE(has(of_q, "op/") || has(of_q, "Patient/p") || has(of_q, "\"query\""));
  const std::string& of_request = events[3];
  EXPECT_TRUE(has(of_request, query) && has(of_request, std::string(kProfiles) + "Query\""));
  EXPECT_FALSE(has(of_request, "Patient/") || has(of_request, "_history"));
}

TEST(AuditEvent, OfAWriteSaysNothingOfWhatItReplaces) {
  Record record = asked("PUT", "/fhir/Observation/o", "", "", 0);
  record.touched = {{How::read, "Observation", "o", {3}}, {How::update, "Observation", "o", {4}}};
  auto events = events_of(record, {{"o", {"p"}}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], R"("action":"U")") && has(events[0], R"("code":"update")"));
  EXPECT_TRUE(has(events[0], "Observation/o/_history/4") && has(events[0], "PatientUpdate\""));
  EXPECT_FALSE(has(events[0], "_history/3"));
  record.method = "PATCH";
  EXPECT_TRUE(has(events_of(record, {})[0], R"("code":"patch")"));
  record.touched = {{How::read, "Observation", "o", {3}}, {How::remove, "Observation", "o", {4}}};
  events = events_of(record, {{"o", {"p"}}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], R"("action":"D")") && has(events[0], "PatientDelete\"") && has(events[0], "custodian"));
  record.touched = {{How::create, "Patient", "p", {1}}, {How::read, "Patient", "q", {1}}};
  events = events_of(record, {{"p", {"p"}}, {"q", {"q"}}});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(has(events[0], R"("action":"C")") && has(events[0], "PatientCreate\"")) << "kinds are told apart";
  EXPECT_TRUE(has(events[1], R"("action":"R")") && has(events[1], "Patient/q/_history/1"));
}

TEST(AuditEvent, OfARefusalHasWhatWasAskedAndNoPatient) {
  Record record = asked("GET", "/fhir/Patient/p", "", "read", 404);
  auto events = events_of(record, {{"p", {"p"}}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(has(events[0], R"("outcome":"4","outcomeDesc":"HTTP 404")"));
  EXPECT_TRUE(has(events[0], encode_base64("GET /fhir/Patient/p", Base64::standard)));
  EXPECT_FALSE(has(events[0], "Patient/p") || has(events[0], kProfiles));
  record.status = 503;
  EXPECT_TRUE(has(events_of(record, {})[0], R"("outcome":"8")"));
  record.client = record.user = record.fhir_user = "";
  events = events_of(record, {});
  EXPECT_TRUE(has(events[0], R"("who":{"display":"unknown"},"requestor":true)"));
}

TEST(AuditEvent, OfAWriteThatChangedNothingSaysSo) {
  constexpr std::string_view kNothing = R"("outcome":"0","outcomeDesc":"nothing was changed")";
  const auto deleted = events_of(asked("DELETE", "/fhir/Patient/p", "", "delete", 204), {});
  ASSERT_EQ(deleted.size(), 1U);
  EXPECT_TRUE(has(deleted[0], kNothing));
  EXPECT_FALSE(has(events_of(asked("DELETE", "/fhir/Patient/p", "", "delete", 404), {})[0], kNothing));
  Record commit = asked("DELETE", "/fhir/Patient/p", "", "", 0);
  commit.touched = {{Touched::How::remove, "Patient", "p", {2}}};
  for (const std::string& event : events_of(commit, {{"p", {"p"}}})) EXPECT_FALSE(has(event, kNothing)) << event;
}

TEST(AuditEvent, OfABatchHasItsEntries) {
  Record record = asked("POST", "/fhir", "", "batch", 200);
  record.touched = {{How::read, "Patient", "p", {1}}};
  record.entries = {{200, "GET", "/Patient/p"}, {404, "GET", "/Patient/q"}};
  const auto events = events_of(record, {{"p", {"p"}}});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(has(events[0], R"("outcome":"0")") && has(events[0], "Patient/p"));
  EXPECT_TRUE(has(events[1], R"("outcome":"4")")) << "the worst of them";
  EXPECT_TRUE(has(events[1], encode_base64("GET /Patient/q", Base64::standard)));
  EXPECT_FALSE(has(events[1], "Patient/p"));
}

TEST(AuditEvent, IsAResourceWhateverAClientSends) {
  Record record = asked("GET", "/fhir/\xff\"\\", "a=\xc3\x28&b=\"", "other", 404);
  record.request = "\xff\"id";
  record.address = "";
  record.server = "";
  EXPECT_EQ(events_of(record, {}).size(), 1U);
  EXPECT_EQ(events_of({.at = Instant{5}}, {}).size(), 1U);
}

}  // namespace
}  // namespace vesta::audit
