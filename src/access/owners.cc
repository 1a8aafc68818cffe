// Searching for owners, and telling whether what was found is still so.
#include "access/owners.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "search/links.h"

namespace vesta::access {
namespace {

// Before what is read, so that a commit in between makes it look again.
std::vector<std::pair<fhir::TypeId, CommitSeq>> newest_of(store::Store& store, const search::Query& query) {
  std::set<fhir::TypeId> types = search::linked_types(query.plan);
  types.insert(query.type);
  std::vector<std::pair<fhir::TypeId, CommitSeq>> newest;
  for (const fhir::TypeId type : types) newest.emplace_back(type, store.newest(type));
  return newest;
}

// Null: more than kMaxOwners.
Result<std::shared_ptr<const search::IdSet>> look_up(store::Store& store, const search::Query& query) {
  search::IdSet found;
  store::SearchOptions options{.count = store::kMaxPageSize};
  for (bool has_more = true; has_more;) {
    VESTA_TRY(store::SearchPage page, store.search(query, options));
    if (found.ids.size() + page.entries.size() > kMaxOwners) return std::shared_ptr<const search::IdSet>();
    for (store::Version& version : page.entries) found.ids.push_back(std::move(version.id));
    has_more = page.next.has_value();
    if (has_more) options.from = std::move(*page.next);
  }
  std::ranges::sort(found.ids);
  found.ids.erase(std::unique(found.ids.begin(), found.ids.end()), found.ids.end());
  return std::make_shared<const search::IdSet>(std::move(found));
}

}  // namespace

Result<std::shared_ptr<const search::IdSet>> Owners::of(const search::Query& query) {
  OwnerSet set{query, nullptr, newest_of(store_, query)};
  auto found = look_up(store_, query);
  if (!found.ok()) {
    failure_ = found.error();
    return found;
  }
  const auto is_same = [&found](const OwnerSet& each) { return *found && each.ids && each.ids->ids == (*found)->ids; };
  const auto same = std::ranges::find_if(before_, is_same);
  set.ids = same == before_.end() ? *found : same->ids;
  sets_.push_back(std::move(set));
  return sets_.back().ids;
}

bool is_current(store::Store& store, const OwnerSet& set) {
  return std::ranges::all_of(set.read, [&](const auto& each) { return store.newest(each.first) == each.second; });
}

Result<bool> renew(store::Store& store, OwnerSet& set) {
  auto read = newest_of(store, set.query);
  VESTA_TRY(const std::shared_ptr<const search::IdSet> now, look_up(store, set.query));
  const bool is_same = (now == nullptr) == (set.ids == nullptr) && (now == nullptr || now->ids == set.ids->ids);
  if (is_same) set.read = std::move(read);
  return is_same;
}

}  // namespace vesta::access
