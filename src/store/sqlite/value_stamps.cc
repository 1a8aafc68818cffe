// Stamping of rows by the hash of what they are found by.
#include "store/sqlite/value_stamps.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/check.h"

namespace vesta::store::sqlite {
namespace {

std::size_t mix(std::size_t hash, std::size_t part) {
  return (hash ^ part) * 0x9E3779B97F4A7C15 ^ hash >> 29;
}
std::size_t hash_of(Equality::Table table, std::int64_t param) {
  return mix(static_cast<std::size_t>(table), static_cast<std::size_t>(param));
}
// `system`: its number, or below 0, and then its text.
std::size_t hash_of_token(std::int64_t param, std::string_view code, std::int64_t system, std::string_view text) {
  const std::size_t hash = mix(hash_of(Equality::Table::token, param), std::hash<std::string_view>{}(code));
  return mix(hash, system < 0 ? std::hash<std::string_view>{}(text) : static_cast<std::size_t>(system));
}
std::size_t hash_of_reference(std::int64_t param, std::int64_t target) {
  return mix(hash_of(Equality::Table::reference, param), static_cast<std::size_t>(target));
}
std::size_t hash_of_uri(std::int64_t param, std::string_view uri) {
  return mix(hash_of(Equality::Table::uri, param), std::hash<std::string_view>{}(uri));
}

}  // namespace

void ValueStamps::touch(const IndexRows& rows) {
  if (!is_used_.load(std::memory_order_relaxed)) return touch_all();
  for (const TokenRow& row : rows.tokens) {
    touch(hash_of_token(row.param, row.code, row.system.number, row.system.text), row.key);
  }
  for (const ReferenceRow& row : rows.references) touch(hash_of_reference(row.param, row.target), row.key);
  for (const UriRow& row : rows.uris) touch(hash_of_uri(row.param, row.uri), row.key);
}

void ValueStamps::touch(std::size_t hash, std::int64_t key) {
  Stamp& stamp = stamps_[hash % kValueStamps];
  if (key < next_key_) stamp.rewritten.store(group(), std::memory_order_release);
  stamp.changed.store(group(), std::memory_order_release);
}

void ValueStamps::touch(fhir::TypeId type, bool had_row) {
  written_[type % kTypeStamps].store(group(), std::memory_order_release);
  if (had_row) rewritten_[type % kTypeStamps].store(group(), std::memory_order_release);
}

std::uint64_t ValueStamps::written(fhir::TypeId type) const {
  return std::max(written_[type % kTypeStamps].load(std::memory_order_acquire), all_.load(std::memory_order_acquire));
}
std::uint64_t ValueStamps::rewritten(fhir::TypeId type) const {
  return std::max(rewritten_[type % kTypeStamps].load(std::memory_order_acquire), all_.load(std::memory_order_acquire));
}

void ValueStamps::end() {
  const std::uint64_t number = group();
  begun_.store(number, std::memory_order_seq_cst);  // if it came to nothing before it was begun
  ended_.store(number, std::memory_order_seq_cst);
}

std::uint64_t ValueStamps::last(Which which, const Equality& equality) const {
  std::size_t hash = 0;
  switch (equality.table) {
    case Equality::Table::token:
      hash = hash_of_token(equality.param, equality.text, equality.system, equality.system_text);
      break;
    case Equality::Table::reference:
      hash = hash_of_reference(equality.param, equality.target);
      break;
    case Equality::Table::uri:
      hash = hash_of_uri(equality.param, equality.text);
      break;
    case Equality::Table::word:
      CHECK(false);  // which rows a full text query finds is not told by a hash
  }
  return std::max(last(which, hash), all_.load(std::memory_order_acquire));
}

std::uint64_t ValueStamps::changed(const TargetSet& set) const {
  std::uint64_t newest = all_.load(std::memory_order_acquire);
  for (const std::int64_t target : *set.targets)
    newest = std::max(newest, last(&Stamp::changed, hash_of_reference(set.param, target)));
  return newest;
}

}  // namespace vesta::store::sqlite
