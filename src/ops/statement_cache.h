// StatementCache: CapabilityStatements that stay as they are until the Registry changes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/thread_annotations.h"

namespace vesta::ops {

// https://hl7.org/fhir/R4/http.html#capabilities
enum class StatementMode : std::uint8_t { full, normative, terminology };

// One text per mode, of the newest edition that was asked for. Thread-safe; those who ask while it is made wait for it.
class StatementCache {
 public:
  // `edition`: Registry::edition(). Shared: it is still being read when a newer one takes its place.
  std::shared_ptr<const std::string> get(StatementMode mode, std::uint64_t edition,
                                         const std::function<std::string()>& make) EXCLUDES(mutex_);

 private:
  struct Kept {
    std::uint64_t edition = 0;
    std::shared_ptr<const std::string> text;
  };
  Mutex mutex_;
  std::array<Kept, 3> kept_ GUARDED_BY(mutex_);  // by mode
};

}  // namespace vesta::ops
