// What the parsers of search values share: escapes, lists, prefixes and messages.
#include <algorithm>

#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

constexpr std::size_t kMaxQuotedBytes = 80;

constexpr std::pair<std::string_view, Prefix> kPrefixes[] = {
    {"eq", Prefix::eq}, {"ne", Prefix::ne}, {"gt", Prefix::gt}, {"lt", Prefix::lt}, {"ge", Prefix::ge},
    {"le", Prefix::le}, {"sa", Prefix::sa}, {"eb", Prefix::eb}, {"ap", Prefix::ap}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_escapable(char c) {
  return c == ',' || c == '$' || c == '|' || c == '\\';
}
// True if a backslash at `at` and the character behind it are one escape.
bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '\\' && at + 1 < text.size() && is_escapable(text[at + 1]);
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_escape(text, at)) ++at;
    out.push_back(text[at]);
  }
  return out;
}

bool is_well_escaped(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2)) {
    if (!is_escape(text, at)) return false;
  }
  return true;
}

std::vector<std::string_view> split_escaped(std::string_view text, char separator, std::size_t limit) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size() && parts.size() + 1 < limit; ++at) {
    if (is_escape(text, at)) {
      ++at;
    } else if (text[at] == separator) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::optional<std::pair<Prefix, std::string_view>> take_prefix(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return std::pair(Prefix::eq, text);
  for (const auto& [letters, prefix] : kPrefixes) {
    if (text.starts_with(letters)) return std::pair(prefix, text.substr(letters.size()));
  }
  return std::nullopt;
}

void note(const ValueText& value, std::string_view what) {
  if (value.context.notes == nullptr) return;
  std::string text = "Parameter '" + std::string(value.name) + "': '" + quoted(value.text) + "' " + std::string(what);
  std::vector<Issue>& notes = *value.context.notes;
  if (std::ranges::find(notes, text, &Issue::diagnostics) != notes.end()) return;
  notes.push_back({Severity::warning, "not-supported", std::move(text), ""});
}

Error bad_value(const ValueText& value, std::string_view expected) {
  std::string why =
      "Parameter '" + std::string(value.name) + "': '" + quoted(value.text) + "' is not " + std::string(expected);
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, "value", std::move(why), ""});
  return error;
}

Error bad_modifier(const ValueText& value) {
  std::string why = "Parameter '" + std::string(value.name) + "': the modifier ':" + quoted(value.modifier) +
                    "' is not supported for it";
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, "not-supported", std::move(why), ""});
  return error;
}

std::string quoted(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return std::string(text);
  std::size_t end = kMaxQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a UTF-8 character
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace vesta::search::params
