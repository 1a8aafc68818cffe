// Service: what all requests of one server share, but for the store (see host.h).
#pragma once

#include <cstddef>
#include <string>

#include "access/deidentifiers.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "fhir/definitions.h"
#include "ops/compiled.h"
#include "ops/emergency_alarm.h"
#include "ops/idempotency.h"
#include "ops/paging_token.h"
#include "ops/statement_cache.h"
#include "search/codes.h"
#include "search/hierarchy.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr int kMaxCommitRetries = 20;                    // after as many lost races the client gets the conflict
inline constexpr std::size_t kMaxBundleEntries = 20'000;        // of one batch or transaction
inline constexpr std::size_t kMaxBundleAnswerBytes = 64 << 20;  // of all that the entries of one Bundle read
inline constexpr std::size_t kMaxConditionalLookups = 1'000;    // different conditional references and criteria of one

class CustomParameters;
class IndexJobs;
class ParquetFolder;

// Ids of the element names and types that the interactions themselves look at.
struct Vocabulary {
  explicit Vocabulary(const fhir::Definitions& definitions);

  fhir::NameId id, type, entry, full_url, resource, request, method, url, reference;
  fhir::NameId if_none_match, if_modified_since, if_match, if_none_exist;
  fhir::NameId content_type, data;
  fhir::TypeId bundle, binary, reference_type;
  fhir::TypeId code_system, value_set;
};

// Thread-safe: everything in it is immutable or synchronizes itself. The references outlive it. Made as a Host.
class Service {
 public:
  const fhir::Definitions& definitions;
  const search::Registry& registry;
  Clock& clock;
  const std::string base_url;   // "http://localhost:8080/fhir", without a trailing slash
  const std::string base_path;  // "/fhir"
  std::string software_version = "0.0.0";
  // Where searches get sets of codes and hierarchies from (ops/search_sources.h); null: what needs them is refused. Set
  // before the first request.
  const search::CodeSource* codes = nullptr;
  const search::CodeSource* codes_of_definitions = nullptr;  // of those of the FHIR definitions alone
  const search::Hierarchy* hierarchy = nullptr;
  // The search parameters of the store, and the work that they make; null: SearchParameters are stored and no more, and
  // nothing is indexed in the background. Set before the first request.
  CustomParameters* parameters = nullptr;
  IndexJobs* index_jobs = nullptr;
  // Where clients get tokens, for the CapabilityStatement; empty: nobody is asked who they are. Set before the first
  // request.
  std::string token_endpoint;
  // Where answers in Parquet are made; null: there are none. Set before the first request.
  ParquetFolder* parquet = nullptr;
  EmergencyAlarm emergencies;
  access::Deidentifiers deidentifiers;  // of $deidentify, and of grants that de-identify
  StatementCache statements;
  Compiled compiled;
  IdempotencyKeys idempotency_keys;
  const Vocabulary vocabulary;
  const Instant started;       // the date of the CapabilityStatement: it changes with the process
  const PagingKey paging_key;  // from the store, so that links survive a restart
  UuidGenerator uuids;         // ids of new resources

 protected:
  Service(const fhir::Definitions& definitions, const search::Registry& registry, store::Store& store, Clock& clock,
          Random& random, std::string base_url);
  ~Service() = default;
};

}  // namespace vesta::ops
