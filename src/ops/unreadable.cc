// Replacing the entries of a batch that cannot be read.
#include "ops/unreadable.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "ops/entry_texts.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kEntryPath = "Bundle.entry[";

// "Bundle.entry[3].resource.active" -> 3
std::optional<std::size_t> entry_of(std::string_view path) {
  if (!path.starts_with(kEntryPath)) return std::nullopt;
  path.remove_prefix(kEntryPath.size());
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), index);
  if (error != std::errc() || end == path.data() + path.size() || *end != ']') return std::nullopt;
  return index;
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

Result<ReadableBatch> read_without_unreadable(Format format, std::string_view body, Error error,
                                              store::Scratch& scratch) {
  ReadableBatch batch;
  batch.text.reserve(body.size() + kReadPadding);
  batch.text = body;
  Error reason = error;
  for (int round = 1; round < kMaxUnreadableRounds; ++round) {
    const std::string& text = batch.text;
    const auto entries = entry_texts(format, text, scratch.arena.resource());
    std::map<std::size_t, Error> found;
    if (!entries.ok() || !put_aside(std::move(reason), entries->size(), found)) return error;
    std::string next;
    next.reserve(text.size() + kReadPadding);
    std::size_t copied = 0;
    for (auto& [index, own] : found) {
      const std::string_view entry = (*entries)[index];
      const auto at = static_cast<std::size_t>(entry.data() - text.data());
      next.append(text, copied, at - copied);
      next += entry_placeholder(format, entry);
      copied = at + entry.size();
      batch.unreadable[index] = std::move(own);
    }
    next.append(text, copied, text.size() - copied);
    next.reserve(next.size() + kReadPadding);
    batch.text.swap(next);
    auto tree = read_text(format, batch.text, scratch);
    if (tree.ok()) {
      batch.bundle = *tree;
      return batch;
    }
    reason = tree.take_error();
  }
  return error;
}

}  // namespace vesta::ops
