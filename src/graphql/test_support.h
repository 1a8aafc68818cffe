// For tests: a Source of a few resources, and answers as text.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/reason.h"
#include "fhir/json.h"
#include "graphql/graphql.h"
#include "graphql/problem.h"
#include "graphql/source.h"

namespace vesta::graphql::testing {

// Resources by type and id. It searches by `_id` and by whatever a resource's `subject` refers to; a search for the
// code "broken" fails as the store of the category that its value names.
class TestSource : public Source {
 public:
  TestSource() : reader_(fhir::r4()) {}

  const fhir::Node* add(std::string text) {
    texts_.push_back(std::move(text));
    const auto root = reader_.read(texts_.back(), arena_);
    CHECK(root.ok());
    roots_.push_back(*root);
    return *root;
  }
  std::size_t reads() const { return reads_; }
  std::size_t searches() const { return searches_; }

  std::vector<SearchArgument> search_arguments(fhir::TypeId type) override {
    std::vector<SearchArgument> arguments = {{"_id", "_id"}, {"broken", "broken"}, {"two_words", "two-words"}};
    const auto subject = fhir::r4().find_element(type, "subject");
    if (fhir::r4().find_element(type, "performer") != nullptr) arguments.push_back({"performer", "performer", true});
    if (subject != nullptr) arguments.push_back({"subject", "subject", true, {*fhir::r4().find_type("Patient")}});
    return arguments;
  }
  Status check(const Search& search) override {
    for (const SearchParameter& parameter : search.parameters) {
      if (parameter.values.front() == "refused") return make_error(Category::invalid, "Refused: " + parameter.code);
    }
    return kOk;
  }
  Result<const fhir::Node*> read(fhir::TypeId type, std::string_view id) override {
    ++reads_;
    for (const fhir::Node* const root : roots_) {
      if (root->type == type && root->child_value(id_) == id) return root;
    }
    return make_error(Category::not_found, "not known");
  }
  Result<const fhir::Node*> resolve(std::string_view reference) override {
    const std::size_t slash = reference.find('/');
    const auto type = fhir::r4().find_resource_type(reference.substr(0, slash));
    if (slash == std::string_view::npos || !type) return make_error(Category::not_found, "leads elsewhere");
    return read(*type, reference.substr(slash + 1));
  }
  Result<SearchPage> search(const Search& search) override {
    ++searches_;
    SearchPage page;
    page.page_size = search.count.value_or(20);
    for (const fhir::Node* const root : roots_) {
      bool matches = root->type == search.type;
      for (const SearchParameter& parameter : search.parameters) {
        if (parameter.code == "broken") return make_error(Category::unavailable, "The disk is gone.");
        if (parameter.code == "two-words") return make_error(Category::invalid, "Not now.");
        matches = matches && has(*root, parameter);
      }
      if (matches) page.resources.push_back(root);
    }
    if (search.wants_total) page.total = page.resources.size();
    if (search.cursor == "end") page.resources.clear();
    page.first = "begin";
    page.last = "end";
    return page;
  }

 private:
  bool has(const fhir::Node& root, const SearchParameter& parameter) const {
    std::string_view value = root.child_value(id_);
    if (parameter.code == "subject") {
      const fhir::Node* const subject = root.child(*fhir::r4().find_name("subject"));
      value = subject == nullptr ? std::string_view() : subject->child_value(*fhir::r4().find_name("reference"));
    }
    return std::ranges::find(parameter.values, value) != parameter.values.end();
  }

  fhir::JsonReader reader_;
  fhir::Arena arena_;
  std::deque<std::string> texts_;
  std::vector<const fhir::Node*> roots_;
  const fhir::NameId id_ = *fhir::r4().find_name("id");
  std::size_t reads_ = 0;
  std::size_t searches_ = 0;
};

// What a document that is read for this request alone gives.
inline Answer answer(std::string_view document, const Request& request, Source& source) {
  auto read = read_document(document);
  if (auto* const problems = std::get_if<std::vector<Problem>>(&read)) return {{}, std::move(*problems)};
  return run(fhir::r4(), *std::get<std::unique_ptr<ReadDocument>>(read), request, source);
}

// The patient of FHIR's page on GraphQL, two others, and what refers to them.
struct World {
  World() {
    patient = source.add(
        R"({"resourceType":"Patient","id":"example","extension":[{"url":"urn:x","valueString":"some value"},)"
        R"({"url":"urn:y","valueCode":"y"}],)"
        R"("identifier":[{"use":"usual","system":"urn:oid:1.2.36.146.595.217.0.1","value":"12345"}],"active":true,)"
        R"("name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"use":"usual","given":["Jim"]},)"
        R"({"use":"maiden","family":"Windsor","given":["Peter","James"],"period":{"end":"2002"}}],)"
        R"("birthDate":"1974-12-25",)"
        R"("_birthDate":{"extension":[{"url":"urn:t","valueDateTime":"1974-12-25T14:35:45Z"}]},)"
        R"("contact":[{"name":{"family":"du Marché","_family":{"id":"f"}},)"
        R"("telecom":[{"system":"phone","value":"1"}]}],)"
        R"("managingOrganization":{"reference":"Organization/1"}})");
    observation = source.add(
        R"({"resourceType":"Observation","id":"o1","contained":[)"
        R"({"resourceType":"Practitioner","id":"p","active":true}],)"
        R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},)"
        R"("subject":{"reference":"Patient/example"},"focus":[{"reference":"Group/gone"},{"display":"nobody"}],)"
        R"("performer":[{"reference":"#p"}],"valueQuantity":{"value":185.50,"unit":"lbs"}})");
    source.add(R"({"resourceType":"Observation","id":"o2","status":"preliminary","code":{"text":"x"},)"
               R"("subject":{"reference":"Patient/example"},"valueString":"say \"hi\""})");
    source.add(R"({"resourceType":"Organization","id":"1","name":"Acme"})");
    source.add(R"({"resourceType":"Patient","id":"q","name":[{"_given":[{"id":"g"},null],"given":[null,"B"]}]})");
  }
  // The data, or the problems, or both.
  std::string run(const fhir::Node* root, std::string_view document, std::string_view variables = {},
                  std::string_view operation = {}) {
    const Answer given = answer(document, {operation, variables, root}, source);
    if (given.problems.empty()) return given.data;
    return (given.data.empty() ? "" : given.data + "\n") + describe(given.problems);
  }
  std::string ask(std::string_view document, std::string_view variables = {}, std::string_view operation = {}) {
    return run(nullptr, document, variables, operation);
  }
  std::string of_patient(std::string_view document, std::string_view variables = {}) {
    return run(patient, document, variables);
  }
  std::string of_observation(std::string_view document) { return run(observation, document); }

  TestSource source;
  const fhir::Node* patient;
  const fhir::Node* observation;
};

}  // namespace vesta::graphql::testing
