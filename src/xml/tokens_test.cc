// What the tokenizer reads, what it refuses and where it says that.
#include "xml/tokens.h"

#include <gtest/gtest.h>

#include <string>

#include "xml/escape.h"

namespace vesta::xml {
namespace {

constexpr std::string_view kHtml = "urn:html";

class XmlTokens : public testing::Test {
 protected:
  // One line for each token: what it is, its namespace in braces, its name, = its value.
  std::string read(std::string_view text, std::size_t max_depth = kMaxXmlDepth) {
    const auto tokens = tokenizer_.tokenize(text, kHtml, memory_, max_depth);
    if (!tokens.ok()) {
      EXPECT_EQ(tokens.error().category, Category::invalid);
      EXPECT_EQ(tokens.error().issues.size(), 1u);
      return tokens.error().message;
    }
    std::string lines;
    for (const Token& token : *tokens) {
      static constexpr const char* kKinds[] = {"element", "attribute", "text", "opaque", "dependent", "end"};
      lines += kKinds[static_cast<std::size_t>(token.kind)];
      if (!token.space.empty()) lines += " {" + std::string(token.space) + "}";
      if (!token.name.empty()) lines += " " + std::string(token.name);
      if (!token.value.empty()) lines += " = " + std::string(token.value);
      lines += "\n";
    }
    return lines;
  }

  std::pmr::monotonic_buffer_resource memory_;
  Tokenizer tokenizer_;
};

TEST_F(XmlTokens, ElementsAttributesAndText) {
  EXPECT_EQ(read("<?xml version='1.0' encoding='utf-8'?>\n<!-- c --><a x='1 &amp; &#x41;'> <b/>\n word </a><?p i?>"),
            "element a\nattribute x = 1 & A\nelement b\nend\ntext\nend\n");
}

TEST_F(XmlTokens, NamespacesByDefaultAndByPrefix) {
  EXPECT_EQ(read("<a xmlns='urn:f'><p:b xmlns:p='urn:g' p:x='1' y='2'/></a>"),
            "element {urn:f} a\nelement {urn:g} b\nattribute {urn:g} x = 1\nattribute y = 2\nend\nend\n");
}

TEST_F(XmlTokens, NextSkipsAnElement) {
  const auto tokens = tokenizer_.tokenize("<a><b x='1'><c/></b><d/></a>", kHtml, memory_);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ((*tokens)[1].name, "b");
  EXPECT_EQ((*tokens)[(*tokens)[1].next].name, "d");
  EXPECT_EQ((*tokens)[0].next, tokens->size());
  EXPECT_EQ((*tokens)[1].offset, 3u);
}

TEST_F(XmlTokens, AnOpaqueElementKeepsItsBytes) {
  const std::string html = "<div xmlns='urn:html' a = \"1\">\r\n<!-- c --><b>&#65;&lt;</b ><![CDATA[<]]><br  /></div >";
  EXPECT_EQ(read("<a>" + html + "</a>"), "element a\nopaque {urn:html} div = " + html + "\nend\n");
  EXPECT_EQ(read("<a><div xmlns='urn:html' /></a>"),
            "element a\nopaque {urn:html} div = <div xmlns='urn:html' />\nend\n");
  EXPECT_EQ(read("<h:p xmlns:h='urn:html'><h:q/></h:p>"),
            "opaque {urn:html} p = <h:p xmlns:h='urn:html'><h:q/></h:p>\n");
}

TEST_F(XmlTokens, AnOpaqueElementStandsAlone) {
  EXPECT_EQ(read("<a xmlns:h='urn:html'><h:div><h:b/></h:div><b/></a>"),
            "element a\ndependent {urn:html} div = h\nelement b\nend\nend\n");
  EXPECT_EQ(read("<div xmlns='urn:html' xmlns:q='urn:q'><q:b/></div>").substr(0, 6), "opaque");
  const std::string dependent = "element a\ndependent {urn:html} div = q\nend\n";
  EXPECT_EQ(read("<a xmlns:q='urn:q'><div xmlns='urn:html'><q:b/></div></a>"), dependent);
  EXPECT_EQ(read("<a xmlns:q='urn:q'><div xmlns='urn:html' q:x='1'/></a>"), dependent);
  EXPECT_EQ(read("<a xmlns:q='urn:q'><div xmlns='urn:html' xml:lang='en'/></a>").substr(0, 9), "element a");
}

TEST_F(XmlTokens, SyntaxHasAPlace) {
  EXPECT_EQ(read("<a>\n <b></a>"), "not XML: mismatched tag at line 2, column 7");
  EXPECT_EQ(read(""), "not XML: no element found at line 1, column 1");
  EXPECT_EQ(read("<a x='1' x='2'/>"), "not XML: duplicate attribute at line 1, column 10");
  EXPECT_EQ(read("<a>&nbsp;</a>"), "not XML: undefined entity at line 1, column 4");
  EXPECT_EQ(read("<a/><b/>"), "not XML: junk after document element at line 1, column 5");
  EXPECT_EQ(read("<p:a/>"), "not XML: unbound prefix at line 1, column 1");
  EXPECT_EQ(read("<a>\x01</a>"), "not XML: not well-formed (invalid token) at line 1, column 4");
}

TEST_F(XmlTokens, NoDocumentTypeIsRead) {
  EXPECT_EQ(read("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
            "not XML: a document type declaration is not read here at line 1, column 13");
  EXPECT_EQ(read("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"),
            "not XML: a document type declaration is not read here at line 1, column 40");
}

TEST_F(XmlTokens, OnlyUtf8) {
  EXPECT_EQ(read("<a>\xFF</a>"), "not XML: the text is not valid UTF-8 at line 1, column 4");
  using namespace std::string_view_literals;
  EXPECT_EQ(read("<\0a\0/\0>\0"sv), "not XML: the text is not valid UTF-8 at line 1, column 2");
  EXPECT_EQ(read("\xFF\xFE<\0"sv), "not XML: the text is not valid UTF-8 at line 1, column 1");
  EXPECT_EQ(read("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
            "not XML: the encoding must be UTF-8, not ISO-8859-1 at line 1, column 1");
  EXPECT_EQ(read("\xEF\xBB\xBF<a/>"), "element a\nend\n");
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += "<a>";
  for (std::size_t i = 0; i < depth; ++i) text += "</a>";
  return text;
}

TEST_F(XmlTokens, DepthIsLimited) {
  EXPECT_TRUE(read(nested(kMaxXmlDepth)).starts_with("element"));
  EXPECT_NE(read(nested(kMaxXmlDepth + 1)).find("more than 256 nested elements (kMaxXmlDepth)"), std::string::npos);
  EXPECT_TRUE(read(nested(3), 3).starts_with("element"));
  EXPECT_NE(read(nested(4), 3).find("more than 3 nested elements"), std::string::npos);
  EXPECT_NE(read("<a><p xmlns='urn:html'><q><r/></q></p></a>", 3).find("nested"), std::string::npos);
}

TEST_F(XmlTokens, DeclarationsInForceAreLimited) {
  const auto declared = [](std::size_t count) {
    std::string text = "<a";
    for (std::size_t i = 0; i < count; ++i) text += " xmlns:p" + std::to_string(i) + "='urn:p'";
    return text + "/>";
  };
  EXPECT_EQ(read(declared(kMaxXmlPrefixes)), "element a\nend\n");
  EXPECT_NE(read(declared(kMaxXmlPrefixes + 1)).find("(kMaxXmlPrefixes)"), std::string::npos);
}

TEST_F(XmlTokens, LimitsTheLengthOfNamespaces) {
  const auto declared = [](std::size_t length) { return "<a xmlns:p='" + std::string(length, 'n') + "'/>"; };
  EXPECT_EQ(read(declared(kMaxXmlNamespaceBytes)), "element a\nend\n");
  EXPECT_NE(read(declared(kMaxXmlNamespaceBytes + 1)).find("(kMaxXmlNamespaceBytes)"), std::string::npos);
}

// The parser writes the namespace before the name of each attribute.
TEST_F(XmlTokens, LimitsTheMemoryOfTheParser) {
  const auto prefixed = [](std::size_t attributes) {
    std::string text = "<a xmlns:p='" + std::string(kMaxXmlNamespaceBytes, 'n') + "'";
    for (std::size_t i = 0; i < attributes; ++i) text += " p:a" + std::to_string(i) + "=''";
    return text + "/>";
  };
  EXPECT_EQ(read(prefixed(500)).substr(0, 10), "element a\n");
  EXPECT_NE(read(prefixed(10'000)).find("kMaxXmlParserBytes"), std::string::npos);
  EXPECT_EQ(read("<a/>"), "element a\nend\n");
}

TEST_F(XmlTokens, IsReadyAgainAfterAnError) {
  EXPECT_TRUE(read("<a><b").starts_with("not XML"));
  EXPECT_EQ(read("<a/>"), "element a\nend\n");
}

TEST_F(XmlTokens, WhatIsEscapedIsReadBack) {
  const std::string value = "a\t\r\n\"'<>& \xC3\xA9\xEF\xBF\xBD  b";
  std::string text = "<a x=\"";
  ASSERT_TRUE(append_attribute_value(value, text));
  EXPECT_EQ(read(text + "\"/>"), "element a\nattribute x = " + value + "\nend\n");
}

// Eight bytes are looked at together: what needs an escape is found wherever it stands among them.
TEST_F(XmlTokens, AnEscapeIsFoundAtAnyPlace) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const std::string_view special : {"&", "<", ">", "\"", "\t", "\n", "\r"}) {
        std::string value(size, at % 2 == 0 ? 'a' : '\x7F');
        value.replace(at, 1, special);
        value += "\xC3\xA9\xEF\xBF\xBD";
        std::string text = "<a x=\"";
        ASSERT_TRUE(append_attribute_value(value, text));
        EXPECT_EQ(read(text + "\"/>"), "element a\nattribute x = " + value + "\nend\n");
      }
      for (const std::string_view impossible : {"\x01", "\x1F", "\xEF\xBF\xBE"}) {
        std::string value(size, 'a');
        value.replace(at, 1, impossible);
        std::string text;
        EXPECT_FALSE(append_attribute_value(value, text)) << size << " " << at;
      }
    }
  }
}

TEST_F(XmlTokens, WhatXmlCannotHaveIsNotWritten) {
  std::string out;
  for (const std::string_view text : {"a\x0B", "\x1F", "\xEF\xBF\xBE", "a\xEF\xBF\xBF"}) {
    EXPECT_FALSE(append_attribute_value(text, out)) << text;
  }
}

}  // namespace
}  // namespace vesta::xml
