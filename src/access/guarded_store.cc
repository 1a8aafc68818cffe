// The guards of a grant, put into each read and each write.
#include "access/guarded_store.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "access/element_writes.h"
#include "access/records.h"
#include "fhir/json.h"
#include "search/compartment.h"
#include "search/extract.h"
#include "store/version_text.h"

namespace vesta::access {
namespace {

using search::Plan;

Error forbidden(std::string what) {
  return make_error(Category::forbidden, "You may not " + std::move(what) + ".");
}

// May `plan` go by way of resources of the type?
bool leads_to(const Plan& plan, fhir::TypeId type) {
  const bool is_link = plan.kind == Plan::Kind::chain || plan.kind == Plan::Kind::has;
  if (is_link && plan.link.type == type) return true;
  if (plan.shared != nullptr) return leads_to(*plan.shared, type);
  return std::ranges::any_of(plan.children, [&](const Plan& child) { return leads_to(child, type); });
}

// Does how many there are say something of what is shown de-identified?
bool counts(const search::Query& query, const Deidentification& shown) {
  return shown.covers(query.type) ||
         std::ranges::any_of(shown.types, [&](fhir::TypeId type) { return leads_to(query.plan, type); });
}

// Who asks for no entry is told how many there are, and nothing of any.
Action asked_action(const store::SearchOptions& options) {
  return options.count == 0 ? Action::count : Action::search;
}

bool leads_to(const search::Include& include, fhir::TypeId type) {
  const auto is_or_any = [&](fhir::TypeId end) { return end == type || end == fhir::kNoType; };
  if (include.direction == search::Include::Direction::reverse) return is_or_any(include.source);
  if (include.target != fhir::kNoType || include.parameter == nullptr) return is_or_any(include.target);
  const auto targets = include.parameter->definition->targets;
  return targets.empty() || std::ranges::find(targets, type) != targets.end();
}

}  // namespace

std::shared_ptr<const Grant> Grant::everything() {
  static const std::shared_ptr<const Grant> all(new Grant({}, search::Visibility::everything()));
  return all;
}

std::shared_ptr<const Grant> Grant::nothing() {
  static const auto none = std::make_shared<const Grant>("nothing");
  return none;
}

GuardedStore::GuardedStore(store::Store& store, const search::Registry& registry, std::string_view base_url,
                           std::shared_ptr<const Grant> grant, std::shared_ptr<Witness> witness)
    : store_(&store),
      registry_(&registry),
      base_url_(base_url),
      grant_(std::move(grant)),
      witness_(std::move(witness)) {}

void GuardedStore::ask(Action action, fhir::TypeId type) const {
  if (witness_ != nullptr) witness_->asked_for(grant_->purposes(action).of(type));
}

// Of the versions as they are: nothing of them is hidden or de-identified yet.
Status GuardedStore::tell(Action action, std::span<const store::Version> versions) const {
  if (witness_ == nullptr) return kOk;
  const Purposes& purposes = grant_->purposes(action);
  fhir::TypeId type = fhir::kNoType;
  const std::string* same = nullptr;  // of the type
  for (const store::Version& version : versions) {
    if (version.type != type) {
      type = version.type;
      same = purposes.same_for_all(type);
    }
    if (same != nullptr) {
      witness_->saw(version, *same);
    } else {
      VESTA_TRY(const std::string own, purposes.of(deciding(), type, version));
      witness_->saw(version, own);
    }
  }
  return kOk;
}

// Whoever sees nothing of the type need not wait for it.
Status GuardedStore::await(fhir::TypeId type) const {
  if (witness_ == nullptr || witness_->awaited_type() != type) return kOk;
  return grant_->of(Action::read).sees_none(type) ? kOk : witness_->await();
}

Status GuardedStore::await(std::span<const search::Query> queries, const store::SearchOptions& options) const {
  if (witness_ == nullptr) return kOk;
  const fhir::TypeId type = witness_->awaited_type();
  if (type == fhir::kNoType || grant_->of(asked_action(options)).sees_none(type)) return kOk;
  const bool is_asked = std::ranges::any_of(
      queries, [&](const search::Query& query) { return query.type == type || leads_to(query.plan, type); });
  const bool is_included =
      std::ranges::any_of(options.includes, [&](const search::Include& include) { return leads_to(include, type); });
  return is_asked || is_included ? witness_->await() : kOk;
}

std::optional<std::string> GuardedStore::real_id(fhir::TypeId type, std::string_view id) const {
  const Deidentification* const shown = grant_->deidentification();
  return shown == nullptr ? std::optional(std::string(id)) : shown->real_id(type, id);
}

// Whoever may see nothing of a type learns nothing of anybody by asking for it. AuditEvents tell of looks at a record,
// and are none. Whom a pseudonym means is asked before: of others nothing can be found.
void GuardedStore::tell_named(std::span<const search::Query> queries, const store::SearchOptions& options) const {
  const fhir::Definitions& definitions = registry_->definitions();
  const auto patient = definitions.find_resource_type(kPatientType);
  if (witness_ == nullptr || !patient) return;
  std::vector<search::Query> translated;  // whose texts are told
  const Deidentification* const shown = grant_->deidentification();
  if (shown != nullptr) {
    translated.assign(queries.begin(), queries.end());
    for (search::Query& query : translated) DeidentifiedSearch(*registry_, *shown).translate(query);
    queries = translated;
  }
  std::vector<std::string_view> ids;
  for (const search::Query& query : queries) {
    const bool is_of_traces = definitions.type(query.type).name == kAuditEvent;
    if (is_of_traces || grant_->of(asked_action(options)).sees_none(query.type)) continue;
    search::add_named(*registry_, *patient, query, kMaxNamedPatients, ids);
  }
  std::ranges::sort(ids);
  if (!ids.empty()) witness_->named(ids);
}

// Who is told what was seen is told whose it is.
Status GuardedStore::hand_out(Standing standing, std::optional<store::Version>& found) const {
  if (!found) return kOk;
  VESTA_CHECK_OK(tell(Action::read, std::span(&*found, 1)));
  VESTA_CHECK_OK(access::redact(deciding(), grant_->of(Action::read), standing, *found));
  const Deidentification* const shown = grant_->deidentification();
  return shown == nullptr ? kOk : shown->apply(registry_->definitions(), *found);
}

Status GuardedStore::deidentify(std::vector<store::Version>& versions) const {
  const Deidentification* const shown = grant_->deidentification();
  if (shown == nullptr) return kOk;
  for (store::Version& version : versions) VESTA_CHECK_OK(shown->apply(registry_->definitions(), version));
  return kOk;
}

Result<std::optional<store::Version>> GuardedStore::read(fhir::TypeId type, std::string_view id) const {
  VESTA_CHECK_OK(await(type));
  ask(Action::read, type);
  const std::optional<std::string> real = real_id(type, id);
  if (!real) return std::optional<store::Version>();
  VESTA_TRY(std::optional<store::Version> found, find(type, *real));
  VESTA_CHECK_OK(hand_out(Standing::current, found));
  return found;
}

Result<std::optional<store::Version>> GuardedStore::read_version(fhir::TypeId type, std::string_view id,
                                                                 VersionId version) const {
  VESTA_CHECK_OK(await(type));
  ask(Action::read, type);
  const std::optional<std::string> real = real_id(type, id);
  if (!real) return std::optional<store::Version>();
  VESTA_TRY(std::optional<store::Version> found, find_version(type, *real, version));
  VESTA_CHECK_OK(hand_out(Standing::other, found));
  return found;
}

Result<store::HistoryPage> GuardedStore::history(const store::HistoryQuery& query) const {
  if (witness_ != nullptr) VESTA_CHECK_OK(await(query.type.value_or(witness_->awaited_type())));
  if (query.type) ask(Action::read, *query.type);
  store::HistoryQuery asked = query;
  if (const Deidentification* const shown = grant_->deidentification()) {
    const bool is_moved = !query.type || shown->covers(*query.type);
    if (is_moved && (query.since || query.at_most)) {
      return forbidden("ask for times that are not shown to you as they are");
    }
    if (query.type && query.id) {
      asked.id = real_id(*query.type, *query.id);
      if (!asked.id) return store::HistoryPage{};
    }
  }
  VESTA_TRY(store::HistoryPage page, find_history(asked));
  VESTA_CHECK_OK(tell(Action::read, page.entries));
  VESTA_CHECK_OK(redact(Action::read, Standing::other, page.entries));
  VESTA_CHECK_OK(deidentify(page.entries));
  const Deidentification* const shown = grant_->deidentification();
  if (shown != nullptr && (!query.type || shown->covers(*query.type))) shown->hide_small(page.total);
  return page;
}

Result<store::SearchPage> GuardedStore::search(std::span<const search::Query> queries,
                                               const store::SearchOptions& options) const {
  VESTA_CHECK_OK(await(queries, options));
  for (const search::Query& query : queries) ask(asked_action(options), query.type);
  VESTA_TRY(store::SearchPage page, find_all(queries, options));
  tell_named(queries, options);
  for (std::vector<store::Version>* const versions : {&page.entries, &page.included}) {
    VESTA_CHECK_OK(tell(Action::search, *versions));
    VESTA_CHECK_OK(redact(Action::search, Standing::current, *versions));
    VESTA_CHECK_OK(deidentify(*versions));
  }
  const Deidentification* const shown = grant_->deidentification();
  if (shown != nullptr && std::ranges::any_of(queries, [&](const auto& query) { return counts(query, *shown); })) {
    shown->hide_small(page.total);
  }
  return page;
}

Status GuardedStore::redact(Action action, Standing standing, std::vector<store::Version>& versions) const {
  const search::Visibility& visible = grant_->of(action);
  if (!visible.hides_elements()) return kOk;
  for (store::Version& version : versions) {
    VESTA_CHECK_OK(access::redact(deciding(), visible, standing, version));
  }
  return kOk;
}

Result<bool> GuardedStore::sees(const store::Version& version) const {
  return decide(deciding(), grant_->of(Action::read).guard(version.type), version);
}

// What was found to be seen before is only read. Of others what they say decides; or, where the guard leads to other
// resources, one search decides and reads at once, of one state.
Result<std::optional<store::Version>> GuardedStore::find(fhir::TypeId type, std::string_view id) const {
  const Plan& guard = grant_->of(Action::read).guard(type);
  if (guard.kind == Plan::Kind::all) return store_->read(type, id);
  if (guard.kind == Plan::Kind::none) return std::optional<store::Version>();
  const Decisions* const decisions = grant_->decisions();
  const std::uint64_t state = decisions == nullptr ? 0 : decisions->state(*store_, type);
  if (decisions != nullptr) {
    VESTA_TRY(std::optional<store::Version> known, store_->read(type, id));
    if (known && decisions->sees(*known, state)) return known;
    if (known && (known->deleted || !decisions->asks_others(type))) {
      if (const auto is_seen = sees(*known); is_seen.ok()) {
        if (*is_seen && !known->deleted) decisions->saw(*known, state);
        return *is_seen ? std::move(known) : std::nullopt;
      }
    }
  }
  const Plan shared = grant_->of(Action::read).shared_guard(type);
  VESTA_TRY(store::SearchPage found, store_->search(one_of(deciding(), type, id, shared), {.count = 1}));
  if (!found.entries.empty()) {
    if (decisions != nullptr) decisions->saw(found.entries.front(), state);
    return std::optional(std::move(found.entries.front()));
  }
  VESTA_TRY(std::optional<store::Version> current, store_->read(type, id));
  if (!current || !current->deleted) return std::optional<store::Version>();
  VESTA_TRY(const bool is_seen, sees(*current));
  return is_seen ? std::move(current) : std::nullopt;
}

Result<std::optional<store::Version>> GuardedStore::find_version(fhir::TypeId type, std::string_view id,
                                                                 VersionId version) const {
  if (grant_->of(Action::read).sees_none(type)) return std::optional<store::Version>();
  VESTA_TRY(std::optional<store::Version> found, store_->read_version(type, id, version));
  if (!found || grant_->of(Action::read).sees_all(type)) return found;
  VESTA_TRY(const bool is_seen, sees(*found));
  if (!is_seen) return std::optional<store::Version>();
  VESTA_TRY(const bool is_seen_now, sees_now(type, id));
  return is_seen_now ? std::move(found) : std::nullopt;
}

// What a resource came to say, a label, another subject, holds for what it said before.
Result<bool> GuardedStore::sees_now(fhir::TypeId type, std::string_view id) const {
  VESTA_TRY(const std::optional<store::Version> current, store_->read(type, id));
  return current ? sees(*current) : false;
}

Result<store::HistoryPage> GuardedStore::find_history(const store::HistoryQuery& query) const {
  const search::Visibility& visible = grant_->of(Action::read);
  if (query.type ? visible.sees_all(*query.type) : visible.sees_everything()) return store_->history(query);
  if (!query.id) return forbidden("read the history of more than one resource, some of which you may not see");
  store::HistoryPage page;
  VESTA_TRY(const bool is_seen_now, sees_now(*query.type, *query.id));
  if (!is_seen_now) return page;
  store::HistoryQuery asked = query;
  std::uint32_t looked_at = 0;
  for (bool has_more = true; has_more;) {
    VESTA_TRY(store::HistoryPage next, store_->history(asked));
    has_more = next.more;
    for (store::Version& version : next.entries) {
      if (page.entries.size() == query.count || looked_at == kMaxGuardedHistory) {
        page.more = true;
        page.upto = asked.before;
        return page;
      }
      ++looked_at;
      asked.before = version.seq;
      VESTA_TRY(const bool is_seen, sees(version));
      if (is_seen) page.entries.push_back(std::move(version));
    }
    if (next.entries.empty()) break;
  }
  return page;
}

Result<search::Query> GuardedStore::restricted(const search::Query& query) const {
  const search::Visibility& visible = grant_->of(Action::search);
  VESTA_TRY(std::vector<search::Query> restricted, restricted_parts(std::span(&query, 1), visible));
  search::add_guard(visible, restricted.front());
  return std::move(restricted.front());
}

Result<std::vector<search::Query>> GuardedStore::restricted_parts(std::span<const search::Query> queries,
                                                                  const search::Visibility& visible) const {
  std::vector<search::Query> restricted(queries.begin(), queries.end());
  for (search::Query& query : restricted) {
    const std::size_t keys = query.sort.size();
    if (const Deidentification* const shown = grant_->deidentification()) {
      DeidentifiedSearch(*registry_, *shown).translate(query);
    }
    VESTA_CHECK_OK(search::restrict_parts(*registry_, visible, query));
    if (restricted.size() > 1 && query.sort.size() != keys) {
      return forbidden("order resources of several types by what is hidden from you in some");
    }
  }
  return restricted;
}

Result<store::SearchPage> GuardedStore::find_all(std::span<const search::Query> queries,
                                                 const store::SearchOptions& options) const {
  const search::Visibility& visible = grant_->of(asked_action(options));
  if (visible.sees_everything()) return store_->search(queries, options);
  if (options.explain) return forbidden("have a search explained that finds less than everything");
  store::SearchOptions guarded = options;
  guarded.visible = &visible;
  const Deidentification* const shown = grant_->deidentification();
  if (shown != nullptr) guarded.includes = DeidentifiedSearch(*registry_, *shown).translated(options.includes);
  VESTA_TRY(guarded.includes, search::restrict(*registry_, visible, guarded.includes));
  // OPTIMIZATION: most queries ask nothing of what may be hidden, and need not be copied.
  const bool has_parts = shown != nullptr || std::ranges::any_of(queries, [&](const search::Query& query) {
                           return search::has_parts_to_restrict(visible, query);
                         });
  if (!has_parts) return store_->search(queries, guarded);
  VESTA_TRY(const std::vector<search::Query> restricted, restricted_parts(queries, visible));
  return store_->search(restricted, guarded);
}

Error GuardedStore::refused(Action action, fhir::TypeId type) const {
  const std::string what = action == Action::create   ? "create this "
                           : action == Action::update ? "update this "
                                                      : "delete this ";
  return forbidden(what + std::string(registry_->definitions().type(type).name));
}

// What the values of a set's writes point into.
struct GuardedStore::Trees {
  std::deque<std::string> texts;
  fhir::Arena arena;

  Result<fhir::Node*> read(const fhir::Definitions& definitions, const store::Version& version) {
    std::string& text = texts.emplace_back();
    text.reserve(version.tail.size() + 256 + fhir::kJsonPadding);
    store::append_text(definitions, version, text);
    return fhir::JsonReader(definitions).read(text, arena);
  }
  // What a put makes.
  Result<fhir::Node*> read(const fhir::Definitions& definitions, const store::Write& write) {
    const store::Version made{.type = write.type,
                              .id = write.id,
                              .version = {},
                              .last_updated = {},
                              .seq = {},
                              .deleted = false,
                              .tail = write.tail};
    return read(definitions, made);
  }
};

// What is there must satisfy the guard, and what takes its place must too. Returns for what purposes it is written.
Result<std::string> GuardedStore::check(store::Write& write, Trees& trees) const {
  std::optional<store::Version> current;
  if (!write.has_new_id) {
    VESTA_TRY(current, store_->read(write.type, write.id));
  }
  const bool exists = current && !current->deleted;
  const bool is_removal = write.kind == store::Write::Kind::remove;
  const Action action = is_removal ? Action::remove : exists ? Action::update : Action::create;
  ask(action, write.type);
  const Plan& guard = grant_->of(action).guard(write.type);
  bool allowed = write.kind != store::Write::Kind::index;
  // They would read it again with the pseudonyms of the ids, and the moved dates, that they put into it.
  if (grant_->deidentification() != nullptr && Deidentification::holds_others(write.tail)) allowed = false;
  if (allowed && exists) {
    VESTA_TRY(allowed, decide(deciding(), guard, *current));
  }
  if (allowed && grant_->limits_elements()) VESTA_CHECK_OK(check_elements(write, current, trees));
  const search::Subject after{write.type, write.id, current ? current->last_updated : Instant{}, &write.added};
  if (allowed && !is_removal) {
    VESTA_TRY(allowed, decide(deciding(), guard, after));
  }
  if (!allowed) return refused(action, write.type);
  const Purposes& purposes = grant_->purposes(action);
  if (witness_ == nullptr) return std::string();
  return is_removal && exists ? purposes.of(deciding(), write.type, *current)
                              : purposes.of(deciding(), write.type, after);
}

// The writer has read less than is there: values to add and to take away are of all of it, and so is the text.
Status GuardedStore::check_elements(store::Write& write, const std::optional<store::Version>& current,
                                    Trees& trees) const {
  const fhir::Definitions& definitions = registry_->definitions();
  if ((current ? current->version : VersionId{}) != write.expected) {
    return make_error(Category::conflict, "The resource was changed meanwhile.");
  }
  const Deciding deciding = this->deciding();
  ElementWrites elements(deciding, *grant_);
  const fhir::Node* old = nullptr;
  if (current && !current->deleted) {
    VESTA_TRY(old, trees.read(definitions, *current));
    auto values = search::extract(*registry_, *old, trees.arena);
    // One that cannot be extracted any more was left out when the index was made anew.
    write.removed = values.ok() ? std::move(*values) : search::IndexValues();
  }
  if (write.kind != store::Write::Kind::put) return kOk;
  VESTA_TRY(fhir::Node* const next, trees.read(definitions, write));
  if (old != nullptr) VESTA_CHECK_OK(elements.keep_hidden(*current, *old, *next, trees.arena));
  VESTA_TRY(write.added, search::extract(*registry_, *next, trees.arena));
  write.tail.clear();
  fhir::write_tail(definitions, *next, write.tail);
  const search::Subject after{write.type, write.id, current ? current->last_updated : Instant{}, &write.added};
  return old != nullptr ? elements.check_update(*current, *old, after, *next) : elements.check_create(after, *next);
}

// Somebody who was shown a part, by `_elements` or by rules that hide no more now, would take the rest away.
// https://hl7.org/fhir/R4/search.html#elements "to ensure that the incomplete resource is not accidentally used to
// overwrite a complete resource"
Status GuardedStore::check_whole(const store::Write& write, Trees& trees) const {
  // OPTIMIZATION: only a text with this in it can have the tag, so that others are not parsed.
  if (write.kind != store::Write::Kind::put || write.tail.find(kSubsetted) == std::string::npos) return kOk;
  VESTA_TRY(const std::optional<store::Version> current, store_->read(write.type, write.id));
  if (!current || current->deleted || current->version != write.expected) return kOk;
  const fhir::Definitions& definitions = registry_->definitions();
  VESTA_TRY(const fhir::Node* const next, trees.read(definitions, write));
  if (!is_part(definitions, *next)) return kOk;
  VESTA_TRY(const fhir::Node* const old, trees.read(definitions, *current));
  return is_part(definitions, *old) ? kOk : Status(is_no_update(definitions, write.type));
}

Result<std::vector<store::Written>> GuardedStore::commit(store::WriteSet& writes) const {
  Trees trees;
  std::vector<std::string> purposes;  // of each
  for (store::Write& write : writes.writes) {
    std::string& own = purposes.emplace_back();
    if (!grant_->is_everything()) {
      VESTA_TRY(own, check(write, trees));
    }
    VESTA_CHECK_OK(check_whole(write, trees));
  }
  const std::size_t records = writes.audit.size();
  if (witness_ != nullptr) witness_->will_commit(writes, purposes);
  auto written = store_->commit(writes);
  if (witness_ != nullptr) writes.audit.resize(records);
  if (grant_->limits_elements()) {
    for (store::Write& write : writes.writes) {
      write.tail.clear();
      write.added = write.removed = {};
    }
  }
  if (witness_ != nullptr && written.ok()) witness_->committed();
  return written;
}

Result<std::optional<std::string>> GuardedStore::property(std::string_view key) const {
  if (!grant_->is_everything()) return std::optional<std::string>();
  return store_->property(key);
}

bool GuardedStore::may_choose_ids(fhir::TypeId type) const {
  const Deidentification* const shown = grant_->deidentification();
  return grant_->of(Action::read).sees_all(type) && (shown == nullptr || !shown->covers(type));
}

}  // namespace vesta::access
