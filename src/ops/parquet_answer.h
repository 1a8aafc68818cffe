// Answers in Parquet: made in a file, since its end says what stands where in it, and sent from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "http/message.h"
#include "ops/context.h"
#include "search/plan.h"
#include "views/row_feed.h"
#include "views/view.h"

namespace vesta::ops {

inline constexpr std::string_view kParquetType = "application/vnd.apache.parquet";  // as IANA has it
inline constexpr std::size_t kMaxParquetAnswers = 4;              // at the same time: each may take 256 MB of memory
inline constexpr std::uint64_t kMaxParquetRowBytes = 4ull << 30;  // of the values of one
inline constexpr std::size_t kParquetPieceBytes = 256 << 10;

// Where the files stand. Thread-safe; outlives those who have a place in it.
class ParquetFolder {
 public:
  // A place for one file, until it is given back. What stands there then is removed.
  class Place {
   public:
    Place(ParquetFolder& folder, std::string path) : folder_(folder), path_(std::move(path)) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    const std::string& path() const { return path_; }

   private:
    ParquetFolder& folder_;
    const std::string path_;
  };

  // Its own alone: what a process that was killed left there is removed. It is made when it is needed.
  explicit ParquetFolder(std::filesystem::path path, std::uint64_t max_row_bytes = kMaxParquetRowBytes);
  ~ParquetFolder();
  ParquetFolder(const ParquetFolder&) = delete;
  ParquetFolder& operator=(const ParquetFolder&) = delete;

  // Errors: busy: all places are taken; unavailable: the folder cannot be made.
  Result<std::unique_ptr<Place>> take() EXCLUDES(mutex_);
  std::uint64_t max_row_bytes() const { return max_row_bytes_; }

 private:
  const std::filesystem::path path_;
  const std::uint64_t max_row_bytes_;
  Mutex mutex_;
  std::size_t taken_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
};

// The first step is done: what fails in it is an error here, what fails later breaks the answer off. A step makes the
// rows of one page of resources, and sends nothing; when all are made, each step sends a piece of the file. The
// context's service outlives the answer. Errors: those of the view, of the store and of parquet::Writer; too_large
// (kMaxParquetRowBytes); busy; unsupported: there is no folder.
Result<http::Response> answer_in_parquet(const Context& context, std::shared_ptr<const views::View> view,
                                         const views::RowFeedOptions& options, search::Plan resources);
// Of these resources, which are read before it returns.
Result<http::Response> answer_in_parquet(const Context& context, std::shared_ptr<const views::View> view,
                                         const views::RowFeedOptions& options,
                                         const std::vector<const fhir::Node*>& resources);

}  // namespace vesta::ops
