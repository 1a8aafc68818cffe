// Any text as a FHIRPath Patch of a patient: an error with its place, or a tree that can be written and read.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fhir/json.h"
#include "fhirpath/patch.h"

namespace {

using namespace vesta;

constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","id":"p","active":true,"gender":"male","birthDate":"1974-12-25",)"
    R"("contained":[{"resourceType":"Practitioner","id":"doc","name":[{"family":"House"}]}],)"
    R"("extension":[{"url":"http://example.org/a","valueString":"one"}],)"
    R"("name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"use":"usual","given":["Jim"]}],)"
    R"("telecom":[{"system":"phone","value":"555","rank":1},{"system":"email","value":"a@b"}],)"
    R"("contact":[{"name":{"family":"M"}},{"gender":"female"}],"deceasedBoolean":false,)"
    R"("generalPractitioner":[{"reference":"#doc"}]})";

// What the patch makes of the patient; empty: an error.
std::string apply(const std::vector<fhirpath::PatchOperation>& patch) {
  const std::string text(kPatient);
  fhir::Arena arena;
  fhir::JsonReader reader(fhir::r4());
  const auto root = reader.read(text, arena);
  CHECK(root.ok());
  std::size_t steps = 0;
  const Status status = fhirpath::apply_patch(fhir::r4(), patch, **root, arena, steps);
  if (!status.ok()) {
    CHECK(status.error().category == Category::unprocessable);
    CHECK(status.error().issues.size() == 1 && !status.error().issues[0].expression.empty());
    return {};
  }
  std::string json;
  fhir::write_json(fhir::r4(), **root, {}, json);
  const std::string again = json;
  fhir::Arena other;
  const auto read = reader.read(again, other);
  if (!read.ok()) CHECK(read.error().category == Category::invalid);
  return json;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fhir::Arena arena;
  fhir::JsonReader reader(fhir::r4());
  const auto parameters = reader.read(text, arena);
  if (!parameters.ok()) return 0;
  const fhir::TypeId patient = *fhir::r4().find_type("Patient");
  const auto patch = fhirpath::read_patch(fhir::r4(), patient, **parameters, "Parameters");
  if (!patch.ok()) {
    CHECK(patch.error().category == Category::too_large || !patch.error().issues.at(0).expression.empty());
    return 0;
  }
  // A patch stays as it is, whatever was done with it.
  CHECK(apply(*patch) == apply(*patch));
  return 0;
}
