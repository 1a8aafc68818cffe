// Entity tags and lists of them: ETag, If-Match, If-None-Match. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::http {

inline constexpr std::size_t kMaxEntityTags = 64;  // in one header

struct EntityTag {
  bool is_weak = false;
  std::string value;  // without the quotes

  bool operator==(const EntityTag&) const = default;
};

// The value of If-Match or If-None-Match: `*`, or tags.
struct EntityTagList {
  bool is_any = false;
  std::vector<EntityTag> tags;

  // Section 8.8.3.2: weak comparison, in which W/"3" and "3" are the same. FHIR's version tags are weak.
  bool matches(std::string_view value) const;
};

std::string format_entity_tag(const EntityTag& tag);  // W/"3"
std::optional<EntityTag> parse_entity_tag(std::string_view text);
// nullopt: malformed, empty, or more than kMaxEntityTags.
std::optional<EntityTagList> parse_entity_tags(std::string_view text);

}  // namespace vesta::http
