// XML Patch: what the official suite lacks: namespaces, positions, white space, places of errors, limits.
#include "xml/patch.h"

#include <gtest/gtest.h>

#include <string>

#include "xml/tokens.h"

namespace vesta::xml {
namespace {

const Namespaces kKnown = {{"f", "urn:f"}, {"h", "urn:h"}};

// The document after the patch, or "category: message".
std::string patch(const std::string& document, const std::string& operations,
                  const std::string& declarations = R"( xmlns="urn:f")") {
  const auto say = [](const Error& error) {
    const bool is_unprocessable = error.category == Category::unprocessable;
    const bool is_invalid = error.category == Category::invalid;
    return (is_unprocessable ? "unprocessable: " : is_invalid ? "invalid: " : "other: ") + error.message;
  };
  const auto read = Patch::parse("<diff" + declarations + ">" + operations + "</diff>", kKnown);
  if (!read.ok()) return say(read.error());
  const auto patched = read->apply(document);
  return patched.ok() ? *patched : say(patched.error());
}

const std::string kDocument =
    R"(<a xmlns="urn:f"><b id="1"><c v="x"/></b><b id="2"><c v="y"/>t</b><!--n--><?i p?></a>)";

TEST(XmlPatch, FindsByPositionAttributeTextAndPath) {
  const auto after = [](const std::string& selector) {
    return patch(kDocument, "<replace sel=\"" + selector + "\"><z/></replace>");
  };
  const std::string first = R"(<a xmlns="urn:f"><z/><b id="2"><c v="y"/>t</b><!--n--><?i p?></a>)";
  const std::string second = R"(<a xmlns="urn:f"><b id="1"><c v="x"/></b><z/><!--n--><?i p?></a>)";
  EXPECT_EQ(after("f:a/f:b[1]"), first);
  EXPECT_EQ(after("/f:a/f:b[@id='1']"), first);
  EXPECT_EQ(after(" a / b [ c / @v = 'x' ] "), first);
  EXPECT_EQ(after("*/*[1]"), first);
  EXPECT_EQ(after("f:a/f:b[.='t']"), second);
  EXPECT_EQ(after("f:a/f:b[@id='2'][1]"), second);
  EXPECT_EQ(after("f:a/f:b[f:c/@v='y'][f:c='']"), second);
  EXPECT_NE(after("f:a/f:b[@id='1'][2]").find("There is no such node"), std::string::npos);
  EXPECT_NE(after("f:a/f:b").find("[0].sel (line 1, column 22): There are 2 such nodes"), std::string::npos)
      << after("f:a/f:b");
  EXPECT_NE(after("h:a/f:b[1]").find("unprocessable: [0].sel"), std::string::npos);
}

TEST(XmlPatch, AddsBesideAndWithin) {
  const auto added = [](const std::string& position) {
    return patch(R"(<a xmlns="urn:f"><b><c/></b></a>)", "<add sel=\"a/b\"" + position + "><x/><!--y-->z</add>");
  };
  EXPECT_EQ(added(""), R"(<a xmlns="urn:f"><b><c/><x/><!--y-->z</b></a>)");
  EXPECT_EQ(added(" pos=\"prepend\""), R"(<a xmlns="urn:f"><b><x/><!--y-->z<c/></b></a>)");
  EXPECT_EQ(added(" pos=\"before\""), R"(<a xmlns="urn:f"><x/><!--y-->z<b><c/></b></a>)");
  EXPECT_EQ(added(" pos=\"after\""), R"(<a xmlns="urn:f"><b><c/></b><x/><!--y-->z</a>)");
  EXPECT_NE(added(" pos=\"inside\"").find("invalid: [0].pos"), std::string::npos);
  EXPECT_NE(patch("<a xmlns=\"urn:f\"/>", "<add sel=\"a\" pos=\"after\"><x/></add>").find("unprocessable: [0].pos"),
            std::string::npos);
}

TEST(XmlPatch, KeepsTheNamespacesOfItsContent) {
  EXPECT_EQ(patch(R"(<f:a xmlns:f="urn:f"/>)", "<add sel=\"a\"><b/></add>"),
            R"(<f:a xmlns:f="urn:f"><b xmlns="urn:f"/></f:a>)");
  EXPECT_EQ(patch(R"(<a xmlns="urn:f"/>)", "<add sel=\"f:a\"><b><p:c p:d=\"1\"/></b></add>", " xmlns:p=\"urn:p\""),
            R"(<a xmlns="urn:f"><b xmlns="" xmlns:p="urn:p"><p:c p:d="1"/></b></a>)");
  EXPECT_EQ(patch(R"(<a xmlns="urn:f"/>)", "<add sel=\"p:a\"><p:b/></add>", " xmlns:p=\"urn:f\" xmlns:q=\"urn:q\""),
            R"(<a xmlns="urn:f"><p:b xmlns:p="urn:f"/></a>)");
  EXPECT_EQ(patch(R"(<a xmlns="urn:f"/>)", "<replace sel=\"a\"><h:b xmlns:h=\"urn:x\"/></replace>"),
            R"(<h:b xmlns:h="urn:x"/>)");
}

TEST(XmlPatch, ChangesAttributesTextsCommentsAndInstructions) {
  const std::string a = R"(<a xmlns="urn:f" v="1">t<!--n--><?i p?></a>)";
  EXPECT_EQ(patch(a, "<replace sel=\"a/@v\">2&lt;&quot;</replace>"),
            R"(<a xmlns="urn:f" v="2&lt;&quot;">t<!--n--><?i p?></a>)");
  EXPECT_EQ(patch(a, "<replace sel=\"a/text()\">u</replace>"), R"(<a xmlns="urn:f" v="1">u<!--n--><?i p?></a>)");
  EXPECT_EQ(patch(a, "<replace sel=\"a/comment()[1]\"> <!--m--> </replace>"),
            R"(<a xmlns="urn:f" v="1">t<!--m--><?i p?></a>)");
  EXPECT_EQ(patch(a, "<remove sel=\"a/processing-instruction('i')\"/>"), R"(<a xmlns="urn:f" v="1">t<!--n--></a>)");
  EXPECT_EQ(patch(a, "<add sel=\"a\" type=\"@w\">2</add>"), R"(<a xmlns="urn:f" v="1" w="2">t<!--n--><?i p?></a>)");
  EXPECT_NE(patch(a, "<add sel=\"a\" type=\"@v\">2</add>").find("unprocessable: [0].type"), std::string::npos);
  EXPECT_NE(patch(a, "<add sel=\"a\" type=\"@v\"><b/></add>").find("invalid: [0] ("), std::string::npos);
  EXPECT_NE(patch(a, "<add sel=\"a/@v\"><b/></add>").find("unprocessable: [0].sel"), std::string::npos);
  EXPECT_NE(patch(a, "<replace sel=\"a/@v\"><b/></replace>").find("unprocessable: [0] ("), std::string::npos);
  EXPECT_NE(patch(a, "<replace sel=\"a/comment()\">t</replace>").find("unprocessable: [0] ("), std::string::npos);
  EXPECT_NE(patch(a, "<add sel=\"a\" type=\"@xmlns\">urn:g</add>").find("other: [0].type"), std::string::npos);
}

TEST(XmlPatch, RemovesWithTheWhiteSpaceThatIsSaid) {
  const std::string a = "<a xmlns=\"urn:f\"> <b/> </a>";
  EXPECT_EQ(patch(a, "<remove sel=\"a/b\"/>"), "<a xmlns=\"urn:f\">  </a>");
  EXPECT_EQ(patch(a, "<remove sel=\"a/b\" ws=\"both\"/>"), "<a xmlns=\"urn:f\"/>");
  EXPECT_NE(patch("<a xmlns=\"urn:f\"><b/></a>", "<remove sel=\"a/b\" ws=\"after\"/>").find("unprocessable: [0].ws"),
            std::string::npos);
  EXPECT_NE(patch(a, "<remove sel=\"a\"/>").find("unprocessable: [0].sel"), std::string::npos);
  // The texts around what is gone are one.
  EXPECT_EQ(patch("<a xmlns=\"urn:f\">x<b/>y</a>", "<remove sel=\"a/b\"/><replace sel=\"a/text()\">z</replace>"),
            "<a xmlns=\"urn:f\">z</a>");
}

TEST(XmlPatch, RefusesWhatIsNoPatch) {
  const auto refused = [](const std::string& operations) { return patch("<a/>", operations); };
  EXPECT_NE(refused("").find("invalid: The XML Patch has no operations"), std::string::npos);
  EXPECT_NE(refused("<move sel=\"a\"/>").find("invalid: [0] ("), std::string::npos);
  EXPECT_NE(refused("<remove sel=\"a\" xmlns=\"urn:x\"/>").find("invalid: [0] ("), std::string::npos);
  EXPECT_NE(refused("<remove sel=\"a\">x</remove>").find("invalid: [0] ("), std::string::npos);
  EXPECT_NE(refused("<remove sel=\"a\" pos=\"after\"/>").find("invalid: [0].pos"), std::string::npos);
  EXPECT_NE(refused("<remove sel=\"a\"/>x").find("invalid: There is text"), std::string::npos);
  EXPECT_NE(refused("<remove sel=\"a\"").find("invalid: not XML"), std::string::npos);
  for (const char* selector : {"", "/", "//a", "a//b", "a[", "a[0]", "a[b]", "a[b='x]", "a/@b/c", "a/text()/b", "a b",
                               "p:a", "a[.='x'", "@*", "a/comment()[.='x']"}) {
    const std::string answer = refused("<remove sel=\"" + std::string(selector) + "\"/>");
    EXPECT_NE(answer.find("invalid: [0].sel (line 1, column"), std::string::npos) << selector << " " << answer;
  }
  for (const char* selector : {"a/namespace::p", "id('x')", "a[1]/descendant::b"}) {
    EXPECT_NE(refused("<remove sel=\"" + std::string(selector) + "\"/>").find("other: [0].sel"), std::string::npos);
  }
}

TEST(XmlPatch, MakesNothingThatIsNoXml) {
  const std::string a = "<a xmlns=\"urn:f\"/>";
  EXPECT_EQ(patch(a, "<add sel=\"a\" type=\"namespace::p\">urn:p</add>"), R"(<a xmlns="urn:f" xmlns:p="urn:p"/>)");
  for (const char* operation : {"<add sel=\"a\" type=\"namespace::p\"/>", "<add sel=\"a\" type=\"@\u00D7\">1</add>"}) {
    EXPECT_NE(patch(a, operation).find("unprocessable: What the patch makes cannot be read again"), std::string::npos);
  }
}

TEST(XmlPatch, ReadsNoEntitiesOfItsOwn) {
  const std::string type = "<!DOCTYPE diff [<!ENTITY e \"x\">]>";
  EXPECT_FALSE(Patch::parse(type + "<diff><remove sel=\"a\"/></diff>", kKnown).ok());
  const auto fine = Patch::parse("<diff><remove sel=\"a/b\"/></diff>", kKnown);
  ASSERT_TRUE(fine.ok());
  EXPECT_FALSE(fine->apply(type + "<a><b/></a>").ok());
  EXPECT_FALSE(fine->apply("").ok());
}

TEST(XmlPatch, HoldsToItsLimits) {
  std::string operations;
  for (std::size_t i = 0; i < kMaxXmlPatchOperations; ++i) operations += "<add sel=\"a\"><b/></add>";
  EXPECT_EQ(patch("<a xmlns=\"urn:f\"/>", operations).substr(0, 2), "<a");
  EXPECT_NE(patch("<a xmlns=\"urn:f\"/>", operations + "<add sel=\"a\"><b/></add>").find("other: A patch has at most"),
            std::string::npos);

  const std::string selector = "a[.='" + std::string(kMaxSelectorBytes - 7, 'x') + "']";
  ASSERT_EQ(selector.size(), kMaxSelectorBytes);
  EXPECT_NE(patch("<a xmlns=\"urn:f\"/>", "<remove sel=\"" + selector + "\"/>").find("There is no such node"),
            std::string::npos);
  EXPECT_NE(patch("<a xmlns=\"urn:f\"/>", "<remove sel=\"" + selector + " \"/>").find("invalid: [0].sel"),
            std::string::npos);
}

TEST(XmlPatch, HoldsToKMaxXmlDepth) {
  const auto nested = [](const std::string& name, std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text = "<" + name + ">" + text + "</" + name + ">";
    return text;
  };
  constexpr std::size_t kDepth = 200;
  const std::string document = nested("a", kDepth);
  std::string path = "a";
  for (std::size_t i = 1; i < kDepth; ++i) path += "/a";
  const auto deep = [&](const std::string& verb, std::size_t depth) {
    const std::string answer =
        patch(document, "<" + verb + " sel=\"" + path + "\">" + nested("b", depth) + "</" + verb + ">", "");
    return answer.substr(0, answer.find(' '));
  };
  EXPECT_EQ(deep("add", kMaxXmlDepth - kDepth).substr(0, 3), "<a>");
  EXPECT_EQ(deep("add", kMaxXmlDepth - kDepth + 1), "unprocessable:");
  EXPECT_EQ(deep("replace", kMaxXmlDepth - kDepth + 1).substr(0, 3), "<a>");
  EXPECT_EQ(deep("replace", kMaxXmlDepth - kDepth + 2), "unprocessable:");
}

}  // namespace
}  // namespace vesta::xml
