// Plain, gzip and xz files as streams.
#include "server/commands/input_stream.h"

#include <lzma.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace vesta::server::commands {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

class PlainStream : public InputStream {
 public:
  explicit PlainStream(std::FILE* file) : file_(file, &std::fclose) {}

  Result<std::size_t> read(char* target, std::size_t size) override {
    const std::size_t got = std::fread(target, 1, size, file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) {
      return make_error(Category::unavailable, std::string("It cannot be read: ") + std::strerror(errno));
    }
    consumed_ += got;
    return got;
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t consumed_ = 0;
};

// What both decoders do: keep a buffer of packed bytes and fill it when it is empty.
class PackedStream : public InputStream {
 public:
  explicit PackedStream(std::unique_ptr<InputStream> packed) : packed_(std::move(packed)), buffer_(kBufferBytes) {}
  std::uint64_t consumed() const override { return packed_->consumed(); }

 protected:
  // The packed bytes read next; empty at the end of the file.
  Result<std::size_t> fill() {
    auto got = packed_->read(buffer_.data(), buffer_.size());
    if (got.ok()) at_end_ = *got == 0;
    return got;
  }
  static Error cut_off() { return make_error(Category::invalid, "The compressed file is cut off."); }

  std::unique_ptr<InputStream> packed_;
  std::vector<char> buffer_;
  bool at_end_ = false;
};

// RFC 1952; a file may hold several members one after the other.
class GzipStream : public PackedStream {
 public:
  explicit GzipStream(std::unique_ptr<InputStream> packed) : PackedStream(std::move(packed)) {
    constexpr int kGzipOnly = 16;
    is_ready_ = inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  ~GzipStream() override { inflateEnd(&stream_); }

  Result<std::size_t> read(char* target, std::size_t size) override {
    if (!is_ready_) return make_error(Category::internal, "zlib could not be set up.");
    stream_.next_out = reinterpret_cast<Bytef*>(target);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (stream_.avail_in == 0 && !at_end_) {
        VESTA_TRY(const std::size_t got, fill());
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(got);
      }
      if (stream_.avail_in == 0) {
        if (is_between_members_) return std::size_t{0};
        return cut_off();
      }
      if (is_between_members_) inflateReset(&stream_);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END) return make_error(Category::invalid, "It is not valid gzip data.");
      is_between_members_ = status == Z_STREAM_END;
    }
    return size - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool is_ready_ = false;
  bool is_between_members_ = false;
};

class XzStream : public PackedStream {
 public:
  explicit XzStream(std::unique_ptr<InputStream> packed) : PackedStream(std::move(packed)) {
    is_ready_ = lzma_stream_decoder(&stream_, kMaxXzMemoryBytes, LZMA_CONCATENATED) == LZMA_OK;
  }
  ~XzStream() override { lzma_end(&stream_); }

  Result<std::size_t> read(char* target, std::size_t size) override {
    if (!is_ready_) return make_error(Category::internal, "liblzma could not be set up.");
    if (is_over_) return std::size_t{0};
    stream_.next_out = reinterpret_cast<std::uint8_t*>(target);
    stream_.avail_out = size;
    while (stream_.avail_out == size && !is_over_) {
      if (stream_.avail_in == 0 && !at_end_) {
        VESTA_TRY(stream_.avail_in, fill());
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(buffer_.data());
      }
      const lzma_ret status = lzma_code(&stream_, at_end_ ? LZMA_FINISH : LZMA_RUN);
      if (status == LZMA_STREAM_END) {
        is_over_ = true;
      } else if (status == LZMA_BUF_ERROR) {
        return cut_off();
      } else if (status == LZMA_MEMLIMIT_ERROR) {
        return make_error(Category::too_large, "Unpacking it takes more memory than kMaxXzMemoryBytes.");
      } else if (status != LZMA_OK) {
        return make_error(Category::invalid, "It is not valid xz data.");
      }
    }
    return size - stream_.avail_out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool is_ready_ = false;
  bool is_over_ = false;
};

}  // namespace

Result<std::unique_ptr<InputStream>> open_input(const std::filesystem::path& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    const Category category = errno == ENOENT ? Category::not_found : Category::unavailable;
    return make_error(category, std::string("It cannot be opened: ") + std::strerror(errno));
  }
  std::unique_ptr<InputStream> plain = std::make_unique<PlainStream>(file);
  if (path.extension() == ".gz") return std::unique_ptr<InputStream>(std::make_unique<GzipStream>(std::move(plain)));
  if (path.extension() == ".xz") return std::unique_ptr<InputStream>(std::make_unique<XzStream>(std::move(plain)));
  return plain;
}

Result<std::string> read_all(InputStream& stream, std::size_t max_bytes, std::size_t padding) {
  std::string text;
  std::size_t size = 0;
  for (;;) {
    if (text.size() - size < kBufferBytes) text.resize(std::max(text.size() * 2, 2 * kBufferBytes));
    VESTA_TRY(const std::size_t got, stream.read(text.data() + size, text.size() - size));
    if (got == 0) break;
    size += got;
    if (size > max_bytes) {
      return make_error(Category::too_large, "It is longer than " + std::to_string(max_bytes) + " bytes.");
    }
  }
  text.resize(size);
  text.reserve(size + padding);
  return text;
}

}  // namespace vesta::server::commands
