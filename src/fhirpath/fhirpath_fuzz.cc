// Any text as an expression for Patient and Observation, run on a small tree: an answer or an error, in bounded time.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fhir/json.h"
#include "fhirpath/program.h"

namespace {

using namespace vesta;

constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","id":"p","active":true,"gender":"male","birthDate":"1974-12-25",)"
    R"("contained":[{"resourceType":"Practitioner","id":"doc","name":[{"family":"House"}]}],)"
    R"("extension":[{"url":"http://example.org/a","valueString":"one"}],)"
    R"("name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"use":"usual","given":["Jim"]}],)"
    R"("telecom":[{"system":"phone","value":"555","rank":1},{"system":"email","value":"a@b"}],)"
    R"("deceasedDateTime":"2015-02-14T13:42:00+10:00","multipleBirthInteger":3,)"
    R"("generalPractitioner":[{"reference":"#doc"},{"reference":"Practitioner/2/_history/1"}]})";
constexpr std::string_view kObservation =
    R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"weight"},)"
    R"("subject":{"reference":"Patient/p"},"effectiveDateTime":"2016-03-28",)"
    R"("valueQuantity":{"value":185.00,"unit":"lbs","system":"http://unitsofmeasure.org","code":"[lb_av]"},)"
    R"("component":[{"code":{"text":"a"},"valueQuantity":{"value":-1.50e2,"unit":"kg"}},)"
    R"({"code":{"text":"b"},"valueString":"t"}]})";

// A tree that lives as long as the process.
class Subject {
 public:
  explicit Subject(std::string_view json) : text_(json) {
    auto root = fhir::JsonReader(fhir::r4()).read(text_, arena_);
    CHECK(root.ok());
    root_ = *root;
  }
  void run(std::string_view expression) const {
    auto program = fhirpath::compile(fhir::r4(), root_->type, expression);
    if (!program.ok()) return check(program.error());
    fhir::Arena arena;
    fhirpath::Collection items;
    Status status = (*program)->evaluate(*root_, arena, items);
    if (!status.ok()) return check(status.error());
    CHECK(items.size() <= fhirpath::kMaxOutput);
    CHECK(items.empty() || !(*program)->always_empty());
    for (const fhirpath::Item& item : items) {
      CHECK((item.kind == fhirpath::Item::Kind::node) == (item.node != nullptr));
    }
  }

 private:
  static void check(const Error& error) {
    CHECK(error.category == Category::invalid);
    CHECK(error.issues.size() == 1 && !error.issues[0].diagnostics.empty());
  }
  std::string text_;
  fhir::Arena arena_;
  const fhir::Node* root_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Subject patient(kPatient);
  static const Subject observation(kObservation);
  std::string_view expression(reinterpret_cast<const char*>(data), size);
  patient.run(expression);
  observation.run(expression);
  return 0;
}
