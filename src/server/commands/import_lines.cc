// Cutting of NDJSON, and the parsing of its lines.
#include "server/commands/import_lines.h"

#include <algorithm>
#include <string_view>

#include "fhir/json.h"

namespace vesta::server::commands {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The end of the piece that `text` begins with, or 0 if more must be read to know. Counts its lines.
std::size_t cut(std::string_view text, bool at_end, std::uint64_t& lines) {
  std::size_t end = 0;
  lines = 0;
  while (lines < kMaxPieceLines && end < kMaxPieceBytes) {
    const std::size_t newline = text.find('\n', end);
    if (newline == std::string_view::npos) {
      if (!at_end) return 0;
      if (end < text.size()) ++lines;
      return text.size();
    }
    end = newline + 1;
    ++lines;
  }
  return end;
}

}  // namespace

Status PieceReader::fill() {
  const std::size_t size = rest_.size();
  if (size > kMaxImportTextBytes) {
    return make_error(Category::too_large, "Line " + std::to_string(line_) + " is longer than " +
                                               std::to_string(kMaxImportTextBytes) + " bytes.");
  }
  rest_.resize(size +
               std::max(kReadBytes, size / 2));  // grows by a share, so that a long line is not searched too often
  VESTA_TRY(const std::size_t got, stream_->read(rest_.data() + size, rest_.size() - size));
  rest_.resize(size + got);
  at_end_ = got == 0;
  return kOk;
}

Result<std::optional<Piece>> PieceReader::next() {
  std::uint64_t lines = 0;
  std::size_t end = cut(rest_, at_end_, lines);
  while (end == 0 && !at_end_) {
    VESTA_CHECK_OK(fill());
    end = cut(rest_, at_end_, lines);
  }
  if (end == 0) return std::optional<Piece>();
  Piece piece;
  piece.text.reserve(end + fhir::kJsonPadding);
  piece.text.assign(rest_, 0, end);
  piece.offset = offset_;
  piece.first_line = line_;
  piece.file_bytes = stream_->consumed() - consumed_;
  consumed_ = stream_->consumed();
  rest_.erase(0, end);
  offset_ += end;
  line_ += lines;
  return std::optional<Piece>(std::move(piece));
}

Result<std::uint64_t> import_piece(ops::Context& context, const ImportFile& file, const Piece& piece,
                                   ImportReport& report) {
  const std::string name = file.path.string();
  std::string key = file.key + "#" + std::to_string(piece.offset);
  VESTA_TRY(const UnitProgress progress, load_progress(context.store, key));
  if (progress.is_finished) {
    report.add_earlier_errors(name, progress.errors);
    return progress.errors;
  }
  store::ScratchLease scratch(context.definitions);
  std::vector<Item> items;
  std::uint64_t line = piece.first_line;
  for (std::size_t at = 0; at < piece.text.size(); ++line) {
    const std::size_t end = std::min(piece.text.find('\n', at), piece.text.size());
    const std::string_view text = std::string_view(piece.text).substr(at, end - at);
    if (!is_blank(text)) {
      auto root = scratch->read_json(text, piece.text.capacity() - at);
      Item& item = items.emplace_back();
      item.line = line;
      if (root.ok()) {
        item.resource = *root;
      } else {
        item.error = root.take_error();
      }
    }
    at = end + 1;
  }
  Unit unit{context, *scratch, report, name, std::move(key), progress};
  VESTA_CHECK_OK(put_items(unit, items));
  return unit.progress.errors;
}

}  // namespace vesta::server::commands
