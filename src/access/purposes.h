// Purposes: for what rules grant what they grant, so that the audit can say it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/decide.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "search/plan.h"

namespace vesta::access {

inline constexpr std::string_view kReasons = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr std::string_view kResearchPurpose = "HRESCH";

inline constexpr std::size_t kMaxPurposes = 16;         // of one rule
inline constexpr std::size_t kMaxPurposeBytes = 32;     // of one of them
inline constexpr std::size_t kMaxPurposesBytes = 1024;  // of all that a request is told of at once; more are left out

// Codes of v3-ActReason, as records of the audit have them: sorted, each once, a comma between them: "BTG,ETREAT".
using PurposeCodes = std::set<std::string, std::less<>>;
std::string list_of(const PurposeCodes& codes);
void add_codes(std::string_view list, PurposeCodes& codes);

// Of one action of a Grant. Immutable once it is shared.
class Purposes {
 public:
  // A rule for these purposes, which may be none, grants the resources of the type that satisfy `plan`.
  void add(fhir::TypeId type, const std::vector<std::string>& codes, std::shared_ptr<const search::Plan> plan);
  // What all rules have that may grant resources of the type. A list, as above.
  std::string_view of(fhir::TypeId type) const;
  // The same, where all that grant any of the type are for the same purposes, so that nothing need be decided; else
  // null.
  const std::string* same_for_all(fhir::TypeId type) const;
  // What the rules have that grant this one: a store::Version, or a search::Subject. Which of them do is decided only
  // where they are for different purposes; if none seems to (any more), all may have. Errors: those of decide.
  template <class Resource>
  Result<std::string> of(const Deciding& deciding, fhir::TypeId type, const Resource& resource) const {
    if (const std::string* const same = same_for_all(type)) return *same;
    const auto found = granted_.find(type);
    const Granted& granted = found->second;
    PurposeCodes codes;
    for (const auto& [list, plans] : granted.by_list) {
      for (const auto& plan : plans) {
        VESTA_TRY(const bool holds, decide(deciding, *plan, resource));
        if (!holds) continue;
        add_codes(list, codes);
        break;
      }
    }
    return codes.empty() ? granted.all : list_of(codes);
  }
  // Of the plans that are kept to decide by.
  std::size_t nodes() const;

 private:
  struct Granted {
    std::map<std::string, std::vector<std::shared_ptr<const search::Plan>>> by_list;
    PurposeCodes codes;
    std::string all;  // the list of these
  };
  std::map<fhir::TypeId, Granted> granted_;
};

}  // namespace vesta::access
