// Listing of folders, and the kinds of files by their endings.
#include "server/commands/import_files.h"

#include <algorithm>
#include <system_error>

namespace vesta::server::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyPrefix = "import/1/";  // the number of the properties' format

Error failed(const fs::path& path, const std::error_code& code) {
  const bool is_missing = code == std::errc::no_such_file_or_directory;
  return make_error(is_missing ? Category::not_found : Category::unavailable, path.string() + ": " + code.message());
}

Result<ImportFile> describe(const fs::path& path, ContentKind kind) {
  std::error_code code;
  ImportFile file;
  file.path = path;
  file.kind = kind;
  file.size = fs::file_size(path, code);
  if (code) return failed(path, code);
  const auto changed = fs::last_write_time(path, code);
  if (code) return failed(path, code);
  const fs::path absolute = fs::canonical(path, code);
  if (code) return failed(path, code);
  file.key.append(kKeyPrefix).append(absolute.string()).append("/").append(std::to_string(file.size));
  file.key.append("/").append(std::to_string(changed.time_since_epoch().count()));
  return file;
}

Status add_folder(const fs::path& folder, XmlFiles xml, std::vector<ImportFile>& files) {
  std::error_code code;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator at(folder, code), end; at != end; at.increment(code)) {
    if (code) return failed(folder, code);
    if (at->is_regular_file(code) && content_kind(at->path(), xml)) found.push_back(at->path());
  }
  if (code) return failed(folder, code);
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  for (const fs::path& path : found) {
    VESTA_TRY(ImportFile file, describe(path, *content_kind(path, xml)));
    files.push_back(std::move(file));
  }
  return kOk;
}

}  // namespace

std::optional<ContentKind> content_kind(std::filesystem::path path, XmlFiles xml) {
  if (path.extension() == ".gz" || path.extension() == ".xz") path.replace_extension();
  if (path.extension() == ".json") return ContentKind::document;
  if (path.extension() == ".ndjson" || path.extension() == ".jsonl") return ContentKind::lines;
  if (path.extension() == ".xml" && xml == XmlFiles::taken) return ContentKind::document;
  return std::nullopt;
}

Result<std::vector<ImportFile>> list_import_files(const std::vector<fs::path>& paths, XmlFiles xml) {
  std::vector<ImportFile> files;
  for (const fs::path& path : paths) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (!fs::exists(status)) return failed(path, std::make_error_code(std::errc::no_such_file_or_directory));
    if (fs::is_directory(status)) {
      VESTA_CHECK_OK(add_folder(path, xml, files));
      continue;
    }
    const auto kind = content_kind(path, xml);
    if (!kind) {
      return make_error(
          Category::invalid,
          path.string() + ": it ends in none of .json, .ndjson and .jsonl (with .gz or .xz behind, or without).");
    }
    VESTA_TRY(ImportFile file, describe(path, *kind));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace vesta::server::commands
