// Tokens and passwords in URLs stay out of what is recorded.
#include "audit/secrets.h"

#include <gtest/gtest.h>

#include "audit/record.h"

namespace vesta::audit {
namespace {

TEST(Secrets, AreHiddenByTheNamesOfTheirParameters) {
  EXPECT_EQ(without_secrets(""), "");
  EXPECT_EQ(without_secrets("name=ann&access_token=abc.def&_count=2"), "name=ann&access_token=***&_count=2");
  EXPECT_EQ(without_secrets("Access%5FToken=abc"), "Access%5FToken=***");
  EXPECT_EQ(without_secrets("Patient?client_secret=x;password=y"), "Patient?client_secret=***;password=***");
  EXPECT_EQ(without_secrets("access_token=a=b"), "access_token=***");
  EXPECT_EQ(without_secrets("access_token"), "access_token");
  EXPECT_EQ(without_secrets("code=8302-2&identifier=token|x&x=%zz"), "code=8302-2&identifier=token|x&x=%zz");
}

TEST(Secrets, AreInNoRecord) {
  Record record{.at = Instant{1}, .method = "GET", .path = "/fhir/Patient", .query = "access_token=abc&name=x"};
  std::string text = head_text(record);
  append_entry(200, "GET", "Patient?access_token=abc", text);
  EXPECT_EQ(text.find("abc"), std::string::npos) << text;
  const auto read = parse_record(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->query, "access_token=***&name=x");
  EXPECT_EQ(read->entries.front().target, "Patient?access_token=***");
}

}  // namespace
}  // namespace vesta::audit
