// Tests of bound values: their numbers, their types, and who owns the texts of arrays.
#include "sql/parameters.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vesta::sql {
namespace {

TEST(Parameters, AreNumberedAsTheDialectWritesThem) {
  Parameters sqlite(Dialect::sqlite), postgres(Dialect::postgres);
  EXPECT_EQ(sqlite.text("x"), "?1");
  EXPECT_EQ(sqlite.integer(1), "?2");
  EXPECT_EQ(postgres.text("x"), "$1");
  EXPECT_EQ(postgres.bytes("y"), "$2");
}

TEST(Parameters, KeepTheirTypes) {
  Parameters given(Dialect::postgres);
  given.boolean(true);
  given.integer(-7);
  given.bigint(std::int64_t{1} << 40);
  given.real(0.5);
  given.text("'; DROP TABLE a; --");
  given.bytes(std::string("\0\xFF", 2));
  ASSERT_EQ(given.values().size(), 6u);
  EXPECT_TRUE(std::get<bool>(given.values()[0]));
  EXPECT_EQ(std::get<std::int32_t>(given.values()[1]), -7);
  EXPECT_EQ(std::get<std::int64_t>(given.values()[2]), std::int64_t{1} << 40);
  EXPECT_EQ(std::get<double>(given.values()[3]), 0.5);
  EXPECT_EQ(std::get<Text>(given.values()[4]).value, "'; DROP TABLE a; --");
  EXPECT_EQ(std::get<Bytes>(given.values()[5]).value, std::string("\0\xFF", 2));
}

TEST(Parameters, TakeArraysOfNumbers) {
  Parameters given(Dialect::postgres);
  EXPECT_EQ(given.bigints(std::vector<std::int64_t>{1, -2}), "$1");
  EXPECT_EQ(given.integers(std::vector<std::int32_t>{3}), "$2");
  const auto& bigints = std::get<Array>(given.values()[0]);
  EXPECT_EQ(bigints.type(), Type::bigint);
  EXPECT_EQ(bigints.numbers(), (std::vector<std::optional<std::int64_t>>{1, -2}));
  EXPECT_EQ(std::get<Array>(given.values()[1]).type(), Type::integer);
}

TEST(Array, OwnsWhatIsAddedAndBorrowsWhatIsLent) {
  const std::string lent(1000, 'x');
  Array made(Type::bytes);
  for (int i = 0; i < 100; ++i) made.add(std::to_string(i));
  made.borrow(lent);
  made.add_null();
  made.borrow({});
  const Array texts = std::move(made);
  ASSERT_EQ(texts.texts().size(), 103u);
  EXPECT_EQ(*texts.texts()[0], "0");
  EXPECT_EQ(*texts.texts()[99], "99");
  EXPECT_EQ(texts.texts()[100]->data(), lent.data());
  EXPECT_FALSE(texts.texts()[101].has_value());
  EXPECT_EQ(texts.texts()[102], "") << "an empty text is none that is absent";
}

TEST(Array, HasNullsAmongNumbers) {
  Array reals(Type::real);
  reals.add_real(-0.5);
  reals.add_null();
  ASSERT_EQ(reals.numbers().size(), 2u);
  EXPECT_EQ(std::bit_cast<double>(*reals.numbers()[0]), -0.5);
  EXPECT_FALSE(reals.numbers()[1].has_value());
}

}  // namespace
}  // namespace vesta::sql
