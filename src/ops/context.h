// Context: what the interactions of one request work with.
#pragma once

#include <string>

#include "access/grants.h"
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
        codes(sees_terminology(service, store) ? service.codes : service.codes_of_definitions),
        store(std::move(store)) {}

  Service& service;
  const fhir::Definitions& definitions;
  const search::Registry& registry;
  Clock& clock;
  const std::string& base_url;
  const Vocabulary& vocabulary;
  const search::CodeSource* codes;
  access::GuardedStore store;
  const access::Principal* principal = nullptr;  // whose request it is; null: nobody is asked, or the server itself

 private:
  // What a set of codes is made of is not asked for one by one: who does not see all of it goes by what is public.
  static bool sees_terminology(const Service& service, const access::GuardedStore& store) {
    const search::Visibility& visible = store.grant().of(access::Action::read);
    return visible.sees_all(service.vocabulary.code_system) && visible.sees_all(service.vocabulary.value_set);
  }
};

}  // namespace vesta::ops
