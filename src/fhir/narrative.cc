// Elements and attributes of chapters 7 to 11 and 15 of HTML 4.0 without what is deprecated there, <a> and <img>.
// https://www.w3.org/TR/html4/
#include "fhir/narrative.h"

#include <algorithm>
#include <memory_resource>
#include <span>
#include <string>

#include "fhir/xml.h"
#include "xml/tokens.h"

namespace vesta::fhir {
namespace {

constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

constexpr std::string_view kElements[] = {
    "a",     "abbr", "acronym",  "address", "b",    "bdo",    "big", "blockquote", "br",    "caption", "cite",
    "code",  "col",  "colgroup", "dd",      "dfn",  "div",    "dl",  "dt",         "em",    "h1",      "h2",
    "h3",    "h4",   "h5",       "h6",      "hr",   "i",      "img", "kbd",        "li",    "ol",      "p",
    "pre",   "q",    "samp",     "small",   "span", "strong", "sub", "sup",        "table", "tbody",   "td",
    "tfoot", "th",   "thead",    "tr",      "tt",   "ul",     "var"};
constexpr std::string_view kAttributes[] = {
    "abbr",    "accesskey", "align",   "alt",      "axis",   "border",  "cellpadding", "cellspacing",
    "char",    "charoff",   "charset", "cite",     "class",  "colspan", "dir",         "frame",
    "headers", "height",    "href",    "hreflang", "id",     "lang",    "longdesc",    "name",
    "rel",     "rev",       "rowspan", "rules",    "scope",  "span",    "src",         "style",
    "summary", "tabindex",  "title",   "type",     "valign", "width"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Of a link or an image: what a browser would run. White space and controls in front of the colon are nothing to it.
bool runs_a_script(std::string_view url) {
  std::string scheme;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= ' ') continue;
    if (c == ':') return scheme == "javascript" || scheme == "vbscript";
    scheme += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  return false;
}

bool is_allowed(const xml::Token& token) {
  switch (token.kind) {
    case xml::Kind::element:
      return token.space == kXhtmlNamespace && is_one_of(kElements, token.name);
    case xml::Kind::attribute:
      if (token.space == kXmlNamespace) return token.name == "lang";
      if (!token.space.empty() || !is_one_of(kAttributes, token.name)) return false;
      return (token.name != "href" && token.name != "src") || !runs_a_script(token.value);
    case xml::Kind::text:
    case xml::Kind::end:
      return true;
    case xml::Kind::opaque:
    case xml::Kind::dependent:
      break;
  }
  return false;
}

bool is_narrative(std::string_view div, xml::Tokenizer& tokenizer) {
  std::pmr::monotonic_buffer_resource memory;
  const auto tokens = tokenizer.tokenize(div, "urn:vesta:none", memory);
  if (!tokens.ok() || tokens->empty() || tokens->front().name != "div") return false;
  const auto has_content = [](const xml::Token& token) {
    return token.kind == xml::Kind::text || (token.kind == xml::Kind::element && token.name == "img");
  };
  return std::ranges::all_of(*tokens, is_allowed) && std::ranges::any_of(*tokens, has_content);
}

}  // namespace

bool is_narrative(std::string_view div) {
  thread_local xml::Tokenizer kept;
  if (div.size() <= kMaxKeptNarrative) return is_narrative(div, kept);
  xml::Tokenizer own;
  return is_narrative(div, own);
}

}  // namespace vesta::fhir
