// gzip through zlib. https://www.rfc-editor.org/rfc/rfc1952
#include "base/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/limits.h"

namespace vesta {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // zlib: the largest window, with a gzip header
constexpr int kMemoryLevel = 8;
constexpr std::size_t kMaxSlice = std::numeric_limits<uInt>::max();

// A compressor costs 256 KB and its set-up a good part of a small body's time, so each thread keeps one.
class Compressor {
 public:
  explicit Compressor(int level) : level_(level) {
    CHECK(deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Compressor() { deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::string compress(std::string_view data, int level) {
    CHECK(deflateReset(&stream_) == Z_OK);
    if (level != level_) {
      CHECK(deflateParams(&stream_, level, Z_DEFAULT_STRATEGY) == Z_OK);
      level_ = level;
    }
    std::string out(deflateBound(&stream_, static_cast<uLong>(data.size())), '\0');
    std::size_t written = 0;
    int result = Z_OK;
    stream_.avail_in = 0;
    while (result != Z_STREAM_END) {
      if (stream_.avail_in == 0) {
        const std::size_t slice = std::min(data.size(), kMaxSlice);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // zlib does not write to it
        stream_.avail_in = static_cast<uInt>(slice);
        data.remove_prefix(slice);
      }
      const std::size_t room = std::min(out.size() - written, kMaxSlice);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written);
      stream_.avail_out = static_cast<uInt>(room);
      result = deflate(&stream_, data.empty() ? Z_FINISH : Z_NO_FLUSH);
      CHECK(result == Z_OK || result == Z_STREAM_END);  // deflateBound says that the output has room
      written += room - stream_.avail_out;
    }
    out.resize(written);
    return out;
  }

 private:
  z_stream stream_{};
  int level_;
};

class Inflater {
 public:
  Inflater() { CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

std::string gzip_compress(std::string_view data, int level) {
  thread_local Compressor compressor(level);
  return compressor.compress(data, level);
}

Result<std::string> gzip_decompress(std::string_view data, std::size_t limit) {
  constexpr std::size_t kFirstGuess = 4;  // JSON often shrinks to a quarter or less
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string out;
  out.resize(std::min(limit, data.size() * kFirstGuess) + 1);  // one more byte than allowed shows an excess
  std::size_t written = 0;
  while (true) {
    if (stream.avail_in == 0) {
      const std::size_t slice = std::min(data.size(), kMaxSlice);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
      stream.avail_in = static_cast<uInt>(slice);
      data.remove_prefix(slice);
    }
    if (written == out.size()) out.resize(std::min(out.size() * 2, limit + 1));
    const std::size_t room = std::min(out.size() - written, kMaxSlice);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream, Z_NO_FLUSH);
    written += room - stream.avail_out;
    if (written > limit) return make_error(Category::too_large, "the decompressed data is over the limit");
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0 && data.empty()) break;
      CHECK(inflateReset(&stream) == Z_OK);  // the next member
      continue;
    }
    const bool is_exhausted = stream.avail_in == 0 && data.empty() && stream.avail_out != 0;
    if (result == Z_BUF_ERROR || (result == Z_OK && is_exhausted)) {
      return make_error(Category::invalid, "the gzip data is cut short");
    }
    if (result != Z_OK) return make_error(Category::invalid, "the data is not well-formed gzip");
  }
  out.resize(written);
  out.reserve(written + kReadPadding);
  return out;
}

}  // namespace vesta
