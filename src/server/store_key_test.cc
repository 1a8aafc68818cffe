// The key of the store: its forms, its sources, and programs that are asked for it.
#include "server/store_key.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "base/log.h"
#include "server/commands/rekey.h"
#include "server/commands/test_support.h"
#include "server/key_command.h"
#include "store/sqlite/store_keys.h"

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

TEST(StoreKey, WarnsOfAFileThatOthersMayRead) {
  const commands::testing::Folder folder;
  const std::string file = folder.write("key", kHex).string();
  std::string lines;
  log::set_sink([&lines](std::string_view line) { lines.append(line) += '\n'; });
  for (const mode_t mode : {0640, 0604, 0660, 0600, 0400}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    lines.clear();
    EXPECT_TRUE(read_store_key({.file = file, .command = {}}, nullptr).ok());
    EXPECT_EQ(lines.find("not its owner's alone") != std::string::npos, (mode & 077) != 0) << mode << lines;
  }
  log::set_sink({});
  EXPECT_EQ(lines.find(kHex), std::string::npos);
}

TEST(StoreKey, SaysWhyAFileCannotBeRead) {
  const commands::testing::Folder folder;
  const auto of_a_folder = read_store_key({.file = folder.path().string(), .command = {}}, nullptr);
  ASSERT_FALSE(of_a_folder.ok());
  EXPECT_NE(of_a_folder.error().message.find("Is a directory"), std::string::npos) << of_a_folder.error().message;
}

TEST(Rekey, SaysWhetherTheKeyIsAnother) {
  const commands::testing::Folder folder;
  const std::string key = folder.write("key", kHex).string();
  const std::string same = folder.write("same", kBase64).string();
  const std::string other = folder.write("other", "f" + kHex.substr(1)).string();
  StoreConfig store;
  store.data = folder.path().string();
  store.key.file = key;
  ASSERT_TRUE(store::sqlite::open_keys(store.data, *parse_store_key(kHex), store::sqlite::MissingKeys::are_made).ok());
  const auto rekey = [&store](const std::string& next) {
    std::ostringstream out, errors;
    EXPECT_EQ(commands::run_rekey({.next = {.file = next, .command = {}}}, store, out, errors), 0) << errors.str();
    return out.str();
  };
  EXPECT_EQ(rekey(same), "the key of the site is the same\n");
  EXPECT_EQ(rekey(other), "the store opens with the new key, and no longer with the one before\n");
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

TEST(KeyCommand, SharesNoOpenFile) {
  constexpr int kFar = 77;
  ASSERT_EQ(::dup2(STDERR_FILENO, kFar), kFar);
  const auto printed = run_key_command("ls /proc/self/fd");
  ::close(kFar);
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  EXPECT_EQ(printed->find(std::to_string(kFar)), std::string::npos) << *printed;
}

TEST(KeyCommand, LeavesStandardInputAlone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "password", 8), 8);
  ::close(ends[1]);
  const int before = ::dup(STDIN_FILENO);
  ASSERT_EQ(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  const auto printed = run_key_command("cat");
  char left[16];
  const ssize_t size = ::read(STDIN_FILENO, left, sizeof(left));
  ::dup2(before, STDIN_FILENO);
  ::close(before);
  ::close(ends[0]);
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  EXPECT_EQ(*printed, "");
  EXPECT_EQ(size, 8);
}

TEST(KeyCommand, StartsWithSignalsAsByDefault) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  const auto printed = run_key_command("cat /proc/self/status");
  ::signal(SIGPIPE, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  constexpr std::uint64_t kStandard = 0x7FFFFFFF;  // those above are for times and threads
  for (const std::string line : {"SigBlk:", "SigIgn:"}) {
    const std::size_t at = printed->find(line);
    ASSERT_NE(at, std::string::npos) << *printed;
    EXPECT_EQ(std::stoull(printed->substr(at + line.size()), nullptr, 16) & kStandard, 0u) << *printed;
  }
}

TEST(KeyCommand, EndsWhatItHasStarted) {
  const commands::testing::Folder folder;
  const std::string held = (folder / "held").string();
  ASSERT_EQ(::mkfifo(held.c_str(), 0600), 0);
  const int input = ::open(held.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(input, 0);
  const auto script = folder.write("key.sh", "(echo begun; exec sleep 60) > " + held + " & wait\n");
  const auto printed = run_key_command("sh " + script.string(), std::chrono::milliseconds(1000));
  ASSERT_FALSE(printed.ok());
  EXPECT_NE(printed.error().message.find("too long"), std::string::npos) << printed.error().message;
  constexpr int kPatienceMs = 20'000;
  ssize_t got = 1;
  for (pollfd waiting{input, POLLIN, 0}; got > 0;) {  // until nobody has the other end
    ASSERT_EQ(::poll(&waiting, 1, kPatienceMs), 1) << "what it has started still runs";
    char bytes[16];
    got = ::read(input, bytes, sizeof(bytes));
  }
  EXPECT_EQ(got, 0);
  ::close(input);
}

TEST(KeyCommand, DoesNotWaitForWhatIsLeftRunning) {
  const commands::testing::Folder folder;
  const auto script = folder.write("key.sh", "sleep 60 & echo $! > " + (folder / "pid").string() + "; echo key\n");
  const auto printed = run_key_command("sh " + script.string(), std::chrono::seconds(20));
  pid_t left = 0;
  std::ifstream(folder / "pid") >> left;
  ASSERT_GT(left, 0);
  ::kill(left, SIGKILL);
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  EXPECT_EQ(*printed, "key\n");
}

}  // namespace
}  // namespace vesta::server
