// vesta_scenarios: runs the scenarios of the files given on one engine, each on a fresh store.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/scenarios/runner/runner.h"

namespace vesta::tests {
namespace {

// Returns the number of scenarios that failed.
int run_file(Engine engine, const std::string& path, const std::string& only, int& count) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto scenarios = parse_scenarios(text);
  if (!scenarios.ok()) {
    std::printf("%s: %s\n", path.c_str(), scenarios.error().message.c_str());
    return 1;
  }
  int failed = 0;
  for (const Scenario& scenario : *scenarios) {
    if (!only.empty() && scenario.title.find(only) == std::string::npos) continue;
    if (scenario.engine && *scenario.engine != engine) continue;
    ++count;
    auto world = World::make(engine);
    std::vector<Failure> failures;
    if (world.ok()) {
      failures = Runner(**world).run(scenario);
    } else {
      failures.push_back({scenario.line, "no store: " + world.error().message});
    }
    for (const Failure& failure : failures) {
      std::printf("%s:%d: %s: %s\n", path.c_str(), failure.line, scenario.title.c_str(), failure.message.c_str());
    }
    if (!failures.empty()) ++failed;
  }
  return failed;
}

}  // namespace
}  // namespace vesta::tests

int main(int argc, char** argv) {
  using namespace vesta::tests;
  std::optional<Engine> engine;
  std::string only;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--engine") == 0 && i + 1 < argc) {
      engine = find_engine(argv[++i]);
    } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else {
      files.emplace_back(argv[i]);
    }
  }
  if (!engine || files.empty()) {
    std::fprintf(stderr, "usage: vesta_scenarios --engine memory|sqlite|postgres|citus [--only TITLE] FILE…\n");
    return 2;
  }
  if (*engine == Engine::citus) ::setenv("VESTA_TEST_CITUS", "1", 1);  // for the server of the tests
  int count = 0, failed = 0;
  for (const std::string& file : files) failed += run_file(*engine, file, only, count);
  std::printf("%d scenarios, %d failed\n", count, failed);
  return failed == 0 && count > 0 ? 0 : 1;
}
