// Tokens and passwords in URLs stay out of what is recorded.
#include "audit/secrets.h"

#include <gtest/gtest.h>

#include "audit/record.h"

namespace vesta::audit {
namespace {

std::string hidden_in(std::string_view target) {
  std::string room = "of another one";
  return std::string(without_secrets(target, room));
}

TEST(Secrets, AreHiddenByTheNamesOfTheirParameters) {
  EXPECT_EQ(hidden_in(""), "");
  EXPECT_EQ(hidden_in("name=ann&access_token=abc.def&_count=2"), "name=ann&access_token=***&_count=2");
  EXPECT_EQ(hidden_in("Access%5FToken=abc"), "Access%5FToken=***");
  EXPECT_EQ(hidden_in("Patient?client_secret=x;password=y"), "Patient?client_secret=***;password=***");
  EXPECT_EQ(hidden_in("access_token=a=b"), "access_token=***");
  EXPECT_EQ(hidden_in("access_token=a&token=token=b&x=y"), "access_token=***&token=***&x=y");
  EXPECT_EQ(hidden_in("x=token=b"), "x=token=b") << "of a value";
  EXPECT_EQ(hidden_in("token=&=b?token=c"), "token=***&=b?token=***");
  EXPECT_EQ(hidden_in("access_token"), "access_token");
  EXPECT_EQ(hidden_in("code=8302-2&identifier=token|x&x=%zz"), "code=8302-2&identifier=token|x&x=%zz");
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
