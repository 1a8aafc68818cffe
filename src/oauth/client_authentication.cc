// The three ways to prove it. Why one is refused stands in the log by its name; the client is not told which part was
// wrong.
#include "oauth/client_authentication.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "http/ascii.h"
#include "identity/client_assertion.h"
#include "identity/tokens.h"
#include "oauth/answers.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kBasic = "Basic ";

Error refused(std::string_view reason) {
  log::info("client refused", {{"reason", reason}});
  return oauth_error(kInvalidClient, "The client could not be authenticated.");
}

// nullopt: not what a form would write.
std::optional<std::string> form_decoded(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return http::percent_decode(text);
}

// Both are encoded as in a form by those who follow RFC 6749, and as they are by many who do not.
// https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
struct BasicCredentials {
  std::string id;
  std::string secret;
  std::string raw_secret;
};

std::optional<BasicCredentials> basic_credentials(std::string_view header) {
  const auto decoded = decode_base64(http::trim(header.substr(kBasic.size())));
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string raw_id = decoded->substr(0, colon);
  const std::string raw_secret = decoded->substr(colon + 1);
  return BasicCredentials{form_decoded(raw_id).value_or(raw_id), form_decoded(raw_secret).value_or(raw_secret),
                          raw_secret};
}

}  // namespace

Result<std::shared_ptr<const access::Client>> ClientAuthentication::authenticate(Asked& asked,
                                                                                 PublicClients public_clients,
                                                                                 std::string_view presumed) const {
  const Form& form = asked.form;
  VESTA_TRY(const std::string* const header, authorization_of(asked.request));
  const bool has_secret = form.find("client_secret") != nullptr;
  const bool has_assertion = form.find("client_assertion") != nullptr;
  if ((header != nullptr) + has_secret + has_assertion > 1) {
    return oauth_error(kInvalidRequest, "The client must be authenticated in one way.");
  }
  if (has_assertion) return by_assertion(asked);
  if (has_secret) return by_secret(asked, form.get("client_id"), {form.get("client_secret")});
  if (header == nullptr && public_clients == PublicClients::accepted) {
    return public_client(asked, form.find("client_id") == nullptr ? presumed : form.get("client_id"));
  }
  if (header == nullptr) return refused("no credentials");
  if (!http::equals_ignoring_case(std::string_view(*header).substr(0, kBasic.size()), kBasic)) {
    return refused("another scheme than Basic");
  }
  const auto credentials = basic_credentials(*header);
  if (!credentials) return refused("malformed Basic credentials");
  if (const std::string* const id = form.find("client_id"); id != nullptr && *id != credentials->id) {
    return oauth_error(kInvalidRequest, "client_id is another client's.");
  }
  return by_secret(asked, credentials->id, {credentials->secret, credentials->raw_secret});
}

Result<std::shared_ptr<const access::Client>> ClientAuthentication::find(Asked& asked, std::string_view id) const {
  VESTA_TRY(auto client, records_.client(id));
  if (client == nullptr) return refused("no such client");
  asked.about.client = client->id;
  if (!client->is_active) return refused("the client is off");
  return client;
}

Result<std::shared_ptr<const access::Client>> ClientAuthentication::public_client(Asked& asked,
                                                                                  std::string_view id) const {
  VESTA_TRY(auto client, find(asked, id));
  if (!client->is_public()) return refused("no credentials");
  return client;
}

Result<std::shared_ptr<const access::Client>> ClientAuthentication::by_secret(
    Asked& asked, std::string_view id, std::initializer_list<std::string_view> secrets) const {
  VESTA_TRY(auto client, find(asked, id));
  const bool is_known = std::ranges::any_of(client->secret_digests, [&](const std::string& digest) {
    return std::ranges::any_of(secrets, [&](std::string_view each) { return identity::is_digest_of(each, digest); });
  });
  if (!is_known) return refused("wrong secret");
  return client;
}

Result<std::shared_ptr<const access::Client>> ClientAuthentication::by_assertion(Asked& asked) const {
  const Form& form = asked.form;
  if (form.get("client_assertion_type") != identity::kClientAssertionType) {
    return oauth_error(kInvalidRequest, "client_assertion_type is not one that is known here.");
  }
  const std::string_view assertion = form.get("client_assertion");
  const auto claimed = identity::claimed_client_id(assertion);
  if (!claimed.ok()) return refused(claimed.error().message);
  if (const std::string* const id = form.find("client_id"); id != nullptr && *id != *claimed) {
    return oauth_error(kInvalidRequest, "client_id is another client's.");
  }
  VESTA_TRY(auto client, find(asked, *claimed));
  const auto keys = keys_.of(*client, assertion);
  if (!keys.ok() && keys.error().category == Category::busy) return keys.error();
  if (!keys.ok()) return refused(keys.error().message);
  identity::AssertionExpectations expected;
  expected.audiences = {addresses_.url(kTokenPath), addresses_.issuer};
  expected.jwk_set_url = client->jwks_uri;
  const auto verified = identity::verify_client_assertion(assertion, client->id, *keys, expected, clock_.now());
  if (!verified.ok()) return refused(verified.error().message);
  // A length before the id: no two pairs of client and id have one text.
  const std::string thing = std::to_string(client->id.size()) + ":" + client->id + verified->id;
  VESTA_TRY(const bool is_first, used_.use(client->id, thing, verified->remember_until));
  if (!is_first) return refused("replayed assertion");
  return client;
}

}  // namespace vesta::oauth
