// Tests of the Registry on all of R4's search parameters.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "base/check.h"
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
  for (ParameterId id = 0; id < registry().parameter_count(); ++id) {
    const Parameter& parameter = registry().parameter(id);
    if (parameter.program == nullptr) continue;
    ++with_program;
    EXPECT_FALSE(parameter.program->always_empty()) << parameter.definition->url << " of type " << parameter.type;
  }
  EXPECT_GT(with_program, 2000u);
}

TEST(Registry, OrdersParametersByTypeAndCode) {
  const ParameterId all = registry().parameter_count();
  for (ParameterId i = 0; i < all; ++i) {
    const Parameter& each = registry().parameter(i);
    EXPECT_EQ(each.id, i);
    EXPECT_EQ(each.name, each.code);
    if (i > 0) {
      const Parameter& before = registry().parameter(static_cast<ParameterId>(i - 1));
      EXPECT_LT(std::pair(before.type, before.code), std::pair(each.type, each.code));
    }
    EXPECT_EQ(registry().find(each.type, each.code), each.facet == Facet::value ? &each : nullptr);
    EXPECT_EQ(registry().find_name(each.type, each.name), &each);
  }
  std::size_t count = 0;
  for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
    for (const Parameter* parameter : registry().parameters_of(static_cast<fhir::TypeId>(id))) {
      EXPECT_EQ(parameter->type, id);
      ++count;
    }
  }
  EXPECT_EQ(count, all);
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

TEST(Registry, HasNoProgramForColumnsAndEmptyExpressions) {
  struct Case {
    const char *type, *code;
  };
  for (const Case& c : std::vector<Case>{{"Patient", "_id"},
                                         {"Patient", "_lastUpdated"},
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

const Parameter& parameter(std::string_view of, std::string_view code) {
  const Parameter* found = registry().find(type(of), code);
  CHECK(found != nullptr);
  return *found;
}

TEST(Registry, GivesAFacetOnlyWhereItCanHaveValues) {
  const auto facets = [](std::string_view of, std::string_view code) {
    const Parameter& owner = parameter(of, code);
    std::string found;
    for (const ParameterId id : {owner.text, owner.of_type, owner.identifier, owner.canonical, owner.precision}) {
      if (id == kNoParameter) continue;
      const Parameter& facet = registry().parameter(id);
      EXPECT_EQ(facet.id, id);
      EXPECT_EQ(facet.type, owner.type);
      EXPECT_EQ(facet.definition, owner.definition);
      EXPECT_EQ(facet.program, nullptr);
      EXPECT_NE(facet.facet, Facet::value);
      using fhir::SearchParamType;
      EXPECT_EQ(facet.kind, facet.facet == Facet::text        ? SearchParamType::string
                            : facet.facet == Facet::canonical ? SearchParamType::uri
                            : facet.facet == Facet::precision ? SearchParamType::number
                                                              : SearchParamType::token);
      found += std::string(facet.code) + " ";
    }
    return found;
  };
  EXPECT_EQ(facets("Observation", "code"), "code:text ");
  EXPECT_EQ(facets("Patient", "identifier"), "identifier:text identifier:of-type ");
  EXPECT_EQ(facets("Patient", "_tag"), "_tag:text ");
  EXPECT_EQ(facets("Patient", "gender"), "");
  EXPECT_EQ(facets("Patient", "name"), "");
  EXPECT_EQ(facets("Observation", "subject"), "subject:identifier ");
  EXPECT_EQ(facets("QuestionnaireResponse", "questionnaire"), "questionnaire:canonical ");
  EXPECT_EQ(facets("Questionnaire", "url"), "url:canonical ");
  EXPECT_EQ(facets("RiskAssessment", "probability"), "probability:precision ");
  EXPECT_EQ(facets("Observation", "value-quantity"), "");
  EXPECT_EQ(facets("Device", "url"), "");  // of no resource: it has no version
}

TEST(Registry, KnowsTheComponentsOfEveryComposite) {
  const auto components = [](std::string_view of, std::string_view code) {
    std::string found;
    for (const ParameterId id : parameter(of, code).components) {
      const Parameter& component = registry().parameter(id);
      EXPECT_EQ(component.facet, Facet::component);
      found += std::string(component.code) + ":" + std::to_string(static_cast<int>(component.kind)) + " ";
    }
    return found;
  };
  using Kind = fhir::SearchParamType;
  const std::string token = std::to_string(static_cast<int>(Kind::token));
  const std::string quantity = std::to_string(static_cast<int>(Kind::quantity));
  const std::string reference = std::to_string(static_cast<int>(Kind::reference));
  EXPECT_EQ(components("Observation", "combo-code-value-quantity"),
            "combo-code-value-quantity$0:" + token + " combo-code-value-quantity$1:" + quantity + " ");
  // Whose definitions R4 names the wrong way round.
  EXPECT_EQ(components("DocumentReference", "relationship"),
            "relationship$0:" + token + " relationship$1:" + reference + " ");
  std::size_t composites = 0;
  for (ParameterId id = 0; id < registry().parameter_count(); ++id) {
    const Parameter& each = registry().parameter(id);
    if (each.kind != Kind::composite) continue;
    ++composites;
    EXPECT_EQ(each.components.size(), each.definition->components.size()) << each.code;
    const auto steps = registry().composite_steps_of(each.type);
    const bool is_extracted = std::ranges::any_of(steps, [&](const CompositeStep* step) {
      return std::ranges::any_of(step->foci, [&](const CompositeStep::Focus& focus) {
        return std::ranges::find(focus.composites, each.id, &CompositeStep::Composite::parameter) !=
               focus.composites.end();
      });
    });
    EXPECT_TRUE(is_extracted) << each.code << " of " << each.type;
  }
  EXPECT_GT(composites, 60u);
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
    for (const ExtractionStep* step : registry().steps_of(static_cast<fhir::TypeId>(id))) {
      ASSERT_FALSE(step->parameters.empty());
      expressions.push_back(registry().parameter(step->parameters.front()).definition->expression);
      for (const ParameterId parameter : step->parameters) {
        EXPECT_EQ(registry().parameter(parameter).program, step->program);
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
  EXPECT_EQ(registry().fingerprint(), "66346b30d2b4c79c");
}

// Start-up to the first answer is promised within 200 ms; the limit here is wide, for slow machines and sanitizers.
TEST(Registry, IsBuiltQuickly) {
  const auto start = std::chrono::steady_clock::now();
  const Registry again(fhir::r4());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::cout << "Registry of " << again.parameter_count() << " parameters built in " << took.count() << " ms\n";
  EXPECT_LT(took.count(), 2000);
}

}  // namespace
}  // namespace vesta::search
