// Tests of R4's 1,316 value sets: each expands, or stands in the ledger with what it needs that is not here.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "terminology/embedded.h"
#include "terminology/service.h"

namespace vesta::terminology {
namespace {

struct Refusal {
  std::string category;
  std::string missing;
};

std::map<std::string, Refusal> read_ledger() {
  std::map<std::string, Refusal> ledger;
  std::ifstream file(VESTA_VALUE_SETS_LEDGER);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string category, url, missing;
    words >> category >> url >> missing;
    ledger[url] = {category, missing};
  }
  return ledger;
}

// Their code systems say that they are complete, and have no concept.
constexpr std::string_view kEmpty[] = {"http://hl7.org/fhir/ValueSet/message-events",
                                       "http://terminology.hl7.org/ValueSet/v3-policyHolderRole"};

TEST(R4ValueSets, ExpandOrStandInTheLedger) {
  std::map<std::string, Refusal> ledger = read_ledger();
  ASSERT_FALSE(ledger.empty());
  EmbeddedSource definitions(r4_blocks());
  Service service(fhir::r4(), {&definitions});
  const std::vector<std::string> urls = definitions.urls(Kind::value_set).value();
  std::size_t expanded = 0, codes = 0;
  std::set<std::string> whole;
  for (const std::string& url : urls) {
    const auto set = service.expand(url);
    const auto refusal = ledger.find(url);
    if (set.ok()) {
      EXPECT_EQ(refusal, ledger.end()) << url << " expands: take it from the ledger";
      EXPECT_EQ((*set)->empty(), std::find(std::begin(kEmpty), std::end(kEmpty), url) != std::end(kEmpty)) << url;
      ++expanded;
      codes += (*set)->size();
      for (const SystemCodes& system : (*set)->systems()) {
        if (system.whole) whole.insert(system.system);
      }
      continue;
    }
    ASSERT_NE(refusal, ledger.end()) << url << ": " << set.error().message;
    const Category category = refusal->second.category == "not_found" ? Category::not_found : Category::unsupported;
    EXPECT_EQ(set.error().category, category) << url;
    EXPECT_NE(set.error().message.find(refusal->second.missing), std::string::npos) << set.error().message;
    ledger.erase(refusal);
  }
  for (const auto& [url, refusal] : ledger) ADD_FAILURE() << url << " is in the ledger, but not in R4";
  // As an independent evaluation of the package's JSON files counts them, which did not look at versions: task-code
  // names version 3.6.0 of a system that is here as 4.0.1, and so has it whole.
  EXPECT_TRUE(whole.contains("http://hl7.org/fhir/CodeSystem/task-code"));
  EXPECT_EQ(expanded, 1258u);
  EXPECT_EQ(codes, 32733u);
  EXPECT_TRUE(whole.contains("http://loinc.org"));
  EXPECT_FALSE(whole.contains("http://hl7.org/fhir/administrative-gender"));
}

}  // namespace
}  // namespace vesta::terminology
