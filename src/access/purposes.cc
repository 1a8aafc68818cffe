// Gathering of purposes, rule by rule.
#include "access/purposes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "search/chains.h"

namespace vesta::access {
namespace {

using search::Plan;

// By its form alone: nobody who could be meant was found.
bool holds_for_none(const Plan& plan) {
  if (plan.shared != nullptr) return holds_for_none(*plan.shared);
  if (plan.kind == Plan::Kind::none) return true;
  if (plan.kind == Plan::Kind::and_) return std::ranges::any_of(plan.children, holds_for_none);
  if (plan.kind == Plan::Kind::or_) return std::ranges::all_of(plan.children, holds_for_none);
  if (plan.kind != Plan::Kind::leaf) return false;
  const auto& match = plan.leaf.match;
  if (const auto* const ids = std::get_if<search::IdSetMatch>(&match)) return ids->set->ids.empty();
  if (const auto* const to = std::get_if<search::ReferenceSetMatch>(&match)) return to->set->ids.empty();
  const auto* const urls = std::get_if<search::UriSetMatch>(&match);
  return urls != nullptr && urls->set->ids.empty();
}

}  // namespace

std::string list_of(const PurposeCodes& codes) {
  std::string list;
  for (const std::string& code : codes) {
    if (list.size() + 1 + code.size() > kMaxPurposesBytes) break;
    list.append(list.empty() ? "" : ",").append(code);
  }
  return list;
}

void add_codes(std::string_view list, PurposeCodes& codes) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    codes.emplace(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

void Purposes::add(fhir::TypeId type, const std::vector<std::string>& codes, std::shared_ptr<const Plan> plan) {
  if (holds_for_none(*plan)) return;
  Granted& granted = granted_[type];
  granted.by_list[list_of(PurposeCodes(codes.begin(), codes.end()))].push_back(std::move(plan));
  granted.codes.insert(codes.begin(), codes.end());
  granted.all = list_of(granted.codes);
}

std::string_view Purposes::of(fhir::TypeId type) const {
  const auto found = granted_.find(type);
  return found == granted_.end() ? std::string_view() : std::string_view(found->second.all);
}

const std::string* Purposes::same_for_all(fhir::TypeId type) const {
  static const std::string kNone;
  const auto found = granted_.find(type);
  if (found == granted_.end()) return &kNone;
  return found->second.by_list.size() == 1 ? &found->second.all : nullptr;
}

std::size_t Purposes::nodes() const {
  std::set<const Plan*> counted;
  std::size_t sum = 0;
  for (const auto& [type, granted] : granted_) {
    if (granted.by_list.size() == 1) continue;
    for (const auto& [list, plans] : granted.by_list) {
      for (const auto& plan : plans) {
        if (counted.insert(plan.get()).second) sum += search::count_nodes(*plan);
      }
    }
  }
  return sum;
}

}  // namespace vesta::access
