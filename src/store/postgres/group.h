// Group: sets that are committed in one transaction, under the lock of `head`.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/index_rows.h"
#include "store/store.h"

namespace vesta::store::postgres {

// A set with its index rows, made on the caller's thread. Borrows the set.
struct PreparedSet {
  const WriteSet* source = nullptr;
  std::vector<IndexRows> rows;  // of each write
  std::size_t bytes = 0;
};
Result<PreparedSet> prepare(Catalog& catalog, const WriteSet& writes);

// What a commit raises.
struct Newest {
  std::uint64_t seq = 0;
  std::uint64_t audit = 0;
  std::map<fhir::TypeId, std::uint64_t> types;  // those that it wrote to
};

// One transaction's work; made anew for each. The lock makes expectations and conditions hold against all nodes: what
// the transaction reads behind it is the newest state.
class Group {
 public:
  Group(Connection& connection, Catalog& catalog) : connection_(connection), catalog_(catalog) {}

  // Takes the lock and reads what is there of the resources of all sets.
  Status begin(const std::vector<const PreparedSet*>& sets, Instant now);
  // Checks one set against what is there and the sets before it, and adds it. A conflict leaves the group as it was;
  // any other error ends it.
  Result<std::vector<Written>> apply(const PreparedSet& set);
  // Writes all, notes the group as this node's newest, tells the other nodes, and commits.
  Status commit(const std::string& node, std::int64_t number);

  const Newest& newest() const { return newest_; }

 private:
  using Name = std::pair<fhir::TypeId, std::string>;
  struct State {
    std::int64_t key = 0;
    std::uint64_t version = 0;
    bool deleted = false;
    bool has_row = false;    // in `resource`, as of the last flush
    bool is_stored = false;  // its rows are in the tables of the index, as of then
  };
  // The last state of one resource that is not written yet.
  struct Pending {
    fhir::TypeId type;
    const std::string* id;
    std::uint64_t version;
    std::uint64_t seq;
    Instant last_updated;
    bool deleted;
    const IndexRows* rows;
    bool has_old_rows;
  };
  struct History {
    std::int64_t key;
    const Write* write;
    std::uint64_t version;
    std::uint64_t seq;
    Instant last_updated;
  };
  struct Count {
    std::int64_t resources = 0, versions = 0;
    std::uint64_t seq = 0;
  };

  static State state_of(std::int64_t key, std::int64_t version, bool deleted) {
    return {key, static_cast<std::uint64_t>(version), deleted, true, !deleted};
  }
  Status read_states(const Rows& places);
  Status check(const PreparedSet& set);
  Written write(const Write& write, const IndexRows& rows);
  Result<Written> index(const Write& write, const IndexRows& rows);
  void append_audit(const std::vector<std::string>& records);
  // Puts everything that is pending into the pipeline.
  void send_pending();
  Status flush();
  void send_history();
  void send_places();
  void send_resources();
  void send_rows();
  void send_properties();
  void send_head();

  Connection& connection_;
  Catalog& catalog_;
  std::map<Name, State> states_;
  std::map<std::int64_t, Pending> pending_;  // by key
  std::vector<History> history_;
  std::vector<std::pair<std::int64_t, const Write*>> places_;  // keys of new resources, to be sent where distributed
  std::map<fhir::TypeId, Count> counts_;
  std::map<std::string, std::optional<std::string>> properties_;          // to be written, or taken away
  std::map<std::string, std::optional<std::string>> present_properties_;  // those that some set expects
  fhir::TypeId definitions_ = fhir::kNoType;                              // Registry::known
  std::uint64_t newest_definition_ = 0;
  std::vector<AuditEntry> audit_;
  Instant clock_;
  std::int64_t next_key_ = 1;
  std::int64_t partitions_ = 1;
  std::string audit_hash_;
  Newest newest_;
};

}  // namespace vesta::store::postgres
