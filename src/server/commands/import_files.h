// The files of an import: which they are, in which order, and by which name the store remembers them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace vesta::server::commands {

enum class ContentKind : std::uint8_t {
  document,  // one resource, for the most part a Bundle: .json
  lines,     // one resource per line: .ndjson, .jsonl
};

// Whether files that end in .xml are taken too, as documents.
enum class XmlFiles : std::uint8_t { left_out, taken };

// By the ending of its name, .gz and .xz aside; nullopt: another ending.
std::optional<ContentKind> content_kind(std::filesystem::path path, XmlFiles xml = XmlFiles::left_out);

struct ImportFile {
  std::filesystem::path path;  // as given, or below the folder that was given
  ContentKind kind = ContentKind::document;
  std::uint64_t size = 0;  // packed
  // The prefix of its properties in the store: absolute path, size and time of the last change. A file that was changed
  // is another file.
  std::string key;
};

// Files stand for themselves, folders for all files below them that end in .json, .ndjson or .jsonl (or .xml), also
// with .gz or .xz behind, in the order of their paths' bytes. Errors (not_found, invalid, unavailable): a path that is
// not there, a file of another ending.
Result<std::vector<ImportFile>> list_import_files(const std::vector<std::filesystem::path>& paths,
                                                  XmlFiles xml = XmlFiles::left_out);

}  // namespace vesta::server::commands
