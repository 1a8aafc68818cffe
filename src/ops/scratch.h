// Scratch: readers, a writer and an arena of this thread, lent for one interaction and used again by the next.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/result.h"
#include "fhir/json.h"
#include "fhir/node.h"
#include "fhir/xml.h"
#include "ops/format.h"
#include "store/store.h"

namespace vesta::ops {

// Not thread-safe. Trees read with it, and index values extracted from them, live until it is given back.
class Scratch {
 public:
  explicit Scratch(const fhir::Definitions& definitions)
      : definitions_(definitions), reader(definitions), xml_reader(definitions), xml_writer(definitions) {}

  // The tree of a stored version (not a deletion). Errors: internal; what was stored was read before.
  Result<fhir::Node*> read(const store::Version& version);

  // The tree of a text that outlives it. Errors: those of the format's reader.
  Result<fhir::Node*> read(Format format, const std::string& text);

  // The tree of a text that it keeps. Errors: those of fhir::JsonReader::read.
  Result<fhir::Node*> read_text(std::string text);

  const fhir::Definitions& definitions() const { return definitions_; }
  void reset();

 private:
  const fhir::Definitions& definitions_;
  std::deque<std::string> texts_;  // that were read: their trees point into them

 public:
  fhir::JsonReader reader;
  fhir::XmlReader xml_reader;
  fhir::XmlWriter xml_writer;
  fhir::Arena arena;
};

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

}  // namespace vesta::ops
