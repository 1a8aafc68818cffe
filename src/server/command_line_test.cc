// The command line: repeated flags, limits of options, TLS files.
#include "server/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "server/commands/sample.h"
#include "server/commands/view.h"

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
  // Beyond the parser: refused for what is said of the whole.
  const Ended served = run({"serve", "--open", "--address", "127.0.0.1", "--address", "0.0.0.0"});
  EXPECT_EQ(served.code, 1);
  EXPECT_NE(served.err.find("loopback only"), std::string::npos) << served.err;
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

TEST(CommandLine, OnlyAServerKeepsNothing) {
  for (const char* command : {"serve", "import", "export", "check", "migrate"}) {
    EXPECT_NE(run({command, "--help"}).out.find("--store "), std::string::npos) << command;
    if (command != std::string_view("serve")) {
      const Ended ended = run({command, "--store", "memory"});
      EXPECT_NE(ended.code, 0) << command;
      EXPECT_NE(ended.err.find("memory keeps nothing"), std::string::npos) << ended.err;
    }
    EXPECT_NE(run({command, "--store", "mysql://host/database"}).code, 0) << command;
  }
  EXPECT_EQ(run({"sample", "--help"}).out.find("--store "), std::string::npos);
}

TEST(CommandLine, HelpListsChoicesByTheirNames) {
  const std::string progress = run({"import", "--help"}).out;
  EXPECT_NE(progress.find("--progress bar|lines|none "), std::string::npos) << progress;
  const std::string format = run({"sample", "--help"}).out;
  EXPECT_NE(format.find("--format bundles|ndjson "), std::string::npos) << format;
  EXPECT_NE(run({"sample", "--patients", "1", "--format", "xml"}).code, 0);
  EXPECT_EQ(run({"sample", "--patients", "1", "--format", "NDJSON"}).code, 0);
}

// Beyond the parser: refused for being open to everyone, and for that alone.
bool is_taken(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"serve", "--port", "0", "--store", "memory", "--open", "--address", "0.0.0.0"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Ended ended = run(arguments);
  EXPECT_NE(ended.code, 0);
  const bool is_taken = ended.err.find("loopback only") != std::string::npos;
  if (!is_taken) {
    EXPECT_NE((ended.out + ended.err).find(options.front()), std::string::npos) << "it should be named: " << ended.err;
  }
  return is_taken;
}

TEST(CommandLine, OptionsOfServeKeepTheirLimits) {
  struct Limits {
    const char* option;
    std::uint64_t least;
    std::uint64_t most;
  };
  for (const Limits& each :
       {Limits{"--io-threads", 1, 64}, Limits{"--worker-threads", 1, 1024}, Limits{"--running-searches", 0, 1024},
        Limits{"--max-queued-requests", 1, 1'000'000}, Limits{"--max-connections", 1, 1'000'000},
        Limits{"--max-body-mib", 1, 2048}, Limits{"--request-timeout-ms", 100, 3'600'000},
        Limits{"--header-timeout-ms", 100, 3'600'000}, Limits{"--body-timeout-ms", 100, 3'600'000},
        Limits{"--write-timeout-ms", 100, 3'600'000}, Limits{"--idle-timeout-ms", 100, 3'600'000},
        Limits{"--stop-timeout-ms", 0, 3'600'000}, Limits{"--drain-ms", 0, 3'600'000}, Limits{"--port", 0, 65'535}}) {
    EXPECT_TRUE(is_taken({each.option, std::to_string(each.least)})) << each.option;
    EXPECT_TRUE(is_taken({each.option, std::to_string(each.most)})) << each.option;
    EXPECT_FALSE(is_taken({each.option, std::to_string(each.most + 1)})) << each.option;
    EXPECT_FALSE(is_taken({each.option, each.least == 0 ? "-1" : std::to_string(each.least - 1)})) << each.option;
    EXPECT_FALSE(is_taken({each.option, "many"})) << each.option;
  }
  EXPECT_TRUE(is_taken({"--access-log", "false"}));
  EXPECT_TRUE(is_taken({"--access-log", "true"}));
  EXPECT_FALSE(is_taken({"--access-log", "perhaps"}));
}

// Without running the command: what its parser takes meets the configuration file next, which is not there.
bool is_parsed(std::vector<std::string> arguments) {
  const std::string option = *(arguments.end() - 2);
  arguments.insert(arguments.end(), {"--config", "/absent/vesta.toml"});
  const Ended ended = run(std::move(arguments));
  EXPECT_NE(ended.code, 0);
  const bool is_parsed = ended.err.find("/absent/vesta.toml") != std::string::npos;
  if (!is_parsed) {
    EXPECT_NE(ended.err.find(option), std::string::npos) << "it should be named: " << ended.err;
  }
  return is_parsed;
}

TEST(CommandLine, NumbersOfOtherCommandsKeepTheirLimits) {
  const std::string most_patients = std::to_string(commands::kMaxSamplePatients);
  const std::string too_many_patients = std::to_string(commands::kMaxSamplePatients + 1);
  for (const std::string& good : {std::string("1"), most_patients}) {
    EXPECT_TRUE(is_parsed({"sample", "--patients", good})) << good;
  }
  for (const std::string& bad : {std::string("0"), too_many_patients, std::string("-1"), std::string("1.5"),
                                 std::string("010"), std::string("0x10"), std::string("-18446744073709551615")}) {
    EXPECT_FALSE(is_parsed({"sample", "--patients", bad})) << bad;
  }
  for (const char* good : {"0", "18446744073709551615"}) EXPECT_TRUE(is_parsed({"sample", "--seed", good})) << good;
  for (const char* bad : {"-1", "18446744073709551616"}) EXPECT_FALSE(is_parsed({"sample", "--seed", bad})) << bad;
  for (const char* good : {"0", "256"}) EXPECT_TRUE(is_parsed({"import", ".", "--jobs", good})) << good;
  for (const char* bad : {"-1", "257"}) EXPECT_FALSE(is_parsed({"import", ".", "--jobs", bad})) << bad;
}

TEST(CommandLine, HelpNamesTheValuesOfTheAccessLog) {
  const std::string help = run({"serve", "--help"}).out;
  EXPECT_NE(help.find("--access-log true|false=true "), std::string::npos) << help;
}

// Of an existing file, of nonsense, and of nothing.
TEST(CommandLine, SaysWhatIsWrongWithTlsFiles) {
  const fs::path folder = fresh_folder("tls");
  fs::create_directories(folder);
  const std::string nonsense = (folder / "nonsense.pem").string();
  const std::string absent = (folder / "absent.pem").string();
  std::ofstream(nonsense) << "no PEM\n";
  const auto serve = [](std::vector<std::string> options) {
    options.insert(options.begin(), {"serve", "--open", "--port", "0", "--store", "memory", "--log-level", "off"});
    const Ended ended = run(options);
    EXPECT_EQ(ended.code, 1) << ended.err;
    return ended.err;
  };
  for (const char* half : {"--tls-certificate", "--tls-key"}) {
    const std::string message = serve({half, absent});
    EXPECT_NE(message.find("both --tls-certificate and --tls-key"), std::string::npos) << message;
  }
  for (const std::string& file : {nonsense, absent}) {
    const std::string message = serve({"--tls-certificate", file, "--tls-key", file});
    EXPECT_NE(message.find(file), std::string::npos) << message;
  }
  fs::remove_all(folder);
}

TEST(CommandLine, RunsAViewOnFiles) {
  const fs::path folder = fresh_folder("view");
  fs::create_directories(folder);
  const std::string view = (folder / "view.json").string();
  const std::string input = (folder / "in.ndjson").string();
  std::ofstream(view) << R"({"resource":"Patient","select":[{"column":[{"name":"id","path":"id"}]}]})";
  std::ofstream(input) << R"({"resourceType":"Patient","id":"a"})" << '\n' << R"({"resourceType":"Patient","id":"b"})";
  EXPECT_EQ(run({"view", "run", view, input}).out, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
  EXPECT_EQ(run({"view", "run", view, input, "--format", "csv", "--limit", "1"}).out, "id\r\na\r\n");
  EXPECT_EQ(run({"view", "run", view, input, "--format", "csv", "--no-header"}).out, "a\r\nb\r\n");
  EXPECT_NE(run({"view", "run", view, input, "--format", "parquet"}).code, 0);
  EXPECT_NE(run({"view", "run"}).code, 0);
  EXPECT_NE(run({"view"}).code, 0);
  const Ended none = run({"view", "run", view, "--data", (folder / "none").string()});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.err.find("no store in"), std::string::npos) << none.err;
  const std::string most = std::to_string(commands::kMaxViewRows);
  EXPECT_TRUE(is_parsed({"view", "run", view, "--limit", "0"}));
  EXPECT_TRUE(is_parsed({"view", "run", view, "--limit", most}));
  EXPECT_FALSE(is_parsed({"view", "run", view, "--limit", std::to_string(commands::kMaxViewRows + 1)}));
  EXPECT_FALSE(is_parsed({"view", "run", view, "--limit", "-1"}));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace vesta::server
