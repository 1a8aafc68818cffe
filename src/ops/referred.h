// Referred: the resources that others refer to, by every Reference of their texts.
#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "ops/context.h"
#include "store/store.h"

namespace vesta::ops {

using ReferredNames = std::set<std::pair<fhir::TypeId, std::string>>;

// Also those of no search parameter, which no `_include` follows; of absolute references those to this server.
Result<ReferredNames> referred_by(const Context& context, std::span<const store::Version> versions);

}  // namespace vesta::ops
