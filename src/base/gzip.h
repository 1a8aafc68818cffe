// gzip: compression of answers, decompression of input under a limit (library: zlib).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta {

inline constexpr int kFastGzipLevel = 1;

// `level` is 1 (fast) to 9 (small). Keeps one compressor for each thread.
std::string gzip_compress(std::string_view data, int level = kFastGzipLevel);

// The same for a text that comes in pieces: what is appended by all calls is one gzip file.
class GzipStream {
 public:
  explicit GzipStream(int level = kFastGzipLevel);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Appends the piece to `out`, so that a reader has all of it and need not wait for the next.
  void add(std::string_view piece, std::string& out);
  // Appends the end of the file. Nothing may be added after it.
  void finish(std::string& out);

 private:
  friend std::string gzip_compress(std::string_view data, int level);
  class Compressor;
  std::unique_ptr<Compressor> compressor_;  // 256 KB
};

// All members of a gzip file. The result has kReadPadding bytes of capacity behind its end.
// Errors: invalid (not gzip, broken, cut short, or followed by something else); too_large (over `limit` bytes decoded;
// nothing much beyond the limit is ever decoded).
Result<std::string> gzip_decompress(std::string_view data, std::size_t limit);

}  // namespace vesta
