// Step: one entry of a transaction while it is worked on.
#pragma once

#include <optional>
#include <string>

#include "ops/bundle_entry.h"
#include "ops/patch.h"
#include "ops/writes.h"

namespace vesta::ops {

struct Step {
  // found: a conditional create that matched; nothing: a delete of what is not there; get: GET and HEAD.
  enum class Action { get, put, remove, found, nothing };

  BundleEntry entry;  // of a patch: its resource becomes what the patch makes of the current one
  std::optional<Patch> patch;
  Action action = Action::get;
  std::string new_id;  // made once, whatever the number of attempts
  std::string id;      // of what is written or found; empty: nothing
  Current current;     // before this transaction
  std::string tail;    // kept for the answer while the engine uses up its own
  std::optional<store::Version> written;

  std::string local(const fhir::Definitions& definitions) const {
    return std::string(definitions.type(entry.route.type).name) + "/" + id;
  }
};

}  // namespace vesta::ops
