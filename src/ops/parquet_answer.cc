// Rows into the file, and the file into pieces.
#include "ops/parquet_answer.h"

#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "ops/parquet_rows.h"
#include "ops/resource_pages.h"

namespace vesta::ops {
namespace {

namespace fs = std::filesystem;

class ParquetStream : public http::BodyStream {
 public:
  static Result<std::unique_ptr<ParquetStream>> create(const Context& context, std::shared_ptr<const views::View> view,
                                                       const views::RowFeedOptions& options,
                                                       std::optional<ResourcePages> pages) {
    ParquetFolder* const folder = context.service.parquet;
    if (folder == nullptr) return make_error(Category::unsupported, "This server has no folder to make Parquet in.");
    VESTA_TRY(auto place, folder->take());
    VESTA_TRY(auto rows, ParquetRows::create(place->path(), context.definitions, *view, options));
    return std::unique_ptr<ParquetStream>(new ParquetStream(std::move(place), std::move(view), std::move(rows),
                                                            std::move(pages), folder->max_row_bytes()));
  }

  Result<bool> add(const fhir::Node& resource, fhir::Arena& arena) {
    VESTA_TRY(const bool wants_more, rows_->add(resource, arena));
    if (rows_->bytes() <= max_row_bytes_) return wants_more;
    return make_error(Category::too_large,
                      "The rows have more than kMaxParquetRowBytes (" + std::to_string(max_row_bytes_) + ") bytes.");
  }

  Result<bool> append(std::string& out) override {
    if (file_.is_open()) return send(out);
    if (pages_) {
      const auto take = [this](const fhir::Node& resource, fhir::Arena& arena) { return add(resource, arena); };
      VESTA_TRY(const bool has_more, pages_->next(take));
      if (has_more) return true;
    }
    VESTA_CHECK_OK(rows_->finish());
    rows_.reset();
    file_.open(place_->path(), std::ios::binary);
    if (!file_) return make_error(Category::unavailable, "The Parquet file cannot be read.");
    return true;
  }

 private:
  ParquetStream(std::unique_ptr<ParquetFolder::Place> place, std::shared_ptr<const views::View> view,
                std::unique_ptr<ParquetRows> rows, std::optional<ResourcePages> pages, std::uint64_t max_row_bytes)
      : place_(std::move(place)),
        view_(std::move(view)),
        rows_(std::move(rows)),
        pages_(std::move(pages)),
        max_row_bytes_(max_row_bytes) {}

  Result<bool> send(std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + kParquetPieceBytes);
    file_.read(out.data() + before, static_cast<std::streamsize>(kParquetPieceBytes));
    out.resize(before + static_cast<std::size_t>(file_.gcount()));
    if (file_.bad()) return make_error(Category::unavailable, "The Parquet file cannot be read.");
    return file_.good();
  }

  std::unique_ptr<ParquetFolder::Place> place_;  // the last to go: the others have files there
  std::shared_ptr<const views::View> view_;
  std::unique_ptr<ParquetRows> rows_;  // null: the file is whole
  std::optional<ResourcePages> pages_;
  const std::uint64_t max_row_bytes_;
  std::ifstream file_;
};

Result<http::Response> begin_answer(std::unique_ptr<ParquetStream> stream) {
  http::Response response;
  response.headers.add("Content-Type", std::string(kParquetType));
  VESTA_TRY(const bool has_more, stream->append(response.body));
  if (has_more) response.rest = std::move(stream);
  return response;
}

}  // namespace

ParquetFolder::ParquetFolder(fs::path path, std::uint64_t max_row_bytes)
    : path_(std::move(path)), max_row_bytes_(max_row_bytes) {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ParquetFolder::~ParquetFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<std::unique_ptr<ParquetFolder::Place>> ParquetFolder::take() {
  const MutexLock lock(mutex_);
  if (taken_ == kMaxParquetAnswers) {
    return make_error(Category::busy, "kMaxParquetAnswers (" + std::to_string(kMaxParquetAnswers) +
                                          ") answers in Parquet are being made.");
  }
  std::error_code failed;
  fs::create_directories(path_, failed);
  if (failed) return make_error(Category::unavailable, path_.string() + ": " + failed.message());
  ++taken_;
  return std::make_unique<Place>(*this, (path_ / std::to_string(next_++)).string());
}

ParquetFolder::Place::~Place() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  const MutexLock lock(folder_.mutex_);
  --folder_.taken_;
}

Result<http::Response> answer_in_parquet(const Context& context, std::shared_ptr<const views::View> view,
                                         const views::RowFeedOptions& options, search::Plan resources) {
  const fhir::TypeId type = view->resource_type();
  VESTA_TRY(auto stream, ParquetStream::create(context, std::move(view), options,
                                               ResourcePages(context, type, std::move(resources))));
  return begin_answer(std::move(stream));
}

Result<http::Response> answer_in_parquet(const Context& context, std::shared_ptr<const views::View> view,
                                         const views::RowFeedOptions& options,
                                         const std::vector<const fhir::Node*>& resources) {
  VESTA_TRY(auto stream, ParquetStream::create(context, std::move(view), options, std::nullopt));
  store::ScratchLease scratch(context.definitions);
  for (const fhir::Node* const resource : resources) {
    scratch->reset();
    VESTA_TRY(const bool wants_more, stream->add(*resource, scratch->arena));
    if (!wants_more) break;
  }
  return begin_answer(std::move(stream));
}

}  // namespace vesta::ops
