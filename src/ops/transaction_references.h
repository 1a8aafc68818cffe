// Conditional references: `Patient?identifier=…` in a transaction's resources, found in the store and in the
// transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/references.h"
#include "ops/transaction_step.h"
#include "search/index_value.h"
#include "store/scratch.h"

namespace vesta::ops {

// For one attempt of one transaction. Borrows everything.
class ConditionalReferences {
 public:
  ConditionalReferences(const Context& context, store::Scratch& scratch, const std::vector<Step>& steps,
                        LinkRewriter& links, store::WriteSet& writes)
      : context_(context), scratch_(scratch), steps_(steps), links_(links), writes_(writes) {}

  // Replaces one reference. Errors: precondition (no match, or several), those of the criteria.
  Status resolve(const LinkRewriter::ConditionalReference& reference);

 private:
  Result<std::string> find(fhir::TypeId type, std::string_view criteria);
  // Appends the ids of the transaction's own resources that match.
  Status match_steps(const search::Query& query, std::vector<std::string>& ids);

  const Context& context_;
  store::Scratch& scratch_;
  const std::vector<Step>& steps_;
  LinkRewriter& links_;
  store::WriteSet& writes_;
  std::map<std::pair<fhir::TypeId, std::string>, std::string, std::less<>> found_;  // by criteria: "Patient/1"
  std::map<std::size_t, search::IndexValues> values_;                               // by step
};

}  // namespace vesta::ops
