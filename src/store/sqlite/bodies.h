// Bodies: the tails of versions, compressed with zstd and the store's own dictionaries.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/kept_tails.h"

namespace vesta::store::sqlite {

inline constexpr int kCompressionLevel = 3;
inline constexpr std::size_t kMaxDictionaryBytes = 112 * 1024;
inline constexpr std::size_t kMaxTailBytes = 512 * 1024 * 1024;  // what a damaged frame may make us allocate

// What is stored of a tail: a zstd frame, and the number of the dictionary it was made with.
struct Body {
  std::int64_t dictionary = 0;
  std::string frame;
};

// A fresh store starts with a built-in dictionary (number 1); from samples of what is written to it, better ones are
// trained in a thread of their own. Thread-safe, but for load.
class Bodies {
 public:
  Bodies();
  ~Bodies();

  Status load(Connection& connection);

  Body compress(std::string_view tail);
  // Errors: unavailable, if the frame is damaged or its dictionary is missing.
  Status decompress(std::int64_t dictionary, std::string_view frame, std::string& tail) const;

  // What was read lately: for reads of committed versions that others may ask for again.
  KeptTails& kept() const { return kept_; }

  // For the writer: insert dictionaries that are not persisted yet; then, once the transaction is committed, say so.
  Status persist(Connection& connection);
  void committed() { persisted_ = persisting_; }

 private:
  struct Dictionary;
  void sample(std::string_view tail);
  void train(std::vector<std::string> samples);
  const Dictionary* find(std::int64_t number) const;
  void add(std::string bytes);

  mutable std::shared_mutex dictionaries_mutex_;
  std::vector<std::unique_ptr<Dictionary>> dictionaries_;  // number - 1; never taken away
  std::size_t persisted_ = 0;                              // of the writer alone
  std::size_t persisting_ = 0;

  mutable KeptTails kept_;

  Mutex samples_mutex_;
  std::vector<std::string> samples_ GUARDED_BY(samples_mutex_);
  std::uint64_t seen_ GUARDED_BY(samples_mutex_) = 0;
  std::size_t sampled_bytes_ GUARDED_BY(samples_mutex_) = 0;
  std::size_t stage_ GUARDED_BY(samples_mutex_) = 0;  // how many trainings were begun
  std::minstd_rand choice_ GUARDED_BY(samples_mutex_);
  std::atomic<bool> sampling_{true};
  std::thread trainer_ GUARDED_BY(samples_mutex_);
};

}  // namespace vesta::store::sqlite
