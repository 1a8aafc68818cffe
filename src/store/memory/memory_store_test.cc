// The memory engine passes the suite that defines a store.
#include "store/memory/memory_store.h"

#include "store/contract_concurrency_test_suite.h"
#include "store/contract_copy_test_suite.h"
#include "store/contract_index_test_suite.h"
#include "store/contract_search_test_suite.h"
#include "store/contract_several_test_suite.h"
#include "store/contract_test_suite.h"

namespace vesta::store {
namespace {

struct MemoryEngine {
  static constexpr bool kIsDurable = false;
  std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock) { return memory::open(registry, clock); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreIndexing, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSearches, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSearchesSeveral, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreConcurrency, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreCopies, MemoryEngine);

TEST(MemoryStore, RefusesToRemoveWhatIsNotThere) {
  test::FakeClock clock;
  const auto store = memory::open(test::registry(), clock);
  WriteSet set;
  set.writes.push_back(test::make_put("Observation", "o", 0, "x", test::code_value("c"), {}));
  ASSERT_TRUE(store->commit(set).ok());
  WriteSet wrong;
  wrong.writes.push_back(test::make_put("Observation", "o", 1, "x", test::code_value("d"), {}));
  auto refused = store->commit(wrong);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::internal);
}

}  // namespace
}  // namespace vesta::store
