// Tests of the Registry on all of R4's search parameters.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "fhirpath/program.h"
#include "search/parameter.h"

namespace vesta::search {
namespace {

const Registry& registry() {
  static const Registry made(fhir::r4());
  return made;
}
fhir::TypeId type(std::string_view name) {
  return *fhir::r4().find_resource_type(name);
}

TEST(Registry, CompilesEveryExpressionOfR4) {
  for (const Registry::Failure& failure : registry().failures()) {
    ADD_FAILURE() << failure.url << ": " << failure.expression << ": " << failure.reason;
  }
  std::size_t with_program = 0;
  for (const Parameter& parameter : registry().parameters()) {
    if (parameter.program == nullptr) continue;
    ++with_program;
    EXPECT_FALSE(parameter.program->always_empty()) << parameter.definition->url << " of type " << parameter.type;
  }
  EXPECT_GT(with_program, 2000u);
}

TEST(Registry, OrdersParametersByTypeAndCode) {
  const auto all = registry().parameters();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].id, i);
    if (i > 0) {
      EXPECT_LT(std::pair(all[i - 1].type, all[i - 1].code), std::pair(all[i].type, all[i].code));
    }
    EXPECT_EQ(registry().find(all[i].type, all[i].code), &all[i]);
  }
  std::size_t count = 0;
  for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
    for (const Parameter& parameter : registry().parameters_of(static_cast<fhir::TypeId>(id))) {
      EXPECT_EQ(parameter.type, id);
      ++count;
    }
  }
  EXPECT_EQ(count, all.size());
  EXPECT_EQ(registry().find(type("Patient"), "no-such"), nullptr);
  EXPECT_EQ(registry().find(fhir::kNoType, "name"), nullptr);
}

TEST(Registry, GivesEveryTypeTheParametersOfAllResources) {
  for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
    const fhir::Type& each = fhir::r4().types()[id];
    if (each.kind != fhir::TypeKind::resource || each.is_abstract) continue;
    for (const char* code : {"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source"}) {
      EXPECT_NE(registry().find(static_cast<fhir::TypeId>(id), code), nullptr) << each.name << " " << code;
    }
  }
}

TEST(Registry, HasNoProgramForColumnsCompositesSpecialsAndEmptyExpressions) {
  struct Case {
    const char *type, *code;
  };
  for (const Case& c : std::vector<Case>{{"Patient", "_id"},
                                         {"Patient", "_lastUpdated"},
                                         {"Observation", "code-value-quantity"},
                                         {"Location", "near"},
                                         {"Patient", "_text"},
                                         {"Patient", "_content"},
                                         {"Patient", "_query"},
                                         {"Patient", "_filter"},
                                         {"Patient", "age"}}) {
    const Parameter* found = registry().find(type(c.type), c.code);
    ASSERT_NE(found, nullptr) << c.type << " " << c.code;
    EXPECT_EQ(found->program, nullptr) << c.type << " " << c.code;
  }
}

TEST(Registry, PrefersTheCoreDefinitionOfACode) {
  EXPECT_EQ(registry().find(type("Condition"), "subject")->definition->url,
            "http://hl7.org/fhir/SearchParameter/Condition-subject");
  EXPECT_EQ(registry().find(type("Patient"), "_id")->definition->url,
            "http://hl7.org/fhir/SearchParameter/Resource-id");
  EXPECT_EQ(registry().find(type("Observation"), "code")->definition->url,
            "http://hl7.org/fhir/SearchParameter/clinical-code");
}

TEST(Registry, EvaluatesAnExpressionOnceForAllItsParameters) {
  for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
    std::vector<std::string_view> expressions;
    for (const ExtractionStep& step : registry().steps_of(static_cast<fhir::TypeId>(id))) {
      ASSERT_FALSE(step.parameters.empty());
      expressions.push_back(registry().parameter(step.parameters.front()).definition->expression);
      for (const ParameterId parameter : step.parameters) {
        EXPECT_EQ(registry().parameter(parameter).program, step.program);
        EXPECT_EQ(registry().parameter(parameter).definition->expression, expressions.back());
      }
    }
    std::sort(expressions.begin(), expressions.end());
    EXPECT_EQ(std::unique(expressions.begin(), expressions.end()), expressions.end());
  }
}

// A change of what is indexed changes the fingerprint, and with it every store indexes again: so it shall not change by
// accident. If this fails and the change is meant, take over the new value.
TEST(Registry, HasAStableFingerprint) {
  const Registry again(fhir::r4());
  EXPECT_EQ(registry().fingerprint(), again.fingerprint());
  EXPECT_EQ(registry().fingerprint().size(), 16u);
  EXPECT_EQ(registry().fingerprint(), "b64195e56c2751bd");
}

// Start-up to the first answer is promised within 200 ms; the limit here is wide, for slow machines and sanitizers.
TEST(Registry, IsBuiltQuickly) {
  const auto start = std::chrono::steady_clock::now();
  const Registry again(fhir::r4());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::cout << "Registry of " << again.parameters().size() << " parameters built in " << took.count() << " ms\n";
  EXPECT_LT(took.count(), 2000);
}

}  // namespace
}  // namespace vesta::search
