// Building of WriteSets.
#include "ops/writes.h"

#include "access/policy_check.h"
#include "access/records.h"
#include "base/check.h"
#include "fhir/envelope.h"
#include "ops/custom_parameters.h"
#include "search/extract.h"

namespace vesta::ops {
namespace {

// Before the first values of a set are extracted; those of later writes are of this generation or a newer one.
void note_generation(const Context& context, store::WriteSet& writes) {
  if (writes.writes.empty()) writes.generation = context.registry.generation();
}

// What is to be taken out of the index. A version that can be extracted no more, as a limit or an expression has become
// another one, was left out when the index was made anew: it can be updated and deleted all the same.
Result<search::IndexValues> indexed_values(const Context& context, const fhir::Node& old, fhir::Arena& arena) {
  auto values = search::extract(context.registry, old, arena);
  if (values.ok()) return values;
  const Category category = values.error().category;
  if (category == Category::too_large || category == Category::invalid) return search::IndexValues();
  return values;
}

}  // namespace

bool is_kept_as_made(const Context& context, fhir::TypeId type) {
  return context.store.witness() != nullptr && type != fhir::kNoType &&
         context.definitions.type(type).name == access::kAuditEvent;
}

Result<std::vector<store::Written>> commit(Context& context, store::WriteSet& writes) {
  CustomParameters* const parameters = context.service.parameters;
  Result<std::vector<store::Written>> committed = context.store.commit(writes);
  if (!committed.ok()) {
    if (parameters != nullptr && committed.error().category == Category::conflict) parameters->look();
    return committed;
  }
  std::vector<store::Written> written = *std::move(committed);
  if (parameters != nullptr) parameters->note(writes, written);
  context.service.emergencies.note(writes);
  return written;
}

// A key that is there is no lost race: to decide again would be of no use.
Result<std::vector<store::Written>> commit(Context& context, store::WriteSet& writes, KeyedRequest* keyed,
                                           std::span<const AnsweredPart> parts) {
  if (keyed == nullptr) return commit(context, writes);
  VESTA_CHECK_OK(keyed->remember(parts, writes));
  auto written = commit(context, writes);
  if (written.ok()) {
    keyed->settle();
  } else if (written.error().category == Category::conflict) {
    VESTA_TRY(const auto answered, keyed->answered());
    if (answered) return make_error(Category::precondition, "It was carried out before, with this Idempotency-Key.");
  }
  return written;
}

Status add_put(const Context& context, const fhir::Node& resource, std::string_view id, const Current& current,
               store::Scratch& scratch, store::WriteSet& writes, const Together& together) {
  note_generation(context, writes);
  store::Write write;
  write.kind = store::Write::Kind::put;
  write.type = resource.type;
  write.id = id;
  write.expected = version_of(current);
  VESTA_TRY(write.added, search::extract(context.registry, resource, scratch.arena));
  VESTA_CHECK_OK(context.service.compiled.check(resource));
  VESTA_CHECK_OK(access::check_policy({.registry = context.registry,
                                       .base_url = context.base_url,
                                       .now = context.clock.now(),
                                       .codes = context.codes,
                                       .hierarchy = context.service.hierarchy,
                                       .offers_contained = false},
                                      resource));
  VESTA_CHECK_OK(access::check_emergency(context.definitions, resource));
  const fhir::Node* old = nullptr;
  if (exists(current)) {
    VESTA_TRY(old, scratch.read(*current));
    VESTA_TRY(write.removed, indexed_values(context, *old, scratch.arena));
  }
  if (context.service.parameters != nullptr)
    VESTA_CHECK_OK(context.service.parameters->check(resource, id, old, together, writes));
  fhir::write_tail(context.definitions, resource, write.tail);
  writes.writes.push_back(std::move(write));
  return kOk;
}

Status add_remove(const Context& context, const store::Version& current, store::Scratch& scratch,
                  store::WriteSet& writes) {
  CHECK(!current.deleted);
  note_generation(context, writes);
  store::Write write;
  write.kind = store::Write::Kind::remove;
  write.type = current.type;
  write.id = current.id;
  write.expected = current.version;
  VESTA_TRY(const fhir::Node* const old, scratch.read(current));
  VESTA_TRY(write.removed, indexed_values(context, *old, scratch.arena));
  if (context.service.parameters != nullptr) context.service.parameters->check_removal(*old, writes);
  writes.writes.push_back(std::move(write));
  return kOk;
}

store::Version written_version(store::Write& write, const store::Written& written) {
  store::Version version;
  version.type = write.type;
  version.id = write.id;
  version.version = written.version;
  version.last_updated = written.last_updated;
  version.seq = written.seq;
  version.deleted = write.kind == store::Write::Kind::remove;
  version.tail = std::move(write.tail);
  return version;
}

}  // namespace vesta::ops
