// Files in order, lines and documents in them, entries in Bundles.
#include "server/commands/view_input.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/reason.h"
#include "fhir/json.h"
#include "fhir/primitive.h"
#include "fhir/xml.h"
#include "ops/context.h"
#include "server/commands/entry_links.h"
#include "server/commands/import.h"
#include "server/commands/import_files.h"
#include "server/commands/import_lines.h"
#include "server/commands/input_stream.h"

namespace vesta::server::commands {
namespace {

constexpr std::string_view kStandardInput = "-";
constexpr std::string_view kUuidUrn = "urn:uuid:";

class StandardInput : public InputStream {
 public:
  explicit StandardInput(std::istream& stream) : stream_(stream) {}

  Result<std::size_t> read(char* target, std::size_t size) override {
    stream_.read(target, static_cast<std::streamsize>(size));
    const auto got = static_cast<std::size_t>(stream_.gcount());
    consumed_ += got;
    return got;
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  std::istream& stream_;
  std::uint64_t consumed_ = 0;
};

// `line` opens an object, and closes it at its end.
bool is_whole_object(std::string_view line) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && (depth == 0 || --depth == 0)) {
      return line.find_first_not_of(" \t\r", i + 1) == std::string_view::npos;
    }
  }
  return false;
}

// The kind of a text that begins so.
ContentKind kind_of_text(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return ContentKind::lines;
  text.remove_prefix(first);
  return is_whole_object(text.substr(0, text.find('\n'))) ? ContentKind::lines : ContentKind::document;
}

class ResourceReader {
 public:
  ResourceReader(const fhir::Definitions& definitions, fhir::TypeId type, const TakeResource& take)
      : definitions_(definitions),
        names_(definitions),
        type_(type),
        take_(take),
        reader_(definitions),
        xml_reader_(definitions) {}

  bool wants_more() const { return wants_more_; }

  Status read(const std::string& name, std::unique_ptr<InputStream> stream, std::optional<ContentKind> kind) {
    name_ = name;
    PieceReader pieces(std::move(stream));
    auto piece = pieces.next();
    if (piece.ok() && *piece && kind.value_or(kind_of_text((*piece)->text)) == ContentKind::document)
      return read_document(std::move((*piece)->text), pieces);
    for (; wants_more_; piece = pieces.next()) {
      if (!piece.ok()) return at(0, piece.error());
      if (!*piece) return kOk;
      VESTA_CHECK_OK(read_lines(**piece));
    }
    return kOk;
  }

 private:
  Status read_document(std::string text, PieceReader& pieces) {
    for (;;) {
      auto piece = pieces.next();
      if (!piece.ok()) return at(0, piece.error());
      if (!*piece) break;
      text += (*piece)->text;
      if (text.size() > kMaxImportTextBytes) {
        return at(0, make_error(Category::too_large, "It is longer than kMaxImportTextBytes (" +
                                                         std::to_string(kMaxImportTextBytes) + " bytes)."));
      }
    }
    text.reserve(text.size() + fhir::kJsonPadding);
    return read_text(text, text.capacity(), 0);
  }

  Status read_lines(const Piece& piece) {
    std::uint64_t line = piece.first_line;
    for (std::size_t begin = 0; begin < piece.text.size() && wants_more_; ++line) {
      const std::size_t end = std::min(piece.text.find('\n', begin), piece.text.size());
      const std::string_view text = std::string_view(piece.text).substr(begin, end - begin);
      if (text.find_first_not_of(" \t\r") != std::string_view::npos)
        VESTA_CHECK_OK(read_text(text, piece.text.capacity() - begin, line));
      begin = end + 1;
    }
    return kOk;
  }

  Status read_text(std::string_view text, std::size_t capacity, std::uint64_t line) {
    arena_.reset();
    auto root = read_tree(text, capacity);
    if (!root.ok()) return at(line, root.error());
    if ((*root)->type != names_.bundle || type_ == names_.bundle) {
      wants_more_ = take_(**root, arena_);
      return kOk;
    }
    give_ids(**root);
    for (fhir::Node* const resource : link_entries(definitions_, names_, **root, arena_)) {
      if (!wants_more_) break;
      wants_more_ = take_(*resource, arena_);
    }
    return kOk;
  }

  Result<fhir::Node*> read_tree(std::string_view text, std::size_t capacity) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    std::string_view start = text;
    if (start.starts_with(kByteOrderMark)) start.remove_prefix(kByteOrderMark.size());
    const std::size_t first = start.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && start[first] == '<')
      return xml_reader_.read(text, arena_, fhir::Completeness::part);
    return reader_.read(text, capacity, arena_, {.completeness = fhir::Completeness::part});
  }

  // Where a transaction would choose an id for a resource without one, it is the one in its urn:uuid.
  void give_ids(fhir::Node& bundle) {
    for (const fhir::Node& entry : bundle.children()) {
      const std::string_view full_url = entry.child_value(names_.full_url);
      if (entry.name != names_.entry || !full_url.starts_with(kUuidUrn)) continue;
      const std::string_view uuid = full_url.substr(kUuidUrn.size());
      if (!fhir::has_form(fhir::Primitive::id, uuid)) continue;
      for (fhir::Node* resource = entry.first_child; resource != nullptr; resource = resource->next) {
        if (resource->name != names_.resource || resource->child(names_.id) != nullptr) continue;
        fhir::Node* const id = arena_.make<fhir::Node>();
        id->value = uuid;
        id->has_value = true;
        id->name = names_.id;
        id->type = *definitions_.find_type("id");
        id->next = std::exchange(resource->first_child, id);
      }
    }
  }

  Error at(std::uint64_t line, const Error& error) const {
    return make_error(error.category, name_ + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + reason_of(error));
  }

  const fhir::Definitions& definitions_;
  const ops::Vocabulary names_;
  const fhir::TypeId type_;
  const TakeResource& take_;
  fhir::JsonReader reader_;
  fhir::XmlReader xml_reader_;
  fhir::Arena arena_;
  std::string name_;
  bool wants_more_ = true;
};

Status read_path(const std::filesystem::path& path, std::istream& standard_input, ResourceReader& reader) {
  if (path == kStandardInput)
    return reader.read("standard input", std::make_unique<StandardInput>(standard_input), std::nullopt);
  std::vector<std::filesystem::path> files = {path};
  if (std::filesystem::is_directory(path)) {
    files.clear();
    VESTA_TRY(const std::vector<ImportFile> found, list_import_files({path}, XmlFiles::taken));
    for (const ImportFile& file : found) files.push_back(file.path);
  }
  for (const std::filesystem::path& file : files) {
    if (!reader.wants_more()) break;
    auto stream = open_input(file);
    if (!stream.ok()) return make_error(stream.error().category, file.string() + ": " + stream.error().message);
    VESTA_CHECK_OK(reader.read(file.string(), std::move(*stream), content_kind(file, XmlFiles::taken)));
  }
  return kOk;
}

}  // namespace

Status read_resources(const fhir::Definitions& definitions, fhir::TypeId type,
                      const std::vector<std::filesystem::path>& paths, std::istream& standard_input,
                      const TakeResource& take) {
  ResourceReader reader(definitions, type, take);
  for (const std::filesystem::path& path : paths) {
    if (reader.wants_more()) VESTA_CHECK_OK(read_path(path, standard_input, reader));
  }
  return kOk;
}

}  // namespace vesta::server::commands
