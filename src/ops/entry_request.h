// A Bundle entry as an HTTP request of its own.
#pragma once

#include <string>

#include "http/message.h"
#include "ops/bundle_entry.h"

namespace vesta::ops {

// Method, path below the base, query and conditions; the body stays the entry's tree.
http::Request entry_request(const BundleEntry& entry, const std::string& prefer);

}  // namespace vesta::ops
