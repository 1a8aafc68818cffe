// Witness: who is told what a principal sees and writes. The audit is one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::access {

// Of one request, whose calls come one after another, though not all on one thread.
class Witness {
 public:
  virtual ~Witness() = default;
  // Something was looked for, or is to be written, that rules for these purposes may grant: a list of codes, as of
  // access/purposes.h, empty where none are known.
  virtual void asked_for(std::string_view purposes) = 0;
  // A search has named these patients (ids), whether they are there or not; what it shows of them comes by `saw`.
  virtual void named(std::span<const std::string_view> patients) = 0;
  // This version was handed out; rules for these purposes grant it.
  virtual void saw(const store::Version& version, std::string_view purposes) = 0;
  // Resources of this type come by themselves, behind the requests that they tell of; kNoType: those of none do.
  virtual fhir::TypeId awaited_type() const = 0;
  // Before any of them are looked for: waits until those of earlier requests are there. Not ok: they are not looked
  // for.
  virtual Status await() = 0;
  // A part of the request, an entry of a batch, was answered by itself, though the whole goes on.
  virtual void answered_entry(std::string_view method, std::string_view target, int status) = 0;
  // Before a commit that may fail, or be tried again: adds records to it, which are then as durable as the rest of it.
  // `purposes`: of each of its writes.
  virtual void will_commit(store::WriteSet& writes, std::span<const std::string> purposes) = 0;
  // The last one came to be.
  virtual void committed() = 0;
};

}  // namespace vesta::access
