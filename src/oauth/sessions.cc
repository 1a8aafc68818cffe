// Writing of sessions. A refresh token is "<id of the session>.<secret>"; the session has the digest.
#include "oauth/sessions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/instant.h"
#include "base/log.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/external_identity.h"
#include "ops/own_writes.h"
#include "ops/representation.h"
#include "search/plan.h"

namespace vesta::oauth {
namespace {

json::Value reference(std::string_view type, const std::string& id) {
  return object({{"reference", text(std::string(type) + "/" + id)}});
}

std::string to_json(const access::Session& session) {
  json::Value value = object({{"resourceType", text(access::kSession)},
                              {"id", text(session.id)},
                              {"status", text(session.is_active ? "active" : "off")},
                              {"client", reference(access::kClient, session.client)},
                              {"user", reference(access::kUser, session.user)}});
  const auto add = [&](const char* name, json::Value member) { value.members.push_back({name, std::move(member)}); };
  if (session.user_version != VersionId{}) add("userVersion", text(std::to_string(session.user_version.value)));
  if (session.has_second_factor) add("secondFactor", truth(true));
  if (session.identity) add("identity", identifier(*session.identity));
  if (!session.patient.empty()) add("patient", reference(access::kPatientType, session.patient));
  if (!session.scopes.empty()) add("scope", texts(session.scopes));
  add("started", text(ops::instant_text(session.started)));
  add("expires", text(ops::instant_text(session.expires)));
  if (!session.refresh_digest.empty()) add("refreshDigest", text(session.refresh_digest));
  if (!session.used_digests.empty()) add("usedDigest", texts(session.used_digests));
  std::string out;
  json::append_value(value, out);
  return out;
}

struct TokenParts {
  std::string_view session;
  std::string_view secret;
};

std::optional<TokenParts> parts_of(std::string_view token) {
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return TokenParts{token.substr(0, dot), token.substr(dot + 1)};
}

constexpr std::string_view kReused = "The refresh token was used before: its session has ended.";

Error invalid_token() {
  return oauth_error(kInvalidGrant, "The refresh token is not valid.");
}

std::chrono::hours lifetime_of(const std::vector<std::string>& scopes) {
  const auto has = [&](std::string_view scope) { return std::ranges::find(scopes, scope) != scopes.end(); };
  if (has("offline_access")) return kOfflineSession;
  return has("online_access") ? kOnlineSession : kBriefSession;
}

search::Query active_sessions_of(const search::Registry& registry, std::string_view user) {
  const auto session_type = registry.definitions().find_resource_type(access::kSession);
  const auto user_type = registry.definitions().find_resource_type(access::kUser);
  CHECK(session_type.has_value() && user_type.has_value());
  const search::Parameter* const by_user = registry.find(*session_type, "user");
  const search::Parameter* const by_status = registry.find(*session_type, "status");
  CHECK(by_user != nullptr && by_status != nullptr);
  search::TokenMatch active;
  active.code = "active";
  search::Query query;
  query.type = *session_type;
  query.plan =
      search::Plan::make(search::Plan::Kind::and_,
                         {search::Plan::make_leaf({by_user, search::ReferenceMatch{{*user_type}, std::string(user)}}),
                          search::Plan::make_leaf({by_status, std::move(active)})});
  return query;
}

}  // namespace

access::Session Sessions::made_of(const NewSession& wanted) {
  access::Session session;
  session.id = wanted.id;
  session.client = wanted.client;
  session.user = wanted.user;
  session.user_version = wanted.user_version;
  session.patient = wanted.patient;
  session.scopes = wanted.scopes;
  session.has_second_factor = wanted.has_second_factor;
  session.identity = wanted.identity;
  session.started = clock_.now();
  session.expires = later_by(session.started, lifetime_of(wanted.scopes));
  return session;
}

Result<Sessions::Opened> Sessions::open(const NewSession& wanted) {
  access::Session session = made_of(wanted);
  session.is_active = true;
  std::string token;
  if (lifetime_of(wanted.scopes) != kBriefSession) {
    const std::string secret = identity::new_secret(random_);
    session.refresh_digest = identity::digest_of_secret(secret);
    token = session.id + "." + secret;
  }
  ops::Context context = service_.as_system();
  VESTA_CHECK_OK(ops::put_own(context, to_json(session), VersionId{}));
  if (const Status forgotten = forget_old(); !forgotten.ok() && forgotten.error().category != Category::conflict) {
    log::warning("old sessions are kept", {{"reason", forgotten.error().message}});
  }
  return Opened{std::move(token), session.expires};
}

// A sign-in opens one session and deletes up to ten: they do not grow without bound.
Status Sessions::forget_old() {
  const auto type = service_.definitions.find_resource_type(access::kSession);
  const search::Parameter* const started = type ? service_.registry.find(*type, "started") : nullptr;
  CHECK(started != nullptr);
  const Instant before = later_by(clock_.now(), -kSessionMemory);
  search::Query query;
  query.type = *type;
  query.plan =
      search::Plan::make_leaf({started, search::DateMatch{search::Prefix::lt, before.value, before.value + 1}});
  ops::Context context = service_.as_system();
  VESTA_TRY(const store::SearchPage page, context.store.search(query, {.count = kMaxForgottenSessions}));
  return page.entries.empty() ? kOk : ops::remove_own(context, page.entries);
}

Status Sessions::refuse(const NewSession& session) {
  ops::Context context = service_.as_system();
  Status written = ops::put_own(context, to_json(made_of(session)), VersionId{});
  if (!written.ok() && written.error().category == Category::conflict) return end(session.id);  // it was opened
  return written;
}

Result<std::shared_ptr<const access::Session>> Sessions::running(std::string_view id) {
  VESTA_TRY(auto session, records_.session(id));
  if (session == nullptr || !session->is_active || session->expires <= clock_.now()) {
    return std::shared_ptr<const access::Session>();
  }
  return session;
}

Result<std::shared_ptr<const access::Session>> Sessions::find(std::string_view token) {
  const auto parts = parts_of(token);
  if (!parts) return std::shared_ptr<const access::Session>();
  VESTA_TRY(auto session, records_.session(parts->session));
  if (session == nullptr) return session;
  const auto is_of_token = [&](const std::string& digest) { return identity::is_digest_of(parts->secret, digest); };
  const bool is_its = is_of_token(session->refresh_digest) || std::ranges::any_of(session->used_digests, is_of_token);
  return is_its ? session : nullptr;
}

Result<std::shared_ptr<const access::Session>> Sessions::of_refresh_token(std::string_view token,
                                                                          std::string_view client) {
  VESTA_TRY(const auto session, find(token));
  if (session == nullptr || session->client != client) return invalid_token();
  VESTA_TRY(auto is_running, running(session->id));
  if (is_running == nullptr) return invalid_token();
  if (identity::is_digest_of(parts_of(token)->secret, is_running->refresh_digest)) return is_running;
  log::warning("a refresh token came again: its session ends", {{"session", session->id}});
  VESTA_CHECK_OK(end(session->id));
  return oauth_error(kInvalidGrant, std::string(kReused));
}

bool Sessions::is_reuse(const Error& error) {
  return error.message == kReused;
}

Result<std::string> Sessions::rotate(std::string_view token, std::string_view client) {
  VESTA_TRY(const auto session, of_refresh_token(token, client));
  access::Session next = *session;
  const std::string secret = identity::new_secret(random_);
  if (next.used_digests.size() == kMaxUsedDigests) next.used_digests.erase(next.used_digests.begin());
  next.used_digests.push_back(std::exchange(next.refresh_digest, identity::digest_of_secret(secret)));
  ops::Context context = service_.as_system();
  Status written = ops::put_own(context, to_json(next), session->version);
  if (!written.ok() && written.error().category == Category::conflict) return rotate(token, client);  // used meanwhile
  VESTA_CHECK_OK(std::move(written));
  return session->id + "." + secret;
}

Status Sessions::end(std::string_view id) {
  VESTA_TRY(const auto session, records_.session(id));
  if (session == nullptr || !session->is_active) return kOk;
  access::Session next = *session;
  next.is_active = false;
  ops::Context context = service_.as_system();
  Status written = ops::put_own(context, to_json(next), session->version);
  if (!written.ok() && written.error().category == Category::conflict) return end(id);
  return written;
}

Status Sessions::end_all_of(ops::Context& context, std::string_view user, const std::vector<ops::Property>& properties,
                            const std::vector<ops::ExpectedProperty>& expected) {
  const search::Query query = active_sessions_of(service_.registry, user);
  for (;;) {
    VESTA_TRY(const store::SearchPage page, context.store.search(query, {.count = store::kMaxPageSize}));
    std::vector<std::string> ended;
    for (const store::Version& each : page.entries) {
      VESTA_TRY(const auto session, records_.session(each.id));
      if (session == nullptr || !session->is_active) continue;
      access::Session next = *session;
      next.is_active = false;
      ended.push_back(to_json(next));
    }
    // More than a page holds end before; what is done last is done with the rest.
    const bool is_last = !page.next;
    if (is_last) return ops::put_own(context, ended, properties, expected);
    VESTA_CHECK_OK(ops::put_own(context, ended, {}, {}));
  }
}

}  // namespace vesta::oauth
