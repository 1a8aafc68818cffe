// The examples of US Core and of R4 on the profiles that they claim: they conform, and do not without what these
// demand.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "fhir/json.h"
#include "fhir/structure_url.h"
#include "fhirpath/services.h"
#include "tests/conformance/examples.h"
#include "validate/checker.h"

namespace vesta::tests {
namespace {

namespace fs = std::filesystem;

// Terminology is not what is tested here.
class AnyCode : public fhirpath::Services {
 public:
  Result<bool> is_member_of(const fhirpath::CodeInSystem& /*code*/, std::string_view /*value_set*/) override {
    return true;
  }
};

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The definitions of both packages by URL, read when they are asked for.
class Definitions : public validate::Source {
 public:
  Definitions() : url_(*fhir::r4().find_name("url")) {
    for (const fs::path& folder : {fs::path(VESTA_DEFINITIONS_FOLDER), fs::path(VESTA_US_CORE_PACKAGE)}) {
      for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("StructureDefinition-")) files_[url_of(entry.path())] = entry.path();
      }
    }
  }

  Result<const fhir::Node*> find(std::string_view url) override {
    const auto found = files_.find(std::string(url.substr(0, url.find('|'))));
    if (found == files_.end()) return nullptr;
    const fhir::Node*& tree = trees_[found->first];
    if (tree == nullptr) tree = read(text_of(found->second));
    return tree;
  }
  const fhir::Node* read(std::string text) {
    texts_.push_back(std::move(text));
    const auto root = reader_.read(texts_.back(), arena_);
    return root.ok() ? *root : nullptr;
  }

 private:
  // Of the resource itself: it stands before those of its parts.
  std::string url_of(const fs::path& path) {
    fhir::Arena arena;
    const std::string text = text_of(path);
    const auto root = fhir::JsonReader(fhir::r4()).read(text, arena);
    return root.ok() ? std::string((*root)->child_value(url_)) : std::string();
  }

  const fhir::NameId url_;
  fhir::JsonReader reader_{fhir::r4()};
  fhir::Arena arena_;
  std::deque<std::string> texts_;
  std::map<std::string, fs::path> files_;
  std::map<std::string, const fhir::Node*> trees_;
};

class ProfilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(VESTA_US_CORE_PACKAGE)) GTEST_SKIP() << "no US Core package: " << VESTA_US_CORE_PACKAGE;
    auto ledger = Ledger::load();
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    ledger_ = std::move(*ledger);
  }

  // The profiles that it claims, but for those of R4's types.
  static std::vector<std::string> claimed(const fhir::Node& resource) {
    std::vector<std::string> urls;
    const fhir::Node* const meta = resource.child(*fhir::r4().find_name("meta"));
    if (meta == nullptr) return urls;
    for (const fhir::Node& part : meta->children()) {
      if (fhir::r4().name(part.name) == "profile") urls.emplace_back(part.value);
    }
    return urls;
  }
  std::string check(const fhir::Node& resource, const std::string& url) {
    validate::Checker checker(fhir::r4(), definitions_, codes_, &system_clock());
    const auto conforms = checker.conforms_to(resource, resource, url);
    return !conforms.ok() ? conforms.error().message : *conforms ? "" : "does not conform";
  }
  // Without each of the elements that the profile demands it does not conform.
  void check_without(const std::string& file, fhir::Node& resource, const std::string& url) {
    const auto structure = definitions_.find(url);
    const auto profile = validate::read_profile(fhir::r4(), **structure);
    ASSERT_TRUE(profile.ok());
    for (const validate::Rule& rule : (*profile)->root.children) {
      if (rule.min == 0) continue;
      fhir::Node* const all = resource.first_child;
      fhir::Node copy = resource;
      std::deque<fhir::Node> kept;
      for (const fhir::Node* child = all; child != nullptr; child = child->next) {
        if (fhir::r4().name(child->name) != rule.name) kept.push_back(*child);
      }
      for (std::size_t i = 0; i < kept.size(); ++i) kept[i].next = i + 1 < kept.size() ? &kept[i + 1] : nullptr;
      copy.first_child = kept.empty() ? nullptr : &kept.front();
      EXPECT_EQ(check(copy, url), "does not conform") << file << " without " << rule.name << " on " << url;
      ++without_;
    }
  }
  void check_folder(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != ".json") continue;
      const std::string file = entry.path().filename().string();
      fhir::Node* const resource = const_cast<fhir::Node*>(definitions_.read(text_of(entry.path())));
      if (resource == nullptr) continue;
      for (const std::string& url : claimed(*resource)) {
        const auto structure = definitions_.find(url);
        if (fhir::find_r4_structure(url) || !structure.ok() || *structure == nullptr) continue;
        ++claims_;
        const std::string failure = check(*resource, url);
        ledger_.note("profiles", file, failure);
        if (failure.empty()) check_without(file, *resource, url);
      }
    }
  }

  Definitions definitions_;
  AnyCode codes_;
  Ledger ledger_;
  std::size_t claims_ = 0, without_ = 0;
};

TEST_F(ProfilesTest, ExamplesConformToWhatTheyClaim) {
  check_folder(fs::path(VESTA_US_CORE_PACKAGE) / "example");
  check_folder(VESTA_DEFINITIONS_FOLDER);
  EXPECT_GT(claims_, 100u);
  EXPECT_GT(without_, 300u);
  for (const std::string& surprise : ledger_.surprises("profiles")) ADD_FAILURE() << surprise;
  std::cout << claims_ << " claims, " << without_ << " without an element\n";
}

}  // namespace
}  // namespace vesta::tests
