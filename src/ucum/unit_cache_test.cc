// UnitCache: the answers of canonical_quantity(), bounded, from several threads; Scale against Number.
#include "ucum/unit_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ucum/number.h"
#include "ucum/parser.h"
#include "ucum/scale.h"
#include "ucum/tables.h"

namespace vesta::ucum {
namespace {

std::string shown(const Result<Quantity>& quantity) {
  return quantity.ok() ? quantity->value + " " + quantity->code : quantity.error().message;
}

std::string random_decimal(std::mt19937& random, std::size_t max_digits) {
  const auto up_to = [&random](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random);
  };
  std::string text = up_to(3) == 0 ? "-" : "";
  text += static_cast<char>('1' + up_to(8));
  for (std::size_t count = up_to(max_digits - 1); count > 0; --count) text += static_cast<char>('0' + up_to(9));
  if (up_to(1) == 0) {
    text += '.';
    for (std::size_t count = 1 + up_to(6); count > 0; --count) text += static_cast<char>('0' + up_to(9));
  }
  if (up_to(4) == 0) text += "e" + std::to_string(static_cast<int>(up_to(60)) - 30);
  return text;
}

TEST(UnitCache, AnswersAsWithoutIt) {
  UnitCache cache;
  std::mt19937 random(20240617);
  for (int round = 0; round < 20; ++round) {
    for (const UnitDefinition& unit : units()) {
      // Not to compute hundreds of logarithms.
      if (unit.function > Function::reaumur && round > 0) continue;
      const std::string value = random_decimal(random, 24);
      EXPECT_EQ(shown(cache.canonical_quantity(value, unit.code)), shown(canonical_quantity(value, unit.code)))
          << value << ' ' << unit.code;
    }
  }
  EXPECT_EQ(cache.size(), units().size());
  for (const char* value : {"", "01", "x", "1e10001", "-0", "0.000", "1e10000", "1e-10000"}) {
    for (const char* code : {"mg/dL", "/min", "Cel", "", "beats", "Cel/s", "m/"}) {
      EXPECT_EQ(shown(cache.canonical_quantity(value, code)), shown(canonical_quantity(value, code)))
          << value << ' ' << code;
    }
  }
}

TEST(UnitCache, IsBounded) {
  UnitCache cache(64);
  for (int i = 1; i <= 5000; ++i) {
    ASSERT_TRUE(cache.canonical_quantity("1", std::to_string(i) + ".m").ok());
    ASSERT_FALSE(cache.canonical_quantity("1", "m" + std::to_string(i) + "x").ok());
    ASSERT_LE(cache.size(), 64u);
  }
  EXPECT_GT(cache.size(), 32u);
  // A code that is too long is not kept, and refused as without the cache.
  const std::size_t before = cache.size();
  EXPECT_EQ(cache.canonical_quantity("1", std::string(kMaxCodeLength + 1, 'm')).error().category, Category::too_large);
  EXPECT_EQ(cache.size(), before);
}

TEST(UnitCache, ServesThreads) {
  UnitCache cache(64);  // so small that entries go while others use them
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int i = 1; i <= 2000; ++i) {
        const std::string factor = std::to_string(1 + (i * 7 + thread) % 200);
        const Result<Quantity> quantity = cache.canonical_quantity("2", factor + ".km");
        ASSERT_TRUE(quantity.ok());
        ASSERT_EQ(quantity->value, std::to_string(2000 * std::stoi(factor)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.size(), 64u);
}

TEST(Scale, GivesTheTextOfNumber) {
  std::mt19937 random(7);
  const std::uint64_t numerators[] = {1, 3, 7, 10, 254, 98'066'500, 602'214'076, 9'999'999'999'999'999'999u};
  const std::uint64_t denominators[] = {1, 3, 7, 60, 3600, 86'400, 4'294'967'291, 4'294'967'295};
  int count = 0;
  for (std::uint64_t numerator : numerators) {
    for (std::uint64_t denominator : denominators) {
      const Number factor(numerator, denominator, static_cast<int>(random() % 40) - 20);
      const Scale scale(factor);
      for (int round = 0; round < 100; ++round) {
        const std::string value = random_decimal(random, 12);
        const auto text = scale.apply(*split_decimal(value));
        if (!text) continue;
        ++count;
        EXPECT_EQ(*text, Number::parse(value)->times(factor)->text()) << value << " * " << factor.text();
      }
    }
  }
  EXPECT_GT(count, 5000);
}

TEST(Scale, LeavesLongNumbersToNumber) {
  const auto apply = [](const Number& factor, std::string_view value) {
    return Scale(factor).apply(*split_decimal(value)).has_value();
  };
  const Number::Integer limit = Number::Integer(1) << 64;
  EXPECT_TRUE(apply(Number(limit - 1), "1"));
  EXPECT_FALSE(apply(Number(limit), "1"));
  const Number::Integer half = Number::Integer(1) << 32;
  EXPECT_TRUE(apply(Number(1, half - 5), "1"));
  EXPECT_FALSE(apply(Number(1, half + 15), "1"));
  EXPECT_TRUE(apply(Number(1), std::string(19, '9')));
  EXPECT_FALSE(apply(Number(1), std::string(20, '9')));
  EXPECT_TRUE(apply(Number(1), "1e5000"));
  EXPECT_FALSE(apply(Number(1), "1e5001"));
  EXPECT_FALSE(apply(Number(1, 1, 0, Precision::approximate), "1"));
}

}  // namespace
}  // namespace vesta::ucum
