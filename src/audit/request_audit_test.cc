// What a request leaves, in the records that it makes.
#include "audit/request_audit.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "audit/test_support.h"
#include "base/clock.h"
#include "store/memory/memory_store.h"

namespace vesta::audit {
namespace {

store::Version version_of(std::string_view type, std::string id, std::uint64_t version) {
  return {.type = testing::type(type),
          .id = std::move(id),
          .version = {version},
          .last_updated = {},
          .seq = {},
          .deleted = false,
          .tail = {}};
}

Touched read(std::string type, std::string id, std::uint64_t version, std::string purposes = {}) {
  return {Touched::How::read, std::move(type), std::move(id), {version}, std::move(purposes)};
}

class RequestAuditTest : public ::testing::Test {
 protected:
  // The records of a request that saw these.
  template <class See>
  std::vector<Record> records_of(const See& see) {
    const auto store = store::memory::open(testing::registry());
    {
      Trail trail(*store);
      RequestAudit audit(trail, nullptr, fhir::r4(), system_clock(), Asked{.client = "app", .method = "GET"});
      see(audit);
      EXPECT_TRUE(audit.answered("search-type", 200).ok());
    }
    return testing::records_of(*store);
  }
};

TEST_F(RequestAuditTest, SaysOfEachWhatItIs) {
  const std::vector<Record> records = records_of([](RequestAudit& audit) {
    audit.saw(version_of("Patient", "a", 1), "TREAT");
    audit.saw(version_of("Patient", "b", 1), "TREAT");
    audit.saw(version_of("Patient", "b", 1), "TREAT");  // twice in a row
    audit.saw(version_of("Patient", "c", 2), "TREAT");
    audit.saw(version_of("Patient", "d", 2), "");
    audit.named(std::array<std::string_view, 1>{"e"});
    audit.saw(version_of("Patient", "f", 2), "");
    audit.saw(version_of("List", "f", 2), "");
    audit.answered_entry("GET", "/List/g", 404);
    audit.saw(version_of("List", "g", 2), "");
    audit.saw(version_of("List", "h", 2), "");
  });
  ASSERT_EQ(records.size(), 1U);
  const Record& record = records.front();
  EXPECT_EQ(record.touched,
            (std::vector<Touched>{read("Patient", "a", 1, "TREAT"), read("Patient", "b", 1, "TREAT"),
                                  read("Patient", "c", 2, "TREAT"), read("Patient", "d", 2), read("Patient", "f", 2),
                                  read("List", "f", 2), read("List", "g", 2), read("List", "h", 2)}));
  EXPECT_EQ(record.named, std::vector<std::string>{"e"});
  EXPECT_EQ(record.entries, (std::vector<Entry>{{404, "GET", "/List/g"}}));
}

// By bytes with long ids, by lines with short ones.
TEST_F(RequestAuditTest, MakesAsManyRecordsAsItTakes) {
  for (const std::size_t id_size : {5, 36, 64}) {
    for (const std::size_t count :
         {kMaxLikeTheLast, kMaxLikeTheLast + 2, kMaxTouchedLines, kMaxTouchedLines + 1, std::size_t{10'000}}) {
      std::vector<Touched> expected;
      const std::vector<Record> records = records_of([&](RequestAudit& audit) {
        for (std::size_t i = 0; i < count; ++i) {
          std::string id = std::to_string(i);
          id.insert(0, id_size - id.size(), '0');
          expected.push_back(read("List", id, 1));
          audit.saw(version_of("List", id, 1), "");
        }
      });
      std::vector<Touched> touched;
      for (const Record& record : records) {
        EXPECT_EQ(record.client, "app");
        EXPECT_EQ(record.status, 200);
        EXPECT_LE(record.touched.size(), kMaxTouchedLines);
        touched.insert(touched.end(), record.touched.begin(), record.touched.end());
      }
      EXPECT_EQ(touched, expected) << count << " with ids of " << id_size;
      const bool fits = count <= kMaxTouchedLines && count * (id_size + 2) <= kMaxTouchedBytes;
      EXPECT_TRUE(!fits || records.size() == 1) << count << " with ids of " << id_size;
    }
  }
}

}  // namespace
}  // namespace vesta::audit
