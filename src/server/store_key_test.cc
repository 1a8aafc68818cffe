// The key of the store: its forms, its sources, and programs that are asked for it.
#include "server/store_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

#include "server/commands/test_support.h"
#include "server/key_command.h"

namespace vesta::server {
namespace {

using store::sqlite::kSecretKeyBytes;
using store::sqlite::SecretKey;

const std::string kHex = "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f";
const std::string kBase64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

void expect_key(const SecretKey& key) {
  for (std::size_t i = 0; i < kSecretKeyBytes; ++i) EXPECT_EQ(key.data()[i], i);
}

TEST(StoreKey, ReadsDigitsAndBase64) {
  for (const std::string& text : {kHex, " " + kHex + "\r\n", kBase64, kBase64 + "\n"}) {
    const auto key = parse_store_key(text);
    ASSERT_TRUE(key.ok()) << text;
    expect_key(*key);
  }
  for (const std::string& text : {std::string(), std::string("\n"), kHex.substr(1), kHex + "0", "g" + kHex.substr(1),
                                  kHex + "\n" + kHex, kBase64.substr(4), "AAAA" + kBase64}) {
    const auto key = parse_store_key(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_TRUE(text.size() < 4 || key.error().message.find(text) == std::string::npos) << "it may be nearly the key";
  }
}

TEST(StoreKey, HasOneSource) {
  const commands::testing::Folder folder;
  const std::string file = folder.write("key", kHex + "\n").string();
  const auto none = read_store_key({}, nullptr);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  for (const auto& key : {read_store_key({.file = file, .command = {}}, nullptr), read_store_key({}, kHex.c_str()),
                          read_store_key({.file = {}, .command = "cat " + file}, nullptr)}) {
    ASSERT_TRUE(key.ok()) << key.error().message;
    expect_key(**key);
  }
  for (const auto& key : {read_store_key({.file = file, .command = {}}, kHex.c_str()),
                          read_store_key({.file = file, .command = "cat " + file}, nullptr),
                          read_store_key({.file = {}, .command = "cat " + file}, kHex.c_str())}) {
    ASSERT_FALSE(key.ok());
    EXPECT_NE(key.error().message.find("one source"), std::string::npos) << key.error().message;
  }
  const auto missing = read_store_key({.file = file + "s", .command = {}}, nullptr);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().category, Category::unavailable);
}

TEST(KeyCommand, GivesWhatIsPrinted) {
  const auto printed = run_key_command("  echo a  'b ");
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  EXPECT_EQ(*printed, "a 'b\n");
  EXPECT_EQ(*run_key_command("true"), "");
  EXPECT_EQ(run_key_command("head -c 4096 /dev/zero")->size(), kMaxKeyText);
}

TEST(KeyCommand, SaysWhyThereIsNoKey) {
  const auto why = [](const std::string& command) {
    const auto printed = run_key_command(command, std::chrono::milliseconds(200));
    EXPECT_FALSE(printed.ok()) << command;
    return printed.ok() ? "" : printed.error().message;
  };
  EXPECT_NE(why(" ").find("there is no program"), std::string::npos);
  EXPECT_NE(why("/no/such/program").find("No such file"), std::string::npos);
  EXPECT_NE(why("false").find("it ended with 1"), std::string::npos);
  EXPECT_NE(why("sleep 60").find("too long"), std::string::npos);
  EXPECT_NE(why("cat /dev/zero").find("too much"), std::string::npos);
  EXPECT_NE(why("head -c 4097 /dev/zero").find("too much"), std::string::npos);
  EXPECT_EQ(why("false secret").find("secret"), std::string::npos) << "arguments may be secrets";
}

}  // namespace
}  // namespace vesta::server
