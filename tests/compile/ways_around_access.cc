// Ways around the access plan: the compiler refuses each line that says so, and no other one.
#include "access/grant.h"
#include "access/guarded_store.h"
#include "ops/context.h"
#include "ops/host.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::ops {

// An interaction has a Context, whose store is what the grant of the request shows.
Result<store::SearchPage> find(Context& context, const search::Query& query) {
  return context.store.search(query, {.count = 1});
}

// Who has the store can do some of what is refused below: the names are right.
Result<store::SearchPage> find(Host& host, store::Store& store, const search::Query& query) {
  Context all = host.as_system();
  const Context more(all.service, host.as(access::Grant::nothing()).store);
  const access::GuardedStore none(store, more.registry, "", nullptr);
  return store.search(query, {.count = 1});
}

#ifdef VESTA_WAYS_AROUND
void go_around(Context& context, const search::Query& query, Random& random) {
  context.service.as_system();                                        // refused: no member
  context.service.as(access::Grant::everything());                    // refused: no member
  Host& host = context.service;                                       // refused: invalid initialization
  store::Store& store = context.store;                                // refused: invalid initialization
  context.store.store_->search(query, {.count = 1});                  // refused: private
  context.store.grant_ = access::Grant::everything();                 // refused: private
  access::GuardedStore unguarded;                                     // refused: no matching function
  access::GuardedStore all(context.store, context.registry, "", {});  // refused: no matching function
  Context more(context.service);                                      // refused: no matching function
  context.service.deidentifiers.store_.newest();                      // refused: private
  Service(context.definitions, context.registry, context.store, context.clock, random,
          "");  // refused: no matching function
}
#endif

}  // namespace vesta::ops
