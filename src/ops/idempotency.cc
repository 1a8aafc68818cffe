// Names, fingerprints and records of keys.
#include "ops/idempotency.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "http/ascii.h"
#include "http/idempotency_key.h"
#include "identity/digest.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kKeyField = "Idempotency-Key";
constexpr std::string_view kKeyPrefix = "idempotency/";
constexpr std::string_view kReadPart = "-";

std::string property_of_key(std::int64_t period, std::string_view name) {
  return std::string(kKeyPrefix).append(std::to_string(period)).append("/").append(name);
}

template <class Number>
bool read_digits(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Of a property of the store; nullopt: it is none of a key.
std::optional<std::int64_t> period_of_key(std::string_view property) {
  if (!property.starts_with(kKeyPrefix)) return std::nullopt;
  property.remove_prefix(kKeyPrefix.size());
  std::int64_t period = 0;
  return read_digits(property.substr(0, property.find('/')), period) ? std::optional(period) : std::nullopt;
}

std::string digest_of_parts(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(std::to_string(part.size())).append(":").append(part);
  return identity::base64url(identity::sha256(text));
}

std::string_view cut_part(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

std::optional<AnsweredPart> read_answered(const fhir::Definitions& definitions, std::string_view line) {
  AnsweredPart part;
  if (line == kReadPart) return part;
  if (!read_digits(cut_part(line, ' '), part.status)) return std::nullopt;
  if (line.empty()) return part;
  const auto type = definitions.find_resource_type(cut_part(line, '/'));
  if (!type) return std::nullopt;
  part.type = *type;
  part.id = cut_part(line, '/');
  return read_digits(line, part.version.value) ? std::optional(part) : std::nullopt;
}

void append_answered(const fhir::Definitions& definitions, const AnsweredPart& part, std::string& out) {
  if (part.status == 0) {
    out += kReadPart;
  } else {
    out += std::to_string(part.status);
  }
  if (part.version.value != 0) {
    out.append(" ").append(definitions.type(part.type).name).append("/").append(part.id);
    out.append("/").append(std::to_string(part.version.value));
  }
  out += '\n';
}

}  // namespace

std::int64_t IdempotencyKeys::period() const {
  return clock_.now().value / std::chrono::microseconds(kIdempotencyKeyTime).count();
}

// Remembered in this period or the one before; in the next one, by a node whose clock is ahead.
Result<std::optional<std::string>> IdempotencyKeys::find(const std::string& name) const {
  const std::int64_t now = period();
  for (const std::int64_t each : {now, now - 1, now + 1}) {
    VESTA_TRY(std::optional<std::string> record, store_.property(property_of_key(each, name)));
    if (record) return record;
  }
  return std::optional<std::string>();
}

void IdempotencyKeys::add(const std::string& name, const std::string& record, store::WriteSet& writes) {
  const std::int64_t now = period();
  for (const std::int64_t each : {now, now - 1, now + 1}) {
    writes.expected_properties.emplace_back(property_of_key(each, name), std::nullopt);
  }
  writes.properties.emplace_back(property_of_key(now, name), record);
  take_expired(writes.removed_properties);
}

// Whoever brings keys takes more away: so there are not many more than come in some three periods.
void IdempotencyKeys::take_expired(std::vector<std::string>& properties) {
  const Instant now = clock_.now();
  bool must_look = false;
  {
    const MutexLock lock(mutex_);
    must_look = expired_.empty() && now >= next_look_;
    if (must_look) next_look_ = Instant{now.value + std::chrono::microseconds(kExpiredKeysPause).count()};
  }
  if (must_look) look_for_expired();
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < kExpiredKeysPerCommit && !expired_.empty(); ++i) {
    properties.push_back(std::move(expired_.back()));
    expired_.pop_back();
  }
}

void IdempotencyKeys::look_for_expired() {
  const auto found = store_.properties(kKeyPrefix, kExpiredKeysPerLook);
  if (!found.ok()) {
    log::warning("expired idempotency keys were not looked for", {{"reason", found.error().message}});
    return;
  }
  const std::int64_t oldest = period() - 2;  // one more than is looked for: by a clock that is behind
  const MutexLock lock(mutex_);
  for (const auto& [property, record] : *found) {
    const auto of = period_of_key(property);
    if (of && *of < oldest) expired_.push_back(property);
  }
  if (expired_.size() == kExpiredKeysPerLook) next_look_ = {};  // there may be more
}

bool IdempotencyKeys::begin(const std::string& name) {
  const MutexLock lock(mutex_);
  return under_way_.insert(name).second;
}

void IdempotencyKeys::end(const std::string& name) {
  const MutexLock lock(mutex_);
  under_way_.erase(name);
}

// The fingerprint is of what decides what is written. Prefer does not: a repetition may ask for another form.
Result<std::unique_ptr<KeyedRequest>> KeyedRequest::begin(IdempotencyKeys& keys, const fhir::Definitions& definitions,
                                                          std::string_view asker, const http::Request& request) {
  const http::Headers& headers = request.headers;
  const auto is_key = [](const auto& field) { return http::equals_ignoring_case(field.first, kKeyField); };
  const auto count = std::ranges::count_if(headers.fields(), is_key);
  if (count == 0) return std::unique_ptr<KeyedRequest>();
  const auto key = http::parse_idempotency_key(headers.get(kKeyField));
  if (count > 1 || !key) {
    return make_error(Category::invalid, "Idempotency-Key is one quoted text of 1 to " +
                                             std::to_string(http::kMaxIdempotencyKey) +
                                             " visible characters, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\".");
  }
  std::string name = digest_of_parts({asker, *key});
  std::string fingerprint =
      digest_of_parts({http::to_string(request.method), request.path, request.query, headers.get("Content-Type"),
                       headers.get("If-Match"), headers.get("If-None-Match"), headers.get("If-None-Exist"),
                       identity::sha256(request.body)});
  if (!keys.begin(name)) {
    return make_error(Category::conflict, "The first request with this Idempotency-Key is under way: try again.");
  }
  return std::unique_ptr<KeyedRequest>(new KeyedRequest(keys, definitions, std::move(name), std::move(fingerprint)));
}

KeyedRequest::KeyedRequest(IdempotencyKeys& keys, const fhir::Definitions& definitions, std::string name,
                           std::string fingerprint)
    : keys_(keys),
      definitions_(definitions),
      batch_(nullptr),
      name_(std::move(name)),
      fingerprint_(std::move(fingerprint)) {}

KeyedRequest::KeyedRequest(KeyedRequest& batch, std::size_t entry)
    : keys_(batch.keys_),
      definitions_(batch.definitions_),
      batch_(&batch),
      name_(digest_of_parts({batch.name_, std::to_string(entry)})),
      fingerprint_(batch.fingerprint_) {}

KeyedRequest::~KeyedRequest() {
  if (batch_ == nullptr) keys_.end(name_);
}

Status KeyedRequest::remember(std::span<const AnsweredPart> parts, store::WriteSet& writes) {
  if (batch_ != nullptr && !batch_->is_settled_) VESTA_CHECK_OK(batch_->remember({}, writes));
  std::string record = fingerprint_ + "\n";
  for (const AnsweredPart& part : parts) append_answered(definitions_, part, record);
  if (record.size() > kMaxIdempotencyRecordBytes) {
    return make_error(Category::too_large,
                      "The answer is too long to be remembered with an Idempotency-Key: send "
                      "fewer entries.");
  }
  keys_.add(name_, record, writes);
  return kOk;
}

Result<std::optional<std::vector<AnsweredPart>>> KeyedRequest::answered() {
  std::optional<std::vector<AnsweredPart>> parts;
  if (batch_ != nullptr && !batch_->is_settled_) {
    VESTA_TRY(const auto batch, batch_->answered());
    if (!batch) return parts;
    batch_->settle();
  }
  VESTA_TRY(const std::optional<std::string> record, keys_.find(name_));
  if (!record) return parts;
  std::string_view text = *record;
  if (cut_part(text, '\n') != fingerprint_) {
    return make_error(Category::unprocessable, "Another request had this Idempotency-Key.");
  }
  parts.emplace();
  while (!text.empty()) {
    auto part = read_answered(definitions_, cut_part(text, '\n'));
    if (!part) return make_error(Category::internal, "What was answered with an idempotency key is damaged.");
    parts->push_back(*std::move(part));
  }
  return parts;
}

}  // namespace vesta::ops
