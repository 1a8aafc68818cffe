// Tests of Parquet files: DuckDB reads them back, with types; nothing is left of what is not finished.
#include "parquet/writer.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "parquet/duckdb.h"

namespace vesta::parquet {
namespace {

using store::ViewColumn;
using store::ViewValue;
using Kind = ViewValue::Kind;

class ParquetWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto library = DuckDb::load();
    if (!library.ok()) GTEST_SKIP() << library.error().message;
    library_ = *library;
    std::string folder = (std::filesystem::temp_directory_path() / "vesta-parquet-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/it's \"one\".parquet"; }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  // Whether a condition on the columns of the file's rows holds `expected` times.
  bool holds(const std::string& condition, int expected) const {
    Handle database = nullptr;
    Handle connection = nullptr;
    EXPECT_EQ(library_->open(nullptr, &database), kSuccess);
    EXPECT_EQ(library_->connect(database, &connection), kSuccess);
    std::string quoted;
    for (const char c : path()) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    // An error where it does not.
    const std::string sql = "SELECT CASE WHEN count(*) FILTER (WHERE " + condition + ") = " + std::to_string(expected) +
                            " THEN 1 ELSE error('it does not hold') END FROM read_parquet('" + quoted + "')";
    QueryResult result;
    const State state = library_->query(connection, sql.c_str(), &result);
    if (state != kSuccess) ADD_FAILURE() << library_->result_error(&result) << ": " << sql;
    library_->destroy_result(&result);
    library_->disconnect(&connection);
    library_->close(&database);
    return state == kSuccess;
  }

  const DuckDb* library_ = nullptr;
  std::string folder_;
};

const std::vector<ViewColumn> kColumns = {
    {"id", ViewColumn::Kind::text},   {"n", ViewColumn::Kind::integer},        {"d", ViewColumn::Kind::decimal},
    {"b", ViewColumn::Kind::boolean}, {"given", ViewColumn::Kind::text, true}, {"ns", ViewColumn::Kind::integer, true},
    {"select", ViewColumn::Kind::any}};

std::vector<ViewValue> row(const std::string& id) {
  return {{Kind::text, id},
          {Kind::integer, "7"},
          {Kind::decimal, "2.50"},
          {Kind::boolean, "true"},
          {Kind::text, R"(["A","B \"b\""])"},
          {Kind::text, "[1,2,3]"},
          {}};
}

TEST_F(ParquetWriterTest, WritesTypesListsAndNulls) {
  auto writer = Writer::create(path(), kColumns);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  ASSERT_TRUE((*writer)->append(row("a")).ok());
  ASSERT_TRUE((*writer)->append(std::vector<ViewValue>(kColumns.size())).ok());
  std::vector<ViewValue> beyond = row("c");
  beyond[1].text = "92233720368547758070";
  beyond[2].text = "1e400";
  ASSERT_TRUE((*writer)->append(beyond).ok());
  const Status finished = (*writer)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().message;
  writer->reset();
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(holds("true", 3));
  EXPECT_TRUE(holds("id = 'a' AND n / 2 = 3.5 AND d = 2.5 AND b AND given[2] = 'B \"b\"' AND ns[3] + 1 = 4", 1));
  EXPECT_TRUE(
      holds("id IS NULL AND n IS NULL AND d IS NULL AND b IS NULL AND given IS NULL AND \"select\" IS NULL", 1));
  EXPECT_TRUE(holds("id = 'c' AND n IS NULL AND d IS NULL", 1));
}

TEST_F(ParquetWriterTest, HoldsManyRows) {
  constexpr int kRows = 200'000;
  auto writer = Writer::create(path(), kColumns);
  ASSERT_TRUE(writer.ok());
  for (int i = 0; i < kRows; ++i) ASSERT_TRUE((*writer)->append(row(std::to_string(i))).ok());
  ASSERT_TRUE((*writer)->finish().ok());
  EXPECT_TRUE(holds("n = 7", kRows));
  EXPECT_TRUE(holds("CAST(id AS INTEGER) % 2 = 0", kRows / 2));
}

TEST_F(ParquetWriterTest, LeavesNothingOfWhatIsNotFinished) {
  {
    auto writer = Writer::create(path(), kColumns);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->append(row("a")).ok());
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(ParquetWriterTest, SaysWhatIsWrong) {
  EXPECT_EQ(Writer::create(folder_ + "/nothere/a.parquet", kColumns).error().category, Category::unavailable);
  EXPECT_EQ(Writer::create(path(), {}).error().category, Category::invalid);
}

}  // namespace
}  // namespace vesta::parquet
