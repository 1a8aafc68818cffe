// The whole text of a stored version: its head, made of its columns, and its tail.
#pragma once

#include <string>

#include "fhir/definitions.h"
#include "fhir/envelope.h"
#include "store/store.h"

namespace vesta::store {

inline void append_text(const fhir::Definitions& definitions, const Version& version, std::string& out) {
  fhir::append_head(definitions.type(version.type).name, version.id, version.version, version.last_updated, out);
  out += version.tail;
}

}  // namespace vesta::store
