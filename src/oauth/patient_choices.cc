// A search of one page, and a name of each that it finds.
#include "oauth/patient_choices.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "access/records.h"
#include "base/check.h"
#include "fhir/json.h"
#include "fhir/node.h"
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

Result<PatientChoice> choice_of(const Definitions& definitions, const store::Version& found, fhir::JsonReader& reader) {
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
  return PatientChoice{found.id, std::move(name)};
}

}  // namespace

Result<std::vector<PatientChoice>> patient_choices(const ops::Context& context) {
  std::vector<PatientChoice> choices;
  const auto type = context.definitions.find_resource_type(access::kPatientType);
  CHECK(type.has_value());
  search::Query query;
  query.type = *type;
  VESTA_TRY(const store::SearchPage page, context.store.search(query, {.count = kMaxPatientChoices}));
  if (page.next) return choices;
  fhir::JsonReader reader(context.definitions);
  for (const store::Version& each : page.entries) {
    VESTA_TRY(PatientChoice choice, choice_of(context.definitions, each, reader));
    choices.push_back(std::move(choice));
  }
  std::ranges::sort(choices, {}, &PatientChoice::id);
  return choices;
}

Result<std::vector<PatientChoice>> patient_choice(const ops::Context& context, std::string_view id) {
  const auto type = context.definitions.find_resource_type(access::kPatientType);
  CHECK(type.has_value());
  VESTA_TRY(const auto found, context.store.read(*type, id));
  std::vector<PatientChoice> choices;
  if (!found || found->deleted) return choices;
  fhir::JsonReader reader(context.definitions);
  VESTA_TRY(PatientChoice choice, choice_of(context.definitions, *found, reader));
  choices.push_back(std::move(choice));
  return choices;
}

}  // namespace vesta::oauth
