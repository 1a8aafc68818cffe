// BoundedTable: a map of bounded size that forgets what was used longest ago.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace vesta::identity {

// Not thread-safe. A value stays where it is until it is erased or forgotten.
template <class Value>
class BoundedTable {
 public:
  explicit BoundedTable(std::size_t max_entries) : max_entries_(max_entries) { CHECK(max_entries > 0); }

  // Null: there is none.
  Value* find(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  // In the place of one that was there.
  Value& put(std::string key, Value value) {
    erase(key);
    if (entries_.size() >= max_entries_) {
      by_key_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(std::move(key), std::move(value));
    by_key_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  void erase(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto entry = found->second;
    by_key_.erase(found);
    entries_.erase(entry);
  }

  void clear() {
    by_key_.clear();
    entries_.clear();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<const std::string, Value>>;  // the one that was used last in front
  std::size_t max_entries_;
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_key_;  // views into entries_
};

}  // namespace vesta::identity
