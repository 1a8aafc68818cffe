// Values of resources, up to a number of rows.
#include "ops/parquet_rows.h"

#include <algorithm>
#include <span>
#include <utility>

namespace vesta::ops {

ParquetRows::ParquetRows(std::unique_ptr<parquet::Writer> file, const fhir::Definitions& definitions,
                         const views::View& view, const views::RowFeedOptions& options)
    : file_(std::move(file)),
      clock_(options.now.value_or(Instant{})),
      maker_(definitions, view, options.now ? &clock_ : nullptr),
      columns_(view.columns().size()),
      wanted_(options.max_rows) {}

Result<std::unique_ptr<ParquetRows>> ParquetRows::create(const std::string& path, const fhir::Definitions& definitions,
                                                         const views::View& view,
                                                         const views::RowFeedOptions& options) {
  VESTA_TRY(auto file, parquet::Writer::create(path, columns_of(definitions, view)));
  return std::unique_ptr<ParquetRows>(new ParquetRows(std::move(file), definitions, view, options));
}

Result<bool> ParquetRows::add(const fhir::Node& resource, fhir::Arena& arena) {
  values_.clear();
  VESTA_TRY(const std::size_t bytes, maker_.make(resource, arena, values_));
  bytes_ += bytes;
  const std::uint64_t rows = std::min<std::uint64_t>(values_.size() / columns_, wanted_);
  VESTA_CHECK_OK(file_->append(std::span(values_).first(rows * columns_)));
  wanted_ -= rows;
  return wanted_ > 0;
}

}  // namespace vesta::ops
