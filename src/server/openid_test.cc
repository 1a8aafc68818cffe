// Which configurations of an OpenID provider are refused, and what is read of them.
#include "server/openid.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace vesta::server {
namespace {

ServeConfig complete() {
  ServeConfig config;
  config.openid.issuer = "https://op.example/realm";
  config.openid.client_id = "vesta";
  config.openid.client_secret_file = "secret";
  config.openid.name = "Clinic";
  return config;
}

std::string refusal(const ServeConfig& config) {
  const Status checked = check_openid(config);
  return checked.ok() ? "" : checked.error().message;
}

TEST(OpenId, IsWholeOrNotThere) {
  EXPECT_EQ(refusal(complete()), "");
  EXPECT_EQ(refusal(ServeConfig{}), "");
  for (std::string OpenIdConfig::* const part :
       {&OpenIdConfig::client_id, &OpenIdConfig::client_secret_file, &OpenIdConfig::name}) {
    ServeConfig config = complete();
    (config.openid.*part).clear();
    EXPECT_TRUE(refusal(config).starts_with("--openid-issuer needs"));
    ServeConfig alone;
    alone.openid.*part = "x";
    EXPECT_TRUE(refusal(alone).ends_with("need --openid-issuer."));
  }
  ServeConfig only;
  only.openid.is_only = true;
  EXPECT_TRUE(refusal(only).ends_with("need --openid-issuer.")) << "nobody could sign in";
  ServeConfig open = complete();
  open.is_open = true;
  EXPECT_TRUE(refusal(open).ends_with("nobody signs in there."));
}

TEST(OpenId, ItsIssuerCanBeAsked) {
  for (const char* const issuer : {"http://op.example", "op.example", "https://", "https://op.example/#a",
                                   "https://op.example/?a", "https://a@op.example"}) {
    ServeConfig config = complete();
    config.openid.issuer = issuer;
    EXPECT_NE(refusal(config), "") << issuer;
  }
  ServeConfig local = complete();
  local.openid.issuer = "http://localhost:8081/realms/x";
  EXPECT_EQ(refusal(local), "");
}

TEST(OpenId, ItsFilesCanBeReadAndTheSecretIsAFirstLine) {
  const auto path = std::filesystem::temp_directory_path() / ("openid." + std::to_string(::getpid()));
  OpenIdConfig config = complete().openid;
  config.client_secret_file = path;
  EXPECT_FALSE(external_settings(config, {}).ok()) << "no file";
  std::ofstream(path) << "\n";
  EXPECT_FALSE(external_settings(config, {}).ok());
  std::ofstream(path) << "the secret\nmore\n";
  const auto settings = external_settings(config, {});
  ASSERT_TRUE(settings.ok() && settings->has_value());
  EXPECT_EQ((*settings)->client_secret, "the secret");
  EXPECT_EQ((*settings)->passwords, oauth::ExternalSettings::Passwords::on);
  config.is_only = true;
  EXPECT_EQ((*external_settings(config, {}))->passwords, oauth::ExternalSettings::Passwords::off);
  config.ca_file = path;
  EXPECT_TRUE(external_settings(config, {}).ok());
  config.ca_file += ".missing";
  const auto without = external_settings(config, {});
  ASSERT_FALSE(without.ok()) << "nobody could sign in, and only then be told";
  EXPECT_EQ(without.error().message, config.ca_file + " cannot be read.");
  std::filesystem::remove(path);
  EXPECT_FALSE(external_settings({}, {})->has_value());
}

}  // namespace
}  // namespace vesta::server
