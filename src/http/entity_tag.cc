// Parsing and formatting of entity tags.
#include "http/entity_tag.h"

#include <algorithm>

#include "http/ascii.h"

namespace vesta::http {
namespace {

// etagc = %x21 / %x23-7E / obs-text
bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

// Takes one tag from the front of `text`.
std::optional<EntityTag> take(std::string_view& text) {
  EntityTag tag;
  if (text.starts_with("W/")) {
    tag.is_weak = true;
    text.remove_prefix(2);
  }
  if (!text.starts_with('"')) return std::nullopt;
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.value = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  if (!std::all_of(tag.value.begin(), tag.value.end(), is_tag_character)) return std::nullopt;
  return tag;
}

}  // namespace

bool EntityTagList::matches(std::string_view value) const {
  return is_any || std::any_of(tags.begin(), tags.end(), [value](const EntityTag& tag) { return tag.value == value; });
}

std::string format_entity_tag(const EntityTag& tag) {
  return (tag.is_weak ? "W/\"" : "\"") + tag.value + '"';
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
  text = trim(text);
  std::optional<EntityTag> tag = take(text);
  return text.empty() ? tag : std::nullopt;
}

// A tag may hold a comma and has no escapes, so the list is read from the front rather than split.
std::optional<EntityTagList> parse_entity_tags(std::string_view text) {
  EntityTagList list;
  text = trim(text);
  if (text == "*") {
    list.is_any = true;
    return list;
  }
  bool wants_comma = false;
  while (!text.empty()) {
    if (text.front() == ',') {
      wants_comma = false;
      text = trim(text.substr(1));
      continue;
    }
    std::optional<EntityTag> tag = wants_comma ? std::nullopt : take(text);
    if (!tag || list.tags.size() == kMaxEntityTags) return std::nullopt;
    list.tags.push_back(std::move(*tag));
    wants_comma = true;
    text = trim(text);
  }
  if (list.tags.empty()) return std::nullopt;
  return list;
}

}  // namespace vesta::http
