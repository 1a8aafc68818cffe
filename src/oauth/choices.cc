// A search of one page, and a name of each that it finds.
#include "oauth/choices.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "access/records.h"
#include "base/check.h"
#include "fhir/json.h"
#include "fhir/node.h"
#include "oauth/launch.h"
#include "store/version_text.h"

namespace vesta::oauth {
namespace {

using fhir::Definitions;
using fhir::Node;

// "Ada Lovelace" of a HumanName: as it is written, or put together.
std::string name_text(const Definitions& definitions, const Node& name) {
  std::string given;
  std::string_view family;
  for (const Node& part : name.children()) {
    const std::string_view called = definitions.name(part.name);
    if (called == "text") return std::string(part.value);
    if (called == "family") family = part.value;
    if (called == "given") given.append(given.empty() ? "" : " ").append(part.value);
  }
  if (!given.empty() && !family.empty()) given += ' ';
  return given.append(family);
}

// No character is cut in two.
void shorten(std::string& label) {
  if (label.size() <= kMaxLabelBytes) return;
  std::size_t end = kMaxLabelBytes;
  while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0) == 0x80) --end;
  label.resize(end);
}

// "Check-up" of a Coding or a CodeableConcept: the words for people, or the code.
std::string concept_text(const Definitions& definitions, const Node& concept_node) {
  std::string text;
  for (const Node& part : concept_node.children()) {
    const std::string_view called = definitions.name(part.name);
    if (called == "text" || called == "display") return std::string(part.value);
    if (called == "code") text = part.value;
    if (called == "coding" && text.empty()) text = concept_text(definitions, part);
  }
  return text;
}

// "2026-01-02 to 2026-01-05" of a Period: days, without the time.
std::string period_text(const Definitions& definitions, const Node& period) {
  constexpr std::size_t kDay = 10;
  std::string_view start, end;
  for (const Node& part : period.children()) {
    const std::string_view called = definitions.name(part.name);
    if (called == "start") start = part.value.substr(0, kDay);
    if (called == "end") end = part.value.substr(0, kDay);
  }
  std::string text(start);
  if (!end.empty() && end != start) text.append(text.empty() ? "to " : " to ").append(end);
  return text;
}

Result<Choice> encounter_of(const Definitions& definitions, const store::Version& found, fhir::JsonReader& reader) {
  std::string text;
  store::append_text(definitions, found, text);
  fhir::Arena arena;
  VESTA_TRY(const Node* const encounter, reader.read(text, arena));
  std::string when, kind, type;
  for (const Node& element : encounter->children()) {
    const std::string_view called = definitions.name(element.name);
    if (called == "period") when = period_text(definitions, element);
    if (called == "class") kind = concept_text(definitions, element);
    if (called == "type" && type.empty()) type = concept_text(definitions, element);
  }
  std::string label;
  for (const std::string& part : {when, kind, type}) {
    if (!part.empty()) label.append(label.empty() ? "" : ", ").append(part);
  }
  if (label.empty()) label = found.id;
  shorten(label);
  return Choice{found.id, std::move(label)};
}

Result<Choice> choice_of(const Definitions& definitions, const store::Version& found, fhir::JsonReader& reader) {
  std::string text;
  store::append_text(definitions, found, text);
  fhir::Arena arena;
  VESTA_TRY(const Node* const patient, reader.read(text, arena));
  std::string name;
  std::string_view birth;
  for (const Node& element : patient->children()) {
    const std::string_view called = definitions.name(element.name);
    if (called == "name" && name.empty()) name = name_text(definitions, element);
    if (called == "birthDate") birth = element.value;
  }
  if (name.empty()) name = found.id;
  shorten(name);
  if (!birth.empty()) name.append(", born ").append(birth);
  return Choice{found.id, std::move(name)};
}

}  // namespace

Result<std::vector<Choice>> patient_choices(const ops::Context& context) {
  std::vector<Choice> choices;
  const auto type = context.definitions.find_resource_type(access::kPatientType);
  CHECK(type.has_value());
  search::Query query;
  query.type = *type;
  VESTA_TRY(const store::SearchPage page, context.store.search(query, {.count = kMaxPatientChoices}));
  if (page.next) return choices;
  fhir::JsonReader reader(context.definitions);
  for (const store::Version& each : page.entries) {
    VESTA_TRY(Choice choice, choice_of(context.definitions, each, reader));
    choices.push_back(std::move(choice));
  }
  std::ranges::sort(choices, {}, &Choice::id);
  return choices;
}

Result<std::vector<Choice>> patient_choice(const ops::Context& context, std::string_view id) {
  const auto type = context.definitions.find_resource_type(access::kPatientType);
  CHECK(type.has_value());
  VESTA_TRY(const auto found, context.store.read(*type, id));
  std::vector<Choice> choices;
  if (!found || found->deleted) return choices;
  fhir::JsonReader reader(context.definitions);
  VESTA_TRY(Choice choice, choice_of(context.definitions, *found, reader));
  choices.push_back(std::move(choice));
  return choices;
}

Result<std::vector<Choice>> encounter_choices(const ops::Context& context, const std::string& patient) {
  const auto patient_type = context.definitions.find_resource_type(access::kPatientType);
  CHECK(patient_type.has_value());
  search::Query query;
  query.type = type_in_context(context.definitions, kEncounterMember);
  const search::Parameter* const by_subject = context.registry.find(query.type, "subject");
  const search::Parameter* const by_date = context.registry.find(query.type, "date");
  CHECK(by_subject != nullptr && by_date != nullptr);
  query.plan = search::Plan::make_leaf({by_subject, search::ReferenceMatch{{*patient_type}, patient}});
  query.sort.push_back({.parameter = by_date, .descending = true});
  auto page = context.store.search(query, {.count = kMaxEncounterChoices});
  if (!page.ok() && page.error().category == Category::forbidden) {  // times are hidden in some of them
    query.sort.clear();
    page = context.store.search(query, {.count = kMaxEncounterChoices});
  }
  if (!page.ok()) return page.error();
  std::vector<Choice> choices;
  fhir::JsonReader reader(context.definitions);
  for (const store::Version& each : page->entries) {
    VESTA_TRY(Choice choice, encounter_of(context.definitions, each, reader));
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace vesta::oauth
