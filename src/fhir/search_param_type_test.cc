// The codes of search parameter types, in both directions.
#include "fhir/search_param_type.h"

#include <gtest/gtest.h>

namespace vesta::fhir {
namespace {

TEST(SearchParamType, HasACodeOfItsOwn) {
  EXPECT_EQ(code_of(SearchParamType::number), "number");
  EXPECT_EQ(code_of(SearchParamType::date), "date");
  EXPECT_EQ(code_of(SearchParamType::string), "string");
  EXPECT_EQ(code_of(SearchParamType::token), "token");
  EXPECT_EQ(code_of(SearchParamType::reference), "reference");
  EXPECT_EQ(code_of(SearchParamType::composite), "composite");
  EXPECT_EQ(code_of(SearchParamType::quantity), "quantity");
  EXPECT_EQ(code_of(SearchParamType::uri), "uri");
  EXPECT_EQ(code_of(SearchParamType::special), "special");
}

TEST(SearchParamType, IsFoundByItsCodeAlone) {
  for (int each = 0; each <= static_cast<int>(SearchParamType::special); ++each) {
    const auto type = static_cast<SearchParamType>(each);
    EXPECT_EQ(search_param_type(code_of(type)), type);
  }
  EXPECT_EQ(search_param_type("Number"), std::nullopt);
  EXPECT_EQ(search_param_type("numbers"), std::nullopt);
  EXPECT_EQ(search_param_type(""), std::nullopt);
}

}  // namespace
}  // namespace vesta::fhir
