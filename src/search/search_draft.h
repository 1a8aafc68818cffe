// SearchDraft: a Search while its parameters are being read, with the issues found so far.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/query_text.h"

namespace vesta::search {

// https://hl7.org/fhir/R4/search.html#contained
struct ContainedMode {
  enum class Wanted : std::uint8_t { no, only, both };
  Wanted wanted = Wanted::no;
  bool returns_inner = false;  // _containedType=contained: themselves, not what contains them
};

struct SearchDraft {
  const ParseContext& context;
  fhir::TypeId path_type;  // kNoType: a search of the whole system
  Search search = {};
  std::vector<std::vector<Plan>> criteria = {};  // of each query, AND-ed in the end
  std::vector<std::size_t> nodes = {};           // of each query's criteria
  std::vector<Issue> issues = {};
  Category category = Category::invalid;    // of the issues together
  std::string kept = {};                    // of the list of one result parameter: the items that were not refused
  std::vector<std::string_view> seen = {};  // result parameters, none of which may be repeated
  ContainedMode contained = {};
  bool finds_any_type = false;  // matches are what contains others: known before all else is read

  const fhir::Definitions& definitions() const { return context.registry.definitions(); }

  // An error whatever the handling: a value or modifier that cannot be meant otherwise.
  void reject(std::string_view code, std::string why) {
    issues.push_back({Severity::error, std::string(code), std::move(why), ""});
  }
  // An error of a part of the search: whatever it is, the search fails. What a source of codes cannot do now is no
  // fault of the query, so that category stays; a value set that is not there is one.
  void add(const Error& error) {
    issues.insert(issues.end(), error.issues.begin(), error.issues.end());
    if (error.issues.empty()) reject("invalid", error.message);
    const bool is_ours = error.category == Category::unavailable || error.category == Category::busy ||
                         error.category == Category::too_large || error.category == Category::internal;
    if (is_ours) category = error.category;
  }
  // What this server does not know or offer: an error when strict, left out and listed when lenient.
  // https://hl7.org/fhir/R4/search.html#errors
  void refuse(std::string_view code, std::string why) {
    if (context.handling == Handling::strict) return reject(code, std::move(why));
    search.ignored.push_back({Severity::warning, std::string(code), std::move(why), ""});
  }
};

// Reads `parameter` if it is _include or _revinclude; false if not.
bool apply_include(const http::Parameter& parameter, SearchDraft& draft);

// Reads `parameter` if it is one that governs the form of the answer (_sort, _count, _total, _summary, _elements,
// _type, _contained, _containedType); false if it is none of them. `_type` has been applied before: see
// types_of_search.
bool apply_result_parameter(const http::Parameter& parameter, SearchDraft& draft);

// The types that are searched, in the order of their names: that of the path, or those of `_type`, or all.
std::vector<fhir::TypeId> types_of_search(std::span<const http::Parameter> parameters, SearchDraft& draft);

}  // namespace vesta::search
