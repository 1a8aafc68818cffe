// Tests of the embedded definitions: everything that the package has is found, by url and by version.
#include "terminology/embedded.h"

#include <gtest/gtest.h>

#include "fhir/definitions.h"
#include "fhir/json.h"

namespace vesta::terminology {
namespace {

TEST(Embedded, HoldsEveryCodeSystemAndValueSetOfThePackage) {
  EmbeddedSource source(r4_blocks());
  EXPECT_EQ(source.urls(Kind::code_system).value().size(), 1062u);
  EXPECT_EQ(source.urls(Kind::value_set).value().size(), 1316u);
}

TEST(Embedded, FindsEachOfThemAsAReadableResource) {
  EmbeddedSource source(r4_blocks());
  fhir::JsonReader reader(fhir::r4());
  for (const Kind kind : {Kind::code_system, Kind::value_set}) {
    const std::vector<std::string> urls = source.urls(kind).value();
    EXPECT_TRUE(std::is_sorted(urls.begin(), urls.end()));
    for (std::size_t at = 0; at < urls.size(); at += 7) {
      auto found = source.find(kind, urls[at], "");
      ASSERT_TRUE(found.ok() && found->has_value()) << urls[at];
      fhir::Arena arena;
      auto tree = reader.read(**found, arena);
      ASSERT_TRUE(tree.ok()) << urls[at] << ": " << tree.error().issues.at(0).diagnostics;
      EXPECT_EQ((*tree)->child_value(*fhir::r4().find_name("url")), urls[at]);
    }
  }
}

TEST(Embedded, TellsKindsAndVersionsApart) {
  EmbeddedSource source(r4_blocks());
  const std::string system = "http://hl7.org/fhir/administrative-gender";
  EXPECT_TRUE(source.find(Kind::code_system, system, "")->has_value());
  EXPECT_TRUE(source.find(Kind::code_system, system, "4.0.1")->has_value());
  EXPECT_FALSE(source.find(Kind::code_system, system, "4.0")->has_value());
  EXPECT_FALSE(source.find(Kind::value_set, system, "")->has_value());
}

TEST(Embedded, HasNoneBeforeBetweenAndBehindItsKeys) {
  EmbeddedSource source(r4_blocks());
  EXPECT_FALSE(source.find(Kind::code_system, "", "")->has_value());
  EXPECT_FALSE(source.find(Kind::code_system, "http://hl7.org/fhir/administrative-gende", "")->has_value());
  EXPECT_FALSE(source.find(Kind::value_set, "\x7f", "")->has_value());
}

TEST(Embedded, KeepsHierarchiesAndDropsProse) {
  EmbeddedSource source(r4_blocks());
  const std::string json =
      *source.find(Kind::code_system, "http://terminology.hl7.org/CodeSystem/condition-clinical", "").value();
  EXPECT_NE(json.find(R"("code":"active","display":"Active","concept":[{"code":"recurrence")"), std::string::npos);
  EXPECT_EQ(json.find("definition"), std::string::npos);
}

TEST(Embedded, SaysWhenABlockIsBroken) {
  const Block blocks[] = {{"CodeSystem a", "not gzip"}};
  EmbeddedSource source(blocks);
  EXPECT_FALSE(source.find(Kind::code_system, "b", "").ok());
}

}  // namespace
}  // namespace vesta::terminology
