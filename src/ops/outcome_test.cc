// The table of categories, and the JSON of OperationOutcomes.
#include "ops/outcome.h"

#include <gtest/gtest.h>

#include "fhir/json.h"

namespace vesta::ops {
namespace {

TEST(Outcome, EveryCategoryHasItsStatus) {
  const std::pair<Category, int> table[] = {
      {Category::invalid, 400},      {Category::unauthenticated, 401},
      {Category::forbidden, 403},    {Category::not_found, 404},
      {Category::gone, 410},         {Category::conflict, 409},
      {Category::precondition, 412}, {Category::unsupported, 400},
      {Category::too_large, 413},    {Category::busy, 503},
      {Category::unavailable, 503},  {Category::internal, 500},
  };
  for (const auto& [category, status] : table) {
    const http::Response response = error_response(make_error(category, "why"));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.find("Retry-After") != nullptr, status == 503);
  }
}

TEST(Outcome, IsReadByTheReaderWhateverTheMessage) {
  Error error = make_error(Category::invalid, "");
  error.issues = {Issue{Severity::error, "value", "a \"quoted\" \\ text\n\x01", "Patient.name[0]"},
                  Issue{Severity::warning, "", std::string("not UTF-8: \xFF\xC3"), ""},
                  Issue{Severity::information, "informational", "", ""}};
  const http::Response response = error_response(error);
  fhir::Arena arena;
  fhir::JsonReader reader(fhir::r4());
  const auto tree = reader.read(response.body, arena);
  ASSERT_TRUE(tree.ok()) << response.body;
  EXPECT_EQ(fhir::r4().type((*tree)->type).name, "OperationOutcome");
  EXPECT_NE(response.body.find("not UTF-8: ??"), std::string::npos) << response.body;
}

TEST(Outcome, MessageIsTheOnlyIssueIfThereAreNone) {
  const auto issues = issues_of(make_error(Category::gone, "it was deleted"));
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].code, "deleted");
  EXPECT_EQ(issues[0].diagnostics, "it was deleted");
}

}  // namespace
}  // namespace vesta::ops
