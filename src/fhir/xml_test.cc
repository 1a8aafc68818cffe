// The XML codec: JSON and XML of a resource give the same tree, and what is wrong has a path and a place.
#include "fhir/xml.h"

#include <gtest/gtest.h>

#include <string>

#include "fhir/json.h"

namespace vesta::fhir {
namespace {

constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";

std::string to_xml(const std::string& json, const XmlWriteOptions& options = {}) {
  JsonReader reader(r4());
  XmlWriter writer(r4());
  Arena arena;
  const auto root = reader.read(json, arena);
  if (!root.ok()) return "error: " + root.error().message;
  std::string out = "kept";
  const Status written = writer.write(**root, options, out);
  EXPECT_TRUE(out.starts_with("kept"));
  if (!written.ok()) {
    EXPECT_EQ(out, "kept");
    EXPECT_EQ(written.error().category, Category::unsupported);
    return "error: " + written.error().message;
  }
  return out.substr(4);
}

std::string to_json(const std::string& xml) {
  XmlReader reader(r4());
  Arena arena;
  const auto root = reader.read(xml, arena);
  if (!root.ok()) return "error: " + root.error().message;
  std::string out;
  write_json(r4(), **root, {}, out);
  return out;
}

// "code path: message" of each issue, a line each.
std::string issues(const std::string& xml) {
  XmlReader reader(r4());
  Arena arena;
  const auto root = reader.read(xml, arena);
  if (root.ok()) return "no issue";
  EXPECT_EQ(root.error().category, Category::invalid);
  std::string lines;
  for (const Issue& issue : root.error().issues) {
    lines += (lines.empty() ? "" : "\n") + issue.code + " " + issue.expression + ": " + issue.diagnostics;
  }
  return lines;
}

// The content of a Patient, whose start tag has 36 bytes.
std::string patient(const std::string& content) {
  return R"(<Patient xmlns="http://hl7.org/fhir">)" + content + "</Patient>";
}

TEST(Xml, JsonAndXmlCarryTheSame) {
  const std::string cases[][2] = {
      {R"({"resourceType":"Patient","id":"a","active":true,"birthDate":"1970-01"})",
       patient(R"(<id value="a"/><active value="true"/><birthDate value="1970-01"/>)")},
      {R"({"resourceType":"Patient","name":[{"id":"n","family":"Ö","given":["A","B"]},{"text":"x\n\"y\\\t<&>"}]})",
       patient(R"(<name id="n"><family value="Ö"/><given value="A"/><given value="B"/></name>)"
               R"(<name><text value="x&#10;&quot;y\&#9;&lt;&amp;&gt;"/></name>)")},
      {R"({"resourceType":"Patient","birthDate":"1970",)"
       R"("_birthDate":{"id":"i","extension":[{"url":"u","valueDecimal":1.50}]}})",
       patient(R"(<birthDate value="1970" id="i"><extension url="u">)"
               R"(<valueDecimal value="1.50"/></extension></birthDate>)")},
      {R"({"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"i"}]}]})",
       patient(R"(<name><given value="A"/><given id="i"/></name>)")},
      {R"({"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b","code":{"text":"t"}}]})",
       patient(R"(<contained><Basic><id value="b"/><code><text value="t"/></code></Basic></contained>)")},
      {R"({"resourceType":"Patient","text":{"status":"empty",)"
       R"("div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a\r\n<br/>&#65;</div>"}})",
       patient(
           "<text><status value=\"empty\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">a\r\n<br/>&#65;</div></text>")},
      {R"({"resourceType":"Patient"})", R"(<Patient xmlns="http://hl7.org/fhir"/>)"},
  };
  for (const auto& [json, xml] : cases) {
    EXPECT_EQ(to_xml(json), std::string(kDeclaration) + xml);
    EXPECT_EQ(to_json(xml), json);
  }
}

TEST(Xml, WritesInTheOrderOfTheDefinition) {
  EXPECT_EQ(to_xml(R"({"resourceType":"Patient","birthDate":"1970","deceasedBoolean":false,"active":true,"id":"a"})"),
            std::string(kDeclaration) + patient(R"(<id value="a"/><active value="true"/><birthDate value="1970"/>)"
                                                R"(<deceasedBoolean value="false"/>)"));
}

TEST(Xml, Pretty) {
  EXPECT_EQ(
      to_xml(R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]})",
             {.pretty = true}),
      R"(<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="http://hl7.org/fhir">
  <type value="batch"/>
  <entry>
    <resource>
      <Patient>
        <id value="1"/>
      </Patient>
    </resource>
  </entry>
</Bundle>)");
}

TEST(Xml, PrefixesCommentsAndWhiteSpaceDoNotCount) {
  EXPECT_EQ(
      to_json("<f:Patient xmlns:f='http://hl7.org/fhir'>\n <!-- c --><f:active value='true'/><?p i?></f:Patient>"),
      R"({"resourceType":"Patient","active":true})");
}

TEST(Xml, ADivWithoutNamespaceGetsIt) {
  EXPECT_EQ(
      to_xml(R"({"resourceType":"Patient","text":{"status":"empty","div":"<div class=\"c\">a</div>"}})"),
      std::string(kDeclaration) +
          patient(
              R"(<text><status value="empty"/><div xmlns="http://www.w3.org/1999/xhtml" class="c">a</div></text>)"));
}

TEST(Xml, WhatXmlCannotCarryIsAnError) {
  const auto narrative = [](const std::string& div) {
    return R"({"resourceType":"Patient","text":{"status":"empty","div":")" + div + R"("}})";
  };
  for (const char* div : {"<div>", "<div/><div/>", "<p/>", "text", "<div>&nbsp;</div>", "<!DOCTYPE div><div/>",
                          "<div/><!-- c -->", "<div xmlns='urn:other'/>", "<div2/>"}) {
    EXPECT_EQ(to_xml(narrative(div)), "error: XML cannot carry Patient.text.div: it is no well-formed div of XHTML")
        << div;
  }
  EXPECT_EQ(to_xml(R"({"resourceType":"Patient","name":[{"family":"\uFFFF"}]})"),
            "error: XML cannot carry Patient.name.family: it has a character that XML does not have");
  EXPECT_EQ(to_xml(R"({"resourceType":"Patient","extension":[{"url":"u","_url":{"id":"i"},"valueCode":"c"}]})"),
            "error: XML cannot carry Patient.extension.url: an attribute has no id or extension");
  EXPECT_EQ(to_xml(R"({"resourceType":"Patient","text":{"status":"empty","div":"<div/>","_div":{"id":"i"}}})"),
            "error: XML cannot carry Patient.text.div: a narrative has no id or extension of its own");
}

TEST(Xml, IssuesHavePathAndPlace) {
  const std::string cases[][2] = {
      {"<actve value='true'/>", "structure Patient: Unknown element 'actve', at line 1, column 38"},
      {"\n<active val='true'/>", "structure Patient.active: Unknown attribute 'val', at line 2, column 1"},
      {"<active value='yes'/>",
       "value Patient.active: Not a valid boolean: must be true or false, at line 1, column 38"},
      {"<name><given value='A'/><given value=''/></name>",
       "value Patient.name[0].given[1]: Not a valid string: must be a string that is not empty and has no control "
       "characters, at line 1, column 62"},
      {"<active value='true'/><active value='true'/>",
       "structure Patient.active: The element occurs twice: it occurs once at most, at line 1, column 60"},
      {"<gender value='male'/><active value='true'/>",
       "structure Patient.active: Out of order: must stand before 'gender', at line 1, column 60"},
      {"<deceasedBoolean value='true'/><deceasedDateTime value='1970'/>",
       "structure Patient.deceasedDateTime: Only one of the types of 'deceased[x]' may be there, and deceasedBoolean "
       "is "
       "too, at line 1, column 69"},
      {"<link><type value='refer'/></link>",
       "required Patient.link[0]: The element 'other' is required, at line 1, column 38"},
      {"<active/>",
       "structure Patient.active: An element must not be empty: it has a value, or elements inside, at line 1, column "
       "38"},
      {"<active value='true'>true</active>",
       "structure Patient.active: Text is for narratives only: values are attributes, at line 1, column 59"},
      {"<id id='x' value='a'/><language value='de' lang='x'/>",
       "structure Patient.language: Unknown attribute 'lang', at line 1, column 60"},
      {"<active xmlns='urn:x' value='true'/>",
       "structure Patient.active: The element 'active' must be in the namespace http://hl7.org/fhir, at line 1, column "
       "38"},
      {"<text><status value='empty'/><div>x</div></text>",
       "structure Patient.text.div: The element 'div' must be in the namespace http://www.w3.org/1999/xhtml, at line "
       "1, "
       "column 67"},
      {"<contained/>", "structure Patient.contained[0]: A resource is missing, at line 1, column 38"},
      {"<contained><Nobody/></contained>",
       "structure Patient.contained[0]: Unknown resource type 'Nobody', at line 1, column 49"},
      {"<contained><Patient/><Patient/></contained>",
       "structure Patient.contained[0]: There must be one resource, and nothing beside it, at line 1, column 59"},
      {"<contained id='x'><Patient/></contained>",
       "structure Patient.contained[0]: Unknown attribute 'id', at line 1, column 38"},
  };
  for (const auto& [content, expected] : cases) EXPECT_EQ(issues(patient(content)), expected);
  EXPECT_EQ(issues("<Patient/>"),
            "structure : The element 'Patient' must be in the namespace http://hl7.org/fhir, at line 1, column 1");
  EXPECT_EQ(issues(patient("<a>")), "structure : not XML: mismatched tag at line 1, column 43");
}

TEST(Xml, IssuesAreLimited) {
  const auto wrong = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "<x/>";
    XmlReader reader(r4());
    Arena arena;
    return reader.read(patient(text), arena).error().issues.size();
  };
  EXPECT_EQ(wrong(kMaxReadIssues - 1), kMaxReadIssues - 1);
  EXPECT_EQ(wrong(kMaxReadIssues + 1), kMaxReadIssues);
}

// Each level is an array and an object in JSON; the innermost has a value.
TEST(Xml, TheDepthIsThatOfJson) {
  const auto nested = [](std::size_t levels) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += "<extension url='u'>";
    text += "<valueCode value='c'/>";
    for (std::size_t i = 0; i < levels; ++i) text += "</extension>";
    return patient(text);
  };
  constexpr std::size_t kLevels = (json::kMaxDepth - 1) / 2;
  const std::string json = to_json(nested(kLevels));
  EXPECT_EQ(to_json(to_xml(json)), json);
  EXPECT_TRUE(json.starts_with("{")) << json;
  EXPECT_NE(issues(nested(kLevels + 1)).find("(kMaxDepth)"), std::string::npos);
}

}  // namespace
}  // namespace vesta::fhir
