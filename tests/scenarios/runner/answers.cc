// The answers of the server, as the runner reads them.
#include "tests/scenarios/runner/answers.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace vesta::tests {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// True if `text` holds `wanted` as a whole path or name, not as a part of a longer one.
bool names(std::string_view text, std::string_view wanted) {
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool left = at == 0 || !is_word(text[at - 1]) || !is_word(wanted.front());
    const bool right = end == text.size() || !is_word(text[end]) || !is_word(wanted.back());
    if (left && right) return true;
  }
  return false;
}

bool issue_names(const JsonValue& issue, std::string_view wanted) {
  for (const auto* path : {"$.diagnostics", "$.details.text"}) {
    for (const auto& text : texts_at(issue, path)) {
      if (names(text, wanted)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "-" : out;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kShown = 900;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

std::vector<std::string> texts_at(const JsonValue& json, std::string_view path) {
  std::vector<std::string> out;
  for (const JsonValue* value : select(json, path).value_or(std::vector<const JsonValue*>{})) {
    out.push_back(value->as_text());
  }
  return out;
}

std::string link_of(const JsonValue& bundle, std::string_view wanted) {
  const JsonValue* links = bundle.find("link");
  if (links == nullptr) return {};
  for (const JsonValue& link : links->items) {
    const JsonValue* relation = link.find("relation");
    const JsonValue* url = link.find("url");
    if (relation != nullptr && relation->text == wanted && url != nullptr) return url->text;
  }
  return {};
}

bool outcome_names(const JsonValue& outcome, std::string_view wanted) {
  const JsonValue* issues = outcome.find("issue");
  if (issues == nullptr) return false;
  const std::size_t dot = wanted.rfind('.');
  const bool is_entry = wanted.starts_with("Bundle.entry[") && wanted.ends_with("]");
  for (const JsonValue& issue : issues->items) {
    if (issue_names(issue, wanted)) return true;
    for (const auto& text : texts_at(issue, "$.expression[*]")) {
      if (text == wanted || (is_entry && text.starts_with(std::string(wanted) + "."))) return true;
      if (dot != std::string_view::npos && text == wanted.substr(0, dot) &&
          issue_names(issue, wanted.substr(dot + 1))) {
        return true;
      }
    }
  }
  return false;
}

std::string with_type(std::string_view type, std::string_view id, std::string_view body) {
  std::string out = R"({"resourceType":")" + std::string(type) + "\"";
  if (!id.empty()) out += R"(,"id":")" + std::string(id) + "\"";
  std::string_view rest = body.substr(std::min<std::size_t>(1, body.size()));
  const std::size_t first = rest.find_first_not_of(" \t\n");
  if (first != std::string_view::npos && rest[first] != '}') out += ',';
  return out.append(rest);
}

}  // namespace vesta::tests
