// Tests of gzip: round trips, limits on both sides, and broken input.
#include "base/gzip.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/limits.h"

namespace vesta {
namespace {

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(system_random().bits());
  return text;
}

TEST(GzipTest, RoundTripsEverySizeAndLevel) {
  for (std::size_t size : {0, 1, 100, 65'536, 300'000}) {
    for (int level : {1, 6, 9, 1}) {
      for (const std::string& text : {std::string(size, 'a'), noise(size)}) {
        const auto back = gzip_decompress(gzip_compress(text, level), size);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, text);
        EXPECT_GE(back->capacity(), size + kReadPadding);
      }
    }
  }
}

// Each piece can be read before the next is there.
TEST(GzipTest, PiecesBecomeOneFile) {
  for (std::size_t size : {0, 1, 100, 65'536, 300'000}) {
    const std::string pieces[] = {std::string(size, 'a'), "", noise(size), "end"};
    GzipStream stream;
    std::string file = "before";
    std::string text;
    for (const std::string& piece : pieces) {
      const std::size_t begin = file.size();
      stream.add(piece, file);
      EXPECT_EQ(file.size() > begin, !piece.empty());
      text += piece;
      EXPECT_FALSE(gzip_decompress(file.substr(6), text.size()).ok());  // it has no end yet
    }
    stream.finish(file);
    const auto back = gzip_decompress(file.substr(6), text.size());
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, text);
  }
}

TEST(GzipTest, RealBundleShrinks) {
  const char* shared = std::getenv("VESTA_SHARED_DATA");
  if (shared == nullptr || !std::filesystem::exists(shared)) GTEST_SKIP() << "VESTA_SHARED_DATA is not set";
  std::filesystem::path found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared)) {
    if (entry.path().extension() == ".json") {
      found = entry.path();
      break;
    }
  }
  if (found.empty()) GTEST_SKIP() << "no JSON file in VESTA_SHARED_DATA";
  std::ifstream file(found, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string small = gzip_compress(text);
  EXPECT_LT(small.size(), text.size());
  EXPECT_EQ(*gzip_decompress(small, text.size()), text);
}

TEST(GzipTest, LimitOnBothSides) {
  const std::string small = gzip_compress(std::string(1'000'000, 'x'));
  EXPECT_TRUE(gzip_decompress(small, 1'000'000).ok());
  const auto over = gzip_decompress(small, 999'999);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().category, Category::too_large);
}

TEST(GzipTest, MembersAreJoined) {
  EXPECT_EQ(*gzip_decompress(gzip_compress("ab") + gzip_compress("cd"), 4), "abcd");
}

TEST(GzipTest, BrokenInputIsInvalid) {
  const std::string good = gzip_compress("some text, some text, some text");
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const auto result = gzip_decompress(good.substr(0, cut), 1000);
    ASSERT_FALSE(result.ok()) << cut;
    EXPECT_EQ(result.error().category, Category::invalid);
  }
  EXPECT_FALSE(gzip_decompress(good + "x", 1000).ok());
  EXPECT_FALSE(gzip_decompress("not gzip at all", 1000).ok());
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // the checksum
  EXPECT_FALSE(gzip_decompress(flipped, 1000).ok());
}

}  // namespace
}  // namespace vesta
