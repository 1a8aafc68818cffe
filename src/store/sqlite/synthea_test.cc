// The real population: all Synthea resources go in, come out byte for byte, are found as the matcher says, and are
// small.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "search/random_resource.h"
#include "store/contract_test_support.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/bench_data.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"
#include "store/version_text.h"

namespace vesta::store {
namespace {

constexpr int kQueries = 150;
constexpr double kMaxBytesPerResource = 1'200;
// Patients with all that is theirs; under a sanitizer some of them are enough.
constexpr std::size_t kMaxBundles = 200 / search::testing::kSlowness;

// The folder VESTA_SYNTHEA, or the shared archive unpacked into `own`; empty: there is no data.
std::string synthea_folder(const sqlite::test::TemporaryFolder& own) {
  if (const char* folder = std::getenv("VESTA_SYNTHEA")) return folder;
  const char* data = std::getenv("VESTA_SHARED_DATA");
  if (data == nullptr) return "";
  const std::string archive = std::string(data) + "/synthea/synthea-r4-100-patients.tar.xz";
  if (!std::filesystem::exists(archive)) return "";
  CHECK(std::system(("tar -xJf '" + archive + "' -C '" + own.path() + "'").c_str()) == 0);
  return own.path();
}

// Index values from the text of a version, as `check` has them.
class Extractor {
 public:
  Result<search::IndexValues> operator()(const Version& version) {
    arena_.reset();
    text_.clear();
    append_text(fhir::r4(), version, text_);
    text_.reserve(text_.size() + fhir::kJsonPadding);
    VESTA_TRY(const fhir::Node* root, reader_.read(text_, arena_));
    return search::extract(test::registry(), *root, arena_);
  }

 private:
  std::string text_;
  fhir::Arena arena_;
  fhir::JsonReader reader_{fhir::r4()};
};

// A leaf that some value of `write` matches.
search::Plan leaf_of(const Write& write, std::mt19937_64& random) {
  const auto pick = [&random](const auto& values) { return values[random() % values.size()]; };
  const auto make = [](search::ParameterId id, auto match) {
    return search::Plan::make_leaf({&test::registry().parameter(id), std::move(match)});
  };
  const search::IndexValues& values = write.added;
  switch (random() % 5) {
    case 0:
      if (!values.references.empty()) {
        const auto value = pick(values.references);
        return make(value.parameter, search::ReferenceMatch{{value.type}, std::string(value.id)});
      }
      break;
    case 1:
      if (!values.dates.empty()) {
        const auto value = pick(values.dates);
        const auto prefix = static_cast<search::Prefix>(random() % 9);
        return make(value.parameter, search::DateMatch{prefix, value.low, value.high});
      }
      break;
    case 2:
      if (!values.strings.empty()) {
        const auto value = pick(values.strings);
        return make(value.parameter,
                    search::StringMatch{search::StringMode::prefix, std::string(value.folded.substr(0, 3))});
      }
      break;
    case 3:
      if (!values.quantities.empty()) {
        const auto value = pick(values.quantities);
        const std::string low(value.low);
        const search::NumberMatch number{static_cast<search::Prefix>(random() % 9), low, low + "\x7F", low};
        return make(value.parameter, search::QuantityMatch{number, std::nullopt, std::string(value.code)});
      }
      break;
    default:
      break;
  }
  if (values.tokens.empty()) return search::Plan::make_all();
  const auto value = pick(values.tokens);
  const auto system = random() % 2 == 0 ? std::optional<std::string>(value.system) : std::nullopt;
  return make(value.parameter, search::TokenMatch{system, std::string(value.code)});
}

class SyntheaTest : public ::testing::Test {
 protected:
  void load(Store& store) {
    for (const auto& bundle : bundles_) {
      WriteSet set = bundle->set;
      auto written = store.commit(set);
      ASSERT_TRUE(written.ok()) << written.error().message;
    }
  }
  const Write& any_write(std::mt19937_64& random) {
    for (;;) {
      const auto& writes = bundles_[random() % bundles_.size()]->set.writes;
      if (!writes.empty()) return writes[random() % writes.size()];
    }
  }

  std::deque<std::unique_ptr<sqlite::bench::Bundle>> bundles_;
  test::FakeClock clock_;
};

TEST_F(SyntheaTest, GoesInComesOutAndIsFound) {
  const sqlite::test::TemporaryFolder unpacked;
  const std::string data = synthea_folder(unpacked);
  if (data.empty()) GTEST_SKIP() << "no Synthea data: neither VESTA_SYNTHEA nor VESTA_SHARED_DATA is set";
  bundles_ = sqlite::bench::load_bundles(test::registry(), data, kMaxBundles);
  const sqlite::test::TemporaryFolder folder;
  const auto open = [&] {
    auto store = sqlite::open({.directory = folder.path(), .registry = &test::registry(), .clock = &clock_});
    CHECK(store.ok());
    return std::move(*store);
  };
  auto store = open();
  const auto memory = memory::open(test::registry(), clock_);
  load(*store);
  load(*memory);
  store = nullptr;
  store = open();

  std::size_t count = 0;
  for (const auto& bundle : bundles_) {
    for (const Write& write : bundle->set.writes) {
      auto version = store->read(write.type, write.id);
      ASSERT_TRUE(version.ok() && version->has_value()) << write.id;
      ASSERT_EQ((*version)->tail, write.tail);
      ++count;
    }
  }
  const Statistics statistics = *store->statistics();
  EXPECT_EQ(statistics.resources, count);
  const double bytes = static_cast<double>(statistics.bytes) / static_cast<double>(count);
  std::printf("synthea: %zu resources, %.0f bytes each on disk\n", count, bytes);
  if (search::testing::kSlowness == 1) {
    EXPECT_LE(bytes, kMaxBytesPerResource);
  }

  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  for (int i = 0; i < kQueries; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", query " + std::to_string(i));
    const Write& write = any_write(random);
    std::vector<search::Plan> children;
    for (std::uint64_t k = 1 + random() % 3; k > 0; --k) children.push_back(leaf_of(write, random));
    search::Query query{write.type, search::Plan::make(search::Plan::Kind::and_, std::move(children)), {}};
    if (random() % 2 == 0) {
      const auto parameters = test::registry().parameters_of(write.type);
      const search::Parameter* by = parameters[random() % parameters.size()];
      query.sort.push_back({search::SortKey::Column::parameter, by, random() % 2 == 0});
    }
    const SearchOptions options{.count = kMaxPageSize, .from = {}, .total = search::Total::accurate};
    auto expected = memory->search(query, options);
    auto got = store->search(query, options);
    ASSERT_TRUE(got.ok()) << got.error().message;
    ASSERT_EQ(*got->total, *expected->total);
    ASSERT_EQ(got->entries.size(), expected->entries.size());
    for (std::size_t k = 0; k < got->entries.size(); ++k) ASSERT_EQ(got->entries[k].id, expected->entries[k].id);
  }

  std::vector<std::string> findings;
  Extractor extractor;
  auto looked_at = store->verify(std::ref(extractor), [&](std::string finding) { findings.push_back(finding); });
  ASSERT_TRUE(looked_at.ok()) << looked_at.error().message;
  EXPECT_EQ(*looked_at, count);
  EXPECT_EQ(findings, std::vector<std::string>{});
}

}  // namespace
}  // namespace vesta::store
