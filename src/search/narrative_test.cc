// Tests of taking the markup off a narrative.
#include "search/narrative.h"

#include <gtest/gtest.h>

namespace vesta::search {
namespace {

std::string text_of(std::string_view xhtml) {
  std::string out;
  append_text_of(xhtml, out);
  return out;
}

TEST(Narrative, LosesItsTags) {
  EXPECT_EQ(text_of("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Ann <b>Lee</b></p><br/>x</div>"),
            "  Ann  Lee   x ");
  EXPECT_EQ(text_of("a<!-- no > word -->b"), "a b");
  EXPECT_EQ(text_of("a<p title=\"x > y\" id='q>'>b"), "a b");
}

TEST(Narrative, TurnsEntitiesIntoTheirCharacters) {
  EXPECT_EQ(text_of("a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;"), "a & b <c> \"d\" 'e'");
  EXPECT_EQ(text_of("M&#252;ller M&#xFC;ller M&uuml;ller Stra&szlig;e"), "Müller Müller Muller Strasse");
  EXPECT_EQ(text_of("&#x20AC;&#128512;"), "€😀");
  EXPECT_EQ(text_of("a&nbsp;b&hellip;c"), "a b c");
}

TEST(Narrative, TakesWhatIsNotWellFormedAsText) {
  EXPECT_EQ(text_of("a & b"), "a & b");
  EXPECT_EQ(text_of("a &"), "a &");
  EXPECT_EQ(text_of("a <b"), "a  ");
  EXPECT_EQ(text_of("a <!-- b"), "a  ");
  EXPECT_EQ(text_of("&;&#;&#x;&#xD800;&#x110000;&#0;"), "      ");
  EXPECT_EQ(text_of("&averylongentity;"), "&averylongentity;");
}

}  // namespace
}  // namespace vesta::search
