// Waiting for a rebuild of the index: while it goes on, and not when it has failed.
#include "server/store_setup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "server/commands/test_support.h"

namespace vesta::server {
namespace {

using commands::testing::Folder;

// A store of one Patient, indexed as if by other search parameters: its file says so, without an engine's help.
void make_outdated_store(const Folder& folder) {
  {
    commands::testing::Target target(commands::testing::open_sqlite(folder / "data"));
    ASSERT_EQ(target.import({folder.write("in.json", R"({"resourceType":"Patient","id":"a"})")}), 0) << target.printed;
  }
  const std::filesystem::path file = folder / "data/vesta.db";
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  std::string text = bytes.str();
  const std::string_view key = "fingerprint";
  const std::size_t at = text.find(key);
  ASSERT_NE(at, std::string::npos);
  char& first = text[at + key.size()];
  first = first == '0' ? '1' : '0';
  std::ofstream(file, std::ios::binary) << text;
}

std::unique_ptr<store::Store> open_with(const Folder& folder, std::function<Status()> reindex) {
  store::sqlite::OpenOptions options;
  options.directory = (folder / "data").string();
  options.registry = &commands::testing::registry();
  options.reindex = [reindex = std::move(reindex)](const store::Version&) -> Result<search::IndexValues> {
    VESTA_CHECK_OK(reindex());
    return search::IndexValues();
  };
  auto store = store::sqlite::open(std::move(options));
  return store.ok() ? std::move(*store) : nullptr;
}

TEST(WaitForIndex, ReturnsAtOnceWhereTheRebuildHadFailed) {
  const Folder folder;
  ASSERT_NO_FATAL_FAILURE(make_outdated_store(folder));
  const auto store = open_with(folder, [] { return make_error(Category::unavailable, "refused by the test"); });
  ASSERT_NE(store, nullptr);
  while (store->writable().error().category == Category::busy) std::this_thread::yield();
  wait_for_index(*store);  // for hours, if it did not see that
  const Status writable = store->writable();
  ASSERT_FALSE(writable.ok());
  EXPECT_EQ(writable.error().category, Category::unavailable);
  EXPECT_NE(writable.error().message.find("refused by the test"), std::string::npos) << writable.error().message;
}

TEST(WaitForIndex, ReturnsWhenTheRebuildHasEnded) {
  const Folder folder;
  ASSERT_NO_FATAL_FAILURE(make_outdated_store(folder));
  std::atomic<bool> may_go_on = false;
  const auto store = open_with(folder, [&]() -> Status {
    while (!may_go_on) std::this_thread::yield();
    return kOk;
  });
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->writable().error().category, Category::busy);
  std::atomic<bool> has_waited = false;
  std::thread waiter([&] {
    wait_for_index(*store);
    has_waited = true;
  });
  EXPECT_FALSE(has_waited) << "the rebuild stands still";
  may_go_on = true;
  waiter.join();
  EXPECT_TRUE(store->writable().ok());
}

TEST(WaitForIndex, ReturnsAtOnceFromAStoreThatIsReady) {
  const Folder folder;
  const auto store = commands::testing::open_sqlite(folder / "data");
  wait_for_index(*store);
  EXPECT_TRUE(store->writable().ok());
}

}  // namespace
}  // namespace vesta::server
