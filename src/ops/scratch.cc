// The thread's store of unused Scratches.
#include "ops/scratch.h"

#include <utility>
#include <vector>

#include "store/version_text.h"

namespace vesta::ops {
namespace {

inline constexpr std::size_t kMaxKeptScratches = 2;  // per thread: one for a batch, one for its entry

std::vector<std::unique_ptr<Scratch>>& kept_scratches() {
  thread_local std::vector<std::unique_ptr<Scratch>> kept;
  return kept;
}

}  // namespace

Result<fhir::Node*> Scratch::read(const store::Version& version) {
  std::string& text = texts_.emplace_back();
  text.reserve(version.tail.size() + 256 + fhir::kJsonPadding);
  store::append_text(definitions_, version, text);
  auto tree = reader.read(text, arena);
  if (!tree.ok()) {
    return make_error(Category::internal, "A stored version of " + std::string(definitions_.type(version.type).name) +
                                              "/" + version.id + " cannot be read: " + tree.error().message);
  }
  return tree;
}

Result<fhir::Node*> Scratch::read(Format format, const std::string& text) {
  return format == Format::xml ? xml_reader.read(text, arena) : reader.read(text, text.capacity(), arena);
}

Result<fhir::Node*> Scratch::read_text(std::string text) {
  std::string& kept = texts_.emplace_back(std::move(text));
  kept.reserve(kept.size() + fhir::kJsonPadding);
  return reader.read(kept, kept.capacity(), arena);
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
  if (kept.size() < kMaxKeptScratches) kept.push_back(std::move(scratch_));
}

}  // namespace vesta::ops
