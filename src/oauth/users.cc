// A search by the parameter that finds names.
#include "oauth/users.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "search/plan.h"

namespace vesta::oauth {

namespace {

enum class Which { all, active };

search::Plan leaf(const search::Registry& registry, fhir::TypeId type, std::string_view parameter, std::string value) {
  const search::Parameter* const found = registry.find(type, parameter);
  CHECK(found != nullptr);
  search::TokenMatch match;
  match.code = std::move(value);
  return search::Plan::make_leaf({found, match});
}

search::Query query_of(const search::Registry& registry, std::string_view name, Which which) {
  const auto type = registry.definitions().find_resource_type(access::kUser);
  CHECK(type.has_value());
  search::Query query;
  query.type = *type;
  query.plan = leaf(registry, *type, "name", std::string(name));
  if (which == Which::active) {
    query.plan = search::Plan::make(search::Plan::Kind::and_,
                                    {std::move(query.plan), leaf(registry, *type, "status", "active")});
  }
  return query;
}

}  // namespace

Result<std::shared_ptr<const access::User>> user_of_name(store::Store& store, const search::Registry& registry,
                                                         access::Records& records, std::string_view name) {
  const std::shared_ptr<const access::User> nobody;
  if (name.empty() || name.size() > kMaxUserNameBytes) return nobody;
  VESTA_TRY(const store::SearchPage page, store.search(query_of(registry, name, Which::active), {.count = 2}));
  if (page.entries.size() > 1) {
    log::warning("two active users have one name: neither can sign in",
                 {{"user", page.entries[0].id}, {"other", page.entries[1].id}});
  }
  if (page.entries.size() != 1) return nobody;
  VESTA_TRY(auto user, records.user(page.entries.front().id));
  return user != nullptr && user->is_active ? user : nobody;
}

Result<bool> is_taken(store::Store& store, const search::Registry& registry, std::string_view name) {
  VESTA_TRY(const store::SearchPage page, store.search(query_of(registry, name, Which::all), {.count = 1}));
  return !page.entries.empty();
}

}  // namespace vesta::oauth
