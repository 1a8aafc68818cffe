// Looking up whom a version is about.
#include "audit/patients.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "access/records.h"
#include "base/log.h"
#include "search/compartment.h"
#include "store/version_text.h"

namespace vesta::audit {
namespace {

std::vector<fhir::TypeId> types_in_records(const fhir::Definitions& definitions, fhir::TypeId patient) {
  std::vector<fhir::TypeId> types = search::types_of_compartment(definitions, patient);
  std::erase_if(types, [&](fhir::TypeId type) { return definitions.type(type).name == access::kAuditEvent; });
  return types;
}

}  // namespace

Patients::Patients(store::Store& store, const search::Registry& registry)
    : store_(store),
      registry_(registry),
      patient_(registry.definitions().find_resource_type(access::kPatientType).value_or(fhir::kNoType)),
      types_(types_in_records(registry.definitions(), patient_)),
      reader_(registry.definitions()) {}

Patients::Ids Patients::of_text(const store::Version& version, std::string_view server) {
  std::string text;
  store::append_text(registry_.definitions(), version, text);
  arena_.reset();
  const auto root = reader_.read(text, arena_);
  if (root.ok()) {
    auto ids = search::compartments_of(registry_, patient_, **root, arena_, server);
    if (ids.ok()) return std::move(*ids);
  }
  log::error("whose record a version belongs to cannot be told", {{"id", version.id}});
  return {};
}

Result<Patients::Ids> Patients::of_version(fhir::TypeId type, const std::string& id, VersionId version,
                                           std::string_view server) {
  const std::string key = std::to_string(type) + '/' + id + '/' + std::to_string(version.value);
  if (const auto known = kept_.find(key)) return *known;
  VESTA_TRY(const std::optional<store::Version> found, store_.read_version(type, id, version));
  Ids ids;
  if (found && !found->deleted) ids = of_text(*found, server);
  kept_.put(key, std::make_shared<const Ids>(ids));
  return ids;
}

Result<Patients::Ids> Patients::of(const Touched& touched, std::string_view server) {
  const auto type = registry_.definitions().find_resource_type(touched.type);
  if (!type || !std::ranges::binary_search(types_, *type)) return Ids();
  if (*type == patient_) return Ids{touched.id};
  VESTA_TRY(Ids ids, of_version(*type, touched.id, touched.version, server));
  const bool has_before = touched.how == Touched::How::update || touched.how == Touched::How::remove;
  if (!has_before || touched.version.value < 2) return ids;
  VESTA_TRY(Ids before, of_version(*type, touched.id, {touched.version.value - 1}, server));
  ids.insert(ids.end(), std::make_move_iterator(before.begin()), std::make_move_iterator(before.end()));
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace vesta::audit
