// Faults: every read, write, sync and truncation fails once, and from then on; power is lost after every commit. What
// was acknowledged is there, what was refused is there in no part, and the store goes on.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <thread>

#include "search/random_resource.h"
#include "store/audit_chain.h"
#include "store/contract_test_support.h"
#include "store/sqlite/fault_vfs.h"
#include "store/sqlite/page_cipher.h"
#include "store/sqlite/secret_key.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

using sqlite::test::FaultVfs;

constexpr int kSteps = 10;
constexpr std::uint64_t kSetSize = 3;
// A slow build, which is there to look at memory and threads, meets some of the faults, others each time.
constexpr std::int64_t kFaultStride = search::testing::kSlowness > 1 ? 10 : 1;

// What the workload knows of the store: by step, was it acknowledged?
using Acknowledged = std::vector<std::optional<bool>>;

// Each on a plain store, and on an encrypted one: what fails lies below the encryption.
enum class Kind { plain, encrypted };

class FaultTest : public ::testing::TestWithParam<Kind> {
 protected:
  FaultTest() {
    if (GetParam() == Kind::plain) return;
    keys_.emplace().keys.emplace(1, sqlite::SecretKey::random());
    keys_->current = 1;
  }

  std::unique_ptr<Store> open(const std::string& folder, const std::string& vfs, std::string* why = nullptr) {
    auto store = sqlite::open({.directory = folder,
                               .registry = &test::registry(),
                               .clock = &clock_,
                               .vfs = vfs,
                               .tuning = {.fold_delay = fold_delay_},
                               .keys = keys_});
    if (store.ok()) return std::move(*store);
    EXPECT_EQ(store.error().category, Category::unavailable) << store.error().message;
    if (why != nullptr) *why = store.error().message;
    return nullptr;
  }

  static std::string id(int step, std::uint64_t i) { return "s" + std::to_string(step) + "-" + std::to_string(i); }
  static test::Values values(int step, int round) {
    return test::observation("c" + std::to_string(step), round == 0 ? "final" : "amended", "Patient/p", "2020-01-01",
                             "1.5");
  }
  static std::string tail(int step) {
    std::string text = "},\"step\":\"";
    for (int i = 0; i < 300; ++i) text += std::to_string(i * 7919 + step);
    return text + "\"}";
  }

  // One set of several creations; step `kSteps / 2` on also updates the resources of an earlier step, if they are
  // there.
  static WriteSet make_set(int step, const Acknowledged& before) {
    WriteSet set;
    for (std::uint64_t i = 0; i < kSetSize; ++i) {
      set.writes.push_back(test::make_put("Observation", id(step, i), 0, tail(step), values(step, 0), {}));
    }
    const int earlier = step - kSteps / 2;
    if (earlier >= 0 && before[static_cast<std::size_t>(earlier)].value_or(false)) {
      set.writes.push_back(
          test::make_put("Observation", id(earlier, 0), 1, tail(step), values(earlier, 1), values(earlier, 0)));
    }
    set.properties.emplace_back("step", std::to_string(step));
    set.audit.push_back(std::to_string(step));
    return set;
  }

  Acknowledged run(Store& store) const {
    Acknowledged done(kSteps);
    for (int step = 0; step < kSteps; ++step) {
      WriteSet set = make_set(step, done);
      const auto result = store.commit(set);
      done[static_cast<std::size_t>(step)] = result.ok();
      if (!result.ok()) {
        EXPECT_EQ(result.error().category, Category::unavailable) << result.error().message;
      }
      if (fold_delay_) std::this_thread::sleep_for(*fold_delay_ + std::chrono::milliseconds(1));  // so that it comes
    }
    return done;
  }

  // Holds the store to what was acknowledged. `refused_may_be_there`: a refused set may have been kept, but as a whole.
  static void check(Store& store, const Acknowledged& done, bool refused_may_be_there) {
    std::vector<std::uint64_t> all_found;
    for (int step = 0; step < kSteps; ++step) {
      const std::optional<bool> acknowledged = done[static_cast<std::size_t>(step)];
      std::uint64_t found = 0;
      for (std::uint64_t i = 0; i < kSetSize; ++i) {
        auto version = store.read_version(test::type_of("Observation"), id(step, i), {1});
        ASSERT_TRUE(version.ok()) << version.error().message;
        if (!version->has_value()) continue;
        ++found;
        ASSERT_EQ((*version)->tail, tail(step));
      }
      const auto hits =
          test::all_pages(store, test::token_query("Observation", "code", "c" + std::to_string(step)), 10);
      ASSERT_EQ(hits.size(), found) << "the index and the resources of step " << step;
      if (acknowledged.value_or(false)) {
        ASSERT_EQ(found, kSetSize) << "step " << step << " was acknowledged";
      } else if (refused_may_be_there) {
        ASSERT_TRUE(found == 0 || found == kSetSize) << "step " << step << " is there in part";
      } else {
        ASSERT_EQ(found, 0u) << "step " << step << " was refused";
      }
      all_found.push_back(found);
    }
    check_audit(store, all_found);
    verify(store);
  }

  // Each set that is there has its record, once, and the chain holds.
  static void check_audit(Store& store, const std::vector<std::uint64_t>& found) {
    const auto entries = store.audit(0, 2 * kSteps);
    ASSERT_TRUE(entries.ok()) << entries.error().message;
    std::vector<std::uint64_t> recorded(kSteps);
    std::string hash;
    std::uint64_t number = 0;
    for (const AuditEntry& entry : *entries) {
      hash = audit_hash(hash, ++number, entry.record);
      ASSERT_EQ(entry, (AuditEntry{number, entry.record, hash}));
      recorded.at(std::stoul(entry.record)) += kSetSize;
    }
    ASSERT_EQ(recorded, found);
  }

  static void verify(Store& store) {
    std::vector<std::string> findings;
    const auto extract = [](const Version& version) -> Result<search::IndexValues> {
      const int step = std::stoi(version.id.substr(1, version.id.find('-') - 1));
      return values(step, version.version.value == 1 ? 0 : 1).values();
    };
    auto looked_at = store.verify(extract, [&](std::string finding) { findings.push_back(std::move(finding)); });
    ASSERT_TRUE(looked_at.ok()) << looked_at.error().message;
    ASSERT_EQ(findings, std::vector<std::string>{});
  }

  // Fails the n-th call during the workload; false: the workload has fewer.
  bool run_with_fault(FaultVfs::Call call, std::int64_t n, FaultVfs::Mode mode, int code) {
    const sqlite::test::TemporaryFolder folder;
    FaultVfs vfs("fault");
    Acknowledged done;
    bool was_hit = false;
    {
      auto store = open(folder.path(), "fault");
      EXPECT_NE(store, nullptr);
      if (store == nullptr) return false;
      vfs.arm(call, n, mode, code);
      done = run(*store);
      was_hit = vfs.hits() > 0;
      vfs.disarm();
      check(*store, done, false);  // reads go on
      // It says why it does not write, or writes again.
      WriteSet more;
      more.writes.push_back(test::make_put("Observation", "s0-more", 0, tail(0), values(0, 0), {}));
      const auto again = store->commit(more);
      EXPECT_TRUE(again.ok()) << again.error().message;
      EXPECT_TRUE(store->writable().ok());
      if (again.ok()) {
        WriteSet gone;
        gone.writes.push_back(test::make_remove("Observation", "s0-more", 1, values(0, 0)));
        EXPECT_TRUE(store->commit(gone).ok());
      }
    }
    auto store = open(folder.path(), "");
    EXPECT_NE(store, nullptr);
    if (store != nullptr) check(*store, done, false);
    return was_hit;
  }

  static std::int64_t first_fault() { return 1 + static_cast<std::int64_t>(std::random_device{}() % kFaultStride); }

  void every_nth(FaultVfs::Call call, int code, std::int64_t every = 1) {
    const std::int64_t stride = every * kFaultStride;
    for (const auto mode : {FaultVfs::Mode::once, FaultVfs::Mode::from_then_on}) {
      const std::int64_t first = 1 + (first_fault() - 1) * every;
      std::int64_t n = first;
      for (; n < 100'000; n += stride) {
        SCOPED_TRACE("call " + std::to_string(n) + (mode == FaultVfs::Mode::once ? " once" : " and all later ones"));
        if (!run_with_fault(call, n, mode, code) || HasFatalFailure()) break;
      }
      ASSERT_FALSE(HasFailure());
      EXPECT_GT(n, first) << "the fault was never met";
      std::printf("faults of call %d up to the %lldth\n", static_cast<int>(call), static_cast<long long>(n - 1));
    }
  }

  void lose_power_after_every_commit();

  test::FakeClock clock_;
  std::optional<std::chrono::milliseconds> fold_delay_;  // never: a call's number tells what it is for
  std::optional<sqlite::DataKeys> keys_;
};
const auto name_of = [](const auto& each) { return each.param == Kind::plain ? "Plain" : "Encrypted"; };
INSTANTIATE_TEST_SUITE_P(Stores, FaultTest, ::testing::Values(Kind::plain, Kind::encrypted), name_of);

// The same while the log is folded into the file after each commit.
class FoldingFaultTest : public FaultTest {
 protected:
  FoldingFaultTest() { fold_delay_ = std::chrono::milliseconds(0); }
};
INSTANTIATE_TEST_SUITE_P(Stores, FoldingFaultTest, ::testing::Values(Kind::plain, Kind::encrypted), name_of);

TEST_P(FaultTest, EveryWriteFails) {
  every_nth(FaultVfs::Call::write, SQLITE_IOERR_WRITE);
}
TEST_P(FaultTest, TheDiskIsFullAtEveryWrite) {
  every_nth(FaultVfs::Call::write, SQLITE_FULL);
}
TEST_P(FaultTest, EverySyncFails) {
  every_nth(FaultVfs::Call::sync, SQLITE_IOERR_FSYNC);
}

TEST_P(FoldingFaultTest, EveryThirdWriteFails) {
  every_nth(FaultVfs::Call::write, SQLITE_IOERR_WRITE, 3);
}
TEST_P(FoldingFaultTest, EverySyncFails) {
  every_nth(FaultVfs::Call::sync, SQLITE_IOERR_FSYNC);
}
TEST_P(FoldingFaultTest, EveryReadFails) {
  every_nth(FaultVfs::Call::read, SQLITE_IOERR_READ);
}

TEST_P(FaultTest, EveryCallFailsWhileOpening) {
  for (const auto call : {FaultVfs::Call::read, FaultVfs::Call::write, FaultVfs::Call::sync}) {
    bool was_ever_hit = false;
    for (std::int64_t n = first_fault(); n < 10'000; n += kFaultStride) {
      const sqlite::test::TemporaryFolder folder;
      FaultVfs vfs("fault");
      const int codes[] = {SQLITE_IOERR_READ, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};
      vfs.arm(call, n, FaultVfs::Mode::from_then_on, codes[static_cast<int>(call)]);
      Acknowledged done(kSteps);
      {
        auto store = open(folder.path(), "fault");
        if (store != nullptr) done = run(*store);
      }
      const bool was_hit = vfs.hits() > 0;
      vfs.disarm();
      auto store = open(folder.path(), "");
      ASSERT_NE(store, nullptr);
      // Nothing could be written over a refused set whose last sync failed: it may be there, as a whole.
      ASSERT_NO_FATAL_FAILURE(check(*store, done, true));
      if (!was_hit) break;
      was_ever_hit = true;
    }
    EXPECT_TRUE(was_ever_hit) << "call " << static_cast<int>(call) << " does not happen at opening";
  }
}

// A commit whose fsync failed stands complete in the log. It must not come back when the process dies right after.
TEST_P(FaultTest, ARefusedCommitDoesNotComeBack) {
  for (std::int64_t n = 1; n <= kSteps; ++n) {
    const sqlite::test::TemporaryFolder folder;
    FaultVfs vfs("fault");
    auto store = open(folder.path(), "fault");
    ASSERT_NE(store, nullptr);
    vfs.arm(FaultVfs::Call::sync, n, FaultVfs::Mode::once, SQLITE_IOERR_FSYNC);
    Acknowledged done(kSteps);
    bool is_refused = false;
    for (int step = 0; step < kSteps && !is_refused; ++step) {
      WriteSet set = make_set(step, done);
      is_refused = !store->commit(set).ok();
      done[static_cast<std::size_t>(step)] = !is_refused;
    }
    ASSERT_TRUE(is_refused);
    const sqlite::test::TemporaryFolder after;  // as kill -9 leaves it
    for (const char* file : {"/vesta.db", "/vesta.db-wal"}) {
      std::filesystem::copy_file(folder.path() + file, after.path() + file);
    }
    auto survivor = open(after.path(), "");
    ASSERT_NE(survivor, nullptr);
    ASSERT_NO_FATAL_FAILURE(check(*survivor, done, false));
  }
}

TEST_P(FaultTest, EveryReadFailsOnce) {
  const sqlite::test::TemporaryFolder folder;
  FaultVfs vfs("fault");
  auto store = open(folder.path(), "fault");
  ASSERT_NE(store, nullptr);
  const Acknowledged done = run(*store);
  store.reset();
  bool was_hit = true;
  for (std::int64_t n = 1; was_hit; ++n) {
    store = open(folder.path(), "fault");
    ASSERT_NE(store, nullptr);
    vfs.arm(FaultVfs::Call::read, n, FaultVfs::Mode::once, SQLITE_IOERR_READ);
    auto version = store->read(test::type_of("Observation"), id(7, 1));
    auto page = store->search(test::token_query("Observation", "code", "c3"), {.count = 5});
    auto history = store->history({.count = 50});
    was_hit = vfs.hits() > 0;
    if (version.ok()) {
      EXPECT_EQ((*version)->tail, tail(7));
    }
    if (page.ok()) {
      EXPECT_EQ(page->entries.size(), kSetSize);
    }
    EXPECT_EQ(version.ok() && page.ok() && history.ok(), !was_hit) << "a failed read is an error, not an empty answer";
    vfs.disarm();
    check(*store, done, false);
    store.reset();
  }
}

// A disk that has failed stays so: every call that meets it says so, each time, whatever was answered before.
TEST_P(FaultTest, EveryReadFailsFromThenOn) {
  const sqlite::test::TemporaryFolder folder;
  FaultVfs vfs("fault");
  auto store = open(folder.path(), "fault");
  ASSERT_NE(store, nullptr);
  Acknowledged done = run(*store);
  store.reset();
  const auto type = test::type_of("Observation");
  // Each gives its answer's size, or nothing for an error.
  using Answer = std::optional<std::size_t>;
  const auto answer = [](const auto& result, const auto& size) {
    return result.ok() ? Answer(size(*result)) : Answer();
  };
  const auto size_of = [](const auto& list) { return list.size(); };
  const std::vector<std::pair<const char*, std::function<Answer()>>> calls = {
      {"read", [&] { return answer(store->read(type, id(7, 1)), [](const auto& v) { return v->tail.size(); }); }},
      {"vread",
       [&] { return answer(store->read_version(type, id(1, 0), {1}), [](const auto& v) { return v->tail.size(); }); }},
      {"search",
       [&] {
         return answer(store->search(test::token_query("Observation", "code", "c3"), {.count = 5}),
                       [](const auto& page) { return page.entries.size(); });
       }},
      {"history",
       [&] { return answer(store->history({.count = 99}), [](const auto& p) { return p.entries.size(); }); }},
      {"changes", [&] { return answer(store->changes({0}, 99), size_of); }},
      {"property", [&] { return answer(store->property("step"), [](const auto& text) { return text->size(); }); }},
      {"statistics", [&] { return answer(store->statistics(), [](const auto& s) { return s.versions; }); }}};
  std::vector<Answer> expected;
  store = open(folder.path(), "");
  for (const auto& [name, call] : calls) expected.push_back(call());
  store.reset();
  bool was_hit = true;
  std::int64_t n = 1;
  for (; was_hit; ++n) {
    SCOPED_TRACE("reads from " + std::to_string(n) + " on");
    store = open(folder.path(), "fault");
    ASSERT_NE(store, nullptr);
    vfs.arm(FaultVfs::Call::read, n, FaultVfs::Mode::from_then_on, SQLITE_IOERR_READ);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < calls.size(); ++i) {
        const std::int64_t before = vfs.hits();
        const Answer got = calls[i].second();
        // Without a read that failed, from memory, the answer is the right one.
        ASSERT_EQ(got, vfs.hits() > before ? Answer() : expected[i]) << calls[i].first << ", round " << round;
      }
    }
    was_hit = vfs.hits() > 0;
    store.reset();  // ends, and harms nothing
    vfs.disarm();
    store = open(folder.path(), "");
    ASSERT_NE(store, nullptr);
    ASSERT_NO_FATAL_FAILURE(check(*store, done, false));
    store.reset();
  }
  EXPECT_GT(n, 10) << "the fault was hardly ever met";
}

// The last checkpoint truncates the log: what fails there is done by the next open.
TEST_P(FaultTest, EveryCallFailsWhileClosing) {
  const std::pair<FaultVfs::Call, int> kinds[] = {{FaultVfs::Call::write, SQLITE_IOERR_WRITE},
                                                  {FaultVfs::Call::sync, SQLITE_IOERR_FSYNC},
                                                  {FaultVfs::Call::truncate, SQLITE_IOERR_TRUNCATE},
                                                  {FaultVfs::Call::read, SQLITE_IOERR_READ}};
  for (const auto& [call, code] : kinds) {
    for (const auto mode : {FaultVfs::Mode::once, FaultVfs::Mode::from_then_on}) {
      std::int64_t n = 1;
      for (bool was_hit = true; was_hit; ++n) {
        SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + ", number " + std::to_string(n));
        const sqlite::test::TemporaryFolder folder;
        FaultVfs vfs("fault");
        auto store = open(folder.path(), "fault");
        ASSERT_NE(store, nullptr);
        const Acknowledged done = run(*store);
        vfs.arm(call, n, mode, code);
        store.reset();
        was_hit = vfs.hits() > 0;
        vfs.disarm();
        store = open(folder.path(), "");
        ASSERT_NE(store, nullptr);
        ASSERT_NO_FATAL_FAILURE(check(*store, done, false));
      }
      EXPECT_GT(n, 2) << "call " << static_cast<int>(call) << " does not happen at closing";
    }
  }
}

void FaultTest::lose_power_after_every_commit() {
  const sqlite::test::TemporaryFolder folder;
  FaultVfs vfs("fault");
  auto store = open(folder.path(), "fault");
  ASSERT_NE(store, nullptr);
  Acknowledged done(kSteps);
  for (int step = 0; step < kSteps; ++step) {
    WriteSet set = make_set(step, done);
    ASSERT_TRUE(store->commit(set).ok());
    done[static_cast<std::size_t>(step)] = true;
    const sqlite::test::TemporaryFolder after;
    vfs.write_durable(after.path());
    auto survivor = open(after.path(), "");
    ASSERT_NE(survivor, nullptr);
    ASSERT_NO_FATAL_FAILURE(check(*survivor, done, false));
    ASSERT_EQ(survivor->property("step")->value_or(""), std::to_string(step));
  }
}
TEST_P(FaultTest, PowerIsLostAfterEveryCommit) {
  lose_power_after_every_commit();
}
TEST_P(FoldingFaultTest, PowerIsLostAfterEveryCommit) {
  lose_power_after_every_commit();
}

}  // namespace
}  // namespace vesta::store
