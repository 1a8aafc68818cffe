// Every resource of the definitions package parses, writes back equal, extracts, and survives the store.
#include "tests/conformance/examples.h"

#include <gtest/gtest.h>

#include <ostream>

#include "base/reason.h"
#include "fhir/json.h"
#include "search/extract.h"
#include "search/parameter.h"
#include "search/random_resource.h"
#include "tests/conformance/engines.h"
#include "tests/scenarios/runner/json_value.h"
#include "tests/scenarios/runner/world.h"

namespace vesta::tests {

// For the names that GoogleTest shows.
void PrintTo(Engine engine, std::ostream* out) {
  *out << name_of(engine);
}

namespace {

constexpr std::size_t kMinExamples = 738;
constexpr std::size_t kMinFiles = 5'300;
// Under a sanitizer one definition of so many is looked at: they look alike, and the release build looks at them all.
constexpr std::size_t kShare = search::testing::kSlowness;

class Examples : public testing::Test {
 protected:
  void SetUp() override {
    auto files = load_examples();
    ASSERT_TRUE(files.ok()) << files.error().message;
    files_ = std::move(files).value();
    ASSERT_GE(files_.size(), kMinFiles);
    std::size_t definitions = 0;
    std::erase_if(files_, [&](const ExampleFile& file) { return file.is_definition && definitions++ % kShare != 0; });
    auto ledger = Ledger::load();
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    ledger_ = std::move(ledger).value();
  }

  // The tree of a file, or null with `failure` set.
  fhir::Node* read(const ExampleFile& file, fhir::Arena& arena, std::string& failure) {
    auto root = reader_.read(file.text, arena);
    if (root.ok()) return *root;
    failure = reason_of(root.error());
    return nullptr;
  }

  void expect_no_surprises(const std::string& check) {
    const auto surprises = ledger_.surprises(check);
    for (std::size_t i = 0; i < surprises.size() && i < 40; ++i) ADD_FAILURE() << check << " " << surprises[i];
    EXPECT_TRUE(surprises.empty()) << surprises.size() << " in all";
  }

  std::vector<ExampleFile> files_;
  Ledger ledger_;
  fhir::JsonReader reader_{fhir::r4()};
};

TEST_F(Examples, ParseAndWriteBackEqual) {
  std::size_t examples = 0;
  for (const ExampleFile& file : files_) {
    if (!file.is_definition) ++examples;
    fhir::Arena arena;
    std::string failure;
    if (const fhir::Node* root = read(file, arena, failure)) {
      std::string written;
      fhir::write_json(fhir::r4(), *root, {}, written);
      const auto sent = parse_json(file.text);
      const auto got = parse_json(written);
      if (!sent || !got) {
        failure = sent ? "what was written is no JSON" : "the file is no JSON";
      } else {
        failure = first_difference(*sent, *got).value_or("");
      }
    }
    ledger_.note("parse", file.name, failure);
  }
  EXPECT_GE(examples, kMinExamples);
  expect_no_surprises("parse");
}

TEST_F(Examples, ExtractTheirIndexValues) {
  const search::Registry registry(fhir::r4());
  std::size_t values = 0;
  for (const ExampleFile& file : files_) {
    fhir::Arena arena;
    std::string failure;
    if (const fhir::Node* root = read(file, arena, failure)) {
      const auto extracted = search::extract(registry, *root, arena);
      if (extracted.ok()) {
        values += extracted->size();
      } else {
        failure = extracted.error().message;
      }
      ledger_.note("extract", file.name, failure);
    }
  }
  EXPECT_GT(values, files_.size() * 5) << "extraction finds next to nothing";
  expect_no_surprises("extract");
}

std::string store_and_read(World& world, const ExampleFile& file) {
  auto sent = parse_json(file.text);
  const JsonValue* type = sent ? sent->find("resourceType") : nullptr;
  const JsonValue* id = sent ? sent->find("id") : nullptr;
  if (type == nullptr || id == nullptr) return "no type or id";
  http::Request request;
  request.path = "/fhir/" + type->text + "/" + id->text;
  request.method = http::Method::put;
  request.headers.add("Content-Type", "application/fhir+json");
  request.body = file.text;
  request.body.reserve(request.body.size() + fhir::kJsonPadding);
  const std::string path = request.path;
  const http::Response put = world.answer(std::move(request));
  if (put.status != 201) return "PUT " + std::to_string(put.status) + " " + put.body.substr(0, 400);
  http::Request again;
  again.path = path;
  const http::Response got = world.answer(std::move(again));
  auto read = parse_json(got.body);
  if (got.status != 200 || !read) return "GET " + std::to_string(got.status);
  for (JsonValue* side : {&*sent, &*read}) {
    if (JsonValue* meta = side->find("meta")) {
      meta->erase("versionId");
      meta->erase("lastUpdated");
      if (meta->members.empty()) side->erase("meta");
    }
  }
  return first_difference(*sent, *read).value_or("");
}

class StoredExamples : public Examples, public testing::WithParamInterface<Engine> {};

TEST_P(StoredExamples, ReadBackEqual) {
  auto world = World::make(GetParam());
  ASSERT_TRUE(world.ok()) << world.error().message;
  for (const ExampleFile& file : files_) {
    if (!file.is_definition) ledger_.note("store", file.name, store_and_read(**world, file));
  }
  expect_no_surprises("store");
}

INSTANTIATE_TEST_SUITE_P(Engines, StoredExamples, testing::ValuesIn(conforming_engines()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace vesta::tests
