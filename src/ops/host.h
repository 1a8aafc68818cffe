// Host: who has the store, and hands out what interactions see of it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "access/grant.h"
#include "access/guarded_store.h"
#include "access/witness.h"
#include "ops/context.h"
#include "ops/service.h"

namespace vesta::ops {

// The service with its store, which outlives it. An interaction gets a Context, and a Context knows the Service alone:
// so nothing that is asked reaches the store but by a grant (tests/compile/ways_around_access.cc). Thread-safe.
class Host final : public Service {
 public:
  Host(const fhir::Definitions& definitions, const search::Registry& registry, store::Store& store, Clock& clock,
       Random& random, std::string base_url)
      : Service(definitions, registry, store, clock, random, std::move(base_url)), store_(store) {}

  // For one request: the store is what the grant shows of it.
  // `witness`: who is told what the request sees and writes; null: nobody.
  Context as(std::shared_ptr<const access::Grant> grant, std::shared_ptr<access::Witness> witness = nullptr) {
    return {*this, access::GuardedStore(store_, registry, base_url, std::move(grant), std::move(witness))};
  }
  // For the server's own work, for commands, and for a server that asks nobody who they are.
  Context as_system() { return as(access::Grant::everything()); }

 private:
  store::Store& store_;
};

}  // namespace vesta::ops
