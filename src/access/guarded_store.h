// GuardedStore: a store as one principal sees it. The interactions reach the store by it alone.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/decide.h"
#include "access/grant.h"
#include "access/redaction.h"
#include "access/witness.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::access {

inline constexpr std::size_t kMaxNamedPatients = 100;     // by one search, of whom the witness is told
inline constexpr std::uint32_t kMaxGuardedHistory = 200;  // versions that one page of a history looks at

// What the grant hides is not there: an answer, an error and a total are what they would be without it. Functions of
// the names of Store's do what these do, for what is seen: versions come without the elements that are hidden in them
// (access/redaction.h), or de-identified under their pseudonyms, and an update leaves these as they are. Copies are
// cheap; a copy may outlive its original.
class GuardedStore {
 public:
  // `store`, `registry` and the text of `base_url` outlive it. `witness` is told of each version that is handed out,
  // and of each commit; null: nobody is.
  GuardedStore(store::Store& store, const search::Registry& registry, std::string_view base_url,
               std::shared_ptr<const Grant> grant, std::shared_ptr<Witness> witness = nullptr);

  // A deletion is seen by those who would see what was deleted; so is an older version by what it says itself.
  Result<std::optional<store::Version>> read(fhir::TypeId type, std::string_view id) const;
  Result<std::optional<store::Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version) const;
  // Without a total where anything may be hidden; a page may then end early, with nothing, and still have more behind
  // `HistoryPage::upto`. Errors: forbidden (of a type or of everything, where something of that is hidden; by times,
  // where these are moved).
  Result<store::HistoryPage> history(const store::HistoryQuery& query) const;
  // Of those who are shown de-identified resources, a total below Deidentification::min_cell_size is left out.
  // Errors, beside those of Store: forbidden (queries of Scope::contained, explanations: both tell of what is hidden;
  // an order and includes by what is hidden in some resources, as search::restrict_parts has it).
  Result<store::SearchPage> search(std::span<const search::Query> queries, const store::SearchOptions& options) const;
  Result<store::SearchPage> search(const search::Query& query, const store::SearchOptions& options) const {
    return search(std::span(&query, 1), options);
  }
  // The query of a Condition, as this principal means it.
  Result<search::Query> restricted(const search::Query& query) const;
  // What a put has of elements that its writer is not shown is what is there already: the texts and values that are
  // committed are then other ones, and the texts in `writes` are gone. Errors, beside those of Store: forbidden, with
  // the element's path where it is about one; unprocessable (a body with the tag SUBSETTED, which is a part,
  // would take the place of the whole). Nothing is committed then.
  Result<std::vector<store::Written>> commit(store::WriteSet& writes) const;
  // The server's own: not found by those who may not do everything.
  Result<std::optional<std::string>> property(std::string_view key) const;
  // May ids of new resources of the type be chosen by the client? Who does not see all would learn which are taken.
  bool may_choose_ids(fhir::TypeId type) const;

  // Of which nobody is told what it hands out: for what an answer does not show.
  GuardedStore unwitnessed() const { return {*store_, *registry_, base_url_, grant_}; }

  const Grant& grant() const { return *grant_; }
  Witness* witness() const { return witness_.get(); }  // null: there is none

 private:
  Deciding deciding() const { return {*store_, *registry_, base_url_}; }
  Result<std::optional<store::Version>> find(fhir::TypeId type, std::string_view id) const;
  Result<std::optional<store::Version>> find_version(fhir::TypeId type, std::string_view id, VersionId version) const;
  Result<store::HistoryPage> find_history(const store::HistoryQuery& query) const;
  Result<store::SearchPage> find_all(std::span<const search::Query> queries, const store::SearchOptions& options) const;
  Result<std::vector<search::Query>> restricted_parts(std::span<const search::Query> queries,
                                                      const search::Visibility& visible) const;
  void ask(Action action, fhir::TypeId type) const;
  Status tell(Action action, std::span<const store::Version> versions) const;
  void tell_named(std::span<const search::Query> queries, const store::SearchOptions& options) const;
  Status hand_out(Standing standing, std::optional<store::Version>& found) const;
  Status deidentify(std::vector<store::Version>& versions) const;
  std::optional<std::string> real_id(fhir::TypeId type, std::string_view id) const;
  Status await(fhir::TypeId type) const;
  Status await(std::span<const search::Query> queries, const store::SearchOptions& options) const;
  Result<bool> sees(const store::Version& version) const;
  Result<bool> sees_now(fhir::TypeId type, std::string_view id) const;
  Status redact(Action action, Standing standing, std::vector<store::Version>& versions) const;
  struct Trees;
  Result<std::string> check(store::Write& write, Trees& trees) const;
  Status check_elements(store::Write& write, const std::optional<store::Version>& current, Trees& trees) const;
  Status check_whole(const store::Write& write, Trees& trees) const;
  Error refused(Action action, fhir::TypeId type) const;

  store::Store* store_;
  const search::Registry* registry_;
  std::string_view base_url_;
  std::shared_ptr<const Grant> grant_;
  std::shared_ptr<Witness> witness_;  // shared with the request, which asks it what was seen
};

}  // namespace vesta::access
