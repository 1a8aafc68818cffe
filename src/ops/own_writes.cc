// An update without a request.
#include "ops/own_writes.h"

#include <string>

#include "access/shipped_policies.h"
#include "ops/writes.h"

namespace vesta::ops {
namespace {

// `may_follow`: the current version that it is written after; not ok: it is not to be written after this one.
template <class MayFollow>
Status add_own(Context& context, const std::string& text, MayFollow may_follow, store::Scratch& scratch,
               store::WriteSet& writes) {
  VESTA_TRY(const fhir::Node* const resource, scratch.read_text(text));
  const std::string id(resource->child_value(context.vocabulary.id));
  VESTA_TRY(const Current current, context.store.read(resource->type, id));
  VESTA_TRY(const bool is_wanted, may_follow(current));
  return is_wanted ? add_put(context, *resource, id, current, scratch, writes) : kOk;
}

template <class MayFollow>
Status put_after(Context& context, const std::string& text, MayFollow may_follow) {
  store::ScratchLease scratch(context.definitions);
  store::WriteSet writes;
  VESTA_CHECK_OK(add_own(context, text, may_follow, *scratch, writes));
  if (writes.writes.empty()) return kOk;
  VESTA_TRY([[maybe_unused]] const auto written, commit(context, writes));
  return kOk;
}

}  // namespace

Status put_own(Context& context, const std::string& text, Existing existing) {
  return with_retries([&] {
    return put_after(context, text, [&](const Current& current) -> Result<bool> {
      return !current || existing == Existing::replaced;
    });
  });
}

Status put_own(Context& context, const std::string& text, VersionId expected) {
  return put_after(context, text, [&](const Current& current) -> Result<bool> {
    if (version_of(current) == expected) return true;
    return make_error(Category::conflict, "It was changed meanwhile.");
  });
}

Status put_own(Context& context, const std::vector<std::string>& texts, const std::vector<Property>& properties,
               const std::vector<ExpectedProperty>& expected) {
  return with_retries([&]() -> Status {
    store::ScratchLease scratch(context.definitions);
    store::WriteSet writes;
    writes.properties = properties;
    writes.expected_properties = expected;
    for (const std::string& text : texts) {
      VESTA_CHECK_OK(add_own(context, text, [](const Current&) -> Result<bool> { return true; }, *scratch, writes));
    }
    VESTA_TRY([[maybe_unused]] const auto written, commit(context, writes));
    return kOk;
  });
}

Status remove_own(Context& context, const std::vector<store::Version>& versions) {
  store::ScratchLease scratch(context.definitions);
  store::WriteSet writes;
  for (const store::Version& each : versions) VESTA_CHECK_OK(add_remove(context, each, *scratch, writes));
  VESTA_TRY([[maybe_unused]] const auto written, commit(context, writes));
  return kOk;
}

Status add_shipped_policies(Host& service) {
  Context context = service.as_system();
  for (const access::ShippedPolicy& policy : access::shipped_policies()) {
    VESTA_CHECK_OK(put_own(context, std::string(policy.text), Existing::kept));
  }
  return kOk;
}

}  // namespace vesta::ops
