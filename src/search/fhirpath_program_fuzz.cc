// Programs of FHIRPath on random trees: the bytes pick a type, seed a tree of it, and then choose each part of a
// program.
#include <cstdint>

#include "search/random_program_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::search::testing;
  static const std::vector<vesta::fhir::TypeId> types = resource_types();
  constexpr std::size_t kTreeBytes = 3;  // its type and its seed
  if (size < kTreeBytes) return 0;
  const vesta::fhir::TypeId type = types[data[0] % types.size()];
  Dice tree_dice(static_cast<std::uint64_t>(data[1] + 256 * data[2]));
  const ProgramRunner runner(random_tree(type, types, tree_dice));
  Dice dice({data + kTreeBytes, size - kTreeBytes});
  const vesta::fhirpath::CompileOptions options = random_options(dice);
  runner.run(RandomProgram(vesta::fhir::r4(), dice).text(type), options);
  return 0;
}
