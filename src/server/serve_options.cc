// Options of `vesta serve`.
#include "server/options.h"

namespace vesta::server {

namespace {

void add_openid_options(CLI::App& command, OpenIdConfig& openid) {
  add_option(command, "--openid-issuer", openid.issuer, "Issuer of an OpenID provider at which users may sign in")
      ->type_name("URL");
  add_option(command, "--openid-client-id", openid.client_id, "What this server is called there")->type_name("ID");
  add_option(command, "--openid-client-secret-file", openid.client_secret_file,
             "File whose first line is this server's secret there")
      ->type_name("FILE");
  add_option(command, "--openid-name", openid.name, "What users see of it: Sign in with NAME")->type_name("NAME");
  add_option(command, "--openid-ca", openid.ca_file, "Authorities (PEM) of its certificate; none: those of the system")
      ->type_name("FILE");
  add_list(command, "--openid-scope", openid.scopes, "What it is asked for beside openid")->type_name("SCOPE");
  add_list(command, "--openid-second-factor-acr", openid.strong_acr,
           "Value of its acr that says that more than a password was used")
      ->type_name("ACR");
  command
      .add_flag("--openid-only", openid.is_only, "Nobody signs in by a password, or a passkey alone, of this server")
      ->envname("VESTA_OPENID_ONLY");
}

void add_tls_options(CLI::App& command, ServeConfig& serve) {
  add_option(command, "--tls-certificate", serve.tls_certificate, "Certificate chain (PEM) to serve HTTPS with");
  add_option(command, "--tls-key", serve.tls_key, "Private key (PEM) of the certificate");
  add_option(command, "--tls-client-ca", serve.tls_client_ca,
             "Authorities (PEM) of the certificates that clients must show; none: nobody is asked for one")
      ->type_name("FILE");
  add_option(command, "--tls-client-certificates", serve.tls_client_certificates,
             "Whether clients must show one; optional: whoever shows none is served too")
      ->check(CLI::IsMember({"required", "optional"}));
}

}  // namespace

void add_serve_options(CLI::App& command, ServeConfig& serve) {
  add_option(command, "--address", serve.address, "Address to listen on");
  add_number(command, "--port", serve.port, 0, kMaxPort, "Port to listen on; 0: any that is free");
  command
      .add_flag("--open", serve.is_open, "No access control: for everyone who can reach the port, on the loopback only")
      ->envname("VESTA_OPEN");
  add_list(command, "--roles", serve.roles,
           "What this node does of a fleet over one PostgreSQL: api answers requests, worker does what goes on in the "
           "background")
      ->type_name("ROLE");
  command
      .add_flag("--client-registration", serve.has_client_registration,
                "Applications may register themselves at /auth/register, to act for users only")
      ->envname("VESTA_CLIENT_REGISTRATION");
  add_option(command, "--base-url", serve.base_url,
             "URL of the FHIR base as clients see it; default: http://localhost:<port>/fhir");
  add_number(command, "--io-threads", serve.io_threads, 1, kMaxIoThreads, "Threads for sockets and HTTP");
  add_number(command, "--worker-threads", serve.worker_threads, 1, kMaxWorkerThreads, "Threads that answer requests");
  add_number(command, "--max-queued-requests", serve.max_queued_requests, 1, kMaxQueuedRequests,
             "Requests that wait for a worker; more are answered with 503");
  add_number(command, "--max-connections", serve.max_connections, 1, kMaxOpenConnections, "Open connections");
  add_number(command, "--max-body-mib", serve.max_body_mib, 1, kMaxBodyMib, "Size of a request's body, in MiB");
  add_number(command, "--request-timeout-ms", serve.request_timeout_ms, kMinTimeoutMs, kMaxTimeoutMs,
             "How long a request may wait for a worker, and then for PostgreSQL, before it is answered with 503");
  add_number(command, "--header-timeout-ms", serve.header_timeout_ms, kMinTimeoutMs, kMaxTimeoutMs,
             "How long a client may take to send the head of a request");
  add_number(command, "--body-timeout-ms", serve.body_timeout_ms, kMinTimeoutMs, kMaxTimeoutMs,
             "How long a client may take to send a body, beyond the time that its size allows");
  add_number(command, "--write-timeout-ms", serve.write_timeout_ms, kMinTimeoutMs, kMaxTimeoutMs,
             "How long a client may take to read an answer, beyond the time that its size allows");
  add_number(command, "--idle-timeout-ms", serve.idle_timeout_ms, kMinTimeoutMs, kMaxTimeoutMs,
             "How long a connection may stay without a request");
  add_number(command, "--stop-timeout-ms", serve.stop_timeout_ms, 0, kMaxTimeoutMs,
             "How long a stop waits for requests in flight");
  add_number(command, "--drain-ms", serve.drain_ms, 0, kMaxTimeoutMs,
             "How long to go on serving, while /readyz says no, before a stop begins");
  add_list(command, "--trusted-proxy", serve.trusted_proxies,
           "Address, or address/bits, of a proxy whose Forwarded or X-Forwarded-For says who a client is")
      ->type_name("ADDRESS");
  add_number(
      command, "--requests-per-address", serve.requests_per_address, 0, kMaxRequestRate,
      "Requests per second from one address (of IPv6: network of 64 bits); more are answered with 429; 0: any number");
  add_number(command, "--requests-per-client", serve.requests_per_client, 0, kMaxRequestRate,
             "Requests per second with the tokens of one client; more are answered with 429; 0: any number");
  add_option(
      command, "--cache", serve.cache,
      "Redis that the nodes share for current versions (of PostgreSQL) and rate limits: redis://HOST; a password "
      "belongs into the environment")
      ->type_name("URL");
  add_list(command, "--cors-origin", serve.cors_origins,
           "Origin of web pages that may send requests: https://app.example; or *, any")
      ->type_name("ORIGIN");
  add_option(command, "--access-log", serve.access_log, "A line at level info for each request")
      ->type_name("true|false")
      ->default_str(serve.access_log ? "true" : "false");
  add_option(command, "--deidentification", serve.deidentification,
             "Configuration of de-identification (JSON), instead of HIPAA's Safe Harbor")
      ->type_name("FILE");
  add_option(command, "--emergency-notice-url", serve.emergency_notice_url,
             "Where to POST the AuditEvent of each emergency access: https, or http of the loopback")
      ->type_name("URL");
  add_option(command, "--emergency-notice-ca-file", serve.emergency_notice_ca_file,
             "Authorities (PEM) of that URL's certificate; none: the system's")
      ->type_name("FILE");
  add_option(command, "--emergency-notice-secret-file", serve.emergency_notice_secret_file,
             "Secret (whsec_…) to sign these notices with")
      ->type_name("FILE");
  add_openid_options(command, serve.openid);
  add_tls_options(command, serve);
}

}  // namespace vesta::server
