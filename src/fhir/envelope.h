// The text of a stored version: a head made from the version's columns, and the tail that is stored as it goes out.
//
// head: {"resourceType":"Patient","id":"1","meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00.000Z"
// tail: what follows, for instance `,"profile":["…"]},"active":true}` or `},"active":true}`
// So a commit can assign version and time without touching the text, and a read is head + tail: nothing is parsed.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::fhir {

// Appends the tail of `root` (a resource; its id, meta.versionId and meta.lastUpdated are left out) to `out`.
void write_tail(const Definitions& definitions, const Node& root, std::string& out);

// Appends the head. `type` is a resource type's name, `id` a valid id: neither needs escaping.
void append_head(std::string_view type, std::string_view id, VersionId version, Instant last_updated, std::string& out);

// An instant as FHIR writes it, UTC, milliseconds: 2026-01-01T00:00:00.000Z
void append_instant(Instant instant, std::string& out);

}  // namespace vesta::fhir
