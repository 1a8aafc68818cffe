// `vesta sample`: writes a seeded synthetic population as NDJSON or as Bundles.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace vesta::server::commands {

inline constexpr std::uint64_t kMaxSamplePatients = 10'000'000;  // some 10 TB of text
inline constexpr std::uint64_t kMaxSampleSeed = UINT64_MAX;

enum class SampleFormat {
  ndjson,   // one resource per line
  bundles,  // one transaction Bundle per patient (and per group of shared resources)
};

struct SampleOptions {
  std::uint64_t patients = 100;
  std::uint64_t seed = 1;
  SampleFormat format = SampleFormat::ndjson;
  // "-": to `out` (Bundles one per line). Else a folder, made if it is missing: `population.ndjson`, or one file per
  // Bundle.
  std::string output = "-";
};

// The exit code: 0, or 1 if something could not be written (`messages` says what). The same options give the same
// bytes.
int run_sample(const SampleOptions& options, std::ostream& out, std::ostream& messages);

}  // namespace vesta::server::commands
