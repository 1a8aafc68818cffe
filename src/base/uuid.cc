// Version 7 UUIDs with a counter in rand_a. https://www.rfc-editor.org/rfc/rfc9562#section-5.7
#include "base/uuid.h"

#include <algorithm>
#include <cstddef>

namespace vesta {
namespace {

constexpr std::uint64_t kCounterMax = 0xFFF;       // 12 bits of rand_a
constexpr std::uint64_t kCounterSeedMask = 0x7FF;  // a millisecond begins in the lower half: room to count up

// Writes the lowest `digits` * 4 bits of `value`.
char* put_hex(char* out, std::uint64_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) *out++ = kHex[(value >> (i * 4)) & 15];
  return out;
}

}  // namespace

// Section 6.2, method 1: a counter of fixed length, seeded at random in each new millisecond. When it runs over, or the
// clock steps back, time is borrowed from the next millisecond.
std::string UuidGenerator::next() {
  const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now().value, 0)) / 1000;
  const std::uint64_t seed = random_.bits();
  const std::uint64_t rand_b = random_.bits();
  std::uint64_t ms;
  std::uint64_t counter;
  {
    MutexLock lock(mutex_);
    if (now_ms > last_ms_) {
      last_ms_ = now_ms;
      counter_ = seed & kCounterSeedMask;
    } else if (counter_ == kCounterMax) {
      ++last_ms_;
      counter_ = seed & kCounterSeedMask;
    } else {
      ++counter_;
    }
    ms = last_ms_;
    counter = counter_;
  }
  std::string text(36, '-');
  char* out = text.data();
  out = put_hex(out, ms >> 16, 8) + 1;
  out = put_hex(out, ms, 4) + 1;
  out = put_hex(out, 0x7000 | counter, 4) + 1;
  out = put_hex(out, 0x8000 | (rand_b >> 48 & 0x3FFF), 4) + 1;
  put_hex(out, rand_b, 12);
  return text;
}

}  // namespace vesta
