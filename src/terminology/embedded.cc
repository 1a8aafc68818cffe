// Looks packed resources up: a binary search over the blocks' first keys, then a walk through one block.
#include "terminology/embedded.h"

#include <algorithm>
#include <charconv>

#include "base/gzip.h"
#include "base/limits.h"

namespace vesta::terminology {
namespace {

struct Entry {
  std::string_view key;  // "kind url"
  std::string_view version;
  std::string_view json;
};

// Takes the first entry off `rest`; false: there is none, or the block is broken.
bool next_entry(std::string_view& rest, Entry& entry) {
  const std::size_t line_end = rest.find('\n');
  if (line_end == std::string_view::npos) return false;
  const std::string_view line = rest.substr(0, line_end);
  const std::size_t before_length = line.rfind(' ');
  if (before_length == std::string_view::npos || before_length == 0) return false;
  const std::size_t before_version = line.rfind(' ', before_length - 1);
  if (before_version == std::string_view::npos) return false;
  std::size_t length = 0;
  std::from_chars(line.data() + before_length + 1, line.data() + line.size(), length);
  if (rest.size() < line_end + 1 + length + 1) return false;
  entry.key = line.substr(0, before_version);
  entry.version = line.substr(before_version + 1, before_length - before_version - 1);
  entry.json = rest.substr(line_end + 1, length);
  rest.remove_prefix(line_end + 1 + length + 1);
  return true;
}

}  // namespace

Result<std::optional<std::string>> EmbeddedSource::find(Kind kind, std::string_view url, std::string_view version) {
  const std::string key = std::string(kind_name(kind)) + " " + std::string(url);
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                [](std::string_view wanted, const Block& at) { return wanted < at.first; });
  if (block == blocks_.begin()) return std::optional<std::string>();
  --block;
  VESTA_TRY(const std::string text, gzip_decompress(block->packed, kMaxBlockBytes));
  std::optional<std::string_view> found;
  std::string_view rest = text;
  for (Entry entry; next_entry(rest, entry) && entry.key <= key;) {
    // The package has one version of each; were there several, the last is the newest.
    if (entry.key == key && (version.empty() || version == entry.version)) found = entry.json;
  }
  if (!found) return std::optional<std::string>();
  std::string json;
  json.reserve(found->size() + kReadPadding);
  json.append(*found);
  return std::optional<std::string>(std::move(json));
}

// By the text: what looks like the code of a concept may be that of a property.
Result<std::vector<std::string>> EmbeddedSource::systems_with(std::string_view code) {
  const std::string prefix = std::string(kind_name(Kind::code_system)) + " ";
  std::string member = R"("code":")";
  for (const char c : code) {
    if (c == '"' || c == '\\') member += '\\';
    member += c;
  }
  member += '"';
  std::vector<std::string> urls;
  for (const Block& block : blocks_) {
    if (!block.first.starts_with(prefix)) break;  // code systems come before value sets
    VESTA_TRY(const std::string text, gzip_decompress(block.packed, kMaxBlockBytes));
    std::string_view rest = text;
    for (Entry entry; next_entry(rest, entry);) {
      if (entry.key.starts_with(prefix) && entry.json.find(member) != std::string_view::npos) {
        urls.emplace_back(entry.key.substr(prefix.size()));
      }
    }
  }
  return urls;
}

Result<std::vector<std::string>> EmbeddedSource::urls(Kind kind) const {
  const std::string prefix = std::string(kind_name(kind)) + " ";
  std::vector<std::string> urls;
  for (const Block& block : blocks_) {
    VESTA_TRY(const std::string text, gzip_decompress(block.packed, kMaxBlockBytes));
    std::string_view rest = text;
    for (Entry entry; next_entry(rest, entry);) {
      if (entry.key.starts_with(prefix)) urls.emplace_back(entry.key.substr(prefix.size()));
    }
    if (!rest.empty()) return make_error(Category::internal, "A block of the embedded definitions is broken");
  }
  return urls;
}

}  // namespace vesta::terminology
