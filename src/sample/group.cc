// The making of deterministic UUIDs.
#include "sample/group.h"

#include "sample/rng.h"

namespace vesta::sample {

Uuid make_uuid(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::uint64_t kSecondHalf = 0xA5A5'5A5A'0F0F'F0F0u;
  const std::uint64_t base = mix(seed) ^ mix(stream + 0x1D5);
  const std::uint64_t high = mix(base ^ mix(counter));
  const std::uint64_t low = mix(high ^ kSecondHalf ^ base);
  Uuid uuid;
  std::size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) uuid.text[at++] = '-';
    const std::uint64_t word = digit < 16 ? high : low;
    unsigned nibble = static_cast<unsigned>(word >> (60 - 4 * (digit % 16))) & 15u;
    if (digit == 12) nibble = 8;                  // version
    if (digit == 16) nibble = 8 | (nibble & 3u);  // variant
    uuid.text[at++] = kHex[nibble];
  }
  return uuid;
}

}  // namespace vesta::sample
