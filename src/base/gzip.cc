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

// Gives zlib what it may have at once, out of `data`; it is taken off it.
void take_slice(std::string_view& data, z_stream& stream) {
  const std::size_t slice = std::min(data.size(), kMaxSlice);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(slice);
  data.remove_prefix(slice);
}

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

class GzipStream::Compressor {
 public:
  explicit Compressor(int level) : level_(level) {
    CHECK(deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Compressor() { deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  void reset(int level) {
    CHECK(deflateReset(&stream_) == Z_OK);
    if (level == level_) return;
    CHECK(deflateParams(&stream_, level, Z_DEFAULT_STRATEGY) == Z_OK);
    level_ = level;
  }

  // `flush`: Z_SYNC_FLUSH or Z_FINISH.
  void add(std::string_view data, int flush, std::string& out) {
    std::size_t written = out.size();
    out.resize(written + deflateBound(&stream_, static_cast<uLong>(data.size())) + kFlushRoom);
    stream_.avail_in = 0;
    bool is_done = false;
    while (!is_done) {
      if (stream_.avail_in == 0 && !data.empty()) take_slice(data, stream_);
      if (written == out.size()) out.resize(out.size() * 2);
      const std::size_t room = std::min(out.size() - written, kMaxSlice);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written);
      stream_.avail_out = static_cast<uInt>(room);
      const int result = deflate(&stream_, data.empty() ? flush : Z_NO_FLUSH);
      CHECK(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);  // the last: nothing was left to do
      written += room - stream_.avail_out;
      // A flush is whole when it left room. https://www.zlib.net/manual.html#Basic
      is_done =
          flush == Z_FINISH ? result == Z_STREAM_END : data.empty() && stream_.avail_in == 0 && stream_.avail_out > 0;
    }
    out.resize(written);
  }

 private:
  static constexpr std::size_t kFlushRoom = 16;  // of a flush's marker, or of the end

  z_stream stream_{};
  int level_;
};

GzipStream::GzipStream(int level) : compressor_(std::make_unique<Compressor>(level)) {}
GzipStream::~GzipStream() = default;

void GzipStream::add(std::string_view piece, std::string& out) {
  if (!piece.empty()) compressor_->add(piece, Z_SYNC_FLUSH, out);
}

void GzipStream::finish(std::string& out) {
  compressor_->add({}, Z_FINISH, out);
}

// Its set-up costs a good part of a small body's time, so each thread keeps one.
std::string gzip_compress(std::string_view data, int level) {
  thread_local GzipStream::Compressor compressor(level);
  compressor.reset(level);
  std::string out;
  compressor.add(data, Z_FINISH, out);
  return out;
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
      take_slice(data, stream);
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
