// Finding the entries of a Bundle in its tokens, and replacing those that cannot be read.
#include "ops/unreadable.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "json/tokens.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kEntryPath = "Bundle.entry[";
constexpr std::string_view kPlaceholder = R"({"fullUrl":"urn:unreadable"})";

// "Bundle.entry[3].resource.active" -> 3
std::optional<std::size_t> entry_of(std::string_view path) {
  if (!path.starts_with(kEntryPath)) return std::nullopt;
  path.remove_prefix(kEntryPath.size());
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), index);
  if (error != std::errc() || end == path.data() + path.size() || *end != ']') return std::nullopt;
  return index;
}

// The index of the token of the property's value in the object that begins at `object`, or 0.
std::size_t find_property(std::span<const json::Token> tokens, std::size_t object, std::string_view name) {
  for (std::size_t at = object + 1; at < tokens.size() && tokens[at].kind == json::Kind::key;) {
    if (tokens[at].text == name) return at + 1;
    at = tokens[at + 1].next;
  }
  return 0;
}

// The texts of the entries, if this is a batch.
Result<std::vector<std::string_view>> entry_texts(std::string_view body, Scratch& scratch) {
  json::Tokenizer tokenizer;
  VESTA_TRY(const auto tokens, tokenizer.tokenize(body, scratch.arena.resource()));
  std::vector<std::string_view> texts;
  if (tokens.empty() || tokens[0].kind != json::Kind::object_begin) return texts;
  const std::size_t type = find_property(tokens, 0, "type");
  const std::size_t entry = find_property(tokens, 0, "entry");
  if (type == 0 || tokens[type].text != "batch" || entry == 0 || tokens[entry].kind != json::Kind::array_begin) {
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

// Moves the issues of `error` to the entries that they are in. False: one is in none, or in an unknown one.
bool put_aside(Error error, std::size_t entries, std::map<std::size_t, Error>& unreadable) {
  if (error.category != Category::invalid || error.issues.empty()) return false;
  for (Issue& issue : error.issues) {
    const auto index = entry_of(issue.expression);
    if (!index || *index >= entries) return false;
    Error& own = unreadable[*index];
    own.category = Category::invalid;
    own.issues.push_back(std::move(issue));
  }
  return true;
}

}  // namespace

Result<ReadableBatch> read_without_unreadable(std::string_view body, Error error, Scratch& scratch) {
  ReadableBatch batch;
  batch.text.reserve(body.size() + kReadPadding);
  batch.text = body;
  Error reason = error;
  for (int round = 1; round < kMaxUnreadableRounds; ++round) {
    const std::string& text = batch.text;
    const auto entries = entry_texts(text, scratch);
    std::map<std::size_t, Error> found;
    if (!entries.ok() || !put_aside(std::move(reason), entries->size(), found)) return error;
    std::string next;
    next.reserve(text.size() + kReadPadding);
    std::size_t copied = 0;
    for (auto& [index, own] : found) {
      const std::string_view entry = (*entries)[index];
      const auto at = static_cast<std::size_t>(entry.data() - text.data());
      next.append(text, copied, at - copied);
      next += kPlaceholder;
      copied = at + entry.size();
      batch.unreadable[index] = std::move(own);
    }
    next.append(text, copied, text.size() - copied);
    next.reserve(next.size() + kReadPadding);
    batch.text.swap(next);
    auto tree = scratch.reader.read(batch.text, scratch.arena);
    if (tree.ok()) {
      batch.bundle = *tree;
      return batch;
    }
    reason = tree.take_error();
  }
  return error;
}

}  // namespace vesta::ops
