// ParquetRows: the rows of resources into a Parquet file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "ops/row_maker.h"
#include "parquet/writer.h"
#include "views/row_feed.h"
#include "views/view.h"

namespace vesta::ops {

// Not thread-safe. The view outlives it.
class ParquetRows {
 public:
  // Of the options: the rows and the time. Errors: those of parquet::Writer::create.
  static Result<std::unique_ptr<ParquetRows>> create(const std::string& path, const fhir::Definitions& definitions,
                                                     const views::View& view, const views::RowFeedOptions& options);

  // False: no more rows are wanted. Errors (invalid): those of views::Runner::run; (unavailable): the rows cannot be
  // kept.
  Result<bool> add(const fhir::Node& resource, fhir::Arena& arena);
  Status finish() { return file_->finish(); }     // the file is whole then
  std::uint64_t bytes() const { return bytes_; }  // of the values that were added

 private:
  ParquetRows(std::unique_ptr<parquet::Writer> file, const fhir::Definitions& definitions, const views::View& view,
              const views::RowFeedOptions& options);

  std::unique_ptr<parquet::Writer> file_;
  views::StandingClock clock_;
  RowMaker maker_;
  const std::size_t columns_;
  std::uint64_t wanted_;
  std::uint64_t bytes_ = 0;
  std::vector<store::ViewValue> values_;
};

}  // namespace vesta::ops
