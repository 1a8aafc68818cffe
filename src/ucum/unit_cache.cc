// Looks codes up in two generations of evaluated units, and scales values by them.
#include "ucum/unit_cache.h"

#include <algorithm>
#include <optional>

#include "ucum/parser.h"
#include "ucum/scale.h"
#include "ucum/unit_value.h"

namespace vesta::ucum {

// What a code means, or what is wrong with it.
struct UnitCache::Entry {
  explicit Entry(std::string_view code) {
    // The term holds views of the code, and ends here.
    Result<Term> term = parse(code);
    Result<UnitValue> value = term.ok() ? evaluate(*term) : Result<UnitValue>(term.take_error());
    if (!value.ok()) {
      error = value.take_error();
      return;
    }
    canonical = canonical_code(value->dimension);
    unit = std::move(*value);
    if (unit.special == nullptr) scale.emplace(unit.factor);
  }

  Result<Quantity> apply(std::string_view value) const {
    if (error) return *error;
    if (scale) {
      const std::optional<DecimalText> parts = split_decimal(value);
      std::optional<std::string> scaled = parts ? scale->apply(*parts) : std::nullopt;
      if (scaled) return Quantity{*std::move(scaled), canonical};
    }
    const std::optional<Number> number = Number::parse(value);
    if (!number) return make_error(Category::invalid, "the value is no decimal, or beyond the limits of one");
    VESTA_TRY(const Number result, to_canonical(unit, *number));
    return Quantity{result.text(), canonical};
  }

  std::optional<Error> error;
  UnitValue unit;
  std::string canonical;
  std::optional<Scale> scale;
};

UnitCache::UnitCache(std::size_t capacity) : generation_size_(std::max<std::size_t>(1, capacity / kShards / 2)) {}
UnitCache::~UnitCache() = default;

Result<Quantity> UnitCache::canonical_quantity(std::string_view value, std::string_view code) {
  // A longer one is wrong, and not worth its place.
  if (code.size() > kMaxCodeLength) return ucum::canonical_quantity(value, code);
  return find_or_add(code)->apply(value);
}

UnitCache::EntryPointer UnitCache::find_or_add(std::string_view code) {
  Shard& shard = shards_[Hash()(code) / 7 % kShards];  // not the bits by which the maps choose their buckets
  {
    MutexLock lock(shard.mutex);
    if (auto found = shard.young.find(code); found != shard.young.end()) return found->second;
    if (auto found = shard.old.find(code); found != shard.old.end()) {
      EntryPointer entry = found->second;
      shard.old.erase(found);
      add(shard, code, entry);
      return entry;
    }
  }
  auto entry = std::make_shared<const Entry>(code);
  MutexLock lock(shard.mutex);
  add(shard, code, entry);
  return entry;
}

void UnitCache::add(Shard& shard, std::string_view code, const EntryPointer& entry) {
  if (shard.young.size() >= generation_size_) {
    shard.old = std::move(shard.young);
    shard.young = Entries();
  }
  shard.young.insert_or_assign(std::string(code), entry);
}

std::size_t UnitCache::size() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    count += shard.young.size() + shard.old.size();
  }
  return count;
}

}  // namespace vesta::ucum
