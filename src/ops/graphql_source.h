// GraphqlSource: the resources of the store for GraphQL, read and searched as everywhere else.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "graphql/source.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/paging_token.h"
#include "ops/store_hierarchy.h"
#include "search/query_text.h"
#include "store/scratch.h"

namespace vesta::ops {

// Of one request: each resource is read once.
class GraphqlSource : public graphql::Source {
 public:
  explicit GraphqlSource(Context& context);

  std::vector<graphql::SearchArgument> search_arguments(fhir::TypeId type) override;
  Status check(const graphql::Search& search) override;
  Result<const fhir::Node*> read(fhir::TypeId type, std::string_view id) override;
  Result<const fhir::Node*> resolve(std::string_view reference) override;
  Result<graphql::SearchPage> search(const graphql::Search& search) override;

 private:
  // A page of a connection: what was asked first, and where it starts.
  struct Place {
    PagingState state;
    std::uint64_t offset = 0;
    std::vector<http::Parameter> parameters;
  };

  search::ParseContext parse_context(Instant now) const;
  std::vector<http::Parameter> parameters_of(const graphql::Search& search) const;
  Result<Place> place_of(const graphql::Search& search) const;
  Result<graphql::SearchPage> search_list(const graphql::Search& search);
  Result<graphql::SearchPage> search_connection(const graphql::Search& search);
  Status add_cursors(const Place& place, const store::SearchPage& found, graphql::SearchPage& page) const;
  Status charge(const store::Version& version);
  Result<const fhir::Node*> keep(const store::Version& version);
  std::string scope_of(fhir::TypeId type) const;

  Context& context_;
  const StoreHierarchy hierarchy_;
  const Instant started_;
  store::ScratchLease scratch_;
  std::map<std::tuple<fhir::TypeId, std::string, VersionId>, const fhir::Node*> kept_;
  std::map<std::pair<fhir::TypeId, std::string>, const fhir::Node*> current_;  // as they were read first
  std::size_t bytes_ = 0;
};

}  // namespace vesta::ops
