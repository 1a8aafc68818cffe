// The trail and the verification of what came of it.
#include "audit/trail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "audit/record.h"
#include "audit/test_support.h"
#include "audit/verify.h"
#include "store/audit_chain.h"
#include "store/memory/memory_store.h"

namespace vesta::audit {
namespace {

using testing::registry;

std::string record(int number) {
  return head_text({.at = Instant{number + 1}, .client = "c" + std::to_string(number)});
}

TEST(Trail, KeepsAllOfSeveralThreadsInTheOrderOfEach) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  const auto store = store::memory::open(registry());
  {
    Trail trail(*store, nullptr, {.records = 16});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&trail, t] {
        for (int i = 0; i < kEach; ++i) EXPECT_TRUE(trail.append(record(t * kEach + i)).ok());
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto entries = store->audit(0, 10'000);
  ASSERT_EQ(entries->size(), static_cast<std::size_t>(kThreads * kEach));
  std::vector<std::int64_t> last(kThreads, 0);
  for (const store::AuditEntry& entry : *entries) {
    const std::int64_t at = parse_record(entry.record)->at.value;
    std::int64_t& before = last[static_cast<std::size_t>((at - 1) / kEach)];
    EXPECT_LT(before, at);
    before = at;
  }
}

TEST(Trail, TakesMoreThanItHoldsAtOnceIfItIsEmpty) {
  const auto store = store::memory::open(registry());
  {
    Trail trail(*store, nullptr, {.records = 2});
    Records records;
    for (int i = 0; i < 3; ++i) {
      records.text += record(i);
      records.ends.push_back(records.text.size());
    }
    EXPECT_TRUE(trail.append(records).ok());
  }
  EXPECT_EQ(store->audit(0, 10)->size(), 3u);
}

TEST(Verify, TellsHowFarTheLogGoes) {
  const auto store = store::memory::open(registry());
  EXPECT_EQ(verify(*store, registry())->records, 0u);
  store::WriteSet set;
  for (int i = 0; i < 2'500; ++i) set.audit.push_back(record(i));
  ASSERT_TRUE(store->commit(set).ok());
  const auto verified = verify(*store, registry());
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->defect, std::nullopt);
  EXPECT_EQ(verified->records, 2'500u);
  EXPECT_EQ(verified->hash, store->audit(2'499, 1)->front().hash);
}

TEST(Verify, NamesARecordThatIsNone) {
  const auto store = store::memory::open(registry());
  store::WriteSet set;
  set.audit = {record(0), "something else\n", record(1)};
  ASSERT_TRUE(store->commit(set).ok());
  const auto verified = verify(*store, registry());
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->records, 1u);
  EXPECT_EQ(verified->defect.value_or("").find("record 2 cannot be read"), 0u) << verified->defect.value_or("none");
}

}  // namespace
}  // namespace vesta::audit
