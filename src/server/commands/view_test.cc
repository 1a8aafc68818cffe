// The view command: files, standard input and stores give the same rows; Bundles join; what is wrong has its place.
#include "server/commands/view.h"

#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

constexpr std::string_view kView = R"j({"resourceType":"ViewDefinition","name":"patients","resource":"Patient",
 "select":[{"column":[{"name":"id","path":"getResourceKey()"},{"name":"family","path":"name.family.first()"}]}]})j";
const std::string kAda = R"({"resourceType":"Patient","id":"ada","name":[{"family":"King"}]})";
const std::string kBob = R"({"resourceType":"Patient","id":"bob"})";
const std::string kBasic = R"({"resourceType":"Basic","id":"x","code":{"text":"t"}})";
const std::string kRows = "{\"id\":\"ada\",\"family\":\"King\"}\n{\"id\":\"bob\",\"family\":null}\n";

struct ViewOutcome {
  int exit_code = 0;
  std::string out, errors;
};

// A view in a folder, and what it makes of files or of an input.
class ViewCommandTest : public ::testing::Test {
 protected:
  ViewOutcome run(std::vector<fs::path> files, std::string_view input = {}) const {
    std::istringstream stream{std::string(input)};
    std::ostringstream out, errors;
    const int exit_code = run_view(options(std::move(files)), fhir::r4(), stream, out, errors);
    return {exit_code, out.str(), errors.str()};
  }
  ViewOutcome run(const Target& target) const {
    std::ostringstream out, errors;
    const int exit_code = run_view(options({}), target.context, out, errors);
    return {exit_code, out.str(), errors.str()};
  }
  ViewOptions options(std::vector<fs::path> files) const {
    return {folder_.write("view.json", view_).string(), std::move(files), rows_};
  }

  Folder folder_;
  std::string view_ = std::string(kView);
  views::RowFeedOptions rows_;
};

TEST_F(ViewCommandTest, ReadsWhatImportReads) {
  EXPECT_EQ(run({folder_.write("a.json", kAda), folder_.write("b.json", kBob)}).out, kRows);
  EXPECT_EQ(run({folder_.write("all.ndjson", kAda + "\n\n" + kBasic + "\n" + kBob + "\n")}).out, kRows);
  EXPECT_EQ(run({folder_.write("bundle.json", R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" +
                                                  kAda + R"(},{"resource":)" + kBob + "}]}")})
                .out,
            kRows);
  folder_.write("in/1.json", kAda);
  folder_.write("in/2.ndjson", kBob);
  folder_.write("in/notes.txt", "no FHIR");
  EXPECT_EQ(run({folder_ / "in"}).out, kRows);
  EXPECT_EQ(run({folder_.write("unnamed", kAda + "\n" + kBob)}).out, kRows) << "by its first line";
}

TEST_F(ViewCommandTest, ReadsXml) {
  const std::string wanted = "{\"id\":\"ada\",\"family\":\"King\"}\n";
  const std::string patient =
      R"(<Patient xmlns="http://hl7.org/fhir"><id value="ada"/><name><family value="King"/></name>)"
      "\n</Patient>";
  EXPECT_EQ(run({folder_.write("ada.xml", "\xEF\xBB\xBF" + patient)}).out, wanted);
  EXPECT_EQ(run({"-"}, patient).out, wanted);
  EXPECT_EQ(
      run({"-"}, R"(<Bundle xmlns="http://hl7.org/fhir"><entry><resource>)" + patient + "</resource></entry></Bundle>")
          .out,
      wanted)
      << "a Bundle may lack its type, as in JSON";
  EXPECT_EQ(run({folder_.write("bad.xml", "<Patient")}).exit_code, 1);
  folder_.write("in/1.xml", patient);
  folder_.write("in/2.ndjson", kBob);
  EXPECT_EQ(run({folder_ / "in"}).out, kRows) << "in folders too";
  folder_.write("in/3.xml", "<Patient>");
  const ViewOutcome bad = run({folder_ / "in"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_NE(bad.errors.find("3.xml"), std::string::npos) << bad.errors;
}

TEST_F(ViewCommandTest, HasOneTimeForAllRows) {
  view_ = R"j({"resource":"Patient","select":[{"column":[{"name":"t","path":"now()"}]}]})j";
  const std::string rows = run({"-"}, kAda + "\n" + kBob).out;
  ASSERT_EQ(rows.size() % 2, 0u);
  EXPECT_EQ(rows.substr(0, rows.size() / 2), rows.substr(rows.size() / 2));
  EXPECT_EQ(rows.substr(0, 6), "{\"t\":\"");
}

TEST_F(ViewCommandTest, ReadsStandardInputOfEitherKind) {
  EXPECT_EQ(run({"-"}, kAda + "\n" + kBob).out, kRows);
  EXPECT_EQ(run({"-"}, "\n " + kAda + " \r\n" + kBob + "\n").out, kRows);
  const std::string spread = R"({"resourceType":"Patient","name":[{"family":"}\"{"}],)"
                             "\n\"id\":\"c\"}\n";
  EXPECT_EQ(run({"-"}, spread).out, "{\"id\":\"c\",\"family\":\"}\\\"{\"}\n");
  EXPECT_EQ(run({"-"}, "").out, "");
  EXPECT_EQ(run({"-"}, "").exit_code, 0);
}

TEST_F(ViewCommandTest, ReadsMoreThanOnePieceOfLines) {
  std::string lines, expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "p" + std::to_string(i);
    lines += R"({"resourceType":"Patient","id":")" + id + "\"}\n";
    expected += "{\"id\":\"" + id + "\",\"family\":null}\n";
  }
  EXPECT_EQ(run({"-"}, lines).out, expected);
  EXPECT_EQ(run({folder_.write("many.ndjson", lines)}).out, expected);
}

TEST_F(ViewCommandTest, LinksOfABundleJoin) {
  view_ = R"j({"resource":"Observation","select":[{"column":[{"name":"key","path":"getResourceKey()"},
    {"name":"patient","path":"subject.getReferenceKey(Patient)"}]}]})j";
  const std::string observation =
      R"({"fullUrl":"urn:uuid:11111111-2222-4333-8444-555555555555","resource":{"resourceType":"Observation",)"
      R"("status":"final","code":{"text":"c"},)"
      R"("subject":{"reference":"urn:uuid:aaaaaaaa-2222-4333-8444-555555555555"}}})";
  const auto bundle = [&](std::string_view id) {
    return folder_.write(
        "links.json",
        R"({"resourceType":"Bundle","type":"transaction","entry":[)" + observation +
            R"(,{"fullUrl":"urn:uuid:aaaaaaaa-2222-4333-8444-555555555555","resource":{"resourceType":"Patient")" +
            std::string(id) + "}}]}");
  };
  EXPECT_EQ(run({bundle(R"(,"id":"ada")")}).out,
            "{\"key\":\"11111111-2222-4333-8444-555555555555\",\"patient\":\"ada\"}\n");
  EXPECT_EQ(
      run({bundle("")}).out,
      "{\"key\":\"11111111-2222-4333-8444-555555555555\",\"patient\":\"aaaaaaaa-2222-4333-8444-555555555555\"}\n");
}

TEST_F(ViewCommandTest, AViewOfBundlesGetsTheBundleItself) {
  view_ = R"j({"resource":"Bundle","select":[{"column":[{"name":"n","path":"entry.count()"}]}]})j";
  EXPECT_EQ(run({"-"}, R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" + kAda + "}]}").out,
            "{\"n\":1}\n");
}

TEST_F(ViewCommandTest, AStoreGivesTheSameRows) {
  for (const bool is_sqlite : {false, true}) {
    Target target(is_sqlite ? open_sqlite(folder_ / "store") : store::memory::open(registry()));
    ASSERT_EQ(target.import({folder_.write("all.ndjson", kAda + "\n" + kBasic + "\n" + kBob + "\n")}, 1), 0);
    EXPECT_EQ(run(target).out, kRows);
    rows_.max_rows = 1;
    EXPECT_EQ(run(target).out, kRows.substr(0, kRows.find('\n') + 1));
    rows_.max_rows = views::kAllRows;
    std::string lines;
    for (int i = 0; i < 1100; ++i) lines += R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + "\"}\n";
    ASSERT_EQ(target.import({folder_.write("more.ndjson", lines)}, 1), 0);
    EXPECT_EQ(lines_of(run(target).out).size(), 1102u) << "several pages";
  }
}

TEST_F(ViewCommandTest, WritesEachFormat) {
  rows_.format = views::RowFormat::csv;
  EXPECT_EQ(run({"-"}, kAda).out, "id,family\r\nada,King\r\n");
  rows_.header = views::CsvHeader::absent;
  EXPECT_EQ(run({"-"}, kAda).out, "ada,King\r\n");
  rows_.format = views::RowFormat::json;
  EXPECT_EQ(run({"-"}, kAda).out, "[\n{\"id\":\"ada\",\"family\":\"King\"}\n]\n");
}

TEST_F(ViewCommandTest, ABadViewIsNamedWithItsPlace) {
  view_ = R"({"resource":"Patient","select":[{"column":[{"name":"a","path":"id"},{"name":"b","path":"name.famly"}]}]})";
  const ViewOutcome unknown = run({"-"}, kAda);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.out, "");
  EXPECT_NE(unknown.errors.find("view.json: ViewDefinition.select[0].column[1].path: "), std::string::npos);
  EXPECT_NE(unknown.errors.find("line 1, column 6"), std::string::npos) << unknown.errors;
  view_ = R"({"resource":"Patient","select":[{"column":[{"name":"a","path":"name.given"}]}]})";
  const std::string several = R"({"resourceType":"Patient","id":"a","name":[{"given":["x","y"]}]})";
  const ViewOutcome on_file = run({"-"}, R"({"resourceType":"Patient","name":[{"given":["z"]}]})"
                                         "\n" +
                                             several);
  EXPECT_EQ(on_file.exit_code, 2);
  EXPECT_EQ(on_file.out, "{\"a\":\"z\"}\n") << "rows that were made go out";
  EXPECT_NE(on_file.errors.find("ViewDefinition.select[0].column[0].path: several"), std::string::npos);
  Target target;
  ASSERT_EQ(target.import({folder_.write("several.json", several)}, 1), 0);
  EXPECT_EQ(run(target).exit_code, 2);
}

TEST_F(ViewCommandTest, BadInputIsNamedWithItsLine) {
  const ViewOutcome line =
      run({folder_.write("bad.ndjson", kAda + "\n{\"resourceType\":\"Patient\",\"nonsense\":1}\n")});
  EXPECT_EQ(line.exit_code, 1);
  EXPECT_NE(line.errors.find("bad.ndjson:2: Patient.nonsense: "), std::string::npos) << line.errors;
  const ViewOutcome absent = run({folder_ / "absent.json"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.errors.find("absent.json: "), std::string::npos) << absent.errors;
  EXPECT_EQ(run({"-"}, "nonsense").exit_code, 1);
  EXPECT_EQ(run({"-"}, R"({"resourceType":"Patient","birthDate":)").exit_code, 1);
}

TEST_F(ViewCommandTest, WhatIsMandatoryMayBeMissing) {
  view_ = R"({"resource":"Observation","select":[{"column":[{"name":"id","path":"id"}]}]})";
  EXPECT_EQ(run({"-"}, R"({"resourceType":"Observation","id":"o"})").out, "{\"id\":\"o\"}\n");
}

}  // namespace
}  // namespace vesta::server::commands::testing
