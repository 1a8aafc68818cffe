// The thread's store of unused Scratches.
#include "store/scratch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/version_text.h"

namespace vesta::store {
namespace {

constexpr std::size_t kMaxKeptScratches = 3;  // per thread: for a batch, for its entry, to decide who sees what

std::vector<std::unique_ptr<Scratch>>& kept_scratches() {
  thread_local std::vector<std::unique_ptr<Scratch>> kept;
  return kept;
}

}  // namespace

Result<fhir::Node*> Scratch::read(const Version& version) {
  std::string& text = texts_.emplace_back();
  text.reserve(version.tail.size() + 256 + fhir::kJsonPadding);
  append_text(definitions_, version, text);
  auto tree = read_json(text, text.capacity());
  if (!tree.ok()) {
    return make_error(Category::internal, "A stored version of " + std::string(definitions_.type(version.type).name) +
                                              "/" + version.id + " cannot be read: " + tree.error().message);
  }
  return tree;
}

Result<fhir::Node*> Scratch::read_json(std::string_view text, std::size_t capacity,
                                       const fhir::JsonReadOptions& options) {
  longest_text_ = std::max(longest_text_, text.size());
  return reader_.read(text, capacity, arena, options);
}

Result<fhir::Node*> Scratch::read_xml(std::string_view text) {
  longest_text_ = std::max(longest_text_, text.size());
  return xml_reader_.read(text, arena);
}

Result<fhir::Node*> Scratch::read_text(std::string text) {
  std::string& kept = texts_.emplace_back(std::move(text));
  kept.reserve(kept.size() + fhir::kJsonPadding);
  return read_json(kept, kept.capacity());
}

void Scratch::reset() {
  arena.reset();
  texts_.clear();
}

ScratchLease::ScratchLease(const fhir::Definitions& definitions) {
  auto& kept = kept_scratches();
  while (!kept.empty() && scratch_ == nullptr) {
    if (&kept.back()->definitions() == &definitions) scratch_ = std::move(kept.back());
    kept.pop_back();
  }
  if (scratch_ == nullptr) scratch_ = std::make_unique<Scratch>(definitions);
}

ScratchLease::~ScratchLease() {
  scratch_->reset();
  auto& kept = kept_scratches();
  const bool is_kept = kept.size() < kMaxKeptScratches && scratch_->longest_text() <= kMaxKeptText;
  if (is_kept) kept.push_back(std::move(scratch_));
}

std::size_t kept_scratch_count() {
  return kept_scratches().size();
}

}  // namespace vesta::store
