// The trail and the verification of what came of it.
#include "audit/trail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <utility>
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
  const std::vector<Record> records = testing::records_of(*store);
  ASSERT_EQ(records.size(), static_cast<std::size_t>(kThreads * kEach));
  std::vector<std::int64_t> last(kThreads, 0);
  for (const Record& each : records) {
    const std::int64_t at = each.at.value;
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
  EXPECT_EQ(testing::records_of(*store).size(), 3u);
}

// Several records share an entry as long as they do not go beyond what is usual; one that does has its own.
TEST(Trail, RecordsThatWaitTogetherShareEntries) {
  const auto text_of_size = [](std::size_t size) {
    std::string text = head_text({.at = Instant{1}});
    append_named(std::string(size - text.size() - std::string("N \n").size(), 'p'), text);
    return text;
  };
  const std::string half = text_of_size((kUsualEntryBytes - 1) / 2),
                    more = text_of_size((kUsualEntryBytes - 1) / 2 + 2);
  const std::string large = text_of_size(kMaxRecordedPath), larger = text_of_size(3 * kUsualEntryBytes);
  Records records;
  for (const std::string& text : {half, half, half, more, larger, large, large}) {
    records.text += text;
    records.ends.push_back(records.text.size());
  }
  const auto store = store::memory::open(registry());
  Metrics metrics;
  {
    Trail trail(*store, &metrics);
    EXPECT_TRUE(trail.append(records).ok());
  }
  EXPECT_NE(metrics.render().find("vesta_audit_records_total 7"), std::string::npos) << "records, and not entries";
  const auto entries = store->audit(0, 10);
  std::vector<std::string> texts;
  for (const store::AuditEntry& entry : *entries) texts.push_back(entry.record);
  EXPECT_EQ(texts, (std::vector<std::string>{half + "\n" + half, half, more, larger, large + "\n" + large}));
  EXPECT_EQ(testing::records_of(*store).size(), 7u);
  const auto verified = verify(*store, registry());
  EXPECT_EQ(verified->defect, std::nullopt);
  EXPECT_EQ(verified->entries, 5u);
  EXPECT_EQ(verified->records, 7u);
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
  EXPECT_EQ(verified->entries, 2'500u);
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
  EXPECT_EQ(verified->entries, 1u);
  EXPECT_EQ(verified->defect.value_or("").find("entry 2 cannot be read"), 0u) << verified->defect.value_or("none");
}

// Whoever else asks between, and wherever entries end.
TEST(Trail, EachRecordKeepsWhoAskedIt) {
  constexpr int kAppends = 2'000;
  std::mt19937 dice(std::random_device{}());
  const std::string clients[] = {"a", "a2", "ab", ""};
  std::vector<std::pair<std::string, std::string>> asked;
  const auto store = store::memory::open(registry());
  {
    Trail trail(*store);
    for (int i = 0; i < kAppends; ++i) {
      const std::string& client = clients[dice() % std::size(clients)];
      const std::string query(dice() % 400, 'q');
      const AskedText text = asked_text({.client = client, .server = "http://here/fhir", .query = query});
      Records records;
      records.who = text.who;
      for (std::size_t more = dice() % 3 + 1; more > 0; --more) {
        append_head(text.text, {Instant{1}, "read", "", 200}, records.text);
        append_touched(Touched::How::read, "Patient", std::to_string(i), {1}, "", records.text);
        records.ends.push_back(records.text.size());
        asked.emplace_back(client, query);
      }
      ASSERT_TRUE(trail.append(records).ok());
    }
  }
  const std::vector<Record> records = testing::records_of(*store);
  ASSERT_EQ(records.size(), asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    ASSERT_EQ(std::pair(records[i].client, records[i].query), asked[i]) << "record " << i;
    ASSERT_EQ(records[i].server, "http://here/fhir");
  }
  const auto entries = store->audit(0, kAppends);
  const auto is_shared = [](const store::AuditEntry& each) {
    return each.record.find("who same") != std::string::npos;
  };
  EXPECT_GT(std::ranges::count_if(*entries, is_shared), 10);
  EXPECT_GT(entries->size(), 50u);
}

}  // namespace
}  // namespace vesta::audit
