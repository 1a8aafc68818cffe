// Configuration: what the command line, the environment and the configuration file may set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/server.h"

namespace vesta::server {

// Where the key of an encrypted store comes from: one of these, or the environment. Empty: not from there.
struct StoreKeyConfig {
  std::string file;
  std::string command;
  bool has_environment = true;  // VESTA_STORE_KEY is a source as well
};

// Of every command that works on a store.
struct StoreConfig {
  std::string engine = "sqlite";     // or "memory", or the URL of a PostgreSQL database
  std::string data = "./data";       // the folder of the sqlite engine
  std::size_t running_searches = 0;  // at the same time; 0: by the processors
  StoreKeyConfig key;
};

// Of all engines it alone is one that several processes may serve.
bool is_postgres(const StoreConfig& config);

struct LogConfig {
  std::string level = "info";   // debug, info, warning, error, off
  std::string format = "auto";  // auto, json, text
};

// What the numbers of ServeConfig may be at most.
inline constexpr std::size_t kMaxIoThreads = 64;
inline constexpr std::size_t kMaxWorkerThreads = 1024;
inline constexpr std::size_t kMaxRunningSearches = 1024;
inline constexpr std::size_t kMaxQueuedRequests = 1'000'000;
inline constexpr std::size_t kMaxOpenConnections = 1'000'000;
inline constexpr std::size_t kMaxRequestRate = 1'000'000;
inline constexpr std::size_t kMaxBodyMib = 2048;
inline constexpr std::size_t kMinTimeoutMs = 100;
inline constexpr std::size_t kMaxTimeoutMs = 3'600'000;
inline constexpr std::uint16_t kMaxPort = 65'535;

// Of a provider at which users sign in; an issuer that is empty: there is none.
struct OpenIdConfig {
  std::string issuer;
  std::string client_id;
  std::string client_secret_file;
  std::string name;                     // that users see
  std::string ca_file;                  // empty: the system's authorities
  std::vector<std::string> scopes;      // beside openid
  std::vector<std::string> strong_acr;  // which say that more than a password was used
  bool is_only = false;                 // nobody signs in otherwise
};

struct ServeConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any that is free
  bool is_open = false;
  std::vector<std::string> roles = {"api", "worker"};
  bool has_client_registration = false;
  std::string base_url;  // empty: http(s)://<host>:<port>/fhir

  std::size_t io_threads = 1;
  std::size_t worker_threads = net::kDefaultWorkerThreads;
  std::size_t max_queued_requests = 1024;
  std::size_t max_connections = 10'000;
  std::size_t max_body_mib = 64;
  std::size_t request_timeout_ms = 60'000;
  std::size_t header_timeout_ms = 10'000;
  std::size_t body_timeout_ms = 20'000;
  std::size_t write_timeout_ms = 20'000;
  std::size_t idle_timeout_ms = 75'000;
  std::size_t stop_timeout_ms = 10'000;
  std::size_t drain_ms = 0;  // how long it still serves, not ready, after it was told to stop

  std::size_t requests_per_address = 0;  // per second; 0: any number
  std::size_t requests_per_client = 0;

  std::string cache;  // URL of a Redis that the nodes share, as of cache/redis_url.h; empty: none

  bool access_log = true;  // a line for each request

  std::string deidentification;  // the file of its configuration; empty: Safe Harbor as it is shipped

  std::string emergency_notice_url;          // empty: nobody is told
  std::string emergency_notice_ca_file;      // PEM; empty: the system's authorities
  std::string emergency_notice_secret_file;  // empty: notices are not signed

  std::vector<std::string> trusted_proxies;  // addresses and networks: "10.0.0.0/8"
  std::vector<std::string> cors_origins;     // "https://app.example"; "*": all

  OpenIdConfig openid;

  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_ca;                         // empty: nobody is asked for a certificate
  std::string tls_client_certificates = "required";  // or "optional"
};

// `role`: "api": it answers requests; "worker": it does what goes on in the background.
bool has_role(const ServeConfig& config, std::string_view role);

// "127.0.0.1", "::1", "localhost" and the like: addresses that only this machine can reach.
bool is_loopback(const std::string& address);

// What cannot be served so over this store, and why. Errors (invalid): a role that is none, or that nobody has where
// one process has the store alone, --open beyond the loopback, half of a TLS key pair, authorities of clients without
// TLS, tokens in plain text beyond the loopback, a trusted proxy that is no address, a CORS origin that is none,
// notices of emergency access without an audit log or to a URL that is not to be asked, half of an OpenID provider,
// a cache whose URL is none.
Status check(const ServeConfig& config, const StoreConfig& store);

}  // namespace vesta::server
