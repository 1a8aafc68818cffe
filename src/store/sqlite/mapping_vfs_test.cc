// Tests of MappingVfs: the mapping stays while others write, and what is read is what was written.
#include "store/sqlite/mapping_vfs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "store/sqlite/connection.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

class MappingVfsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    writer_ = open(Connection::Role::writer);
    ASSERT_TRUE(writer_->run("PRAGMA mmap_size=0").ok());  // so that what is mapped is the reader's
    ASSERT_TRUE(writer_->run("CREATE TABLE t(x)").ok());
    add(64);
    reader_ = open(Connection::Role::reader);
    EXPECT_EQ(sum(), 64);
    add(1);
    EXPECT_EQ(sum(), 65);
  }
  std::unique_ptr<Connection> open(Connection::Role role) {
    auto opened = Connection::open(path_, "", role);
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  // So many rows of 64 KiB, in the file and not only in its log.
  void add(int rows) {
    const std::string more = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                             std::to_string(rows) + ") INSERT INTO t SELECT zeroblob(65536) FROM n";
    ASSERT_TRUE(writer_->run(more.c_str()).ok());
    ASSERT_TRUE(writer_->run("PRAGMA wal_checkpoint(PASSIVE)").ok());
  }
  std::int64_t sum() {
    static constexpr Sql kSum{"SELECT sum(length(x)) / 65536 FROM t"};
    Cursor cursor(*reader_, kSum);
    EXPECT_TRUE(cursor.step());
    return cursor.integer_at(0);
  }
  // The lines of the file in the process's map of its memory, which tell where and how much.
  std::string mappings() {
    std::ifstream maps("/proc/self/maps");
    std::string found;
    for (std::string line; std::getline(maps, line);) {
      if (line.ends_with(path_)) found += line.substr(0, line.find(' ')) + "\n";
    }
    return found;
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/mapped.db";
  std::unique_ptr<Connection> writer_, reader_;
};

TEST_F(MappingVfsTest, StaysWhileOthersCommit) {
  const std::string before = mappings();
  ASSERT_FALSE(before.empty());
  for (int round = 1; round <= 20; ++round) {
    add(1);
    ASSERT_EQ(sum(), 65 + round);
  }
  EXPECT_EQ(mappings(), before);
}

TEST_F(MappingVfsTest, GrowsWithAFileThatHasGrownMuch) {
  const std::string before = mappings();
  constexpr int kRows = kLeastGrowth / 65536 + 32;
  add(kRows);
  EXPECT_EQ(sum(), 65 + kRows);
  EXPECT_NE(mappings(), before);
}

TEST_F(MappingVfsTest, AFileThatWasCutIsReadAsItIs) {
  ASSERT_TRUE(writer_->run("DELETE FROM t WHERE rowid > 3").ok());
  ASSERT_TRUE(writer_->run("VACUUM").ok());
  ASSERT_TRUE(writer_->run("PRAGMA wal_checkpoint(TRUNCATE)").ok());
  EXPECT_EQ(sum(), 3);
  add(20);
  EXPECT_EQ(sum(), 23);
}

}  // namespace
}  // namespace vesta::store::sqlite
