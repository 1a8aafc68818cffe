// What $viewdefinition-run is asked: its parameters, from a query and from a Parameters resource.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/datetime.h"
#include "fhir/node.h"
#include "http/message.h"
#include "ops/call.h"
#include "ops/context.h"
#include "views/row_feed.h"

namespace vesta::ops {

inline constexpr std::uint64_t kMaxViewLimit = 2'147'483'647;  // a FHIR integer

// Trees are those of the body.
struct ViewQuestion {
  const fhir::Node* view = nullptr;               // viewResource
  std::optional<http::Parameter> reference;       // viewReference
  std::vector<const fhir::Node*> resources;       // to run on, instead of those of the store
  std::vector<http::Parameter> patients, groups;  // of which, as references
  std::optional<fhir::TimeRange> since;
  views::RowFeedOptions rows;
  bool is_parquet = false;    // instead of the format in `rows`
  bool is_acceptable = true;  // false: `Accept` names no format of rows, and there is no `_format`
};

// `_format` decides on the format of rows, else `Accept`, else it is NDJSON. Errors (invalid): an unknown parameter
// (left out where handling is lenient), a bad value, one that is given twice; unsupported: another format, `source`; no
// view, or two; `resource` beside what chooses among those of the store.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/OperationDefinition-ViewDefinitionRun.html
Result<ViewQuestion> read_view_question(const Context& context, const Call& call);

}  // namespace vesta::ops
