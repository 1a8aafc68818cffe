// Bodies: compression contexts per thread, dictionaries by number, sampling and training.
#include "store/sqlite/bodies.h"

#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/check.h"
#include "base/thread_pool.h"
#include "store/sqlite/seed_dictionary.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kSelectDictionaries{"SELECT number, bytes FROM dictionary ORDER BY number"};
constexpr Sql kInsertDictionary{"INSERT INTO dictionary(number, bytes) VALUES(?1, ?2)"};

// A training begins when so many tails have been written since the store was opened with its seed dictionary. The first
// makes a small store small; the second sees the mixture of a whole import.
constexpr std::array<std::uint64_t, 2> kTrainAfter = {1'500, 12'000};
constexpr std::size_t kMaxSamples = 6'000;
constexpr std::size_t kMaxSampleBytes = 8 * 1024;          // of one tail: what is longer is cut
constexpr std::size_t kMaxSampledBytes = 6 * 1024 * 1024;  // of all
constexpr std::size_t kSeedDictionaries = 1;

struct FreeCompress {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
// Contexts hold a few hundred kilobytes and take longer to make than to use: one per thread.
ZSTD_CCtx* compress_context() {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeCompress> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* decompress_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeCompress> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

struct Bodies::Dictionary {
  explicit Dictionary(std::string text)
      : bytes(std::move(text)),
        compress(ZSTD_createCDict(bytes.data(), bytes.size(), kCompressionLevel)),
        decompress(ZSTD_createDDict(bytes.data(), bytes.size())) {
    CHECK(compress != nullptr && decompress != nullptr);
  }
  ~Dictionary() {
    ZSTD_freeCDict(compress);
    ZSTD_freeDDict(decompress);
  }

  const std::string bytes;
  ZSTD_CDict* const compress;
  ZSTD_DDict* const decompress;
};

Bodies::Bodies() = default;

Bodies::~Bodies() {
  std::thread trainer;
  {
    const MutexLock lock(samples_mutex_);
    trainer.swap(trainer_);
  }
  if (trainer.joinable()) trainer.join();
}

Status Bodies::load(Connection& connection) {
  Cursor cursor(connection, kSelectDictionaries);
  while (cursor.step()) {
    if (cursor.integer_at(0) != static_cast<std::int64_t>(dictionaries_.size()) + 1) {
      return make_error(Category::unavailable, "the store's table of dictionaries has a gap");
    }
    dictionaries_.push_back(std::make_unique<Dictionary>(std::string(cursor.bytes_at(1))));
  }
  VESTA_CHECK_OK(cursor.status());
  persisted_ = persisting_ = dictionaries_.size();
  if (dictionaries_.empty()) dictionaries_.push_back(std::make_unique<Dictionary>(std::string(seed_dictionary())));
  const MutexLock lock(samples_mutex_);
  stage_ = dictionaries_.size() - kSeedDictionaries;
  sampling_ = stage_ < kTrainAfter.size();
  return kOk;
}

const Bodies::Dictionary* Bodies::find(std::int64_t number) const {
  const std::shared_lock lock(dictionaries_mutex_);
  if (number < 1 || static_cast<std::size_t>(number) > dictionaries_.size()) return nullptr;
  return dictionaries_[static_cast<std::size_t>(number) - 1].get();
}

void Bodies::add(std::string bytes) {
  auto dictionary = std::make_unique<Dictionary>(std::move(bytes));
  const std::unique_lock lock(dictionaries_mutex_);
  dictionaries_.push_back(std::move(dictionary));
}

Body Bodies::compress(std::string_view tail) {
  if (sampling_.load(std::memory_order_relaxed)) sample(tail);
  Body body;
  const Dictionary* dictionary = nullptr;
  {
    const std::shared_lock lock(dictionaries_mutex_);
    body.dictionary = static_cast<std::int64_t>(dictionaries_.size());
    dictionary = dictionaries_.back().get();
  }
  body.frame.resize(ZSTD_compressBound(tail.size()));
  // The number stands in a column, so the frame need not name its dictionary; SQLite and the disk check the bytes.
  ZSTD_CCtx* context = compress_context();
  CHECK(context != nullptr);
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
  ZSTD_CCtx_refCDict(context, dictionary->compress);
  const std::size_t size = ZSTD_compress2(context, body.frame.data(), body.frame.size(), tail.data(), tail.size());
  CHECK(!ZSTD_isError(size));  // the buffer has the bound's size
  body.frame.resize(size);
  body.frame.shrink_to_fit();
  return body;
}

Status Bodies::decompress(std::int64_t number, std::string_view frame, std::string& tail) const {
  const Dictionary* dictionary = find(number);
  if (dictionary == nullptr) {
    return make_error(Category::unavailable, "dictionary " + std::to_string(number) + " is not in the store");
  }
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size > kMaxTailBytes) return make_error(Category::unavailable, "a stored body is damaged");
  tail.resize(size);
  ZSTD_DCtx* context = decompress_context();
  CHECK(context != nullptr);
  const std::size_t got =
      ZSTD_decompress_usingDDict(context, tail.data(), tail.size(), frame.data(), frame.size(), dictionary->decompress);
  if (ZSTD_isError(got) || got != size) return make_error(Category::unavailable, "a stored body is damaged");
  return kOk;
}

// Reservoir sampling: every tail so far has the same chance to be among the samples.
void Bodies::sample(std::string_view tail) {
  const MutexLock lock(samples_mutex_);
  if (stage_ >= kTrainAfter.size()) return;
  ++seen_;
  std::string piece(tail.substr(0, kMaxSampleBytes));
  if (samples_.size() < kMaxSamples && sampled_bytes_ < kMaxSampledBytes) {
    sampled_bytes_ += piece.size();
    samples_.push_back(std::move(piece));
  } else if (const std::size_t at = choice_() % seen_; at < samples_.size()) {
    samples_[at] = std::move(piece);
  }
  if (seen_ < kTrainAfter[stage_]) return;
  ++stage_;
  if (trainer_.joinable()) trainer_.join();  // the one before ended long ago: stages are far apart
  std::vector<std::string> taken = samples_;
  if (stage_ >= kTrainAfter.size()) {
    sampling_ = false;
    taken.swap(samples_);
    samples_ = {};
  }
  trainer_ = std::thread([this, set = std::move(taken)]() mutable {
    set_thread_name("vesta-train");
    train(std::move(set));
  });
}

void Bodies::train(std::vector<std::string> samples) {
  std::string all;
  std::vector<std::size_t> sizes;
  for (const std::string& sample : samples) {
    all += sample;
    sizes.push_back(sample.size());
  }
  samples.clear();
  std::string dictionary(std::min(kMaxDictionaryBytes, all.size() / 4), '\0');
  const std::size_t size = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), all.data(), sizes.data(),
                                                 static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size)) return;  // too few or too odd samples: the present dictionary goes on
  dictionary.resize(size);
  add(std::move(dictionary));
}

Status Bodies::persist(Connection& connection) {
  std::vector<const Dictionary*> fresh;
  {
    const std::shared_lock lock(dictionaries_mutex_);
    for (std::size_t i = persisted_; i < dictionaries_.size(); ++i) fresh.push_back(dictionaries_[i].get());
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    Cursor insert(connection, kInsertDictionary);
    insert.integer(1, static_cast<std::int64_t>(persisted_ + i) + 1);
    VESTA_CHECK_OK(insert.blob(2, fresh[i]->bytes).run());
  }
  persisting_ = persisted_ + fresh.size();
  return kOk;
}

}  // namespace vesta::store::sqlite
