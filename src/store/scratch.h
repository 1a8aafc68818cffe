// Scratch: readers, a writer and an arena of this thread, lent for one interaction and used again by the next.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/json.h"
#include "fhir/node.h"
#include "fhir/xml.h"
#include "store/store.h"

namespace vesta::store {

// Not thread-safe. Trees read with it, and index values extracted from them, live until it is given back.
class Scratch {
 public:
  explicit Scratch(const fhir::Definitions& definitions)
      : definitions_(definitions), reader_(definitions), xml_reader_(definitions), xml_writer(definitions) {}

  // The tree of a stored version (not a deletion). Errors: internal; what was stored was read before.
  Result<fhir::Node*> read(const Version& version);

  // The tree of a text that outlives it. `capacity`: bytes allocated from text.data(). Errors: those of the reader.
  Result<fhir::Node*> read_json(std::string_view text, std::size_t capacity, const fhir::JsonReadOptions& options = {});
  Result<fhir::Node*> read_xml(std::string_view text);

  // The tree of a text that it keeps. Errors: those of fhir::JsonReader::read.
  Result<fhir::Node*> read_text(std::string text);

  const fhir::Definitions& definitions() const { return definitions_; }
  void reset();

  // Of the longest text that was read: the readers and the writer keep buffers that grow with it.
  std::size_t longest_text() const { return longest_text_; }

 private:
  const fhir::Definitions& definitions_;
  std::deque<std::string> texts_;  // that were read: their trees point into them
  std::size_t longest_text_ = 0;
  fhir::JsonReader reader_;
  fhir::XmlReader xml_reader_;

 public:
  fhir::XmlWriter xml_writer;
  fhir::Arena arena;
};

// A Scratch that has read a longer text than this is not kept by its thread, and its buffers are given back.
inline constexpr std::size_t kMaxKeptText = 4 << 20;

// How many Scratches this thread keeps; for tests.
std::size_t kept_scratch_count();

// Lends this thread's Scratch; a batch's entries, which run inside their batch, get a second one.
class ScratchLease {
 public:
  explicit ScratchLease(const fhir::Definitions& definitions);
  ~ScratchLease();
  ScratchLease(const ScratchLease&) = delete;
  ScratchLease& operator=(const ScratchLease&) = delete;

  Scratch& operator*() { return *scratch_; }
  Scratch* operator->() { return scratch_.get(); }

 private:
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace vesta::store
