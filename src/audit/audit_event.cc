// Grouping of what a record names, and the JSON of each group.
#include "audit/audit_event.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "access/purposes.h"
#include "access/records.h"
#include "audit/own_events.h"
#include "base/base64.h"
#include "base/hexadecimal.h"
#include "base/utf8.h"
#include "fhir/envelope.h"
#include "json/tokens.h"

namespace vesta::audit {
namespace {

using How = Touched::How;
using Data = std::vector<const Touched*>;

constexpr int kFirstRefusal = 400;
constexpr int kFirstFailure = 500;
constexpr std::string_view kProfiles = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
constexpr std::string_view kRequestId = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
constexpr std::string_view kInteractions = "http://hl7.org/fhir/restful-interaction";
constexpr std::string_view kOwnEvents = "urn:vesta:CodeSystem:audit-event";  // the names of own_events.h
constexpr std::string_view kEventTypes = "http://terminology.hl7.org/CodeSystem/audit-event-type";
constexpr std::string_view kEntityTypes = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
constexpr std::string_view kEntityRoles = "http://terminology.hl7.org/CodeSystem/object-role";
constexpr std::string_view kSourceTypes = "http://terminology.hl7.org/CodeSystem/security-source-type";
constexpr std::string_view kParticipations = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

struct Code {
  std::string_view system;
  std::string_view code;
};
constexpr std::string_view kDicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr Code kApplication{kDicom, "110150"};
constexpr Code kDestination{kDicom, "110152"};
constexpr Code kSource{kDicom, "110153"};
constexpr Code kCustodian{"http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian"};
constexpr Code kRecipient{kParticipations, "IRCP"};
constexpr Code kAuthor{kParticipations, "AUT"};

// What was done: FHIR's action and its code of the interaction, with the part of a profile's name that BALP has for it,
// and the roles that BALP gives those who take part. Of what happens beside the FHIR base also DICOM's codes of its
// type and subtype. http://hl7.org/fhir/R4/valueset-audit-event-type.html
struct Kind {
  std::string_view interaction;
  char action;
  std::string_view profile;
  Code client, server, user;
  std::string_view dicom_type = {};
  std::string_view dicom_subtype = {};
};
constexpr Kind kRead{"read", 'R', "Read", kDestination, kSource, kRecipient};
constexpr Kind kUpdate{"update", 'U', "Update", kSource, kDestination, kAuthor};
constexpr Kind kCreate{"create", 'C', "Create", kSource, kDestination, kAuthor};
constexpr Kind kDelete{"delete", 'D', "Delete", kApplication, kCustodian, kAuthor};
constexpr Kind kPatch{"patch", 'U', "Update", kSource, kDestination, kAuthor};
constexpr Kind kOther{"", 'E', "", kSource, kDestination, kRecipient};
constexpr std::array<Kind, 14> kKinds = {{kRead,
                                          {"vread", 'R', "Read", kDestination, kSource, kRecipient},
                                          {"history-instance", 'R', "", kDestination, kSource, kRecipient},
                                          {"history-type", 'R', "", kDestination, kSource, kRecipient},
                                          {"history-system", 'R', "", kDestination, kSource, kRecipient},
                                          {"search-type", 'E', "Query", kSource, kDestination, kRecipient},
                                          {"search-system", 'E', "Query", kSource, kDestination, kRecipient},
                                          {"batch", 'E', "", kSource, kDestination, kRecipient},
                                          {"transaction", 'E', "", kSource, kDestination, kRecipient},
                                          {"operation", 'E', "", kSource, kDestination, kRecipient},
                                          kCreate,
                                          kUpdate,
                                          kPatch,
                                          kDelete}};

constexpr std::string_view kUserAuthentication = "110114";
constexpr std::string_view kSecurityAlert = "110113";
constexpr std::string_view kApplicationActivity = "110100";
constexpr std::string_view kExported = "110106";
constexpr std::string_view kImported = "110107";
constexpr std::string_view kAttributesChanged = "110137";  // User Security Attributes Changed
constexpr std::string_view kLogin = "110122";
constexpr std::string_view kLogout = "110123";

constexpr Kind beside(std::string_view event, std::string_view type, std::string_view subtype = {}) {
  return {event, 'E', "", kSource, kDestination, kRecipient, type, subtype};
}
constexpr std::array<Kind, 21> kOwnKinds = {{beside(kSignIn, kUserAuthentication, kLogin),
                                             beside(kFirstFactor, kUserAuthentication),
                                             beside(kAddPasskey, kSecurityAlert, kAttributesChanged),
                                             beside(kConsent, kUserAuthentication),
                                             beside(kConsentDenied, kUserAuthentication),
                                             beside(kToken, kUserAuthentication),
                                             beside(kClientCredentials, kUserAuthentication),
                                             beside(kAuthorizationCode, kUserAuthentication),
                                             beside(kRefreshToken, kUserAuthentication),
                                             beside(kCodeReuse, kSecurityAlert),
                                             beside(kRefreshReuse, kSecurityAlert),
                                             beside(kSignOut, kUserAuthentication, kLogout),
                                             beside(kRevoke, kUserAuthentication),
                                             beside(kIntrospect, kUserAuthentication),
                                             beside(kUserInfo, kUserAuthentication),
                                             beside(kLaunch, kUserAuthentication),
                                             beside(kLaunchRefused, kUserAuthentication),
                                             beside(kRegister, kSecurityAlert, kAttributesChanged),
                                             beside(kCommand, kApplicationActivity),
                                             beside(kImport, kImported),
                                             beside(kExport, kExported)}};

const Kind& kind_of(const Record& record) {
  const auto found = std::ranges::find(kKinds, record.interaction, &Kind::interaction);
  if (found != kKinds.end()) return *found;
  const auto event = std::ranges::find(kOwnKinds, record.interaction, &Kind::interaction);
  return event == kOwnKinds.end() ? kOther : *event;
}

bool is_write(const Kind& kind) {
  return kind.action != 'R' && kind.action != 'E';
}

// Does the path say all that is asked for?
bool names_one(const Kind& kind) {
  return is_write(kind) || kind.interaction == "read" || kind.interaction == "vread" ||
         kind.interaction == "history-instance";
}

const Kind& kind_of(const Record& record, How how) {
  switch (how) {
    case How::create:
      return kCreate;
    case How::update:
      return record.method == "PATCH" ? kPatch : kUpdate;
    case How::remove:
      return kDelete;
    case How::read:
      break;
  }
  const Kind& kind = kind_of(record);
  const bool was_only_read = record.interaction.empty() || (is_write(kind) && record.status < kFirstRefusal);
  return was_only_read ? kRead : kind;
}

// 0 success, 4 the client's doing, 8 the server's. http://terminology.hl7.org/CodeSystem/audit-event-outcome
char outcome_of(int status) {
  return status < kFirstRefusal ? '0' : status < kFirstFailure ? '4' : '8';
}

// Clients choose some of the texts, whatever bytes these have.
void append_text(std::string_view text, std::string& out) {
  if (valid_utf8(text)) return json::append_string(text, out);
  std::string clean(text);
  std::ranges::replace_if(clean, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  json::append_string(clean, out);
}

void append_code(const Code& code, std::string& out) {
  out.append(R"({"system":")").append(code.system).append(R"(","code":")").append(code.code).append(R"("})");
}

class EventWriter {
 public:
  EventWriter(const Record& record, const std::string& prefix, std::size_t told)
      : record_(record), prefix_(prefix), told_(told) {}

  // `patient`: whose record `data` stands in; empty: nobody's. `is_request`: it tells what was asked.
  void add(const Kind& kind, std::string_view patient, const Data& data, bool is_request) {
    AuditEvent event{prefix_ + std::to_string(told_ + events_.size() + 1), {}};
    std::string& out = event.text;
    out.append(R"({"resourceType":")").append(access::kAuditEvent).append(R"(","id":")").append(event.id) += '"';
    const int status = is_request ? worst_status() : record_.status;
    append_profile(kind, patient, data, is_request, status, out);
    append_types(kind, out);
    out.append(R"(,"action":")").append(1, kind.action).append(R"(","recorded":")");
    fhir::append_instant(record_.at, out);
    out.append(R"(","outcome":")").append(1, outcome_of(status)) += '"';
    if (status >= kFirstRefusal) out.append(R"(,"outcomeDesc":"HTTP )").append(std::to_string(status)) += '"';
    // What a write does stands with its commit: this one had none, as a deletion of what is not there for who asks.
    if (is_request && is_write(kind) && status < kFirstRefusal && !record_.interaction.empty()) {
      out += R"(,"outcomeDesc":"nothing was changed")";
    }
    append_purposes(data, out);
    append_agents(kind, out);
    append_source(out);
    append_entities(patient, data, is_request, out);
    out += '}';
    events_.push_back(std::move(event));
  }

  std::vector<AuditEvent> take() { return std::move(events_); }

 private:
  // Of a batch's entries too, which do not change how the batch is answered.
  int worst_status() const {
    int worst = record_.status;
    for (const Entry& entry : record_.entries) worst = std::max(worst, entry.status);
    return worst;
  }

  static void append_types(const Kind& kind, std::string& out) {
    const bool is_rest = kind.dicom_type.empty();
    out += R"(,"type":)";
    append_code(is_rest ? Code{kEventTypes, "rest"} : Code{kDicom, kind.dicom_type}, out);
    if (kind.interaction.empty()) return;
    out += R"(,"subtype":[)";
    append_code({is_rest ? kInteractions : kOwnEvents, kind.interaction}, out);
    if (!kind.dicom_subtype.empty()) {
      out += ',';
      append_code({kDicom, kind.dicom_subtype}, out);
    }
    out += ']';
  }

  // Where BALP's profile holds: it is of successes, of one resource, or of a query and no resource.
  void append_profile(const Kind& kind, std::string_view patient, const Data& data, bool is_request, int status,
                      std::string& out) const {
    const bool is_query = kind.profile == "Query";
    const bool fits =
        is_query ? is_request && data.empty() && record_.entries.empty() : !is_request && data.size() == 1;
    if (kind.profile.empty() || !fits || status >= kFirstRefusal || record_.address.empty() || record_.server.empty()) {
      return;
    }
    out.append(R"(,"meta":{"profile":[")").append(kProfiles);
    if (!patient.empty()) out.append(access::kPatientType);
    out.append(kind.profile).append(R"("]})");
  }

  // Of what the event is about; where that is nothing but the request, of all that this asked for. In older records
  // the purpose of the commit is that of emergency access in it alone.
  void append_purposes(const Data& data, std::string& out) const {
    access::PurposeCodes codes;
    if (data.empty()) access::add_codes(record_.purposes, codes);
    for (const Touched* each : data) {
      access::add_codes(each->purposes, codes);
      const bool is_emergency = each->how != How::read && each->type == access::kEmergencyAccess;
      if (is_emergency && !record_.purpose.empty()) codes.insert(record_.purpose);
    }
    if (codes.empty()) return;
    out += R"(,"purposeOfEvent":)";
    for (const std::string& code : codes) {
      out += out.back() == ':' ? R"([{"coding":[)" : R"(,{"coding":[)";
      append_code({access::kReasons, code}, out);
      out += "]}";
    }
    out += ']';
  }

  // Types of networks: http://hl7.org/fhir/network-type
  static void append_network(std::string_view address, char type, std::string& out) {
    if (address.empty()) return;
    out += R"(,"network":{"address":)";
    append_text(address, out);
    out.append(R"(,"type":")").append(1, type).append(R"("})");
  }

  static void begin_agent(const Code& type, std::string& out) {
    out += R"({"type":{"coding":[)";
    append_code(type, out);
    out += R"(]},"who":{)";
  }

  static void append_identifier(std::string_view value, std::string& out) {
    out += R"("identifier":{"value":)";
    append_text(value, out);
    out += '}';
  }

  void append_server(std::string& out) const {
    if (!record_.server.empty()) {
      append_identifier(record_.server, out);
      out += ',';
    }
    out += R"("display":"Vesta")";
  }

  void append_agents(const Kind& kind, std::string& out) const {
    const bool has_user = !record_.user.empty() || !record_.fhir_user.empty();
    out += R"(,"agent":[)";
    begin_agent(kind.client, out);
    if (record_.client.empty()) {
      out += R"("display":"unknown")";
    } else {
      append_identifier(record_.client, out);
    }
    out.append(R"(},"requestor":)").append(has_user ? "false" : "true");
    append_network(record_.address, '2', out);
    out += "},";
    if (has_user) {
      begin_agent(kind.user, out);
      if (!record_.fhir_user.empty()) {
        out += R"("reference":)";
        append_text(record_.fhir_user, out);
      }
      if (!record_.user.empty()) {
        if (!record_.fhir_user.empty()) out += ',';
        append_identifier(record_.user, out);
      }
      out += R"(},"requestor":true},)";
    }
    begin_agent(kind.server, out);
    append_server(out);
    out += R"(},"requestor":false)";
    append_network(record_.server, '5', out);
    out += "}]";
  }

  void append_source(std::string& out) const {
    out += R"(,"source":{"observer":{)";
    append_server(out);
    out += R"(},"type":[)";
    append_code({kSourceTypes, "4"}, out);
    out += "]}";
  }

  // `what` is JSON of an element, with its name.
  static void append_entity(const Code& type, std::string_view role, std::string_view what, std::string& out) {
    out.append(out.back() == '[' ? "" : ",").append(R"({"type":)");
    append_code(type, out);
    if (!role.empty()) {
      out += R"(,"role":)";
      append_code({kEntityRoles, role}, out);
    }
    out.append(",").append(what) += '}';
  }

  static std::string reference_to(std::string reference) {
    return R"("what":{"reference":")" + std::move(reference) + "\"}";
  }

  static std::string query_of(std::string_view text) {
    return R"("query":")" + encode_base64(text, Base64::standard) + '"';
  }

  void append_request(std::string& out) const {
    constexpr Code kSystemObject{kEntityTypes, "2"};
    constexpr std::string_view kQueryRole = "24";
    std::string asked = record_.method + ' ' + record_.path;
    if (!record_.query.empty()) asked.append("?").append(record_.query);
    append_entity(kSystemObject, kQueryRole, query_of(asked), out);
    for (const Entry& entry : record_.entries) {
      const std::string status = std::to_string(entry.status);
      append_entity(kSystemObject, kQueryRole,
                    query_of(entry.method + ' ' + entry.target) + R"(,"detail":[{"type":"status","valueString":")" +
                        status + "\"}]",
                    out);
    }
  }

  void append_entities(std::string_view patient, const Data& data, bool is_request, std::string& out) const {
    if (patient.empty() && data.empty() && !is_request && record_.request.empty()) return;
    out += R"(,"entity":[)";
    if (!patient.empty()) {
      const std::string local = std::string(access::kPatientType) + '/' + std::string(patient);
      append_entity({kEntityTypes, "1"}, "1", reference_to(local), out);
    }
    for (const Touched* each : data) {
      append_entity({kEntityTypes, "2"}, "4",
                    reference_to(each->type + '/' + each->id + "/_history/" + std::to_string(each->version.value)),
                    out);
    }
    if (is_request) append_request(out);
    if (!record_.request.empty()) {
      std::string what = R"("what":{)";
      append_identifier(record_.request, what);
      append_entity({kRequestId, "XrequestId"}, {}, what + '}', out);
    }
    out += ']';
  }

  const Record& record_;
  const std::string& prefix_;
  const std::size_t told_;
  std::vector<AuditEvent> events_;
};

// A write reads what it replaces: that is no reading of anybody's.
Data without_replaced(const std::vector<Touched>& touched) {
  std::set<std::tuple<std::string_view, std::string_view, std::uint64_t>> replaced;
  for (const Touched& each : touched) {
    if (each.how != How::read) replaced.emplace(each.type, each.id, each.version.value - 1);
  }
  Data data;
  for (const Touched& each : touched) {
    const bool is_replaced = each.how == How::read && replaced.contains({each.type, each.id, each.version.value});
    if (!is_replaced) data.push_back(&each);
  }
  return data;
}

// Is there more to the request than its path and what it touched?
bool is_told_whole(const Record& record, const Data& data) {
  const Kind& kind = kind_of(record);
  if (data.empty() || !record.entries.empty() || record.status >= kFirstRefusal) return false;
  if (record.interaction.empty()) return record.query.empty();
  return names_one(kind) && (!is_write(kind) || record.query.empty());
}

}  // namespace

Result<std::vector<AuditEvent>> audit_events_of(const Record& record, const std::string& prefix,
                                                const WhoseRecord& whose, std::size_t told) {
  const Data all = without_replaced(record.touched);
  std::map<How, std::map<std::string, Data>> groups;  // of the empty patient: what is in nobody's record
  for (const Touched* each : all) {
    VESTA_TRY(const std::vector<std::string> patients, whose(*each));
    std::map<std::string, Data>& group = groups[each->how];
    for (const std::string& patient : patients) group[patient].push_back(each);
    if (patients.empty()) group[{}].push_back(each);
  }
  if (kind_of(record, How::read).action == 'E' && record.status < kFirstRefusal) {
    for (const std::string& patient : record.named) groups[How::read].try_emplace(patient);  // nothing was shown
  }
  EventWriter writer(record, prefix, told);
  for (const auto& [how, group] : groups) {
    for (const auto& [patient, data] : group) writer.add(kind_of(record, how), patient, data, false);
  }
  if (is_told_whole(record, all)) return writer.take();
  const bool was_only_written = record.interaction.empty() && !all.empty();
  writer.add(was_only_written ? kind_of(record, all.back()->how) : kind_of(record), {}, {}, true);
  return writer.take();
}

Result<std::vector<AuditEvent>> audit_events_of(const store::AuditEntry& entry, std::span<const Record> records,
                                                Patients& patients) {
  const std::string prefix = event_prefix(entry);
  std::vector<AuditEvent> events;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    const auto whose = [&](const Touched& touched) { return patients.of(touched, record.server); };
    VESTA_TRY(std::vector<AuditEvent> more, audit_events_of(record, prefix, whose, events.size()));
    for (AuditEvent& event : more) {
      event.record = i;
      events.push_back(std::move(event));
    }
  }
  return events;
}

std::string event_prefix(const store::AuditEntry& entry) {
  constexpr std::size_t kHashBytes = 4;
  return "audit-" + std::to_string(entry.number) + '-' + hexadecimal(entry.hash.substr(0, kHashBytes)) + '-';
}

}  // namespace vesta::audit
