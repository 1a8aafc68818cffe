// Group: the WriteSets of one transaction. Checks and applies each, keeps index rows back and inserts them sorted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/sqlite/prepared.h"
#include "store/sqlite/presence.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxCachedKeys = 200'000;  // ids whose keys are remembered from set to set

struct TypeCount {
  std::int64_t resources = 0;  // current ones
  std::int64_t versions = 0;   // of a type of contained resources: none
  PresenceCounts parameters;   // of a type of contained resources: not counted
  bool operator==(const TypeCount&) const = default;
};

// Belongs to the writer thread.
class Group {
 public:
  // Does `condition` hold in the state that `connection` sees? conflict, if not.
  using CheckCondition = std::function<Status(Connection&, const Condition&)>;

  Group(Connection& connection, Catalog& catalog, Bodies& bodies, CheckCondition check)
      : connection_(connection), catalog_(catalog), bodies_(bodies), check_condition_(std::move(check)) {}

  // Of the last version that was written.
  std::uint64_t last_seq() const { return numbers_.next_seq - 1; }
  std::uint64_t last_audit() const { return numbers_.audited; }
  // Reads where the numbers of the file stand. Once, before the first begin.
  Status load();

  Status begin(Instant now);
  // Category::conflict: this set does not hold and has changed nothing; the group goes on. Any other error: abort.
  Result<std::vector<Written>> apply(const PreparedSet& set);
  // Runs `work` in the transaction, behind all that was applied. It may have given out keys.
  Status run(const std::function<Status(Connection&)>& work);
  // Inserts what was kept back and commits. After an error: abort.
  Status commit();
  void abort();

  // A tiny transaction that shows whether the file can be written again.
  Status probe();

 private:
  // What a rollback must bring back.
  struct Numbers {
    std::int64_t next_key = 1;
    std::uint64_t next_seq = 1;
    std::int64_t last_updated = 0;  // as stored
    std::uint64_t audited = 0;      // the last entry of the audit log, and its hash
    std::string audit_hash;
    std::map<std::int64_t, TypeCount> counts;
  };

  Status check(const PreparedSet& set, std::vector<std::optional<ResourceHead>>& heads);
  Status write_resource(const PreparedWrite& write, const std::string& references,
                        const std::optional<ResourceHead>& head, std::int64_t key, std::uint64_t version);
  // Adds `sign` to the counts of what a resource's row has at present.
  Status count_presence(std::int64_t type, std::int64_t key, int sign);
  Status retire(const ResourceHead& head);
  Status put_row(const PreparedWrite& write, const std::string& references, std::int64_t key, bool is_new,
                 std::uint64_t version);
  Status delete_row(const PreparedWrite& write, std::int64_t key, bool is_new, std::uint64_t version);
  Result<std::int64_t> key_of(std::int64_t type, std::string_view id);
  KeySource key_source();
  Status remove_contained_rows(std::int64_t key, std::span<const search::Contained> contained);
  // Gives whether anything was changed, and appends the references to what is contained.
  Result<bool> index_contained(const PreparedWrite& write, std::int64_t key, std::vector<StoredReference>& references);
  Result<std::string> write_index(const PreparedWrite& write, std::int64_t key);
  Result<Written> index_again(const PreparedWrite& write, std::int64_t key);
  Status raise_next_key();
  Status flush();
  Status check_properties(const WriteSet& set);
  Status write_properties(const WriteSet& set);
  Status write_audit(const WriteSet& set);
  Status write_counts();
  void remember(std::int64_t type, const StoredId& id, std::int64_t key);

  Connection& connection_;
  Catalog& catalog_;
  Bodies& bodies_;
  CheckCondition check_condition_;

  Numbers numbers_;
  Numbers before_;                                      // at the group's begin
  IndexRows pending_;                                   // kept back for sorting
  std::unordered_set<std::int64_t> touched_;            // keys that pending_ may have rows of
  std::unordered_map<std::string, std::int64_t> keys_;  // type and stored id → key
};

}  // namespace vesta::store::sqlite
