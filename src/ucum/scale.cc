// Multiplies in 128 bits and divides by hand, digits in chunks of nine.
#include "ucum/scale.h"

#include <charconv>
#include <limits>

namespace vesta::ucum {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t kMaxValueDigits = 19;  // of them, each number fits 64 bits
constexpr std::uint64_t kChunk = 1'000'000'000;
constexpr int kChunkDigits = 9;

// Appends `value`, with zeros before it to `width` digits.
void append(std::string& digits, std::uint64_t value, std::size_t width) {
  char buffer[20];
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  const auto count = static_cast<std::size_t>(end - buffer);
  if (count < width) digits.append(width - count, '0');
  digits.append(buffer, count);
}

// The digits of a positive number; none for zero.
std::string digits_of(Wide value) {
  constexpr std::uint64_t kHalf = 10'000'000'000'000'000'000u;
  std::string digits;
  if (value == 0) return digits;
  if (const Wide high = value / kHalf; high == 0) {
    append(digits, static_cast<std::uint64_t>(value), 1);
  } else if (high < kHalf) {
    append(digits, static_cast<std::uint64_t>(high), 1);
    append(digits, static_cast<std::uint64_t>(value % kHalf), 19);
  } else {
    append(digits, static_cast<std::uint64_t>(high / kHalf), 1);
    append(digits, static_cast<std::uint64_t>(high % kHalf), 19);
    append(digits, static_cast<std::uint64_t>(value % kHalf), 19);
  }
  return digits;
}

}  // namespace

Scale::Scale(const Number& factor) {
  is_small_ = factor.precision() == Precision::exact && factor.numerator().sign() > 0 &&
              factor.numerator() <= std::numeric_limits<std::uint64_t>::max() &&
              factor.denominator() <= std::numeric_limits<std::uint32_t>::max();
  if (!is_small_) return;
  numerator_ = factor.numerator().convert_to<std::uint64_t>();
  denominator_ = factor.denominator().convert_to<std::uint32_t>();
  exponent_ = factor.exponent();
}

std::optional<std::string> Scale::apply(const DecimalText& value) const {
  int exponent = value.exponent + exponent_;
  if (!is_small_ || value.digit_count > kMaxValueDigits || std::abs(exponent) > kMaxDecimalExponent / 2) {
    return std::nullopt;
  }
  std::uint64_t written = 0;
  for (char c : value.whole) written = written * 10 + static_cast<std::uint64_t>(c - '0');
  for (char c : value.fraction) written = written * 10 + static_cast<std::uint64_t>(c - '0');

  const Wide product = Wide{written} * numerator_;
  std::string digits = digits_of(denominator_ == 1 ? product : product / denominator_);
  std::uint64_t rest = denominator_ == 1 ? 0 : static_cast<std::uint64_t>(product % denominator_);
  // The denominator has no factor 2 or 5: what leaves a rest never ends, and is no tie when rounded.
  if (rest == 0) return write_decimal(value.negative, std::move(digits), exponent, kMaxDecimalDigits);
  while (digits.size() <= kRoundedDigits) {
    const std::uint64_t dividend = rest * kChunk;
    const std::uint64_t chunk = dividend / denominator_;
    rest = dividend % denominator_;
    if (!digits.empty() || chunk != 0) append(digits, chunk, digits.empty() ? 1 : kChunkDigits);
    exponent -= kChunkDigits;
  }
  return write_decimal(value.negative, std::move(digits), exponent, kRoundedDigits);
}

}  // namespace vesta::ucum
