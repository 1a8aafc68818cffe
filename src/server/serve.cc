// Wiring, start order and stop order of the server.
#include "server/serve.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "access/grants.h"
#include "access/records.h"
#include "audit/notices.h"
#include "audit/projector.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "cache/redis_cache.h"
#include "cache/redis_url.h"
#include "fhir/definitions.h"
#include "identity/guess_throttle.h"
#include "jobs/node.h"
#include "net/client.h"
#include "net/server.h"
#include "oauth/fetch.h"
#include "oauth/provider.h"
#include "ops/application.h"
#include "ops/custom_parameters.h"
#include "ops/host.h"
#include "ops/index_jobs.h"
#include "ops/materialised_views.h"
#include "ops/outcome.h"
#include "ops/own_writes.h"
#include "ops/paging_token.h"
#include "ops/parquet_answer.h"
#include "ops/search_sources.h"
#include "search/parameter.h"
#include "server/cors.h"
#include "server/emergency_notices.h"
#include "server/openid.h"
#include "server/public_documents.h"
#include "server/rate_limit.h"
#include "server/signs_of_life.h"
#include "server/store_setup.h"
#include "server/trusted_proxies.h"
#include "server/version.h"

namespace vesta::server {
namespace {

inline constexpr std::size_t kMaxUriBytes =
    ops::kMaxTokenBytes + 8 * 1024;                                     // the longest next link, and a path before it
inline constexpr std::size_t kMaxHeadBytes = kMaxUriBytes + 32 * 1024;  // and the header fields

int fail(const std::string& message) {
  std::fprintf(stderr, "vesta: %s\n", message.c_str());
  return 1;
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Empty: Safe Harbor as it is shipped. Errors (invalid): the file cannot be read, or says what is no rule.
Status configure_deidentification(const std::string& path, access::Deidentifiers& deidentifiers) {
  if (path.empty()) return kOk;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return make_error(Category::invalid, path + " cannot be read.");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Status configured = deidentifiers.configure(text);
  return configured.ok() ? kOk : Status(make_error(Category::invalid, path + ": " + configured.error().message));
}

// What oauth asks of others. `ca_file`: whose servers are believed; empty: those of the system's authorities.
oauth::Fetch fetch_by(const std::string& ca_file) {
  return [ca_file](const oauth::FetchRequest& request) -> Result<oauth::FetchAnswer> {
    net::FetchOptions options;
    options.max_body_bytes = request.max_bytes;
    options.ca_file = ca_file;
    const net::Posted posted{"application/x-www-form-urlencoded", request.form, request.authorization};
    VESTA_TRY(net::Fetched fetched,
              request.form.empty() ? net::get(request.url, options) : net::post(request.url, posted, options));
    return oauth::FetchAnswer{fetched.status, std::move(fetched.body)};
  };
}

// Of what only one node may do; null: there are no other nodes.
struct Leases {
  const jobs::Lease* index_jobs = nullptr;
  const jobs::Lease* notices = nullptr;
  const jobs::Lease* events = nullptr;
};

// One server process. Members are in the order of their start: the listener answers (503) before the store is open, so
// that a probe sees a process that migrates, and it is stopped before the application and the store go.
class Process {
 public:
  Process(const ServeConfig& config, const StoreConfig& store_config)
      : config_(config), store_config_(store_config), signs_of_life_(metrics_, lifecycle_) {}

  Status start();
  void stop();
  const std::string& base_url() const { return base_url_; }

 private:
  net::ServerOptions listener_options();
  void await_readable(const http::Request& request, std::function<void()> go);
  http::Response handle(http::Request& request);
  http::Response answer(http::Request& request);
  void settle_address(http::Request& request);
  Status join_fleet();
  Status start_access();
  Status load_notices();
  ops::Admission admission();
  ops::AccessLog access_log() const { return config_.access_log ? ops::AccessLog::on : ops::AccessLog::off; }
  void watch_store();

  const ServeConfig& config_;
  const StoreConfig& store_config_;
  StoreKeys store_keys_;  // tables of views are opened later
  Metrics metrics_;
  Lifecycle lifecycle_;
  SignsOfLife signs_of_life_;
  std::string base_url_;
  std::optional<search::Registry> registry_;
  std::optional<cache::RedisCache> cache_;  // absent where there is none
  std::unique_ptr<store::Store> store_;
  std::optional<ops::SearchSources> sources_;
  std::optional<ops::Host> service_;
  std::optional<ops::CustomParameters> parameters_;
  std::optional<jobs::Node> node_;  // absent where this process has the store alone
  jobs::Lease nobodys_lease_{"none"};
  Leases leases_;
  std::optional<ops::IndexJobs> index_jobs_;
  std::optional<ops::ParquetFolder> parquet_;
  std::optional<ops::MaterialisedViews> views_;
  std::optional<audit::Trail> trail_;  // these six: absent where access control is off
  std::optional<audit::Projector> projector_;
  std::optional<audit::Notices> notices_;  // absent where nobody is to be told, too
  std::optional<access::Records> records_;
  std::optional<access::Grants> grants_;
  std::optional<oauth::Provider> provider_;
  TrustedProxies proxies_;
  Cors cors_;
  std::atomic<bool> has_warned_of_proxy_{false};
  std::optional<RateLimit> address_limit_, client_limit_;
  std::optional<ops::Application> application_;
  std::atomic<ops::Application*> ready_application_{nullptr};
  std::optional<net::Server> listener_;
};

net::ServerOptions Process::listener_options() {
  net::ServerOptions options;
  options.address = config_.address == "localhost" ? "127.0.0.1" : config_.address;
  options.port = config_.port;
  options.io_threads = config_.io_threads;
  options.worker_threads = config_.worker_threads;
  options.max_queued_requests = config_.max_queued_requests;
  options.max_connections = config_.max_connections;
  options.max_uri_bytes = kMaxUriBytes;
  options.max_header_bytes = kMaxHeadBytes;
  options.max_body_bytes = config_.max_body_mib * 1024 * 1024;
  options.max_total_body_bytes = std::max(options.max_total_body_bytes, 2 * options.max_body_bytes);
  options.request_deadline = std::chrono::milliseconds(config_.request_timeout_ms);
  options.header_timeout = std::chrono::milliseconds(config_.header_timeout_ms);
  options.body_timeout = std::chrono::milliseconds(config_.body_timeout_ms);
  options.write_timeout = std::chrono::milliseconds(config_.write_timeout_ms);
  options.idle_timeout = std::chrono::milliseconds(config_.idle_timeout_ms);
  options.stop_timeout = std::chrono::milliseconds(config_.stop_timeout_ms);
  options.tls_certificate_file = config_.tls_certificate;
  options.tls_key_file = config_.tls_key;
  options.tls_client_ca_file = config_.tls_client_ca;
  options.client_certificates = config_.tls_client_certificates == "optional" ? net::ClientCertificates::optional
                                                                              : net::ClientCertificates::required;
  options.error_response = [](int status, const std::string& message, const std::string&) {
    return listener_refusal(status, message);
  };
  if (is_postgres(store_config_)) {
    options.gate = [this](const http::Request& request, std::function<void()> go) {
      await_readable(request, std::move(go));
    };
  }
  return options;
}

// Of a read of a resource that this node keeps: what other nodes wrote is asked for before a worker begins. Not for
// somebody who is not known: they would learn by the time what is kept.
void Process::await_readable(const http::Request& request, std::function<void()> go) {
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  if (!is_read || ready_application_.load(std::memory_order_acquire) == nullptr) return go();
  if (provider_ && !provider_->knows(request)) return go();
  const std::string_view base = service_->base_path;
  if (!request.path.starts_with(base)) return go();
  const auto route = ops::parse_route(service_->definitions, std::string_view(request.path).substr(base.size()));
  if (!route.ok() || route->kind != ops::Route::Kind::instance) return go();
  store_->when_readable(route->type, route->id, std::move(go));
}

constexpr std::string_view kSniffing = "X-Content-Type-Options";

Error too_many(std::string_view whom, std::size_t per_second) {
  return make_error(Category::throttled, "One " + std::string(whom) + " may send " + std::to_string(per_second) +
                                             " requests per second. Wait a second.");
}

http::Response Process::handle(http::Request& request) {
  if (auto told = cors_.preflight(request)) return std::move(*told);
  http::Response response = answer(request);
  tag_public_document(request, response);
  // What one may see is not kept for who comes next, and each look is in the audit log.
  if (!config_.is_open && response.headers.find("Cache-Control") == nullptr) {
    response.headers.add("Cache-Control", "private, no-store");
    response.headers.add("Vary", "Authorization");
  }
  cors_.allow(request, response);
  // No browser takes a Binary for a page that it is not, nor comes back without TLS.
  if (response.headers.find(kSniffing) == nullptr) response.headers.add(std::string(kSniffing), "nosniff");
  if (!config_.tls_certificate.empty()) response.headers.add("Strict-Transport-Security", "max-age=31536000");
  return response;
}

http::Response Process::answer(http::Request& request) {
  ops::Application* const application = ready_application_.load(std::memory_order_acquire);
  static const std::string kDefaultBasePath = "/fhir";
  const std::string& base_path = application == nullptr ? kDefaultBasePath : service_->base_path;
  if (auto answer = signs_of_life_.handle(request, base_path)) return std::move(*answer);
  if (application == nullptr) {
    http::Response response = listener_refusal(503, "The server is starting.");
    response.headers.add("Retry-After", "1");
    return response;
  }
  if (!has_role(config_, "api")) {
    return ops::error_response(make_error(Category::unavailable, "This node answers no requests: see --roles."));
  }
  if (provider_ || config_.requests_per_address > 0) settle_address(request);
  if (!address_limit_->admits(identity::address_group(request.remote_address))) {
    return ops::error_response(too_many("address", config_.requests_per_address));
  }
  if (provider_) {
    if (auto answer = provider_->handle(request)) return std::move(*answer);
  }
  return application->handle(request);
}

// Guesses are counted by address. A field that anybody can write must not take them off a counter, so that of a proxy
// that is not trusted all clients are one.
void Process::settle_address(http::Request& request) {
  if (!proxies_.empty()) {
    request.remote_address = proxies_.client_of(request);
  } else if (is_passed_on(request) && !has_warned_of_proxy_.exchange(true)) {
    log::warning("a request came through a proxy that is not trusted: see --trusted-proxy",
                 {{"address", request.remote_address}});
  }
}

// Before what goes by leases begins.
Status Process::join_fleet() {
  if (!is_postgres(store_config_)) return kOk;
  VESTA_CHECK_OK(check_clock(store_config_, system_clock()));
  std::string roles;
  for (const std::string& role : config_.roles) roles += (roles.empty() ? "" : ",") + role;
  UuidGenerator uuids(system_clock(), system_random());
  node_.emplace(*store_, system_clock(),
                jobs::NodeEntry{.id = uuids.next(),
                                .version = std::string(version()),
                                .roles = roles,
                                .issuer = config_.is_open ? "-" : base_url_},
                &metrics_);
  const auto lease = [this](const char* name) {
    return has_role(config_, "worker") ? &node_->lease(name) : &nobodys_lease_;
  };
  leases_ = {lease("index-jobs"), lease("emergency-notices"), lease("audit-events")};
  VESTA_CHECK_OK(node_->join());
  VESTA_CHECK_OK(check_may_serve(store_config_, *registry_));
  node_->start();
  return kOk;
}

Status Process::load_notices() {
  if (config_.emergency_notice_url.empty()) return kOk;
  VESTA_TRY(auto send, emergency_notice_sender(config_, system_clock()));
  notices_.emplace(*store_, *registry_, system_clock(), std::move(send), &metrics_, leases_.notices);
  return notices_->load();
}

// Who bears a token of ours may do what the policies and the token's scopes say together.
Status Process::start_access() {
  records_.emplace(*store_, fhir::r4());
  grants_.emplace(*store_, *registry_, system_clock(), service_->base_url, *records_, service_->codes,
                  service_->hierarchy, &service_->deidentifiers);
  VESTA_CHECK_OK(grants_->load());
  trail_.emplace(*store_, &metrics_);
  audit::ProjectorLimits limits;
  if (leases_.events != nullptr) {
    limits.is_own_task = [this] { return leases_.events->fence(system_clock()).has_value(); };
  }
  projector_.emplace(*store_, *registry_, *trail_, &metrics_, std::move(limits));
  VESTA_CHECK_OK(projector_->load());
  VESTA_CHECK_OK(load_notices());
  VESTA_TRY(auto external, external_settings(config_.openid, fetch_by(config_.openid.ca_file)));
  provider_.emplace(
      *service_, *store_, *records_, *grants_, system_clock(), system_random(), &*trail_, &metrics_,
      oauth::ProviderSettings{
          .access_log = access_log(),
          .registration = config_.has_client_registration ? oauth::Registration::on : oauth::Registration::off,
          .fetch = fetch_by({}),
          .external = std::move(external),
      });
  VESTA_CHECK_OK(provider_->load());
  service_->token_endpoint = provider_->addresses().url(oauth::kTokenPath);
  return ops::add_shipped_policies(*service_);
}

ops::Admission Process::admission() {
  if (!provider_) return {};
  return [this](const http::Request& request) -> Result<ops::Admitted> {
    const auto may_ask = [this](const access::Principal& principal) -> Status {
      if (!client_limit_->admits(principal.client)) return too_many("client", config_.requests_per_client);
      return kOk;
    };
    VESTA_TRY(oauth::Admitted admitted, provider_->admit(request, may_ask));
    return ops::Admitted{std::move(admitted.grant), std::move(admitted.principal)};
  };
}

void Process::watch_store() {
  metrics_.on_render([this] {
    store::Store* const store = lifecycle_.store;
    if (store == nullptr) return;
    if (trail_) {
      metrics_.gauge("vesta_audit_queue_depth", "Records that wait to be written to the audit log.")
          .set(static_cast<double>(trail_->depth()));
    }
    const auto statistics = store->statistics();
    if (!statistics.ok()) return;
    metrics_.gauge("vesta_store_resources", "Current resources.").set(static_cast<double>(statistics->resources));
    metrics_.gauge("vesta_store_versions", "Versions, deletions included.")
        .set(static_cast<double>(statistics->versions));
    std::size_t running = 0;
    double left = 0;
    for (const ops::IndexJob& job : index_jobs_->jobs()) {
      if (job.state != ops::IndexJob::State::running) continue;
      ++running;
      left += static_cast<double>(job.total) - static_cast<double>(std::min(job.done, job.total));
    }
    metrics_.gauge("vesta_index_jobs", "Index jobs that have not ended.").set(static_cast<double>(running));
    metrics_.gauge("vesta_index_resources_left", "Resources that the passes at hand have not looked at.").set(left);
    const ops::MaterialisedViews::Progress views = views_->progress();
    metrics_.gauge("vesta_view_tables", "Marked views, failing ones among them.")
        .set(static_cast<double>(views.tables));
    metrics_.gauge("vesta_view_tables_failing", "Marked views that have no table, since they cannot be kept.")
        .set(static_cast<double>(views.failing));
    const std::uint64_t behind =
        views.seq && *views.seq < statistics->last_seq ? statistics->last_seq.value - views.seq->value : 0;
    metrics_.gauge("vesta_view_changes_behind", "Changes that the table furthest behind does not have yet.")
        .set(static_cast<double>(behind));
    if (projector_) {
      metrics_.gauge("vesta_audit_entries_behind", "Entries of the audit log without AuditEvents yet.")
          .set(static_cast<double>(projector_->behind()));
    }
    metrics_.gauge("vesta_store_bytes", "Bytes of the store on disk.").set(static_cast<double>(statistics->bytes));
  });
}

Status Process::start() {
  VESTA_TRY(proxies_, TrustedProxies::parse(config_.trusted_proxies));
  VESTA_TRY(cors_, Cors::parse(config_.cors_origins));
  listener_.emplace(listener_options(), [this](http::Request& request) { return handle(request); }, metrics_);
  VESTA_TRY(const std::uint16_t port, listener_->start());
  base_url_ = config_.base_url;
  if (base_url_.empty()) {
    const std::string scheme = config_.tls_certificate.empty() ? "http" : "https";
    base_url_ = scheme + "://localhost:" + std::to_string(port) + "/fhir";
  }
  registry_.emplace(fhir::r4());
  VESTA_TRY(store_keys_, open_store_keys(store_config_, OpenMode::create));
  if (!config_.cache.empty()) {
    VESTA_TRY(auto url, cache::parse_redis_url(config_.cache));
    cache_.emplace(std::move(url), &metrics_);
  }
  VESTA_TRY(store_, open_store(store_config_, store_keys_, OpenMode::create, *registry_, system_clock(), &metrics_,
                               cache_ ? &*cache_ : nullptr));
  service_.emplace(fhir::r4(), *registry_, *store_, system_clock(), system_random(), base_url_);
  service_->software_version = version();
  VESTA_CHECK_OK(configure_deidentification(config_.deidentification, service_->deidentifiers));
  sources_.emplace(*registry_, *store_, service_->base_url);
  sources_->serve(*service_);
  VESTA_CHECK_OK(join_fleet());
  parameters_.emplace(*registry_, *store_);
  VESTA_CHECK_OK(parameters_->load());
  index_jobs_.emplace(*registry_, *store_, *parameters_, system_clock(), system_random(), leases_.index_jobs);
  VESTA_CHECK_OK(index_jobs_->load());
  service_->parameters = &*parameters_;
  service_->index_jobs = &*index_jobs_;
  if (store_config_.engine == "sqlite") {
    service_->parquet = &parquet_.emplace(std::filesystem::path(store_config_.data) / "unsent-parquet");
  }
  if (!config_.is_open) VESTA_CHECK_OK(start_access());
  const auto limit = [this](std::size_t per_second, const char* whom, std::optional<RateLimit>& made) {
    Counter& refused = metrics_.counter("vesta_rate_limited_total",
                                        "Requests that were refused with 429, by whose limit.", {{"by", whom}});
    made.emplace(per_second, whom, system_clock(), &refused, cache_ ? &*cache_ : nullptr);
  };
  limit(config_.requests_per_address, "address", address_limit_);
  limit(config_.requests_per_client, "client", client_limit_);
  application_.emplace(*service_, &metrics_, access_log(), admission(), trail_ ? &*trail_ : nullptr,
                       projector_ ? &*projector_ : nullptr);
  watch_store();
  index_jobs_->start();
  if (projector_) projector_->start();
  if (notices_) notices_->start();
  views_.emplace(*service_, *store_,
                 [this](bool may_create) { return open_view_tables(store_config_, store_keys_, may_create); });
  if (has_role(config_, "worker")) views_->start();
  ready_application_.store(&*application_, std::memory_order_release);
  lifecycle_.store = store_.get();  // ready: at the very end, for a request may follow at once
  return kOk;
}

// 1. Not ready: a balancer sends nothing new. 2. The listener finishes what is in flight. 3. Background indexing,
// tables of views, notices of emergency access and the making of AuditEvents end their steps, and their leases are
// given back. 4. The store closes.
void Process::stop() {
  lifecycle_.is_draining = true;
  if (config_.drain_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(config_.drain_ms));
  listener_->stop();
  if (index_jobs_) index_jobs_->stop();
  views_.reset();
  if (notices_) notices_->stop();
  if (projector_) projector_->stop();
  if (node_) node_->stop();
  lifecycle_.store = nullptr;
  ready_application_ = nullptr;
  application_.reset();
  provider_.reset();
  notices_.reset();
  projector_.reset();
  trail_.reset();
  grants_.reset();
  records_.reset();
  index_jobs_.reset();
  node_.reset();
  parameters_.reset();
  service_.reset();
  parquet_.reset();
  sources_.reset();
  store_.reset();
  cache_.reset();
}

}  // namespace

int run_serve(const ServeConfig& config, const StoreConfig& store) {
  if (const Status checked = check(config, store); !checked.ok()) return fail(checked.error().message);
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Process process(config, store);
  if (const Status started = process.start(); !started.ok()) {
    process.stop();
    return fail(started.error().message);
  }
  log::info("serving", {{"base_url", process.base_url()}, {"version", version()}, {"store", engine_name(store)}});
  std::printf("Vesta %s serves FHIR R4 at %s\n", std::string(version()).c_str(), process.base_url().c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  log::info("stopping", {{"signal", signal}});
  process.stop();
  log::info("stopped");
  return 0;
}

}  // namespace vesta::server
