// NDJSON: a file cut into pieces of whole lines, and the import of one piece.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "ops/context.h"
#include "server/commands/import_files.h"
#include "server/commands/import_report.h"
#include "server/commands/import_unit.h"
#include "server/commands/input_stream.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxPieceLines = kResourcesPerCommit;
inline constexpr std::size_t kMaxPieceBytes = 4 * 1024 * 1024;  // but for a single longer line

// Whole lines. Where the cuts are follows from the file alone, so that a later run finds the same pieces.
struct Piece {
  std::string text;          // with kJsonPadding allocated bytes behind it
  std::uint64_t offset = 0;  // in the unpacked file
  std::uint64_t first_line = 1;
  std::uint64_t file_bytes = 0;  // packed bytes that it took
};

class PieceReader {
 public:
  explicit PieceReader(std::unique_ptr<InputStream> stream) : stream_(std::move(stream)) {}
  // nullopt: the end. Errors: those of the stream; too_large (a line of more than kMaxImportTextBytes).
  Result<std::optional<Piece>> next();

 private:
  Status fill();

  std::unique_ptr<InputStream> stream_;
  std::string rest_;  // read, and of no piece yet
  bool at_end_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t consumed_ = 0;
};

// The number of errors of the piece, in this run or the one that finished it. Errors: those of the store.
Result<std::uint64_t> import_piece(ops::Context& context, const ImportFile& file, const Piece& piece,
                                   ImportReport& report);

}  // namespace vesta::server::commands
