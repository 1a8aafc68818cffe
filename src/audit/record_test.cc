// Records: what is written is read, whatever bytes a request had in it.
#include "audit/record.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace vesta::audit {
namespace {

Record full() {
  return {.at = Instant{1'767'225'600'000'000},
          .request = "r-1",
          .client = "app",
          .user = "u1",
          .fhir_user = "Practitioner/1",
          .patient = "p1",
          .address = "192.0.2.1",
          .server = "http://test/fhir",
          .method = "GET",
          .path = "/fhir/Patient",
          .query = "name=a%20b&_count=2",
          .interaction = "search-type",
          .purposes = "ETREAT,TREAT",
          .purpose = "BTG",
          .status = 200,
          .touched = {}};
}

TEST(Record, IsReadAsItWasWritten) {
  Record record = full();
  record.touched = {{Touched::How::read, "Patient", "1", {3}},
                    {Touched::How::create, "Observation", "a-b.c", {1}},
                    {Touched::How::update, "Patient", "2", {18'446'744'073'709'551'615u}, "TREAT"},
                    {Touched::How::remove, "Patient", "3", {2}, "BTG,ETREAT"}};
  std::string text = head_text(record);
  for (const Touched& touched : record.touched) {
    append_touched(touched.how, touched.type, touched.id, touched.version, touched.purposes, text);
  }
  record.named = {"1", "never-was"};
  for (const std::string& patient : record.named) append_named(patient, text);
  record.entries = {{404, "GET", "/Patient/9"}, {403, "DELETE", "/Patient/a%20b"}};
  for (const Entry& entry : record.entries) append_entry(entry.status, entry.method, entry.target, text);
  const auto read = parse_record(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(Record, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(head_text({.at = Instant{5}, .client = "app"}), "client app\nat 5\n");
}

TEST(Record, LeavesOutOfWhatWasTouchedAllButTheId) {
  Record record = full();
  std::string text = head_text(record);
  append_touched(Touched::How::read, "Patient", "1", {3}, "TREAT", text);
  append_like_the_last("2", text);
  append_like_the_last("a-b.c", text);
  append_touched(Touched::How::read, "Patient", "1", {4}, "", text);
  append_like_the_last("5", text);
  record.touched = {{Touched::How::read, "Patient", "1", {3}, "TREAT"},
                    {Touched::How::read, "Patient", "2", {3}, "TREAT"},
                    {Touched::How::read, "Patient", "a-b.c", {3}, "TREAT"},
                    {Touched::How::read, "Patient", "1", {4}},
                    {Touched::How::read, "Patient", "5", {4}}};
  const auto read = parse_record(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(Record, SaysWhoAskedOnceForSeveralOfAnEntry) {
  const Record first = full(), plain{.at = Instant{5}};
  Record second = full(), other = full();
  second.query = "b=2";
  other.client = "app2";
  std::string known, entry;
  for (const Record& record : {first, second, first, other, plain, plain, other}) {
    append_record(head_text(record), asked_text(asked_of(record)).who, known, entry);
  }
  const auto times = [&entry](std::string_view line) {
    std::size_t times = 0;
    for (auto at = entry.find(line); at != std::string::npos; at = entry.find(line, at + 1)) ++times;
    return times;
  };
  EXPECT_EQ(times("client app\n"), 1U);
  EXPECT_EQ(times("who same\n"), 2U);
  const auto records = parse_records(entry);
  ASSERT_TRUE(records.ok()) << records.error().message;
  EXPECT_EQ(*records, (std::vector<Record>{first, second, first, other, plain, plain, other}));
}

TEST(Record, WhoAskedIsSaidInTheFirst) {
  EXPECT_FALSE(parse_record("who same\nat 5\n").ok());
  EXPECT_FALSE(parse_records("who same\nat 5\n\nclient app\nat 5\n").ok());
  EXPECT_FALSE(parse_records("client app\nat 5\n\nwho other\nat 5\n").ok());
  EXPECT_FALSE(parse_records("client app\nat 5\n\nclient app2\nwho same\nat 5\n").ok()) << "nor further down";
}

TEST(Record, NoTextBeginsALineOfItsOwn) {
  Record record = full();
  record.query = "a=1\nR Patient/9/1\r";
  const auto read = parse_record(head_text(record));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->touched.empty());
  EXPECT_EQ(read->query, "a=1%0AR Patient/9/1%0D");
}

TEST(Record, EncodesWhatWouldEndALineWhereverItStands) {
  for (std::size_t size = 1; size <= 50; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      Record record = full();
      record.path = std::string(size, 'p');
      record.path[at] = '\n';
      const std::string written = std::string(at, 'p') + "%0A" + std::string(size - at - 1, 'p');
      EXPECT_EQ(parse_record(head_text(record))->path, written);
    }
  }
}

TEST(Record, CutsLongQueries) {
  Record record = full();
  record.query = std::string(kMaxRecordedQuery, 'q');
  EXPECT_EQ(parse_record(head_text(record))->query, record.query);
  record.query.push_back('q');
  EXPECT_EQ(parse_record(head_text(record))->query, std::string(kMaxRecordedQuery, 'q') + "...");
}

TEST(Record, SeveralOfAnEntryAreReadAsTheyWereWritten) {
  Record other = full();
  other.query = "a=1\n\nat 5\n";
  const Record least{.at = Instant{5}};
  std::string entry;
  std::string known;
  for (const Record& record : {full(), other, least}) append_record(head_text(record), 0, known, entry);
  other.query = "a=1%0A%0Aat 5%0A";
  const auto records = parse_records(entry);
  ASSERT_TRUE(records.ok()) << records.error().message;
  EXPECT_EQ(*records, (std::vector<Record>{full(), other, least}));
  EXPECT_EQ(*parse_records(head_text(full())), std::vector<Record>{full()}) << "as all were before";
  EXPECT_FALSE(parse_record(entry).ok()) << "who knows of one alone must not take several for it";
}

TEST(Record, RefusesAnEntryOfWhichOneIsNone) {
  for (const char* text :
       {"", "\n", "at 5\n\n", "\nat 5\n", "at 5\n\n\nat 5\n", "at 5\n\nclient app\n", "at 5\n\nat 6"}) {
    EXPECT_FALSE(parse_records(text).ok()) << text;
  }
}

TEST(Record, RefusesWhatIsNone) {
  for (const char* text :
       {"", "client app\n", "at 5", "at x\n", "at 5\nwhat 1\n", "at 5\nX Patient/1/1\n", "at 5\nR Patient/1\n",
        "at 5\nR Patient/1/x\n", "at 5\nR Patient/1 TREAT\n", "at 5\nF 404 GET\n", "at 5\nF x GET /a\n", "at 5\n\n",
        "at 5\n 1\n", "at 5\nR Patient/1/1\n \n", "at 5\nR Patient/1/1\nN 1\n 2\n", " 1\nat 5\n"}) {
    EXPECT_FALSE(parse_record(text).ok()) << text;
  }
}

}  // namespace
}  // namespace vesta::audit
