// Rng: a small seeded generator (xoshiro256**), so that the same seed gives the same population on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vesta::sample {

// The finalizer of splitmix64: a bijection that spreads every input bit over the whole word.
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

// Not thread-safe. Only additions, multiplications and shifts: no library function whose last digit differs by machine.
class Rng {
 public:
  Rng(std::uint64_t seed, std::uint64_t stream) {
    std::uint64_t at = mix(seed) ^ mix(stream + 0x51ED270B);
    for (auto& word : state_) word = at = mix(at);
  }

  std::uint64_t bits() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // [0, 1)
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  // [0, count); the bias of the multiplication is far below what a sample could show.
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((bits() >> 32) * static_cast<std::uint64_t>(count)) >> 32);
  }
  // [low, high]
  int whole(int low, int high) { return low + static_cast<int>(below(static_cast<std::uint32_t>(high - low + 1))); }
  bool chance(double probability) { return unit() < probability; }
  // Mean 0, deviation 1, never beyond ±3.5: the sum of four uniforms, scaled.
  double normal() { return (unit() + unit() + unit() + unit() - 2.0) * 1.7320508075688772; }
  template <class Table>
  const auto& pick(const Table& table) {
    return table[below(static_cast<std::uint32_t>(std::size(table)))];
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t value, int count) {
    return (value << count) | (value >> (64 - count));
  }
  std::array<std::uint64_t, 4> state_;
};

}  // namespace vesta::sample
