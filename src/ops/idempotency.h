// Idempotency keys: a write that brings one is made once, however often it is sent, by way of whichever node.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
// Why it is made so: docs/decisions/0027-idempotency-keys-are-properties.md; format: docs/formats/idempotency-keys.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "http/message.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::chrono::hours kIdempotencyKeyTime{24};        // at least so long a key is remembered
inline constexpr std::size_t kMaxIdempotencyRecordBytes = 1 << 20;  // of what is remembered with one key
inline constexpr std::size_t kExpiredKeysPerCommit = 4;             // taken away by a commit that brings one
inline constexpr std::uint32_t kExpiredKeysPerLook = 16;            // in the store
inline constexpr std::chrono::minutes kExpiredKeysPause{10};        // after a look that has found none

// What the answer to a write was made of; of a transaction, that to one entry.
struct AnsweredPart {
  int status = 0;  // 0: it was a read
  fhir::TypeId type = fhir::kNoType;
  std::string id = {};
  VersionId version = {};  // that was written, or found; zero: there was nothing to delete
  bool operator==(const AnsweredPart&) const = default;
};

// The keys in the store, and those of requests that this node is at. Thread-safe.
class IdempotencyKeys {
 public:
  // They outlive it.
  IdempotencyKeys(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}

  Result<std::optional<std::string>> find(const std::string& name) const;
  // By the commit of `writes`, which expects that there is none of this name. It takes some away that have expired.
  void add(const std::string& name, const std::string& record, store::WriteSet& writes);

  // False: a request of this name is under way.
  bool begin(const std::string& name);
  void end(const std::string& name);

 private:
  std::int64_t period() const;
  void take_expired(std::vector<std::string>& properties);
  void look_for_expired();

  store::Store& store_;
  Clock& clock_;
  Mutex mutex_;
  std::set<std::string, std::less<>> under_way_ GUARDED_BY(mutex_);
  std::vector<std::string> expired_ GUARDED_BY(mutex_);  // properties that the store had, at most kExpiredKeysPerLook
  Instant next_look_ GUARDED_BY(mutex_){};
};

// A request with its key, or an entry of a batch that has one. For one thread.
class KeyedRequest {
 public:
  // Null: it brings none. `asker`: whose keys these are. Errors: invalid (a malformed key, or several), conflict (the
  // first of this key is under way here).
  static Result<std::unique_ptr<KeyedRequest>> begin(IdempotencyKeys& keys, const fhir::Definitions& definitions,
                                                     std::string_view asker, const http::Request& request);
  // The entries of a batch commit one by one, so each has a key of its own, beside which that of the batch is set.
  KeyedRequest(KeyedRequest& batch, std::size_t entry);
  ~KeyedRequest();
  KeyedRequest(const KeyedRequest&) = delete;
  KeyedRequest& operator=(const KeyedRequest&) = delete;

  // Lets the commit of `writes` remember what is answered; it is refused as a conflict if the key is there. Errors:
  // too_large.
  Status remember(std::span<const AnsweredPart> parts, store::WriteSet& writes);
  // What was answered to the first of this key. nullopt: nothing was written yet. Errors: unprocessable (it was another
  // request), those of Store::property.
  Result<std::optional<std::vector<AnsweredPart>>> answered();

  // The key is known to be in the store, with this request.
  void settle() {
    is_settled_ = true;
    if (batch_ != nullptr) batch_->is_settled_ = true;
  }
  bool is_settled() const { return is_settled_; }

 private:
  KeyedRequest(IdempotencyKeys& keys, const fhir::Definitions& definitions, std::string name, std::string fingerprint);

  IdempotencyKeys& keys_;
  const fhir::Definitions& definitions_;
  KeyedRequest* const batch_;  // outlives it; null: it is no entry
  const std::string name_;
  const std::string fingerprint_;
  bool is_settled_ = false;
};

}  // namespace vesta::ops
