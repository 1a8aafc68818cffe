// Writes: from a tree and the version that it replaces to what a commit takes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ops/call.h"
#include "ops/context.h"
#include "ops/custom_parameters.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

// What is current now. Errors: those of Store::read.
using Current = std::optional<store::Version>;
inline VersionId version_of(const Current& current) {
  return current ? current->version : VersionId{};
}
inline bool exists(const Current& current) {
  return current && !current->deleted;
}

// Adds the write of `resource` as the next version after `current`. Index values point into the tree and the scratch,
// which must live until the commit is done. Errors: those of search::extract; unprocessable (a SearchParameter that
// cannot be searched by, a view that does not compile). `together`: what the same set is to do with SearchParameters,
// if that is more than this.
Status add_put(const Context& context, const fhir::Node& resource, std::string_view id, const Current& current,
               store::Scratch& scratch, store::WriteSet& writes, const Together& together = {});
// Adds the deletion of `current`, which is none itself.
Status add_remove(const Context& context, const store::Version& current, store::Scratch& scratch,
                  store::WriteSet& writes);

// Commits, brings the search parameters in step with what was written, and tells of emergency access.
Result<std::vector<store::Written>> commit(Context& context, store::WriteSet& writes);
// The same for a request that may have an idempotency key (null: none), and is answered with `parts`. Errors, beside
// those: too_large; precondition (with this key it was committed before: KeyedRequest::answered has the answer),
// unprocessable (so was another request).
Result<std::vector<store::Written>> commit(Context& context, store::WriteSet& writes, KeyedRequest* keyed,
                                           std::span<const AnsweredPart> parts);

// The version that `write` became.
store::Version written_version(store::Write& write, const store::Written& written);

// Commits the one write of `writes`, and answers (a deletion by removed_response).
Result<http::Response> commit_one(Context& context, const Call& call, int status, store::WriteSet& writes);
// 204, or 200 where an OperationOutcome is preferred. `deletion`: the version, or null if nothing ever existed.
http::Response removed_response(const Context& context, const Call& call, const store::Version* deletion);

// Errors (forbidden): the client chose an id that it sees nothing under, and might learn that something is there.
Status check_chosen_id(const Context& context, fhir::TypeId type, const Current& current);
// Errors: invalid, precondition.
Status check_body_id(const Context& context, const fhir::Node& resource, std::string_view path_id);
Status check_if_none_match(std::string_view if_none_match, const Current& current);

// Of a server with an audit log: is it said of resources of the type that nobody changes or deletes one? They tell what
// was done; new ones come by themselves, and by POST.
bool is_kept_as_made(const Context& context, fhir::TypeId type);
inline constexpr std::string_view kKeptAsMade =
    "What tells who did what is kept as it was made: it can be read, searched for and added by POST, and nothing else.";

// Runs `attempt`, which reads, decides and commits, again when a commit lost a race: at most kMaxCommitRetries times.
template <class Attempt>
auto with_retries(Attempt attempt) {
  for (int round = 1;; ++round) {
    auto result = attempt();
    if (result.ok() || result.error().category != Category::conflict || round == kMaxCommitRetries) return result;
  }
}

}  // namespace vesta::ops
