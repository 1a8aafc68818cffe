// Context: what the interactions of one request work with.
#pragma once

#include <string>

#include "access/guarded_store.h"
#include "ops/service.h"

namespace vesta::ops {

// The service, and its store as the one who asks sees it. A copy is cheap, and may outlive the request; the service
// outlives both.
struct Context {
  Context(Service& service, access::GuardedStore store)
      : service(service),
        definitions(service.definitions),
        registry(service.registry),
        clock(service.clock),
        base_url(service.base_url),
        vocabulary(service.vocabulary),
        codes(service.codes),
        store(std::move(store)) {}

  Service& service;
  const fhir::Definitions& definitions;
  const search::Registry& registry;
  Clock& clock;
  const std::string& base_url;
  const Vocabulary& vocabulary;
  const search::CodeSource* codes;
  access::GuardedStore store;
};

}  // namespace vesta::ops
