// The server's own writes: what it brings with it, and what commands on the machine and sign-ins make.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "ops/context.h"
#include "ops/host.h"
#include "store/store.h"

namespace vesta::ops {

// What is there is gone over; or it is left as it is, a deletion too.
enum class Existing { replaced, kept };

// Puts a resource whose JSON names its type and id. Errors: those of the reader, of add_put and of commit.
Status put_own(Context& context, const std::string& text, Existing existing);
// The same as the version after `expected` (zero: the resource must never have been). Errors, beside those: conflict.
Status put_own(Context& context, const std::string& text, VersionId expected);

using store::ExpectedProperty;
using store::Property;
// Several, over what is there, and the properties: in one commit. Errors: those of the reader, of add_put and of
// commit; conflict: a property is not what is expected.
Status put_own(Context& context, const std::vector<std::string>& texts, const std::vector<Property>& properties,
               const std::vector<ExpectedProperty>& expected = {});

// Deletes these, which are current, in one commit. Errors: conflict: one of them is not any more; those of commit.
Status remove_own(Context& context, const std::vector<store::Version>& versions);

// Those that have never been in the store. A site's own changes to them, deletions too, stay.
Status add_shipped_policies(Host& service);

}  // namespace vesta::ops
