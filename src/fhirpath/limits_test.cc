// The limits of one evaluation, on both sides; and what a plain path allocates.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "fhirpath/binder.h"
#include "fhirpath/budget.h"
#include "fhirpath/diagnostics.h"
#include "fhirpath/program.h"
#include "fhirpath/test_resources.h"

namespace {
thread_local std::size_t allocations = 0;
}

// Counts the allocations of this test binary; not under the address sanitizer, which replaces the same functions.
#ifdef __has_feature  // clang's way to say it; g++ defines __SANITIZE_ADDRESS__
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__
#endif
#endif
#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace vesta::fhirpath {
namespace {

// A patient with so many given names, all different.
std::string patient_with_names(std::size_t count) {
  std::string json = R"({"resourceType":"Patient","name":[{"family":"F","given":[)";
  for (std::size_t i = 0; i < count; ++i) json += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
  return json + "]}]}";
}

TEST(Limits, HoldsCollectionsToKMaxOutput) {
  EXPECT_EQ(testing::evaluate(patient_with_names(kMaxOutput), "Patient.name.given.count()"),
            std::to_string(kMaxOutput));
  std::string more = testing::evaluate(patient_with_names(kMaxOutput + 1), "Patient.name.given.count()");
  EXPECT_TRUE(more.find("kMaxOutput") != std::string::npos) << more;
  std::string joined = testing::evaluate(patient_with_names(kMaxOutput), "Patient.name.given.combine('a').count()");
  EXPECT_TRUE(joined.find("kMaxOutput") != std::string::npos) << joined;
}

TEST(Limits, CountsOnlyTheOutputOfTheEvaluation) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::string json = patient_with_names(kMaxOutput);
  auto root = reader.read(json, arena);
  ASSERT_TRUE(root.ok());
  auto program = compile(fhir::r4(), (*root)->type, "Patient.name.given");
  Collection items;
  ASSERT_TRUE((*program)->evaluate(**root, arena, items).ok());
  ASSERT_TRUE((*program)->evaluate(**root, arena, items).ok());
  EXPECT_EQ(items.size(), 2 * kMaxOutput);
}

TEST(Limits, HoldsAnEvaluationToKMaxSteps) {
  // Every name looks at every name: n * n steps and some more.
  constexpr std::string_view kSquare = "Patient.name.given.where(%resource.name.given.empty()).empty()";
  EXPECT_EQ(testing::evaluate(patient_with_names(300), kSquare), "true");
  std::string more = testing::evaluate(patient_with_names(1001), kSquare);
  EXPECT_TRUE(more.find("kMaxSteps") != std::string::npos) << more;

  Budget budget;
  EXPECT_TRUE(budget.spend(kMaxSteps));
  EXPECT_FALSE(budget.spent());
  EXPECT_FALSE(budget.spend());
  EXPECT_TRUE(budget.spent());
}

TEST(Limits, EndsTheRemovalOfDuplicatesThatShareAHash) {
  // Dates share one hash, so this compares pairs; the limit of steps ends it.
  std::string json = R"({"resourceType":"Patient","extension":[)";
  for (int i = 0; i < 9999; ++i) {
    std::string year = std::to_string(i + 1);
    year.insert(0, 4 - year.size(), '0');
    json += (i == 0 ? "" : ",") + (R"({"url":"a","valueDate":")" + year + R"("})");
  }
  json += "]}";
  std::string result = testing::evaluate(json, "Patient.extension.value.distinct().count()");
  EXPECT_TRUE(result.find("kMaxSteps") != std::string::npos) << result;
}

TEST(Limits, HoldsBindingToKMaxBinds) {
  const auto bind_union = [](std::size_t members) {
    std::string expression = "id";
    for (std::size_t i = 1; i < members; ++i) expression += "|id";
    const auto program = compile(fhir::r4(), *fhir::r4().find_type("Patient"), expression);
    return program.ok() ? std::string("ok") : program.error().message;
  };
  EXPECT_EQ(bind_union(kMaxBinds - 1), "ok");  // the union itself is one
  EXPECT_NE(bind_union(kMaxBinds).find("kMaxBinds"), std::string::npos) << bind_union(kMaxBinds);

  std::string nested = "extension";
  for (int i = 0; i < 20; ++i) nested.insert(0, "%resource.repeat(").append(")");
  const auto program = compile(fhir::r4(), *fhir::r4().find_type("Patient"), nested);
  ASSERT_FALSE(program.ok());
  EXPECT_NE(program.error().message.find("kMaxBinds"), std::string::npos) << program.error().message;
}

TEST(Limits, CountsTheLengthOfTexts) {
  const std::string json =
      R"({"resourceType":"Patient","name":[{"family":")" + std::string(200'000, 'a') + R"(","given":["a","b"]}]})";
  for (const char* costly : {"%v.length() > 5", "%v.substring(199999) = 'a'", "(%v | 'b').count() = 2"}) {
    const std::string expression =
        "defineVariable('v', name.family).name.given.where(" + std::string(costly) + ").count()";
    EXPECT_EQ(testing::evaluate(json, expression), "2") << expression;
    std::string names = json;
    std::string more;
    for (int i = 0; i < 500; ++i) more += "\"c\",";
    names.insert(names.find("\"a\",\"b\""), more);
    EXPECT_NE(testing::evaluate(names, expression).find("kMaxSteps"), std::string::npos) << expression;
  }
}

TEST(Limits, QuotesExpressionsUpToKMaxQuotedExpression) {
  const auto quoted = [](const std::string& expression) {
    const auto program = compile(fhir::r4(), *fhir::r4().find_type("Patient"), expression);
    return program.ok() ? std::string() : program.error().issues.front().expression;
  };
  const std::string whole = "nonsense" + std::string(kMaxQuotedExpression - 8, ' ');
  EXPECT_EQ(quoted(whole), whole);
  EXPECT_EQ(quoted(whole + " "), whole);
  const std::string split = "nonsense//" + std::string(kMaxQuotedExpression - 11, ' ') + "\xC3\xBC";
  EXPECT_EQ(quoted(split), split.substr(0, kMaxQuotedExpression - 1)) << "no half of a character";
}

TEST(Limits, MovesDatesWithinTheCalendar) {
  const std::string patient = R"({"resourceType":"Patient"})";
  const auto moved = [&](const std::string& sum) { return testing::evaluate(patient, sum); };
  EXPECT_EQ(moved("@9998-06 + 1 year"), "9999-06");
  EXPECT_EQ(moved("@9999-06 + 1 year"), "");
  EXPECT_EQ(moved("@9999-12-30 + 1 day"), "9999-12-31");
  EXPECT_EQ(moved("@9999-12-31 + 1 day"), "");
  EXPECT_EQ(moved("@0002-01 - 1 year"), "0001-01");
  EXPECT_EQ(moved("@0001-01 - 1 year"), "");
  EXPECT_EQ(moved("@0001-01-02 - 1 day"), "0001-01-01");
  EXPECT_EQ(moved("@0001-01-01 - 1 day"), "");
  // Amounts of 12 digits are taken, and of what is longer nothing is made.
  EXPECT_EQ(moved("@2020-01-01T00:00:00.000Z + 000000000001 'ms'"), "2020-01-01T00:00:00.001Z");
  EXPECT_EQ(moved("@2020-01-01T00:00:00.000Z + 100000000000 'ms'"), "2023-03-03T09:46:40.000Z");
  EXPECT_EQ(moved("@2020-01-01T00:00:00.000Z + 1000000000000 'ms'"), "");
}

TEST(Limits, AreIssuesOfTheirOwnCode) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::string json = patient_with_names(1001);
  auto root = reader.read(json, arena);
  ASSERT_TRUE(root.ok());
  auto program = compile(fhir::r4(), (*root)->type, "Patient.name.given.where(%resource.name.given.empty())");
  Collection items;
  Status status = (*program)->evaluate(**root, arena, items);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().category, Category::invalid);
  ASSERT_EQ(status.error().issues.size(), 1u);
  EXPECT_EQ(status.error().issues[0].code, "too-costly");
}

TEST(Limits, PlainPathsAllocateNothingButTheirOutput) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::string json =
      R"({"resourceType":"Observation","status":"final","code":{"text":"a"},"subject":{"reference":"Patient/1"},
      "category":[{"text":"b"},{"text":"c"}],"valueQuantity":{"value":1},
      "component":[{"code":{"text":"d"},"valueQuantity":{"value":2}}]})";
  auto root = reader.read(json, arena);
  ASSERT_TRUE(root.ok()) << root.error().message;
  Collection items;
  items.reserve(64);
  for (std::string_view expression :
       {"Observation.code", "Observation.category.text", "Observation.subject.where(resolve() is Patient)",
        "Observation.category.where(text = 'c')", "(Observation.value as Quantity)",
        "(Observation.value as Quantity) | (Observation.component.value as Quantity)",
        "Patient.name | Observation.code | Observation.component.code"}) {
    auto program = compile(fhir::r4(), (*root)->type, expression, testing::kSearchDialect);
    ASSERT_TRUE(program.ok()) << program.error().message;
    items.clear();
    std::size_t before = allocations;
    Status status = (*program)->evaluate(**root, arena, items);
    std::size_t after = allocations;
    ASSERT_TRUE(status.ok());
    EXPECT_FALSE(items.empty()) << expression;
    EXPECT_EQ(after - before, 0u) << expression;
  }
}

}  // namespace
}  // namespace vesta::fhirpath
