// Reading of the records, element by element.
#include "access/records.h"

#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "access/state_of.h"
#include "fhir/datetime.h"
#include "fhir/json.h"
#include "store/version_text.h"

namespace vesta::access {
namespace {

using fhir::Definitions;
using fhir::Node;

constexpr std::string_view kActive = "active";  // of status

// The "Type/id" of a Reference; empty: it has none.
std::string_view reference_of(const Definitions& definitions, const Node& element) {
  for (const Node& child : element.children()) {
    if (definitions.name(child.name) == "reference") return child.value;
  }
  return {};
}

// "AccessPolicy/a" is the policy a. Only what is here can be one: an absolute reference means none, and is empty.
std::string id_of(const Definitions& definitions, const Node& element, std::string_view type) {
  const std::string_view text = reference_of(definitions, element);
  const std::size_t slash = text.find('/');
  return slash == std::string_view::npos || text.substr(0, slash) != type ? std::string()
                                                                          : std::string(text.substr(slash + 1));
}

void add_policy(const Definitions& definitions, const Node& element, std::vector<std::string>& policies) {
  std::string id = id_of(definitions, element, kAccessPolicy);
  if (!id.empty()) policies.push_back(std::move(id));
}

Identity identity_of(const Definitions& definitions, const Node& element) {
  Identity identity;
  for (const Node& child : element.children()) {
    if (definitions.name(child.name) == "system") identity.issuer = child.value;
    if (definitions.name(child.name) == "value") identity.subject = child.value;
  }
  return identity;
}

Instant instant_of(const Node& element) {
  const auto range = fhir::parse_time_range(element.value);
  return range ? Instant{range->low} : Instant{};
}

bool has_child(const Definitions& definitions, const Node& node, std::string_view name, std::string_view value) {
  for (const Node& child : node.children()) {
    if (definitions.name(child.name) == name && child.value == value) return true;
  }
  return false;
}

bool has_tag(const Definitions& definitions, const Node& meta, std::string_view system, std::string_view code) {
  for (const Node& tag : meta.children()) {
    if (definitions.name(tag.name) == "tag" && has_child(definitions, tag, "system", system) &&
        has_child(definitions, tag, "code", code)) {
      return true;
    }
  }
  return false;
}

void read_element(const Definitions& definitions, const Node& element, Client& client) {
  const std::string_view name = definitions.name(element.name);
  if (name == "meta") client.is_self_registered = has_tag(definitions, element, kClientTags, kSelfRegistered);
  if (name == "name") client.name = element.value;
  if (name == "status") client.is_active = element.value == kActive;
  if (name == "secretDigest") client.secret_digests.emplace_back(element.value);
  if (name == "jwks") client.jwks = element.value;
  if (name == "jwksUri") client.jwks_uri = element.value;
  if (name == "scope") client.scopes.emplace_back(element.value);
  if (name == "redirectUri") client.redirect_uris.emplace_back(element.value);
  if (name == "policy") add_policy(definitions, element, client.policies);
}

void read_element(const Definitions& definitions, const Node& element, User& user) {
  const std::string_view name = definitions.name(element.name);
  if (name == "name") user.name = element.value;
  if (name == "status") user.is_active = element.value == kActive;
  if (name == "secondFactorRequired") user.needs_second_factor = element.value == "true";
  if (name == "fhirUser") user.fhir_user = reference_of(definitions, element);
  if (name == "policy") add_policy(definitions, element, user.policies);
  if (name == "identity") user.identities.push_back(identity_of(definitions, element));
}

void read_element(const Definitions& definitions, const Node& element, Session& session) {
  const std::string_view name = definitions.name(element.name);
  if (name == "status") session.is_active = element.value == kActive;
  if (name == "client") session.client = id_of(definitions, element, kClient);
  if (name == "user") session.user = id_of(definitions, element, kUser);
  if (name == "userVersion") std::from_chars(element.value.begin(), element.value.end(), session.user_version.value);
  if (name == "secondFactor") session.has_second_factor = element.value == "true";
  if (name == "identity") session.identity = identity_of(definitions, element);
  if (name == "patient") {
    const std::string_view text = reference_of(definitions, element);
    session.patient = text.substr(text.find('/') + 1);
  }
  if (name == "scope") session.scopes.emplace_back(element.value);
  if (name == "started") session.started = instant_of(element);
  if (name == "expires") session.expires = instant_of(element);
  if (name == "refreshDigest") session.refresh_digest = element.value;
  if (name == "usedDigest") session.used_digests.emplace_back(element.value);
}

Rule rule_of(const Definitions& definitions, const Node& node) {
  Rule rule;
  for (const Node& child : node.children()) {
    const std::string_view name = definitions.name(child.name);
    if (name == "resourceType") rule.types.emplace_back(child.value);
    if (name == "interaction") rule.interactions.emplace_back(child.value);
    if (name == "compartment") rule.compartment = child.value;
    if (name == "compartmentCriteria") rule.compartment_criteria.emplace_back(child.value);
    if (name == "criteria") rule.criteria = child.value;
    if (name == "description") rule.description = child.value;
    if (name == "hidden") rule.hidden.emplace_back(child.value);
    if (name == "readOnly") rule.read_only.emplace_back(child.value);
    if (name == "deidentified") rule.is_deidentified = child.value == "true";
    if (name == "minimumCellSize") rule.min_cell_size = child.value;
    if (name == "consent") rule.consent = child.value;
    if (name == "purpose") rule.purposes.emplace_back(child.value);
  }
  return rule;
}

void read_element(const Definitions& definitions, const Node& element, Policy& policy) {
  const std::string_view name = definitions.name(element.name);
  if (name == "name") policy.name = element.value;
  if (name == "status") policy.is_active = element.value == kActive;
  if (name == "rule") policy.rules.push_back(rule_of(definitions, element));
}

// kNoType where the definitions have none of the name.
fhir::TypeId type_of(const fhir::Definitions& definitions, std::string_view name) {
  return definitions.find_resource_type(name).value_or(fhir::kNoType);
}

}  // namespace

Policy read_policy(const fhir::Definitions& definitions, const fhir::Node& resource) {
  Policy policy;
  for (const Node& element : resource.children()) read_element(definitions, element, policy);
  return policy;
}

// What a version said, and that it was the current one when `seq` was the newest.
template <class Record>
struct Records::Read {
  explicit Read(Record&& record) : record(std::make_shared<const Record>(std::move(record))) {}

  const std::shared_ptr<const Record> record;
  mutable std::atomic<std::uint64_t> seq{0};
};

Records::Records(store::Store& store, const fhir::Definitions& definitions)
    : store_(store),
      definitions_(definitions),
      client_type_(type_of(definitions, kClient)),
      policy_type_(type_of(definitions, kAccessPolicy)),
      user_type_(type_of(definitions, kUser)),
      session_type_(type_of(definitions, kSession)) {}

Records::~Records() = default;

// The version; zero: it was never deleted.
Result<VersionId> Records::last_deletion(fhir::TypeId type, std::string_view id) {
  store::HistoryQuery query;
  query.type = type;
  query.id = id;
  query.count = store::kMaxPageSize;
  for (;;) {
    VESTA_TRY(const store::HistoryPage page, store_.history(query));
    for (const store::Version& each : page.entries) {
      if (each.deleted) return each.version;
    }
    if (!page.more || page.entries.empty()) return VersionId{};
    query.before = page.entries.back().seq;
  }
}

template <class Record>
Result<std::shared_ptr<const Record>> Records::find(fhir::TypeId type, std::string_view id, Kept<Read<Record>>& kept) {
  const std::shared_ptr<const Record> none;
  if (type == fhir::kNoType) return none;
  const CommitSeq seq = store_.newest(type);  // before it is read: what comes meanwhile makes it look again
  const std::shared_ptr<const Read<Record>> known = kept.find(id);
  if (known != nullptr && known->seq == seq.value) return known->record;
  VESTA_TRY(const std::optional<store::Version> current, store_.read(type, id));
  if (!current || current->deleted) return none;
  if (known != nullptr && known->record->version == current->version) {
    known->seq = seq.value;
    return known->record;
  }
  std::string text;
  store::append_text(definitions_, *current, text);
  fhir::Arena arena;
  fhir::JsonReader reader(definitions_);
  VESTA_TRY(const Node* const root, reader.read(text, arena));
  Record record;
  record.id = id;
  record.version = current->version;
  for (const Node& element : root->children()) read_element(definitions_, element, record);
  if constexpr (std::is_same_v<Record, User>) {
    VESTA_TRY(record.deleted, last_deletion(type, id));
  }
  const auto read = std::make_shared<const Read<Record>>(std::move(record));
  read->seq = seq.value;
  kept.put(id, read);
  return read->record;
}

std::uint64_t Records::state() const {
  return state_of(store_, std::array{client_type_, policy_type_, user_type_, session_type_});
}

Result<std::shared_ptr<const Client>> Records::client(std::string_view id) {
  return find(client_type_, id, clients_);
}

Result<std::shared_ptr<const Policy>> Records::policy(std::string_view id) {
  return find(policy_type_, id, policies_);
}

Result<std::shared_ptr<const User>> Records::user(std::string_view id) {
  return find(user_type_, id, users_);
}

Result<std::shared_ptr<const Session>> Records::session(std::string_view id) {
  return find(session_type_, id, sessions_);
}

}  // namespace vesta::access
