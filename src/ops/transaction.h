// Transactions and batches as functions on a read Bundle; HTTP and `vesta import` both come here.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/idempotency.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

// What became of one entry.
struct EntryResult {
  int status = 200;
  // A write: the version that it made, or that a conditional create found; its tail only if `keep_text`. Absent where
  // there was nothing to delete.
  std::optional<store::Version> version;
  std::optional<http::Response> response;  // a GET or HEAD of a transaction, any entry of a batch
};

struct TransactionOptions {
  // Set by the same commit.
  std::vector<std::pair<std::string, std::string>> properties;
  bool keep_text = false;
  KeyedRequest* keyed = nullptr;  // where the Bundle came with an idempotency key
  // The Prefer header of the entries that run as requests of their own.
  std::string prefer = "return=minimal";
};

// Processes a Bundle of type transaction, all of it or nothing; results in the order of the entries. `bundle` was read
// with `scratch`, or outlives the call; its links are rewritten in place. Errors: those of the entry that failed, with
// paths that begin with Bundle.entry[n]. https://hl7.org/fhir/R4/http.html#transaction
Result<std::vector<EntryResult>> run_transaction(Context& context, fhir::Node& bundle, store::Scratch& scratch,
                                                 const TransactionOptions& options);

// Processes a Bundle of type batch, each entry on its own: an entry's error is its response. `unreadable`: the answers
// of entries that are in the tree as placeholders only.
std::vector<EntryResult> run_batch(Context& context, fhir::Node& bundle, const TransactionOptions& options,
                                   const std::map<std::size_t, Error>& unreadable = {});

}  // namespace vesta::ops
