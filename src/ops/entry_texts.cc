// Finding the entries of a Bundle in its tokens.
#include "ops/entry_texts.h"

#include <algorithm>
#include <span>

#include "fhir/xml.h"
#include "json/tokens.h"
#include "xml/tokens.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kBatch = "batch";

// The index of the token of the property's value in the object that begins at `object`, or 0.
std::size_t find_property(std::span<const json::Token> tokens, std::size_t object, std::string_view name) {
  for (std::size_t at = object + 1; at < tokens.size() && tokens[at].kind == json::Kind::key;) {
    if (tokens[at].text == name) return at + 1;
    at = tokens[at + 1].next;
  }
  return 0;
}

Result<std::vector<std::string_view>> json_entries(std::string_view body, std::pmr::memory_resource& memory) {
  json::Tokenizer tokenizer;
  VESTA_TRY(const auto tokens, tokenizer.tokenize(body, memory));
  std::vector<std::string_view> texts;
  if (tokens.empty() || tokens[0].kind != json::Kind::object_begin) return texts;
  const std::size_t type = find_property(tokens, 0, "type");
  const std::size_t entry = find_property(tokens, 0, "entry");
  if (type == 0 || tokens[type].text != kBatch || entry == 0 || tokens[entry].kind != json::Kind::array_begin) {
    return texts;
  }
  for (std::size_t at = entry + 1; tokens[at].kind != json::Kind::array_end; at = tokens[at].next) {
    if (tokens[at].kind != json::Kind::object_begin) return std::vector<std::string_view>();
    const char* const begin = tokens[at].text.data();
    const json::Token& last = tokens[tokens[at].next - 1];
    texts.emplace_back(begin, static_cast<std::size_t>(last.text.data() + last.text.size() - begin));
  }
  return texts;
}

// The value attribute of the element at `element`.
std::string_view value_of(std::span<const xml::Token> tokens, std::size_t element) {
  for (std::size_t at = element + 1; tokens[at].kind == xml::Kind::attribute; ++at) {
    if (tokens[at].name == "value") return tokens[at].value;
  }
  return {};
}

// Behind the element's last byte. The end of an empty one stands behind its only tag; else the end tag begins there.
std::size_t end_of(std::string_view body, std::span<const xml::Token> tokens, std::size_t element) {
  const std::size_t last = tokens[element].next - 2;
  const bool has_content = last != element && tokens[last].kind != xml::Kind::attribute;
  const std::size_t end = tokens[last + 1].offset;
  if (!has_content && body.substr(end - 2, 2) == "/>") return end;
  return body.find('>', end) + 1;
}

Result<std::vector<std::string_view>> xml_entries(std::string_view body, std::pmr::memory_resource& memory) {
  xml::Tokenizer tokenizer;
  VESTA_TRY(const auto tokens, tokenizer.tokenize(body, fhir::kXhtmlNamespace, memory));
  std::vector<std::string_view> texts;
  if (tokens.front().kind != xml::Kind::element) return texts;
  bool is_batch = false;
  const std::size_t end = tokens.front().next - 1;
  for (std::size_t at = 1; at < end; at = tokens[at].next) {
    if (tokens[at].kind != xml::Kind::element) continue;
    is_batch = is_batch || (tokens[at].name == "type" && value_of(tokens, at) == kBatch);
    if (tokens[at].name != "entry") continue;
    const std::size_t begin = tokens[at].offset;
    texts.push_back(body.substr(begin, end_of(body, tokens, at) - begin));
  }
  if (!is_batch) texts.clear();
  return texts;
}

// The start tag's own name, so that its prefix is in force.
std::string xml_placeholder(std::string_view entry) {
  constexpr std::string_view kRest = R"( id="x"/>)";
  std::string text(entry.substr(0, entry.find_first_of(" \t\r\n/>")));
  while (text.size() + kRest.size() < entry.size()) text += entry[text.size()] == '\n' ? '\n' : ' ';
  text += kRest;
  return text;
}

}  // namespace

Result<std::vector<std::string_view>> entry_texts(Format format, std::string_view body,
                                                  std::pmr::memory_resource& memory) {
  return format == Format::xml ? xml_entries(body, memory) : json_entries(body, memory);
}

std::string entry_placeholder(Format format, std::string_view entry) {
  return format == Format::xml ? xml_placeholder(entry) : R"({"fullUrl":"urn:unreadable"})";
}

}  // namespace vesta::ops
