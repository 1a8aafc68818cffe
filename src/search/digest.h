// Digest: FNV-1a, 64 bits, over fields that are closed by a byte no text contains.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::search {

class Digest {
 public:
  void add(std::string_view field) {
    for (char c : field) mix(static_cast<unsigned char>(c));
    mix(0xFF);
  }
  std::string hex() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[hash_ >> shift & 0xF]);
    return out;
  }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211u; }
  std::uint64_t hash_ = 14695981039346656037u;
};

}  // namespace vesta::search
