// Any bytes as a StructureDefinition, held against small resources: an answer or an error, in bounded time.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fhir/json.h"
#include "validate/checker.h"

namespace {

using namespace vesta;

constexpr std::string_view kUrl = "urn:p";
constexpr std::string_view kResources[] = {
    R"({"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"urn:s","code":"c"}]},)"
    R"("extension":[{"url":"urn:e","valueString":"v"},{"url":"urn:p","valueBoolean":true}],)"
    R"("subject":{"reference":"Patient/1"},"performer":[{"reference":"Practitioner/1"},{"display":"d"}],)"
    R"("valueQuantity":{"value":1.5,"unit":"kg"},"note":[{"text":"a","time":"2020"},{"text":"b"}],)"
    R"("component":[{"code":{"coding":[{"code":"h"}]},"valueInteger":1},{"code":{"text":"o"}}]})",
    R"({"resourceType":"Patient","id":"p","active":true,"name":[{"use":"official","family":"F","given":["A","B"]},)"
    R"({"use":"usual"}],"contained":[{"resourceType":"Organization","id":"c","name":"N"}],)"
    R"("managingOrganization":{"reference":"#c"},"contact":[{"gender":"female"}]})",
};

// The profile itself under every URL but one, which is not known.
class OneProfile : public validate::Source {
 public:
  explicit OneProfile(const fhir::Node& structure) : structure_(structure) {}
  Result<const fhir::Node*> find(std::string_view url) override { return url == "urn:none" ? nullptr : &structure_; }

 private:
  const fhir::Node& structure_;
};

class FewCodes : public fhirpath::Services {
 public:
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view value_set) override {
    if (value_set.empty()) return make_error(Category::not_found, "no such value set");
    return code.code.size() % 2 == 1;
  }
};

struct World {
  World() {
    fhir::JsonReader reader(fhir::r4());
    for (const std::string_view text : kResources) {
      const auto root = reader.read(text, text.size(), arena);
      CHECK(root.ok());
      resources.push_back(*root);
    }
  }
  fhir::Arena arena;
  std::vector<const fhir::Node*> resources;
};

void check(const Result<bool>& result) {
  CHECK(result.ok() || !result.error().message.empty() || !result.error().issues.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fhir::Arena arena;
  const auto structure =
      fhir::JsonReader(fhir::r4()).read(text, text.size(), arena, {.completeness = fhir::Completeness::part});
  if (!structure.ok()) return 0;
  OneProfile source(**structure);
  FewCodes codes;
  for (const fhir::Node* const resource : world.resources) {
    validate::Checker checker(fhir::r4(), source, codes, nullptr);
    check(checker.conforms_to(*resource, *resource, kUrl));
    for (const fhir::Node& child : resource->children()) check(checker.is_in_slice(child, *resource, kUrl, "a"));
  }
  return 0;
}
