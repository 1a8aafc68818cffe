// The sample population, written to a stream or a folder.
#include "server/commands/sample.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "sample/population.h"

namespace vesta::server::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWriteBytes = 1024 * 1024;

bool write_stream(const SampleOptions& options, sample::Population& population, std::ostream& out) {
  sample::Group group;
  std::string text;
  while (population.next(group)) {
    if (options.format == SampleFormat::ndjson) {
      sample::append_ndjson(group, text);
    } else {
      sample::append_bundle(group, sample::BundleKind::transaction, text);
      text.push_back('\n');
    }
    if (text.size() < kWriteBytes) continue;
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out.good()) return false;
    text.clear();
  }
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.flush();
  return out.good();
}

// The names sort in the order of the stream, so that what is shared is loaded before those who share it.
bool write_bundle_files(sample::Population& population, const fs::path& folder, fs::path& failed) {
  sample::Group group;
  std::string text;
  for (std::uint64_t number = 0; population.next(group); ++number) {
    text.clear();
    sample::append_bundle(group, sample::BundleKind::transaction, text);
    failed = folder / fmt::format("{:09}-{}.json", number, group.entries.front().type);
    std::ofstream file(failed, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file.good()) return false;
  }
  return true;
}

}  // namespace

int run_sample(const SampleOptions& options, std::ostream& out, std::ostream& messages) {
  sample::Options population_options;
  population_options.seed = options.seed;
  population_options.patients = options.patients;
  const bool is_bundles = options.format == SampleFormat::bundles;
  population_options.links = is_bundles ? sample::Links::urn : sample::Links::relative;
  sample::Population population(population_options);
  fs::path place = "the output";
  bool is_written = false;
  if (options.output == "-") {
    is_written = write_stream(options, population, out);
  } else {
    place = options.output;
    std::error_code code;
    fs::create_directories(place, code);
    if (!code && is_bundles) {
      is_written = write_bundle_files(population, options.output, place);
    } else if (!code) {
      place /= "population.ndjson";
      std::ofstream file(place, std::ios::binary | std::ios::trunc);
      is_written = write_stream(options, population, file);
    }
  }
  if (is_written) return 0;
  messages << "Writing to " << place.string() << " failed.\n";
  return 1;
}

}  // namespace vesta::server::commands
