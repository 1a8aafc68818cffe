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

#ifdef VESTA_WAYS_AROUND
void go_around(Context& context, const search::Query& query, Random& random) {
  context.service.as_system();                                                               // refused
  context.service.as(access::Grant::everything());                                           // refused
  Host& host = context.service;                                                              // refused
  store::Store& store = context.store;                                                       // refused
  context.store.store_->search(query, {.count = 1});                                         // refused
  context.store.grant_ = access::Grant::everything();                                        // refused
  access::GuardedStore unguarded;                                                            // refused
  access::GuardedStore all(context.store, context.registry, "", nullptr);                    // refused
  Context more(context.service);                                                             // refused
  context.service.deidentifiers.store_.newest();                                             // refused
  Service(context.definitions, context.registry, context.store, context.clock, random, "");  // refused
}
#endif

}  // namespace vesta::ops
