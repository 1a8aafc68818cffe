// Random programs on random trees: what must hold holds, and most of them bind, run and find something.
#include "search/random_program.h"

#include <gtest/gtest.h>

#include <array>

#include "search/random_program_run.h"

namespace vesta::search::testing {
namespace {

TEST(RandomProgram, MostBindAndRun) {
  Dice dice(seed_from("VESTA_PROPERTY_SEED"));
  const std::vector<fhir::TypeId> types = resource_types();
  constexpr int kProgramsPerTree = 20;
  const int trees = static_cast<int>(setting("VESTA_PROPERTY_TREES", 300 / (kSlowness > 1 ? 10 : 1)));
  std::array<int, 4> counts = {};
  for (int i = 0; i < trees; ++i) {
    const fhir::TypeId type = dice.pick(types);
    const ProgramRunner runner(random_tree(type, types, dice));
    for (int j = 0; j < kProgramsPerTree; ++j) {
      const fhirpath::CompileOptions options = random_options(dice);
      ++counts[static_cast<std::size_t>(runner.run(RandomProgram(fhir::r4(), dice).text(type), options))];
    }
  }
  std::printf("%d do not bind, %d are errors, %d yield nothing, %d yield something\n", counts[0], counts[1], counts[2],
              counts[3]);
  const int all = trees * kProgramsPerTree;
  EXPECT_GT((counts[2] + counts[3]) * 10, all * 6) << "most run";
  EXPECT_GT(counts[3] * 10, all * 2) << "many find something";
}

TEST(RandomProgram, TheSameBytesGiveTheSameProgram) {
  const std::array<std::uint8_t, 6> bytes = {200, 3, 77, 12, 90, 41};
  const fhir::TypeId type = *fhir::r4().find_type("Patient");
  Dice one(bytes), two(bytes);
  const std::string text = RandomProgram(fhir::r4(), one).text(type);
  EXPECT_EQ(text, RandomProgram(fhir::r4(), two).text(type));
  EXPECT_FALSE(text.empty());
}

}  // namespace
}  // namespace vesta::search::testing
