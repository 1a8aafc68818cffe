// Building of WriteSets.
#include "ops/writes.h"

#include "base/check.h"
#include "fhir/envelope.h"
#include "search/extract.h"

namespace vesta::ops {
namespace {

// The index values of a version that is about to be replaced: the store takes exactly these away.
Result<search::IndexValues> old_values(const Context& context, const store::Version& version, Scratch& scratch) {
  VESTA_TRY(const fhir::Node* const tree, scratch.read(version));
  return search::extract(context.registry, *tree, scratch.arena);
}

}  // namespace

Status add_put(const Context& context, const fhir::Node& resource, std::string_view id, const Current& current,
               Scratch& scratch, store::WriteSet& writes) {
  store::Write write;
  write.kind = store::Write::Kind::put;
  write.type = resource.type;
  write.id = id;
  write.expected = version_of(current);
  VESTA_TRY(write.added, search::extract(context.registry, resource, scratch.arena));
  if (exists(current)) {
    VESTA_TRY(write.removed, old_values(context, *current, scratch));
  }
  fhir::write_tail(context.definitions, resource, write.tail);
  writes.writes.push_back(std::move(write));
  return kOk;
}

Status add_remove(const Context& context, const store::Version& current, Scratch& scratch, store::WriteSet& writes) {
  CHECK(!current.deleted);
  store::Write write;
  write.kind = store::Write::Kind::remove;
  write.type = current.type;
  write.id = current.id;
  write.expected = current.version;
  VESTA_TRY(write.removed, old_values(context, current, scratch));
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
