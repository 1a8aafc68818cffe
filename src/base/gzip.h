// gzip: compression of answers, decompression of input under a limit (library: zlib).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta {

inline constexpr int kFastGzipLevel = 1;

// `level` is 1 (fast) to 9 (small). Keeps one compressor for each thread.
std::string gzip_compress(std::string_view data, int level = kFastGzipLevel);

// All members of a gzip file. The result has kReadPadding bytes of capacity behind its end.
// Errors: invalid (not gzip, broken, cut short, or followed by something else); too_large (over `limit` bytes decoded;
// nothing much beyond the limit is ever decoded).
Result<std::string> gzip_decompress(std::string_view data, std::size_t limit);

}  // namespace vesta
