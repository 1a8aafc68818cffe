// Tests of the rules for narratives.
#include "fhir/narrative.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::fhir {
namespace {

bool is_good(const std::string& content) {
  return is_narrative(R"(<div xmlns="http://www.w3.org/1999/xhtml">)" + content + "</div>");
}

TEST(Narrative, TakesFormattingLinksAndImages) {
  for (const char* content :
       {"text", "<p class=\"a\" style=\"color: red\" xml:lang=\"en\">a <b>b</b><br/></p>",
        "<table border=\"1\"><thead><tr><th scope=\"col\">h</th></tr></thead><tbody><tr><td colspan=\"2\">d</td></tr>"
        "</tbody></table>",
        "<a href=\"https://example.org/a:b\">a</a>", "<a name=\"n\">n</a>", "<img src=\"#i\" alt=\"i\"/>", "&#65;&amp;",
        "<ul><li>1</li></ul><!-- a comment -->"}) {
    EXPECT_TRUE(is_good(content)) << content;
  }
}

TEST(Narrative, RefusesWhatRunsOrLoadsOrAsks) {
  for (const char* content :
       {"<script>a</script>", "<p onclick=\"x()\">a</p>", "<a href=\"javascript:x()\">a</a>",
        "<a href=\" Java\tScript:x()\">a</a>", "<img src=\"vbscript:x\"/>", "<iframe src=\"x\">a</iframe>",
        "<form>a</form>", "<object>a</object>", "<link rel=\"stylesheet\" href=\"x\"/>a", "<base href=\"x\"/>a",
        "<style>a</style>", "<head><title>a</title></head>", "<body>a</body>", "<font>a</font>", "<input/>a",
        "<p xmlns=\"http://example.org\">a</p>", "<svg xmlns=\"http://www.w3.org/2000/svg\">a</svg>",
        "<p x:href=\"a\" xmlns:x=\"http://www.w3.org/1999/xlink\">a</p>"}) {
    EXPECT_FALSE(is_good(content)) << content;
  }
}

TEST(Narrative, NeedsContentInADivThatIsWellFormed) {
  for (const char* content : {"", "  \n ", "<br/>", "<p></p>", "<p>", "&nbsp;"})
    EXPECT_FALSE(is_good(content)) << content;
  EXPECT_FALSE(is_narrative("<p xmlns=\"http://www.w3.org/1999/xhtml\">a</p>"));
  EXPECT_FALSE(is_narrative("<div>a</div>")) << "without its namespace";
  EXPECT_FALSE(is_narrative(""));
  EXPECT_FALSE(is_narrative("<!DOCTYPE div><div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"));
}

TEST(Narrative, IsJudgedTheSameWhereItsBuffersAreGivenBack) {
  const std::string begin = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>";
  for (const std::size_t bytes : {kMaxKeptNarrative, kMaxKeptNarrative + 1}) {
    for (const std::string end : {"</p></div>", "</p><form>a</form></div>"}) {
      const std::string text = begin + std::string(bytes - begin.size() - end.size(), 'a') + end;
      ASSERT_EQ(text.size(), bytes);
      EXPECT_EQ(is_narrative(text), end == "</p></div>");
    }
  }
}

}  // namespace
}  // namespace vesta::fhir
