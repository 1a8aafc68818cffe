// The explain command: a tree for a search, one line for what is wrong with it.
#include "server/commands/explain.h"

#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

TEST(Explain, PrintsTheStepsOfASearch) {
  Folder folder;
  Target target(open_sqlite(folder / "store"));
  const std::string lines = R"({"resourceType":"Patient","id":"a","gender":"male"})";
  ASSERT_EQ(target.import({folder.write("lines.ndjson", lines + "\n")}), 0) << target.printed;
  std::ostringstream out, errors;
  EXPECT_EQ(run_explain("Patient?gender=male", target.context, out, errors), 0) << errors.str();
  EXPECT_NE(out.str().find("Patient.gender"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("found 1"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("\n  "), std::string::npos) << "a tree has steps below others: " << out.str();
  EXPECT_EQ(errors.str(), "");
}

TEST(Explain, SaysWhatIsWrongWithASearch) {
  Target target;
  for (const char* search : {"Patient?nonsense=1", "Nothing?gender=male", "Patient/a", "metadata"}) {
    std::ostringstream out, errors;
    EXPECT_EQ(run_explain(search, target.context, out, errors), 1) << search;
    EXPECT_TRUE(errors.str().starts_with("vesta: ")) << search << errors.str();
    EXPECT_EQ(out.str(), "");
  }
}

}  // namespace
}  // namespace vesta::server::commands::testing
