// Every expression of R4's search parameters compiles for each concrete type that it is for.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fhirpath/test_resources.h"

namespace vesta::fhirpath {
namespace {

// The concrete resource types that a parameter is for: an abstract base stands for all that derive from it.
std::vector<fhir::TypeId> concrete_bases(const fhir::SearchParameter& parameter) {
  const fhir::Definitions& definitions = fhir::r4();
  std::vector<fhir::TypeId> found;
  for (std::size_t i = 0; i < definitions.types().size(); ++i) {
    auto id = static_cast<fhir::TypeId>(i);
    const fhir::Type& type = definitions.type(id);
    if (type.kind != fhir::TypeKind::resource || type.is_abstract) continue;
    bool is_base = std::any_of(parameter.base.begin(), parameter.base.end(),
                               [&](fhir::TypeId base) { return definitions.is_a(id, base); });
    if (is_base) found.push_back(id);
  }
  return found;
}

TEST(SearchExpressions, CompileForEachTypeThatTheyAreFor) {
  const fhir::Definitions& definitions = fhir::r4();
  std::vector<std::string> failures;
  std::size_t compiled = 0;
  for (const fhir::SearchParameter& parameter : definitions.search_parameters()) {
    if (parameter.expression.empty()) continue;
    for (fhir::TypeId type : concrete_bases(parameter)) {
      auto program = compile(definitions, type, parameter.expression, testing::kSearchDialect);
      ++compiled;
      std::string where = std::string(definitions.type(type).name) + "?" + std::string(parameter.code) + ": " +
                          std::string(parameter.expression);
      if (!program.ok()) {
        failures.push_back(where + "\n    " + program.error().message);
      } else if ((*program)->always_empty()) {
        failures.push_back(where + "\n    never yields anything");
      }
    }
  }
  EXPECT_GT(compiled, 1300u);
  std::string list;
  for (const std::string& failure : failures) list += failure + "\n";
  EXPECT_TRUE(failures.empty()) << failures.size() << " of " << compiled << " fail:\n" << list;
}

}  // namespace
}  // namespace vesta::fhirpath
