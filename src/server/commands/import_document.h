// The import of one JSON document: a Bundle of any type but history, or a single resource.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "ops/context.h"
#include "server/commands/import_files.h"
#include "server/commands/import_report.h"

namespace vesta::server::commands {

enum class Patience : std::uint8_t {
  may_wait,  // a transaction whose conditional references find nothing yet is left for later
  final,
};
enum class DocumentResult : std::uint8_t { finished, failed, left_for_later };

// Reports its resources and errors. Errors returned are those of the store, after which no other file would do better:
// unavailable.
Result<DocumentResult> import_document(ops::Context& context, const ImportFile& file, Patience patience,
                                       ImportReport& report);

}  // namespace vesta::server::commands
