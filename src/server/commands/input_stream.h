// InputStream: the bytes of a file, unpacked on the way if it is compressed (.gz by zlib, .xz by liblzma).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace vesta::server::commands {

inline constexpr std::uint64_t kMaxXzMemoryBytes = 512 * 1024 * 1024;  // of the decoder; xz -9 needs 65 MB

// Not thread-safe.
class InputStream {
 public:
  virtual ~InputStream() = default;
  // Up to `size` bytes into `target`; 0 is the end. Errors: unavailable (cannot be read), invalid (broken or cut off
  // compressed data).
  virtual Result<std::size_t> read(char* target, std::size_t size) = 0;
  // Bytes of the file itself that were read so far.
  virtual std::uint64_t consumed() const = 0;
};

// By the ending of its name. Errors: not_found, unavailable.
Result<std::unique_ptr<InputStream>> open_input(const std::filesystem::path& path);

// Everything, with `padding` allocated bytes behind it. Errors: those of the stream; too_large.
Result<std::string> read_all(InputStream& stream, std::size_t max_bytes, std::size_t padding);

}  // namespace vesta::server::commands
