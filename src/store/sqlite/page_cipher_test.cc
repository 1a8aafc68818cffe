// Keys and ciphers: vectors of the specifications, and what must not open.
#include "store/sqlite/page_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "store/sqlite/secret_key.h"

namespace vesta::store::sqlite {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<unsigned char>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

SecretKey key_from_hex(const std::string& text) {
  const Bytes bytes = from_hex(text);
  return SecretKey(std::span(bytes).first<kSecretKeyBytes>());
}

// https://www.rfc-editor.org/rfc/rfc5869#appendix-A.1, and A.3
TEST(SecretKey, HkdfGivesTheVectorsOfItsSpecification) {
  const std::string info = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
  Bytes out(42);
  hkdf(Bytes(22, 0x0b), from_hex("000102030405060708090a0b0c"), info, out);
  EXPECT_EQ(out, from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
  hkdf(Bytes(22, 0x0b), {}, "", out);
  EXPECT_EQ(out, from_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
}

// https://www.rfc-editor.org/rfc/rfc3394#section-4.6
TEST(SecretKey, WrapGivesTheVectorOfItsSpecification) {
  const SecretKey wrapping = key_from_hex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
  const SecretKey key = key_from_hex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
  WrappedKey wrapped = wrap_key(wrapping, key);
  EXPECT_EQ(Bytes(wrapped.begin(), wrapped.end()),
            from_hex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"));
  const auto unwrapped = unwrap_key(wrapping, wrapped);
  ASSERT_TRUE(unwrapped.ok());
  EXPECT_TRUE(std::equal(unwrapped->data(), unwrapped->data() + kSecretKeyBytes, key.data()));
  EXPECT_FALSE(unwrap_key(key, wrapped).ok()) << "by another key";
  wrapped[3] ^= 1;
  EXPECT_FALSE(unwrap_key(wrapping, wrapped).ok());
}

DataKeys two_keys() {
  DataKeys keys;
  keys.keys.emplace(1, SecretKey::random());
  keys.keys.emplace(2, SecretKey::random());
  keys.current = 1;
  return keys;
}

class PageCipherTest : public ::testing::Test {
 protected:
  PageCipherTest() { cipher_.seal(kHere, page_.data(), page_.size(), sealed_.data(), trailer_.data()); }
  PageCipher::Opened open(PageKeys& keys, Place place = kHere) {
    Bytes out(page_.size());
    PageCipher cipher(keys);
    const auto opened = cipher.open(place, sealed_.data(), sealed_.size(), trailer_.data(), out.data());
    if (opened == PageCipher::Opened::ok) {
      EXPECT_EQ(out, page_);
    }
    return opened;
  }

  static constexpr Place kHere{Place::Kind::page, 8192};
  const DataKeys data_keys_ = two_keys();
  PageKeys keys_{data_keys_, "test"};
  PageCipher cipher_{keys_};
  const Bytes page_ = Bytes(8148, 'x');
  Bytes sealed_ = Bytes(8148);
  Bytes trailer_ = Bytes(kTrailerBytes);
};

TEST_F(PageCipherTest, OpensWhatWasSealedInAnOpeningBefore) {
  EXPECT_EQ(open(keys_), PageCipher::Opened::ok);
  PageKeys later(data_keys_, "test");
  EXPECT_NE(later.salt(), keys_.salt());
  EXPECT_EQ(open(later), PageCipher::Opened::ok);
  DataKeys rotated = data_keys_;
  rotated.current = 2;
  PageKeys under_another(rotated, "test");
  EXPECT_EQ(open(under_another), PageCipher::Opened::ok);
}

TEST_F(PageCipherTest, OpensNothingElse) {
  EXPECT_EQ(open(keys_, {Place::Kind::page, 0}), PageCipher::Opened::damaged) << "at another place";
  EXPECT_EQ(open(keys_, {Place::Kind::frame_page, 8192}), PageCipher::Opened::damaged) << "in another kind of file";
  PageKeys other_purpose(data_keys_, "views");
  EXPECT_EQ(open(other_purpose), PageCipher::Opened::damaged);
  PageKeys other_keys(two_keys(), "test");
  EXPECT_EQ(open(other_keys), PageCipher::Opened::damaged);
  for (Bytes* const part : {&sealed_, &trailer_}) {
    for (std::size_t i = 0; i < part->size(); i += 13) {
      (*part)[i] ^= 0x10;
      EXPECT_NE(open(keys_), PageCipher::Opened::ok) << i;
      (*part)[i] ^= 0x10;
    }
  }
  EXPECT_EQ(open(keys_), PageCipher::Opened::ok);
}

// Data keys have numbers one after the other: one that was added since has the next. Others are noise.
TEST_F(PageCipherTest, TellsALaterDataKeyFromNoise) {
  using Opened = PageCipher::Opened;
  const auto opened = [this](std::uint32_t number) {
    for (int i = 0; i < 4; ++i) trailer_[3 - i] = static_cast<unsigned char>(number >> (8 * i));
    return open(keys_);
  };
  EXPECT_EQ(opened(0), Opened::damaged);
  EXPECT_EQ(opened(1), Opened::ok);
  EXPECT_EQ(opened(2), Opened::damaged) << "it is known, and another one";
  EXPECT_EQ(opened(3), Opened::unknown_key);
  EXPECT_EQ(opened(kMaxDataKeyNumber), Opened::unknown_key);
  EXPECT_EQ(opened(kMaxDataKeyNumber + 1), Opened::damaged);
  EXPECT_EQ(opened(0xA5A5A5A5), Opened::damaged);
}

TEST_F(PageCipherTest, NeverUsesANonceTwice) {
  std::set<Bytes> seen;
  PageCipher second(keys_);  // of another file
  for (int i = 0; i < 100; ++i) {
    Bytes trailer(kTrailerBytes);
    (i % 2 == 0 ? cipher_ : second).seal(kHere, page_.data(), page_.size(), sealed_.data(), trailer.data());
    trailer.resize(kTrailerBytes - kTagBytes);
    EXPECT_TRUE(seen.insert(trailer).second);
  }
}

TEST(SectorCipher, HidesAndGivesBack) {
  const Bytes plain(SectorCipher::kSectorBytes, 'p');
  Bytes first(plain.size());
  Bytes second(plain.size());
  SectorCipher cipher;
  cipher.seal(0, plain.data(), first.data());
  cipher.seal(1, plain.data(), second.data());
  EXPECT_NE(first, second);
  EXPECT_NE(first, plain);
  SectorCipher another;
  another.seal(0, plain.data(), second.data());
  EXPECT_NE(first, second);
  cipher.open(0, first.data(), second.data());
  EXPECT_EQ(second, plain);
}

}  // namespace
}  // namespace vesta::store::sqlite
