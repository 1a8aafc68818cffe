// The command line: repeated flags.
#include "server/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vesta::server {
namespace {

namespace fs = std::filesystem;

struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

Ended run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "vesta");
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ended ended;
  ended.code = run_command_line(static_cast<int>(argv.size()), argv.data());
  ended.out = ::testing::internal::GetCapturedStdout();
  ended.err = ::testing::internal::GetCapturedStderr();
  return ended;
}

// A folder that is not there yet, of this process alone: several builds may be
// tested at once.
fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(::testing::TempDir()) / (name + "." + std::to_string(::getpid()));
  fs::remove_all(folder);
  return folder;
}

int count_patients(const fs::path& file) {
  std::ifstream in(file);
  int count = 0;
  for (std::string line; std::getline(in, line);) count += line.starts_with(R"({"resourceType":"Patient")") ? 1 : 0;
  return count;
}

TEST(CommandLine, TheLastOfSeveralFlagsCounts) {
  const fs::path folder = fresh_folder("last");
  const Ended ended = run({"sample", "--patients", "1", "--output", folder.string(), "--patients", "3"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(count_patients(folder / "population.ndjson"), 3);
  fs::remove_all(folder);
  // Beyond the parser: refused for what it lacks, an access control.
  const Ended served = run({"serve", "--port", "8080", "--port", "0"});
  EXPECT_EQ(served.code, 1);
  EXPECT_NE(served.err.find("access control"), std::string::npos) << served.err;
}

TEST(CommandLine, ReadersOfAStoreMakeNone) {
  const fs::path folder = fresh_folder("typo");
  for (const char* command : {"check", "export"}) {
    const Ended ended = run({command, "--data", folder.string()});
    EXPECT_EQ(ended.code, 1) << command;
    EXPECT_NE(ended.err.find("no store in " + folder.string()), std::string::npos) << ended.err;
    EXPECT_FALSE(fs::exists(folder)) << command;
  }
  fs::create_directories(folder);
  std::ofstream(folder / "vesta.db").flush();
  EXPECT_EQ(run({"check", "--data", folder.string()}).code, 1) << "an empty file is no store";
  fs::remove_all(folder);
}

TEST(CommandLine, OnlyAServerChoosesTheEngine) {
  EXPECT_NE(run({"serve", "--help"}).out.find("--store"), std::string::npos);
  for (const char* command : {"import", "export", "check", "sample"}) {
    const Ended help = run({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_EQ(help.out.find("--store"), std::string::npos) << command;
  }
  EXPECT_NE(run({"check", "--store", "memory"}).code, 0);
}

TEST(CommandLine, HelpListsChoicesByTheirNames) {
  const std::string progress = run({"import", "--help"}).out;
  EXPECT_NE(progress.find("--progress bar|lines|none "), std::string::npos) << progress;
  const std::string format = run({"sample", "--help"}).out;
  EXPECT_NE(format.find("--format bundles|ndjson "), std::string::npos) << format;
  EXPECT_NE(run({"sample", "--patients", "1", "--format", "xml"}).code, 0);
  EXPECT_EQ(run({"sample", "--patients", "1", "--format", "NDJSON"}).code, 0);
}

}  // namespace
}  // namespace vesta::server
