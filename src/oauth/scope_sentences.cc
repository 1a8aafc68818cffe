// Sentences by the parts of a scope: whose, what, and which.
#include "oauth/scope_sentences.h"

#include <cstddef>
#include <string_view>

#include "access/records.h"
#include "access/scope.h"
#include "oauth/launch.h"

namespace vesta::oauth {
namespace {

// "MedicationRequest" -> "medication requests", by the rule that words begin with capitals.
std::string words_of_type(std::string_view type) {
  std::string words;
  for (const char c : type) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    if (is_capital && !words.empty()) words += ' ';
    words += is_capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words + " records";
}

std::string verbs_of(const access::Scope& scope) {
  const auto allows = [&](access::Action action) { return scope.actions.test(static_cast<std::size_t>(action)); };
  std::string verbs;
  const auto add = [&](bool is_allowed, std::string_view verb) {
    if (!is_allowed) return;
    if (!verbs.empty()) verbs += ", ";
    verbs += verb;
  };
  add(allows(access::Action::read) || allows(access::Action::search), "see");
  add(allows(access::Action::create), "add to");
  add(allows(access::Action::update), "change");
  add(allows(access::Action::remove), "delete");
  return verbs;
}

std::string sentence_of(const access::Scope& scope, Whose patient) {
  const bool is_of_patient = scope.context == access::Scope::Context::patient;
  const std::string_view whose = !is_of_patient          ? " that you may see yourself"
                                 : patient == Whose::own ? " in your health record"
                                                         : " in the health record of the patient whom you choose";
  std::string sentence =
      verbs_of(scope) + " " + (scope.type == access::kAllTypes ? "everything" : "the " + words_of_type(scope.type));
  sentence += whose;
  if (!scope.query.empty()) sentence += ", limited to " + scope.query;
  return sentence;
}

}  // namespace

std::vector<std::string> sentences_of(const std::vector<std::string>& scopes, Whose patient) {
  std::vector<std::string> sentences;
  for (const std::string& each : scopes) {
    if (const auto scope = access::parse_scope(each)) {
      sentences.push_back(sentence_of(*scope, patient));
    } else if (each == "openid") {
      sentences.emplace_back("know who you are");
    } else if (each == "fhirUser") {
      sentences.emplace_back("know who you are in the health record");
    } else if (each == "launch/patient") {
      sentences.emplace_back(patient == Whose::own ? "know which health record is yours"
                                                   : "know which patient you choose");
    } else if (each == kEncounterScope) {
      sentences.emplace_back("know which visit you choose");
    } else if (each == kLaunchScope) {
      sentences.emplace_back("know which patient and encounter you look at");
    } else if (each == kStartLaunchScope) {
      sentences.emplace_back("start other applications for a patient whom you look at");
    } else if (each == "offline_access") {
      sentences.emplace_back("keep this access for 90 days, also while you are away");
    } else if (each == "online_access") {
      sentences.emplace_back("keep this access for 12 hours");
    }
  }
  return sentences;
}

}  // namespace vesta::oauth
