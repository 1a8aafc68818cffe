// All of Synthea's patients: nothing of Safe Harbor's 18 kinds comes through, and what is left is a resource.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "deidentify/dates.h"
#include "deidentify/subjects.h"
#include "deidentify/test_support.h"
#include "fhir/r4_names.h"
#include "search/random_resource.h"
#include "search/test_support.h"

namespace vesta::deidentify {
namespace {

namespace names = fhir::names;
using Texts = std::set<std::string, std::less<>>;

std::string_view type_name(const fhir::Node& node) {
  return fhir::r4().type(node.type).name;
}
bool is_date(const fhir::Node& node) {
  const fhir::Primitive primitive = fhir::r4().type(node.type).primitive;
  return primitive == fhir::Primitive::date || primitive == fhir::Primitive::date_time ||
         primitive == fhir::Primitive::instant;
}

// Names, phone numbers, addresses but for their states, numbers of every kind, ids, links; not what is told of codes.
void collect(const fhir::Node& root, Texts& texts) {
  testing::walk(root, [&](const fhir::Node& owner, const fhir::Node& node) {
    if (!node.has_value) return;
    const std::string_view in = type_name(owner), name = fhir::r4().name(node.name);
    const bool is_in_name = in == "HumanName" && name != "use";
    const bool is_in_address = in == "Address" && (name == "line" || name == "city" || name == "postalCode");
    const bool is_number = name == "value" && (in == "ContactPoint" || in == "Identifier");
    const bool is_id = name == "id" || name == "fullUrl" || name == "reference";
    if (is_in_name || is_in_address || is_number || is_id) texts.emplace(node.value);
    if (name == "fullUrl") texts.emplace(node.value.substr(node.value.rfind(':') + 1));
  });
}

// The text, and each word of it.
void expect_none_of(std::string_view text, const Texts& texts, std::string_view where) {
  EXPECT_FALSE(texts.contains(text)) << where << ": " << text;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" /:,|#()", from), text.size());
    // Some given names and cities are words of the names of codes.
    const std::string_view word = text.substr(from, end - from);
    if (word.size() >= 4 && where != "display") {
      EXPECT_FALSE(texts.contains(word)) << where << ": " << text;
    }
    from = end + 1;
  }
}

class Synthea : public ::testing::Test {
 protected:
  void check(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const testing::Parsed in(std::string((std::istreambuf_iterator<char>(stream)), {}));
    ASSERT_NE(in.root, nullptr) << in.problem;
    fhir::Arena arena;
    const testing::Parsed out(testing::json_of(*deidentifier_.apply(*in.root, testing::now(), arena)));
    ASSERT_NE(out.root, nullptr) << file << out.problem;
    Texts texts;
    collect(*in.root, texts);
    testing::walk(*out.root, [&](const fhir::Node&, const fhir::Node& node) {
      if (node.has_value) expect_none_of(node.value, texts, fhir::r4().name(node.name));
      nodes_ += 1;
    });
    check_resources(*in.root, *out.root);
  }

 private:
  void check_resources(const fhir::Node& in, const fhir::Node& out) {
    const Subjects subjects(fhir::r4(), deidentifier_.rules().subjects, in);
    const fhir::Node* other = out.first_child;
    for (const fhir::Node& entry : in.children()) {
      if (entry.name != names::entry) continue;
      while (other->name != names::entry) other = other->next;
      const fhir::Node& source = *entry.child(names::resource);
      const fhir::Node& made = *other->child(names::resource);
      other = other->next;
      ASSERT_EQ(source.type, made.type);
      const auto subject = subjects.of(source);
      moved_ += subject ? 1 : 0;
      check_dates(source, made, subject);
      ++resources_;
    }
  }

  // Each date is one of the source's, moved by the days of its patient, or a year.
  void check_dates(const fhir::Node& source, const fhir::Node& made, const std::optional<std::string>& subject) {
    Texts allowed;
    testing::walk(source, [&](const fhir::Node&, const fhir::Node& node) {
      if (!is_date(node) || !node.has_value) return;
      if (subject) allowed.insert(*shifted(node.value, deidentifier_.pseudonyms().shift_of(*subject, 365)));
    });
    testing::walk(made, [&](const fhir::Node&, const fhir::Node& node) {
      if (!is_date(node) || !node.has_value) return;
      const bool is_year = node.value.size() == 4 || node.value.substr(4) == "-01-01T00:00:00Z";
      EXPECT_TRUE(is_year || allowed.contains(node.value)) << type_name(made) << " " << node.value;
      dates_ += is_year ? 0 : 1;
      EXPECT_GE(year_number(node.value), 2026 - 89);
    });
  }

 protected:
  const Deidentifier deidentifier_ = testing::deidentifier();
  std::size_t nodes_ = 0, resources_ = 0, moved_ = 0, dates_ = 0;
};

TEST_F(Synthea, tells_of_nobody) {
  const search::testing::SyntheaFolder folder;
  if (!folder.found()) GTEST_SKIP() << "no Synthea data: VESTA_SHARED_DATA is not set, or has none";
  constexpr std::size_t kAll = 38'970;
  constexpr std::size_t kWanted = kAll / search::testing::kSlowness;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (file.path().extension() == ".json") check(file.path());
    if (HasFailure() || resources_ >= kWanted) break;
  }
  EXPECT_GE(resources_, kWanted);
  EXPECT_LE(resources_, kAll);
  // Hospitals and practitioners may be among the few that a slow build looks at.
  EXPECT_GT(moved_, search::testing::kSlowness == 1 ? 38'000 : resources_ / 2);
  EXPECT_GT(dates_, moved_);
  EXPECT_GT(nodes_, 20 * resources_) << "much is left";
}

}  // namespace
}  // namespace vesta::deidentify
