// Source: where a request's resources come from, and what can be searched by. Implemented by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/services.h"

namespace vesta::graphql {

// A search parameter as an argument. https://hl7.org/fhir/R4/graphql.html#searching
struct SearchArgument {
  std::string name;  // its code with '_' for '-'
  std::string code;
  bool is_reference = false;
  std::vector<fhir::TypeId> targets = {};  // of a reference; empty: any
};

struct SearchParameter {
  std::string code;
  std::vector<std::string> values;  // one of them has to match
};

struct Search {
  enum class Form : std::uint8_t { list, connection };

  fhir::TypeId type = fhir::kNoType;
  Form form = Form::list;
  std::vector<SearchParameter> parameters = {};
  std::optional<std::size_t> count = {};  // of a list: at most so many; of a connection: per page
  std::size_t offset = 0;                 // list: so many are left out first
  std::string cursor = {};                // connection: a page of an earlier answer; nothing else is given then
  bool wants_total = false;
};

struct SearchPage {
  std::vector<const fhir::Node*> resources;
  std::optional<std::uint64_t> total = {};
  std::uint64_t offset = 0;                                     // of the first resource
  std::uint64_t page_size = 0;                                  // as it was asked for
  std::string first = {}, previous = {}, next = {}, last = {};  // cursors; empty: there is no such page
};

// What FHIRPath asks of the world around a resource. Without a clock today() is an error; without services resolve()
// yields nothing and memberOf() is an error.
struct Host {
  Clock* clock = nullptr;
  fhirpath::Services* services = nullptr;
};

// Used by one request, on its thread. Trees live as long as the Source does.
class Source {
 public:
  virtual ~Source() = default;

  // What resources of this type can be searched by, in a steady order.
  virtual std::vector<SearchArgument> search_arguments(fhir::TypeId type) = 0;
  // What is wrong with a search, found without running it. Errors: those of search.
  virtual Status check(const Search& search) = 0;

  // Errors: not_found and gone; those of the store.
  virtual Result<const fhir::Node*> read(fhir::TypeId type, std::string_view id) = 0;
  // What Reference.reference leads to, but for "#id". Errors: as of read; not_found if it leads out of the Source.
  virtual Result<const fhir::Node*> resolve(std::string_view reference) = 0;
  // Errors: those of search and of the store; too_large by a limit of limits.h.
  virtual Result<SearchPage> search(const Search& search) = 0;
};

}  // namespace vesta::graphql
