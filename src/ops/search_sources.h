// SearchSources: where the searches of one store get sets of codes and hierarchies from.
#pragma once

#include <string>

#include "ops/service.h"
#include "ops/store_hierarchy.h"
#include "ops/store_terminology.h"
#include "search/terminology_codes.h"
#include "terminology/embedded.h"
#include "terminology/service.h"

namespace vesta::ops {

// The terminology of the store before that of the FHIR definitions, and hierarchies as the system sees them, for rules
// of policies. Thread-safe; outlives the contexts that it serves, and the text of `base_url` outlives it.
class SearchSources {
 public:
  SearchSources(const search::Registry& registry, store::Store& store, const std::string& base_url)
      : stored_(registry, store),
        service_(registry.definitions(), {&stored_, &embedded_}),
        codes_(service_),
        definitions_(registry.definitions(), {&embedded_}),
        codes_of_definitions_(definitions_),
        hierarchy_(registry, {store, registry, base_url, access::Grant::everything()}, base_url) {}
  SearchSources(const SearchSources&) = delete;
  SearchSources& operator=(const SearchSources&) = delete;

  void serve(Service& service) const {
    service.codes = &codes_;
    service.codes_of_definitions = &codes_of_definitions_;
    service.hierarchy = &hierarchy_;
  }

 private:
  StoreTerminology stored_;
  terminology::EmbeddedSource embedded_{terminology::r4_blocks()};
  terminology::Service service_;
  const search::TerminologyCodes codes_;
  terminology::Service definitions_;  // alone
  const search::TerminologyCodes codes_of_definitions_;
  const StoreHierarchy hierarchy_;
};

}  // namespace vesta::ops
