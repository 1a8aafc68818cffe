// Names: texts that rows refer to by small numbers (types, search parameters, systems, units), kept in memory in full.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxNames = 65'536;  // of one kind; systems and units beyond stand in the rows

enum class NameKind : int { type = 0, parameter = 1, system = 2, unit = 3 };

// Thread-safe, but for load. A number is given at once and in memory; the writer persists what is new in the
// transaction of the first group that may use it. A number is never given twice, whatever becomes of that transaction.
class Names {
 public:
  Status load(Connection& connection);

  std::optional<std::int64_t> find(NameKind kind, std::string_view text) const;
  // nullopt: `limit` or more of this kind are there, and `text` is none of them.
  std::optional<std::int64_t> intern(NameKind kind, std::string_view text, std::size_t limit = kMaxNames);
  // `number` is one that this gave or loaded. The view lives as long as this.
  std::string_view text(NameKind kind, std::int64_t number) const;
  std::int64_t count(NameKind kind) const;

  // For the writer: insert what is not persisted yet; then, once the transaction is committed, say so.
  Status persist(Connection& connection);
  void committed();

 private:
  static constexpr std::size_t kKinds = 4;
  struct Table {
    std::deque<std::string> texts;  // number - 1 → text; a deque keeps the addresses
    std::unordered_map<std::string_view, std::int64_t> numbers;
    std::size_t persisted = 0;
    std::size_t persisting = 0;
  };
  Table& table(NameKind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  const Table& table(NameKind kind) const { return tables_[static_cast<std::size_t>(kind)]; }

  mutable std::shared_mutex mutex_;
  std::array<Table, kKinds> tables_;
};

}  // namespace vesta::store::sqlite
