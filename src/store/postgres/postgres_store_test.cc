// The PostgreSQL engine passes the suite that defines a store; and what is its own: several nodes, lost connections.
#include "store/postgres/postgres_store.h"

#include "store/contract_concurrency_test_suite.h"
#include "store/contract_copy_test_suite.h"
#include "store/contract_index_test_suite.h"
#include "store/contract_search_test_suite.h"
#include "store/contract_several_test_suite.h"
#include "store/contract_test_suite.h"
#include "store/postgres/test_support.h"

namespace vesta::store {
namespace {

using postgres::test::PostgresEngine;

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreContract, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreIndexing, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreSearches, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreSearchesSeveral, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreConcurrency, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreCopies, PostgresEngine);

}  // namespace
}  // namespace vesta::store
