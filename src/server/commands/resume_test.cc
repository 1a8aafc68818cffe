// Interrupted imports: after a failing commit, and after kill -9, the next run brings the same result.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>

#include "ops/test_support.h"
#include "sample/population.h"
#include "sample/rng.h"
#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

using ops::testing::HookedStore;

Status let_pass(int) {
  return kOk;
}

// NDJSON of several pieces, a Bundle per patient whose resources get new ids, a collection and a batch.
std::uint64_t write_input(const Folder& folder, std::uint64_t patients) {
  sample::Options options;
  options.patients = patients;
  std::uint64_t count = 0;
  std::string lines;
  sample::Group group;
  for (sample::Population population(options); population.next(group);) {
    sample::append_ndjson(group, lines);
    count += group.entries.size();
  }
  folder.write("in/lines.ndjson", lines);
  for (const auto& [name, request] :
       {std::pair<std::string, std::string>{"transaction", R"(,"request":{"method":"POST","url":"Patient"})"},
        {"batch", R"(,"request":{"method":"POST","url":"Patient"})"},
        {"collection", ""}}) {
    std::string text = R"({"resourceType":"Bundle","type":")" + name + R"(","entry":[)";
    for (int i = 0; i < 12; ++i) {
      if (i > 0) text += ',';
      text += R"({"resource":{"resourceType":"Patient","id":")" + name + std::to_string(i) + R"("})" + request + "}";
      ++count;
    }
    folder.write("in/" + name + ".json", text + "]}");
  }
  return count;
}

TEST(Resume, AfterAFailureAtEachCommit) {
  Folder folder;
  const std::uint64_t count = write_input(folder, 8);
  int commits = 1;
  for (int failing = 1; failing <= commits; ++failing) {
    auto hooked = std::make_unique<HookedStore>(store::memory::open(registry()), let_pass);
    HookedStore& hook = *hooked;
    Target target(std::move(hooked));
    hook.set_hook([failing](int number) -> Status {
      if (number >= failing) return make_error(Category::unavailable, "The disk is full.");
      return kOk;
    });
    EXPECT_EQ(target.import({folder / "in"}, 3), 1);
    EXPECT_NE(target.printed.find("The disk is full."), std::string::npos) << target.printed;
    EXPECT_LT(target.resources(), count + 1);
    hook.set_hook(let_pass);
    EXPECT_EQ(target.import({folder / "in"}, 3), 0) << target.printed;
    ASSERT_EQ(target.resources(), count) << "after a failure at commit " << failing;
    ASSERT_EQ(target.versions(), count) << "after a failure at commit " << failing;
    if (failing == 1) commits = hook.commits();
  }
  EXPECT_GT(commits, 15);
}

TEST(Resume, ALostRaceIsRunAgain) {
  Folder folder;
  const std::uint64_t count = write_input(folder, 2);
  Target target(std::make_unique<HookedStore>(store::memory::open(registry()), [](int number) -> Status {
    if (number % 2 == 1) return make_error(Category::conflict, "Another was first.");
    return kOk;
  }));
  EXPECT_EQ(target.import({folder / "in"}, 1), 0) << target.printed;
  EXPECT_EQ(target.versions(), count);
}

// Imports in a child process that is killed at its `fatal`-th commit, while other commits are on their way.
void import_until_killed(const Folder& folder, int fatal) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto hooked = std::make_unique<HookedStore>(open_sqlite(folder / "store"), let_pass);
    HookedStore& hook = *hooked;
    Target target(std::move(hooked));
    hook.set_hook([fatal](int number) -> Status {
      if (number == fatal) std::raise(SIGKILL);
      return kOk;
    });
    target.import({folder / "in"}, 4);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
}

TEST(Resume, AfterKill) {
  for (const std::uint64_t seed : {3u, 11u, 29u}) {
    Folder folder;
    const std::uint64_t count = write_input(folder, 30);
    sample::Rng rng(seed, 0);
    for (int kill = 0; kill < 3; ++kill) import_until_killed(folder, rng.whole(1, 12));
    Target target(open_sqlite(folder / "store"));
    EXPECT_LT(target.resources(), count) << "the kills came too late to show anything; seed " << seed;
    EXPECT_EQ(target.import({folder / "in"}), 0) << target.printed;
    EXPECT_EQ(target.resources(), count) << "seed " << seed;
    EXPECT_EQ(target.versions(), count) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vesta::server::commands::testing
