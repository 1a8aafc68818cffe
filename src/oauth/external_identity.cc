// A search by the parameter that finds identities.
#include "oauth/external_identity.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "search/plan.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kMarkPrefix = "external:";  // a digest has no colon

search::Plan leaf(const search::Registry& registry, fhir::TypeId type, std::string_view parameter,
                  search::TokenMatch match) {
  const search::Parameter* const found = registry.find(type, parameter);
  CHECK(found != nullptr);
  return search::Plan::make_leaf({found, std::move(match)});
}

}  // namespace

Result<std::shared_ptr<const access::User>> user_of_identity(store::Store& store, const search::Registry& registry,
                                                             access::Records& records,
                                                             const access::Identity& identity) {
  const auto type = registry.definitions().find_resource_type(access::kUser);
  CHECK(type.has_value());
  search::Query query;
  query.type = *type;
  query.plan = search::Plan::make(search::Plan::Kind::and_,
                                  {leaf(registry, *type, "identity", {identity.issuer, identity.subject}),
                                   leaf(registry, *type, "status", {std::nullopt, "active"})});
  VESTA_TRY(const store::SearchPage page, store.search(query, {.count = 2}));
  const std::shared_ptr<const access::User> nobody;
  if (page.entries.size() > 1) {
    log::warning("two active users have one identity at the provider: neither can sign in by it",
                 {{"user", page.entries[0].id}, {"other", page.entries[1].id}});
  }
  if (page.entries.size() != 1) return nobody;
  VESTA_TRY(auto user, records.user(page.entries.front().id));
  // What was found may have been changed since; a subject is the same to the letter.
  const bool is_theirs = user != nullptr && user->is_active && std::ranges::count(user->identities, identity) > 0;
  return is_theirs ? user : nobody;
}

json::Value identifier(const access::Identity& identity) {
  return object({{"system", text(identity.issuer)}, {"value", text(identity.subject)}});
}

std::string external_mark(const access::Identity& identity) {
  return std::string(kMarkPrefix) + identity::digest_of_secret(identity.issuer + "\n" + identity.subject);
}

bool is_external_mark(std::string_view mark) {
  return mark.starts_with(kMarkPrefix);
}

std::optional<access::Identity> identity_of_mark(const access::User& user, std::string_view mark) {
  const auto found = std::ranges::find(user.identities, mark, external_mark);
  return found == user.identities.end() ? std::nullopt : std::optional(*found);
}

Result<bool> is_first_factor(Passwords& passwords, const access::User& user, std::string_view mark) {
  if (is_external_mark(mark)) return identity_of_mark(user, mark).has_value();
  VESTA_TRY(const auto password, passwords.mark(user.id));
  return password == mark;
}

}  // namespace vesta::oauth
