// Whole populations through the commands: Synthea's and our own, imported, exported, checked.
#include <cstdlib>

#include "sample/population.h"
#include "server/commands/check.h"
#include "server/commands/sample.h"
#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

std::string checked(Target& target) {
  std::ostringstream out;
  EXPECT_EQ(run_check(target.service, *target.store, out), 0) << out.str();
  return out.str();
}

TEST(RoundTrip, AllOfSynthea) {
  const char* const shared = std::getenv("VESTA_SHARED_DATA");
  const fs::path archive = fs::path(shared == nullptr ? "" : shared) / "synthea" / "synthea-r4-100-patients.tar.xz";
  if (!fs::exists(archive)) GTEST_SKIP() << "no Synthea data: VESTA_SHARED_DATA names no folder that holds it";
  Folder folder;
  ASSERT_EQ(std::system(("tar -xJf '" + archive.string() + "' -C '" + folder.path().string() + "'").c_str()), 0);
  Target target(open_sqlite(folder / "store"));
  EXPECT_EQ(target.import({folder / "fhir"}), 0) << target.printed;
  // 102 transactions with 38,970 entries, and one Group that is stored as it is.
  EXPECT_EQ(target.summary.files, 103u);
  EXPECT_EQ(target.summary.resources, 38'971u);
  EXPECT_EQ(target.resources(), 38'971u);
  EXPECT_EQ(target.versions(), 38'971u);
  EXPECT_EQ(lines_of(target.exported()).size(), 38'971u);
  RecordProperty("summary", target.printed);
  std::cout << target.printed;
}

// Imports what `first` holds into `second` by way of an exported folder, and compares.
void expect_same_after_round_trip(Target& first, Target& second, const Folder& folder, std::size_t jobs) {
  std::ostringstream out, messages;
  const ExportOptions options{{}, (folder / "export").string()};
  fs::remove_all(folder / "export");
  ASSERT_EQ(run_export(options, first.context, out, messages), 0) << messages.str();
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(run_export(options, first.context, out, messages), 1) << "files of an earlier export would stay";
  EXPECT_NE(messages.str().find(".ndjson in " + options.output + " already"), std::string::npos) << messages.str();
  ASSERT_EQ(second.import({folder / "export"}, jobs), 0) << second.printed;
  EXPECT_EQ(second.resources(), first.resources());
  EXPECT_EQ(second.versions(), first.resources());
  EXPECT_EQ(without_versions(first.exported()), without_versions(second.exported()));
}

TEST(RoundTrip, ExportImportExportIsTheIdentity) {
  Folder folder;
  sample::Options options;
  options.patients = 12;
  std::string lines;
  sample::Group group;
  for (sample::Population population(options); population.next(group);) sample::append_ndjson(group, lines);
  const fs::path input = folder.write("lines.ndjson", lines);
  Target first;
  ASSERT_EQ(first.import({input}), 0) << first.printed;
  // Nothing of a resource is lost on the way in: its text is what was written, with a version.
  std::vector<std::string> expected = lines_of(lines);
  std::vector<std::string> stored = lines_of(first.exported());
  for (std::string& line : stored) {
    line = without_version(std::move(line));
    line.erase(line.find(R"(,"meta":{})"), std::string_view(R"(,"meta":{})").size());
  }
  std::sort(expected.begin(), expected.end());
  std::sort(stored.begin(), stored.end());
  EXPECT_EQ(stored, expected);
  Target second(open_sqlite(folder / "store"));
  expect_same_after_round_trip(first, second, folder, 1);
  Target third;
  expect_same_after_round_trip(second, third, folder, 4);
  EXPECT_NE(checked(second).find("0 findings"), std::string::npos);
}

TEST(RoundTrip, SampleBundlesLoadAndAreTheSameResources) {
  Folder folder;
  std::ostringstream none, messages;
  ASSERT_EQ(run_sample({6, 5, SampleFormat::bundles, (folder / "bundles").string()}, none, messages), 0)
      << messages.str();
  ASSERT_EQ(run_sample({6, 5, SampleFormat::ndjson, (folder / "lines").string()}, none, messages), 0) << messages.str();
  Target bundles, lines;
  EXPECT_EQ(bundles.import({folder / "bundles"}), 0) << bundles.printed;
  EXPECT_EQ(lines.import({folder / "lines"}), 0) << lines.printed;
  EXPECT_GT(lines.resources(), 600u);
  EXPECT_EQ(without_versions(bundles.exported()), without_versions(lines.exported()));
  std::ostringstream streamed;
  ASSERT_EQ(run_sample({6, 5, SampleFormat::ndjson, "-"}, streamed, messages), 0);
  EXPECT_EQ(lines_of(streamed.str()).size(), lines.resources());
}

TEST(RoundTrip, ExportTakesTypesAndRefusesOthers) {
  Folder folder;
  const fs::path input = folder.write("lines.ndjson", R"({"resourceType":"Patient","id":"a"})"
                                                      "\n"
                                                      R"({"resourceType":"Organization","id":"b"})");
  Target target;
  ASSERT_EQ(target.import({input}), 0);
  EXPECT_EQ(lines_of(target.exported({"Patient"})).size(), 1u);
  EXPECT_EQ(lines_of(target.exported({"Device"})).size(), 0u);
  // Types come in the order of their names, whatever the order in which they were asked for.
  EXPECT_NE(lines_of(target.exported({"Patient", "Organization"}))[0].find("Organization"), std::string::npos);
  std::ostringstream out, messages;
  EXPECT_EQ(run_export({{"Alien"}, "-"}, target.context, out, messages), 1);
  EXPECT_NE(messages.str().find("Alien"), std::string::npos);
  EXPECT_EQ(run_export({{}, (input / "below-a-file").string()}, target.context, out, messages), 1);
}

}  // namespace
}  // namespace vesta::server::commands::testing
