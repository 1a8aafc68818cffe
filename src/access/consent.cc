// Reading of Consents, element by element. What is not understood is kept as that.
#include "access/consent.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "access/purposes.h"
#include "access/records.h"
#include "fhir/datetime.h"
#include "search/links.h"

namespace vesta::access {
namespace {

using fhir::Definitions;
using fhir::Node;

constexpr std::string_view kScopes = "http://terminology.hl7.org/CodeSystem/consentscope";
constexpr std::string_view kPrivacy = "patient-privacy";
constexpr std::string_view kResearch = "research";
constexpr std::string_view kActCodes = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr std::array<std::string_view, 2> kOptIn = {"OPTIN", "OPTINR"};
constexpr std::array<std::string_view, 3> kOptOut = {"OPTOUT", "OPTOUTE", "EMRGONLY"};
constexpr std::string_view kResourceTypes = "http://hl7.org/fhir/resource-types";
constexpr std::string_view kUrls = "urn:ietf:rfc:3986";
// Who is given the data. Others (custodians, authors) say whose data a provision is about.
constexpr std::string_view kRoles = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
constexpr std::array<std::string_view, 2> kRecipients = {"IRCP", "PRCP"};

class Reader {
 public:
  Reader(const Definitions& definitions, std::string_view base_url) : definitions_(definitions), base_url_(base_url) {}

  Consent read(const Node& resource) {
    Consent consent;
    bool is_about_privacy = false, is_about_research = false, is_active = false, is_modified = false;
    const Node* root = nullptr;
    for (const Node& child : resource.children()) {
      const std::string_view name = name_of(child);
      if (name == "status") is_active = child.value == "active";
      if (name == "scope") {
        is_about_privacy = has_code(child, kScopes, std::array{kPrivacy});
        is_about_research = has_code(child, kScopes, std::array{kResearch});
      }
      if (name == "patient") consent.patient = patient_of(child);
      if (name == "policyRule") consent.rule.kind = kind_of_rule(child);
      if (name == "modifierExtension" || name == "implicitRules") is_modified = true;
      if (name == "provision") root = &child;
    }
    consent.is_active = is_active && (is_about_privacy || is_about_research);
    if (root != nullptr) add_root(*root, consent.rule);
    if (is_modified || provisions_ > kMaxProvisions || choices_ > kMaxChoices)
      consent.rule = Provision::deny_everything();
    if (!is_about_privacy) consent.rule = of_research(std::move(consent.rule));
    return consent;
  }

 private:
  template <class Value>
  void settle(std::vector<Value>& values) {
    choices_ += values.size();
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }

  std::string_view name_of(const Node& node) const { return definitions_.name(node.name); }
  const Node* child(const Node& node, std::string_view name) const {
    for (const Node& each : node.children()) {
      if (name_of(each) == name) return &each;
    }
    return nullptr;
  }
  std::string_view text(const Node& node, std::string_view name) const {
    const Node* const found = child(node, name);
    return found == nullptr ? std::string_view() : found->value;
  }

  template <std::size_t count>
  bool has_code(const Node& concept_node, std::string_view system, const std::array<std::string_view, count>& codes) {
    for (const Node& each : concept_node.children()) {
      if (name_of(each) != "coding" || text(each, "system") != system) continue;
      if (std::ranges::find(codes, text(each, "code")) != codes.end()) return true;
    }
    return false;
  }

  Provision::Kind kind_of_rule(const Node& rule) {
    if (has_code(rule, kActCodes, kOptOut)) return Provision::Kind::deny;
    return has_code(rule, kActCodes, kOptIn) ? Provision::Kind::permit : Provision::Kind::silent;
  }

  std::string local_reference(const Node& reference) const {
    return access::local_reference(definitions_, base_url_, reference);
  }
  std::string patient_of(const Node& reference) const {
    const std::string found = local_reference(reference);
    const std::size_t slash = found.find('/');
    return slash == std::string::npos || std::string_view(found).substr(0, slash) != kPatientType
               ? std::string()
               : found.substr(slash + 1);
  }

  // What it says of research it says of nothing else.
  static Provision of_research(Provision rule) {
    rule.is_of_research = true;
    rule.purposes.of = {{std::string(kReasons), std::string(kResearchPurpose)}};
    Provision around;
    around.provisions.push_back(std::move(rule));
    return around;
  }

  // R4 wants no type at the root: without one it is what the policy rule says, for that time. Where it then restricts
  // whom or what it is about, R4's examples mean an exception from the rule by some, and the rule itself by others: it
  // is read as what denies more.
  void add_root(const Node& node, Provision& rule) {
    Provision root = provision(node, 0);
    if (root.kind == Provision::Kind::silent && rule.kind != Provision::Kind::silent) {
      Provision at_any_time = root;
      at_any_time.period = {};
      const bool is_restricted = at_any_time.restricts();
      root.kind = is_restricted ? Provision::Kind::deny : rule.kind;
      if (!is_restricted || rule.kind == Provision::Kind::permit) rule.kind = Provision::Kind::silent;
    }
    rule.provisions.push_back(std::move(root));
  }

  Provision provision(const Node& node, std::size_t depth) {
    ++provisions_;
    if (depth > kMaxProvisionDepth || provisions_ > kMaxProvisions) return Provision::deny_everything();
    Provision made;
    for (const Node& each : node.children()) read_element(each, depth, made);
    if (depth > 0 && made.kind == Provision::Kind::silent) made.kind = Provision::Kind::deny;  // R4 demands one
    for (auto* const texts : {&made.actors.of, &made.types.of, &made.profiles.of, &made.instances.of}) settle(*texts);
    for (auto* const codes : {&made.actions.of, &made.labels.of, &made.purposes.of, &made.codes.of}) settle(*codes);
    settle(made.provisions);
    made.is_of_higher_labels = made.labels.says_nothing() || made.kind != Provision::Kind::permit;
    return made;
  }

  void read_element(const Node& each, std::size_t depth, Provision& made) {
    const std::string_view name = name_of(each);
    if (name == "type") made.kind = each.value == "permit" ? Provision::Kind::permit : Provision::Kind::deny;
    if (name == "period") made.period = period(each);
    if (name == "actor") add_actor(each, made.actors);
    if (name == "action") add_concept(each, made.actions);
    if (name == "securityLabel") add_coding(each, made.labels);
    if (name == "purpose") add_coding(each, made.purposes);
    if (name == "class") add_class(each, made);
    if (name == "code") add_concept(each, made.codes);
    if (name == "dataPeriod") made.data_period = period(each);
    if (name == "data") add_data(each, made.instances);
    if (name == "modifierExtension") made.is_vague = true;
    if (name == "provision") made.provisions.push_back(provision(each, depth + 1));
  }

  ConsentPeriod period(const Node& node) const {
    ConsentPeriod made;
    if (const auto start = fhir::parse_time_range(text(node, "start"))) made.low = start->low;
    if (const auto end = fhir::parse_time_range(text(node, "end"))) made.high = end->high;
    return made;
  }

  void add_actor(const Node& node, Choices<std::string>& actors) {
    const Node* const role = child(node, "role");
    const Node* const reference = child(node, "reference");
    std::string who = reference == nullptr ? std::string() : local_reference(*reference);
    if (role == nullptr || !has_code(*role, kRoles, kRecipients) || child(node, "modifierExtension") != nullptr ||
        who.empty()) {
      actors.has_others = true;
      return;
    }
    actors.of.push_back(std::move(who));
  }

  void add_coding(const Node& coding, Choices<ConsentCode>& codes) const {
    const std::string_view system = text(coding, "system"), code = text(coding, "code");
    if (system.empty() || code.empty()) {
      codes.has_others = true;
      return;
    }
    codes.of.push_back({std::string(system), std::string(code)});
  }

  void add_concept(const Node& concept_node, Choices<ConsentCode>& codes) const {
    bool is_coded = false;
    for (const Node& each : concept_node.children()) {
      if (name_of(each) != "coding") continue;
      is_coded = true;
      add_coding(each, codes);
    }
    if (!is_coded) codes.has_others = true;
  }

  void add_class(const Node& coding, Provision& made) const {
    const std::string_view system = text(coding, "system"), code = text(coding, "code");
    if (system == kResourceTypes && definitions_.find_resource_type(code)) {
      made.types.of.emplace_back(code);
    } else if (system == kUrls && !code.empty()) {
      made.profiles.of.emplace_back(code);
    } else {
      made.types.has_others = true;
    }
  }

  void add_data(const Node& data, Choices<std::string>& instances) const {
    const Node* const reference = child(data, "reference");
    std::string which = reference == nullptr ? std::string() : local_reference(*reference);
    if (text(data, "meaning") != "instance" || which.empty()) {
      instances.has_others = true;
      return;
    }
    instances.of.push_back(std::move(which));
  }

  const Definitions& definitions_;
  const std::string_view base_url_;
  std::size_t provisions_ = 0;
  std::size_t choices_ = 0;
};

}  // namespace

std::strong_ordering Provision::operator<=>(const Provision& other) const {
  const auto of = [](const Provision& each) {
    return std::tie(each.kind, each.is_of_research, each.is_vague, each.period, each.actors, each.actions, each.labels,
                    each.is_of_higher_labels, each.purposes, each.types, each.profiles, each.codes, each.data_period,
                    each.instances, each.provisions);
  };
  return of(*this) <=> of(other);
}

std::string local_reference(const Definitions& definitions, std::string_view base_url, const Node& node) {
  std::string_view found;
  for (const Node& each : node.children()) {
    if (definitions.name(each.name) == "reference") found = each.value;
  }
  found = found.substr(0, found.find("/_history/"));
  if (const auto own = search::own_resource(definitions, base_url, found)) {
    return std::string(definitions.type(own->type).name) + "/" + std::string(own->id);
  }
  const std::size_t slash = found.find('/');
  if (slash == std::string_view::npos || !definitions.find_resource_type(found.substr(0, slash))) return {};
  return std::string(found);
}

Consent read_consent(const Definitions& definitions, const Node& resource, std::string_view base_url) {
  return Reader(definitions, base_url).read(resource);
}

}  // namespace vesta::access
