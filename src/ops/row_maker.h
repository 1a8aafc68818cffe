// RowMaker: the rows of resources as values, for tables and files that have types.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "store/view_tables.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace vesta::ops {

// By the types that the view declares.
std::vector<store::ViewColumn> columns_of(const fhir::Definitions& definitions, const views::View& view);

// Keeps its buffers from one resource to the next. Not thread-safe. The view outlives it.
class RowMaker {
 public:
  // `clock`: as for views::Runner.
  explicit RowMaker(const fhir::Definitions& definitions, const views::View& view, Clock* clock = nullptr)
      : definitions_(definitions),
        columns_(view.columns()),
        runner_(view, clock),
        writer_(view, views::RowFormat::csv) {}

  // Appends the values, row after row; the bytes of what was made. Errors: those of Runner::run; nothing is appended
  // then.
  Result<std::size_t> make(const fhir::Node& resource, fhir::Arena& arena, std::vector<store::ViewValue>& values);

 private:
  const fhir::Definitions& definitions_;
  const std::span<const views::OutputColumn> columns_;
  views::Runner runner_;
  views::RowWriter writer_;
};

}  // namespace vesta::ops
