// Building a Service: the vocabulary is looked up once, the paging key comes from the store.
#include "ops/service.h"

#include <utility>

#include "base/check.h"
#include "terminology/source.h"

namespace vesta::ops {
namespace {

fhir::NameId name_of(const fhir::Definitions& definitions, std::string_view name) {
  const auto found = definitions.find_name(name);
  CHECK(found.has_value());
  return *found;
}

fhir::TypeId type_of(const fhir::Definitions& definitions, std::string_view name) {
  const auto found = definitions.find_type(name);
  CHECK(found.has_value());
  return *found;
}

std::string without_trailing_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

// "http://localhost:8080/fhir" -> "/fhir"; "http://localhost:8080" -> "".
std::string path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? std::string() : url.substr(slash);
}

}  // namespace

Vocabulary::Vocabulary(const fhir::Definitions& definitions)
    : id(name_of(definitions, "id")),
      type(name_of(definitions, "type")),
      entry(name_of(definitions, "entry")),
      full_url(name_of(definitions, "fullUrl")),
      resource(name_of(definitions, "resource")),
      request(name_of(definitions, "request")),
      method(name_of(definitions, "method")),
      url(name_of(definitions, "url")),
      reference(name_of(definitions, "reference")),
      if_none_match(name_of(definitions, "ifNoneMatch")),
      if_modified_since(name_of(definitions, "ifModifiedSince")),
      if_match(name_of(definitions, "ifMatch")),
      if_none_exist(name_of(definitions, "ifNoneExist")),
      content_type(name_of(definitions, "contentType")),
      data(name_of(definitions, "data")),
      bundle(type_of(definitions, "Bundle")),
      binary(type_of(definitions, "Binary")),
      reference_type(type_of(definitions, "Reference")),
      code_system(type_of(definitions, terminology::kind_name(terminology::Kind::code_system))),
      value_set(type_of(definitions, terminology::kind_name(terminology::Kind::value_set))) {}

Service::Service(const fhir::Definitions& definitions, const search::Registry& registry, store::Store& store,
                 Clock& clock, Random& random, std::string base_url)
    : definitions(definitions),
      registry(registry),
      clock(clock),
      base_url(without_trailing_slash(std::move(base_url))),
      base_path(path_of(this->base_url)),
      emergencies(definitions),
      deidentifiers(store, definitions, random, this->base_url),
      compiled(definitions),
      idempotency_keys(store, clock),
      vocabulary(definitions),
      started(clock.now()),
      paging_key(load_paging_key(store, random)),
      uuids(clock, random) {}

}  // namespace vesta::ops
