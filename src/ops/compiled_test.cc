// What is compiled once, and for how long it is kept.
#include "ops/compiled.h"

#include <gtest/gtest.h>

namespace vesta::ops {
namespace {

class CompiledTest : public ::testing::Test {
 protected:
  Compiled::SharedProgram program(std::string_view expression, const std::vector<std::string>& variables = {},
                                  std::string_view type = "Patient") {
    auto found = compiled_.program(*fhir::r4().find_type(type), variables, expression);
    EXPECT_TRUE(found.ok()) << expression;
    return *found;
  }
  Compiled::SharedView view(std::size_t bytes, std::string_view name = "a") {
    std::string json = R"({"resource":"Patient","name":")" + std::string(name) +
                       R"(","select":[{"column":[{"name":"id","path":"id"}]}]})";
    json.resize(std::max(bytes, json.size()), ' ');
    auto found = compiled_.view(json);
    EXPECT_TRUE(found.ok());
    return *found;
  }

  Compiled::SharedDocument document(std::string text, std::size_t bytes = 0) {
    text.resize(std::max(bytes, text.size()), ' ');
    auto found = compiled_.document(text);
    auto* const document = std::get_if<Compiled::SharedDocument>(&found);
    EXPECT_NE(document, nullptr) << text;
    return document == nullptr ? nullptr : *document;
  }

  Compiled compiled_{fhir::r4()};
};

TEST_F(CompiledTest, ProgramsAreOfTextTypeAndVariables) {
  const auto id = program("id");
  EXPECT_EQ(program("id"), id);
  EXPECT_NE(program("id", {}, "Observation"), id);
  EXPECT_NE(program("id", {"a"}), id);
  EXPECT_NE(program("id", {"a", "b"}), program("id", {"b", "a"})) << "slots go by their order";
  EXPECT_FALSE(compiled_.program(*fhir::r4().find_type("Patient"), {}, "idd").ok());
}

TEST_F(CompiledTest, SoManyProgramsOfSuchASizeAreKept) {
  const auto first = program("1");
  for (std::size_t i = 1; i < kMaxKeptPrograms; ++i) program("id | '" + std::to_string(i) + "'");
  EXPECT_EQ(program("1"), first);
  for (std::size_t i = 0; i < kMaxKeptPrograms; ++i) program("name | '" + std::to_string(i) + "'");
  EXPECT_NE(program("1"), first);
  const std::string fits = "'" + std::string(kMaxKeptProgramBytes - 20, 'x') + "'";
  EXPECT_EQ(program(fits), program(fits));
  const std::string over = "'" + std::string(kMaxKeptProgramBytes, 'x') + "'";
  EXPECT_NE(program(over), program(over));
}

TEST_F(CompiledTest, SoManyViewsOfSuchASizeAreKept) {
  EXPECT_EQ(view(kMaxKeptViewBytes), view(kMaxKeptViewBytes));
  EXPECT_NE(view(kMaxKeptViewBytes + 1), view(kMaxKeptViewBytes + 1));
  const auto first = view(0);
  for (std::size_t i = 1; i < kMaxKeptViews; ++i) view(0, "v" + std::to_string(i));
  EXPECT_EQ(view(0), first);
  for (std::size_t i = 0; i < kMaxKeptViews; ++i) view(0, "w" + std::to_string(i));
  EXPECT_NE(view(0), first);
}

TEST_F(CompiledTest, SoManyDocumentsOfSuchASizeAreKept) {
  EXPECT_EQ(document("{id}", kMaxKeptDocumentBytes), document("{id}", kMaxKeptDocumentBytes));
  EXPECT_NE(document("{id}", kMaxKeptDocumentBytes + 1), document("{id}", kMaxKeptDocumentBytes + 1));
  const auto first = document("{id}");
  for (std::size_t i = 1; i < kMaxKeptDocuments; ++i) document("{a" + std::to_string(i) + ":id}");
  EXPECT_EQ(document("{id}"), first);
  for (std::size_t i = 0; i < kMaxKeptDocuments; ++i) document("{b" + std::to_string(i) + ":id}");
  EXPECT_NE(document("{id}"), first);
}

TEST_F(CompiledTest, ADocumentWithAnErrorHasItEachTime) {
  for (int i = 0; i < 2; ++i) {
    const auto found = compiled_.document("{\n id(");
    const auto* const problems = std::get_if<std::vector<graphql::Problem>>(&found);
    ASSERT_NE(problems, nullptr);
    ASSERT_EQ(problems->size(), 1u);
    ASSERT_FALSE(problems->front().locations.empty());
    EXPECT_EQ(problems->front().locations.front().line, 2u);
  }
}

}  // namespace
}  // namespace vesta::ops
