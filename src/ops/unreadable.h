// Unreadable entries of a batch: the others are processed all the same, since each entry stands on its own.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/node.h"
#include "ops/format.h"
#include "store/scratch.h"

namespace vesta::ops {

inline constexpr int kMaxUnreadableRounds = 10;  // readings of one batch; each finds kMaxReadIssues defects at most

// A batch whose unreadable entries are put aside.
struct ReadableBatch {
  std::string text;  // what the tree's values point into
  fhir::Node* bundle = nullptr;
  std::map<std::size_t, Error> unreadable;  // by index of the entry; the tree has an empty one in its place
};

// `body` could not be read, for the reason of `error`. If it is a batch and every defect is inside an entry: the batch
// without these entries. Else `error`. https://hl7.org/fhir/R4/http.html#brules: "there SHALL be no interdependencies
// between the different entries in the Bundle", so one of them cannot fail the others.
Result<ReadableBatch> read_without_unreadable(Format format, std::string_view body, Error error,
                                              store::Scratch& scratch);

}  // namespace vesta::ops
