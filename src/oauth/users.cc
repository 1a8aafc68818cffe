// A search by the parameter that finds names.
#include "oauth/users.h"

#include <string>

#include "base/check.h"
#include "search/plan.h"

namespace vesta::oauth {

namespace {

search::Query query_of(const search::Registry& registry, std::string_view name) {
  const auto type = registry.definitions().find_resource_type(access::kUser);
  CHECK(type.has_value());
  const search::Parameter* const by_name = registry.find(*type, "name");
  CHECK(by_name != nullptr);
  search::TokenMatch match;
  match.code = std::string(name);
  search::Query query;
  query.type = *type;
  query.plan = search::Plan::make_leaf({by_name, match});
  return query;
}

}  // namespace

Result<std::shared_ptr<const access::User>> user_of_name(store::Store& store, const search::Registry& registry,
                                                         access::Records& records, std::string_view name) {
  const std::shared_ptr<const access::User> nobody;
  if (name.empty() || name.size() > kMaxUserNameBytes) return nobody;
  VESTA_TRY(const store::SearchPage page, store.search(query_of(registry, name), {.count = 2}));
  if (page.entries.size() != 1) return nobody;
  VESTA_TRY(auto user, records.user(page.entries.front().id));
  return user != nullptr && user->is_active ? user : nobody;
}

Result<bool> is_taken(store::Store& store, const search::Registry& registry, std::string_view name) {
  VESTA_TRY(const store::SearchPage page, store.search(query_of(registry, name), {.count = 1}));
  return !page.entries.empty();
}

}  // namespace vesta::oauth
