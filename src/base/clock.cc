// The system's clock and random generator.
#include "base/clock.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "base/check.h"

namespace vesta {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
  }
  std::chrono::steady_clock::time_point monotonic() override { return std::chrono::steady_clock::now(); }
};

// The kernel's generator costs a system call; each thread fetches a small block at a time. Spent words are wiped, so
// that a dump of memory does not tell past ones.
struct RandomBlock {
  std::array<std::uint64_t, 32> words{};
  std::size_t next = 32;

  std::uint64_t take() {
    if (next == words.size()) refill();
    const std::uint64_t word = words[next];
    words[next++] = 0;
    return word;
  }

  void refill() {
    auto* bytes = reinterpret_cast<unsigned char*>(words.data());
    std::size_t filled = 0;
    while (filled < sizeof(words)) {
      const ssize_t got = ::getrandom(bytes + filled, sizeof(words) - filled, 0);
      if (got < 0) {
        CHECK(errno == EINTR);  // the only failure that getrandom without flags has on a running system
        continue;
      }
      filled += static_cast<std::size_t>(got);
    }
    next = 0;
  }
};

class SystemRandom final : public Random {
 public:
  std::uint64_t bits() override {
    thread_local RandomBlock block;
    return block.take();
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace vesta
