// Tests of _include and _revinclude: each form, what is refused and which part is named, the limit.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using testing::expect_refused;
using testing::expect_rejected;
using testing::parse;
using testing::registry;
using testing::type;
using Direction = Include::Direction;

Include include_of(std::string_view searched, const std::string& query) {
  const auto search = parse(type(searched), query);
  EXPECT_TRUE(search.ok()) << query << ": " << (search.ok() ? "" : search.error().message);
  if (!search.ok() || search->includes.size() != 1) return {};
  EXPECT_EQ(search->applied.size(), 1u);
  return search->includes.front();
}

// https://hl7.org/fhir/R4/search.html#include
TEST(Includes, ReadEachForm) {
  const Include forward = include_of("MedicationRequest", "_include=MedicationRequest:patient");
  EXPECT_EQ(forward.direction, Direction::forward);
  EXPECT_FALSE(forward.iterate);
  EXPECT_EQ(forward.source, type("MedicationRequest"));
  EXPECT_EQ(forward.parameter, registry().find(type("MedicationRequest"), "patient"));
  EXPECT_EQ(forward.target, fhir::kNoType);

  const Include typed = include_of("Observation", "_include=Observation:subject:Patient");
  EXPECT_EQ(typed.target, type("Patient"));

  const Include reverse = include_of("MedicationRequest", "_revinclude=Provenance:target");
  EXPECT_EQ(reverse.direction, Direction::reverse);
  EXPECT_EQ(reverse.source, type("Provenance"));
  EXPECT_EQ(reverse.parameter, registry().find(type("Provenance"), "target"));

  const Include iterated = include_of("MedicationDispense", "_include:iterate=MedicationRequest:requester");
  EXPECT_TRUE(iterated.iterate);
  EXPECT_TRUE(include_of("Patient", "_revinclude:iterate=Provenance:target").iterate);

  const Include wildcard = include_of("MedicationDispense", "_include=MedicationDispense:*");
  EXPECT_EQ(wildcard.source, type("MedicationDispense"));
  EXPECT_EQ(wildcard.parameter, nullptr);
  const Include everything = include_of("Patient", "_revinclude=*");
  EXPECT_EQ(everything.source, fhir::kNoType);
  EXPECT_EQ(everything.parameter, nullptr);
  const Include typed_wildcard = include_of("Observation", "_include=Observation:*:Patient");
  EXPECT_EQ(typed_wildcard.target, type("Patient"));
}

TEST(Includes, AreSeveral) {
  const auto search = parse(type("MedicationRequest"),
                            "_include=MedicationRequest:patient&_revinclude=Provenance:target&status=active");
  ASSERT_TRUE(search.ok());
  EXPECT_EQ(search->includes.size(), 2u);
  EXPECT_EQ(search->applied.size(), 3u);
}

TEST(Includes, NameThePartThatIsWrong) {
  const struct {
    const char* type;
    const char* query;
    const char* piece;
  } cases[] = {
      {"Patient", "_include=Nothing:subject", "Nothing"},
      {"Patient", "_include=DomainResource:subject", "DomainResource"},
      {"Patient", "_include=Patient", "names no parameter"},
      {"Patient", "_include=Patient:", "names no parameter"},
      {"Patient", "_include=Patient:nonsense", "nonsense"},
      {"Patient", "_include=Patient:name", "'name' of Patient is no reference"},
      {"Patient", "_include=Patient:organization:Nothing", "Nothing"},
      {"Patient", "_include=Patient:organization:", "''"},
      {"Patient", "_include=Patient:organization:Practitioner", "cannot refer to Practitioner"},
      {"Patient", "_include=Patient:organization,Patient:link", "organization,Patient"},
      {"QuestionnaireResponse", "_include=QuestionnaireResponse:questionnaire:Patient", "cannot refer to Patient"},
      {"Patient", "_include=Observation:subject", "'Observation' is not searched"},
      {"Patient", "_revinclude=Observation:encounter", "Observation:encounter"},
      {"Patient", "_revinclude=Observation:subject:Group", "Observation:subject:Group"},
      {"Patient", "_include=**", "**"},
  };
  for (const auto& one : cases) {
    const std::string query = one.query;
    expect_refused(one.type, query, one.piece);
    expect_refused(one.type, query, query.substr(0, query.find('=')));
  }
  expect_rejected("Patient", "_include:recurse=Patient:organization", "_include:recurse", ":iterate");
  expect_rejected("Patient", "_include:nonsense=Patient:organization", "_include:nonsense", "nonsense");
  expect_rejected("Patient", "_revinclude:=Provenance:target", "_revinclude:");
  expect_rejected("Patient", "_include=", "_include");
}

// What is asked for twice counts once.
TEST(Includes, HoldTheirNumber) {
  std::vector<std::string> queries;
  for (const fhir::Type& each : registry().definitions().types()) {
    const std::string query = "_revinclude=" + std::string(each.name) + ":patient";
    if (parse(type("Patient"), query).ok()) queries.push_back(query);
  }
  ASSERT_GT(queries.size(), kMaxIncludes);
  std::string query = "_include=Patient:organization&_include=Patient:organization";
  for (std::size_t i = 1; i < kMaxIncludes; ++i) query += "&" + queries[i];
  EXPECT_EQ(parse(type("Patient"), query + "&" + queries[1])->includes.size(), kMaxIncludes);
  expect_rejected("Patient", query + "&" + queries[kMaxIncludes], "_revinclude", "32");
}

}  // namespace
}  // namespace vesta::search
