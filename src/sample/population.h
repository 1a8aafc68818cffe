// Population: a seeded, coherent synthetic population as a stream of groups of FHIR R4 resources.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sample/calendar.h"
#include "sample/group.h"
#include "sample/writer.h"

namespace vesta::sample {

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t patients = 100;
  // The charts cover [first_day, last_day); later appointments are planned. Fixed days, not today's: the same seed is
  // to give the same bytes tomorrow.
  Day first_day = to_day(2021, 1, 1);
  Day last_day = to_day(2026, 7, 1);
  Links links = Links::relative;
};

// The stream: the insurers, then per kPatientsPerCommunity patients the group of what they share, then each patient's
// own group. A reference points into the same group or to a shared resource of an earlier one. Memory does not grow
// with the size of the population. Not thread-safe.
class Population {
 public:
  explicit Population(const Options& options);
  ~Population();

  // The next group, in `group` (what it held is lost). False at the end.
  bool next(Group& group);

  // Patient `index` alone: the same text as in the stream, made without the patients before it.
  void patient(std::uint64_t index, Group& group);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The group as NDJSON, a resource per line.
void append_ndjson(const Group& group, std::string& out);

enum class BundleKind {
  transaction,  // PUT to each resource's own id, so that loading twice changes nothing but versions
  collection,
};
// The group as one Bundle with urn:uuid fullUrls, on one line, without a line break at the end.
void append_bundle(const Group& group, BundleKind kind, std::string& out);

}  // namespace vesta::sample
