// Every search of US Core's metadata answers, on each engine, exactly what the tests find by themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <sstream>

#include "fhir/json.h"
#include "search/random_resource.h"
#include "tests/conformance/engines.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/us_core_data.h"
#include "tests/conformance/us_core_values.h"
#include "tests/scenarios/runner/world.h"

namespace vesta::tests {

// For the names that GoogleTest shows.
void PrintTo(Engine engine, std::ostream* out) {
  *out << name_of(engine);
}

namespace {

constexpr std::size_t kMaxBases = 2;
// Under a sanitizer one search of so many is tried: they run the same code, and the release build tries them all.
constexpr std::size_t kShare = search::testing::kSlowness > 1 ? 25 : 1;
// On PostgreSQL too, where each takes a way to a server and back; the scenarios and the properties stand for the rest.
constexpr std::size_t kPostgresShare = 10;
constexpr std::size_t kMinSearches = 217;  // of the metadata; none may get lost unseen
constexpr std::size_t kMinQueries = 5'000;

using Names = std::set<std::string>;  // "Patient/1"
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  Names matches;
  Names included;
  std::string failure;  // empty: a searchset Bundle came
};

std::string text_at(const JsonValue& value, const std::string& path) {
  const auto found = select(value, path);
  return found && found->size() == 1 ? found->front()->as_text() : "";
}

std::string query_of(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += (out.empty() ? "" : "&") + name + "=" + http::percent_encode(value);
  }
  return out;
}

std::string joined(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
  return out.empty() ? "none" : out.substr(0, 300);
}

// Nothing if both are the same.
std::string difference(const Names& expected, const Names& got) {
  Names missing, extra;
  std::set_difference(expected.begin(), expected.end(), got.begin(), got.end(), std::inserter(missing, missing.end()));
  std::set_difference(got.begin(), got.end(), expected.begin(), expected.end(), std::inserter(extra, extra.end()));
  if (missing.empty() && extra.empty()) return "";
  return "not found: " + joined(missing) + "; found beside: " + joined(extra);
}

class UsCore : public testing::TestWithParam<Engine> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(VESTA_US_CORE_FOLDER)) return;
    auto data = UsCoreData::load();
    ASSERT_TRUE(data.ok()) << data.error().message;
    data_ = std::make_unique<UsCoreData>(std::move(data).value());
  }
  static void TearDownTestSuite() { data_.reset(); }

  void SetUp() override {
    if (!std::filesystem::exists(VESTA_US_CORE_FOLDER)) {
      GTEST_SKIP() << "no shared data at " VESTA_US_CORE_FOLDER;
    }
    ASSERT_NE(data_, nullptr);
    auto ledger = Ledger::load();
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    ledger_ = std::move(ledger).value();
    auto world = World::make(GetParam());
    ASSERT_TRUE(world.ok()) << world.error().message;
    world_ = std::move(world).value();
    // Half of the resources are indexed when they are written, half of them afterwards.
    const auto resources = data_->resources();
    for (std::size_t i = 0; i < resources.size() / 2; ++i) put(resources[i]);
    for (const JsonValue& parameter : data_->search_parameters()) put(parameter);
    for (std::size_t i = resources.size() / 2; i < resources.size(); ++i) put(resources[i]);
    const Status indexed = world_->index(0);
    ASSERT_TRUE(indexed.ok()) << indexed.error().message;
  }

  static std::size_t share() { return GetParam() == Engine::postgres ? kPostgresShare : kShare; }

  void put(const JsonValue& resource) {
    http::Request request;
    request.method = http::Method::put;
    request.path = "/fhir/" + name_of(resource);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = to_text(resource);
    request.body.reserve(request.body.size() + fhir::kJsonPadding);
    const http::Response response = world_->answer(std::move(request));
    ASSERT_EQ(response.status, 201) << name_of(resource) << " " << response.body.substr(0, 400);
    const auto stored = parse_json(response.body);
    ASSERT_TRUE(stored.has_value());
    const auto span = parse_span(text_at(*stored, "$.meta.lastUpdated"));
    ASSERT_TRUE(span.has_value()) << response.body.substr(0, 400);
    now_ = span->low;
  }

  // Adds a page to `answer`; the url of the next one.
  static std::string add_page(const http::Response& response, Answer& answer) {
    const auto bundle = parse_json(response.body);
    if (response.status != 200 || !bundle) {
      answer.failure = std::to_string(response.status) + " " + response.body.substr(0, 300);
      return "";
    }
    if (const JsonValue* entries = bundle->find("entry")) {
      for (const JsonValue& entry : entries->items) {
        const bool is_match = text_at(entry, "$.search.mode") == "match";
        Names& names = is_match ? answer.matches : answer.included;
        if (!names.insert(name_of(*entry.find("resource"))).second) answer.failure = "an entry comes twice";
      }
    }
    return text_at(*bundle, "$.link[relation=next].url");
  }

  Answer search(const std::string& type, const std::string& query, http::Method method) {
    Answer answer;
    ++queries_;
    http::Request request;
    request.method = method;
    request.path = "/fhir/" + type;
    if (method == http::Method::post) {
      request.path += "/_search";
      request.headers.add("Content-Type", "application/x-www-form-urlencoded");
      request.body = query;
    } else {
      request.query = query;
    }
    std::string next = add_page(world_->answer(std::move(request)), answer);
    while (!next.empty() && answer.failure.empty()) {
      http::Request page;
      const std::string target = next.substr(next.find("/fhir"));
      page.path = target.substr(0, target.find('?'));
      page.query = target.substr(target.find('?') + 1);
      next = add_page(world_->answer(std::move(page)), answer);
    }
    return answer;
  }

  // Searches by GET and by POST; why it is not as expected, or nothing.
  std::string try_search(const std::string& type, Parameters parameters, const Names& matches,
                         const Names& included = {}) {
    parameters.emplace_back("_count", "1000");
    const std::string query = query_of(parameters);
    for (const http::Method method : {http::Method::get, http::Method::post}) {
      const Answer answer = search(type, query, method);
      std::string failure = answer.failure;
      if (failure.empty()) failure = difference(matches, answer.matches);
      if (failure.empty()) failure = difference(included, answer.included);
      if (!failure.empty()) return std::string(http::to_string(method)) + " " + type + "?" + query + ": " + failure;
    }
    return "";
  }

  // All criteria hold at once.
  std::string try_criteria(const std::string& type, const std::vector<const Criterion*>& criteria,
                           const JsonValue& base) {
    Parameters parameters;
    for (const Criterion* criterion : criteria) parameters.emplace_back(criterion->name, criterion->value);
    Names expected;
    for (const JsonValue* resource : data_->of_type(type)) {
      const bool holds = std::all_of(criteria.begin(), criteria.end(),
                                     [&](const Criterion* criterion) { return criterion->holds(*resource); });
      if (holds) expected.insert(name_of(*resource));
    }
    for (const Criterion* criterion : criteria) {
      if (!criterion->comparator.empty()) sides_[criterion->comparator].insert(criterion->holds(base));
    }
    return try_search(type, std::move(parameters), expected);
  }

  // The plainest criterion of each parameter together; then each other criterion of each in its place.
  std::string try_base(const ProfileMetadata& profile, const std::vector<std::string>& names, const JsonValue& base) {
    const auto peers = data_->of_type(profile.resource);
    std::vector<std::vector<Criterion>> all;
    all.reserve(names.size());
    for (const std::string& name : names) {
      all.push_back(criteria_for(data_->asked(profile, name), base, peers, now_));
    }
    std::vector<const Criterion*> plain;
    for (const auto& criteria : all) plain.push_back(&criteria.front());
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const Criterion& criterion : all[i]) {
        auto criteria = plain;
        criteria[i] = &criterion;
        const std::string failure = try_criteria(profile.resource, criteria, base);
        if (!failure.empty()) return failure;
      }
    }
    return "";
  }

  std::string try_chain(const ProfileMetadata& profile, const SearchDefinition& definition, const std::string& chain) {
    for (const JsonValue* base : data_->bases_of(profile, {definition.name}, 1)) {
      for (const std::string& reference : data_->references_of(*base, definition.name, "")) {
        const JsonValue* target = data_->find(reference);
        const std::string type = reference.substr(0, reference.find('/'));
        const SearchDefinition* of_target = data_->find_definition(type, chain);
        if (target == nullptr || of_target == nullptr) continue;
        const auto criteria = criteria_for({*of_target, {}}, *target, data_->of_type(type), now_);
        for (const Criterion& criterion : criteria) {
          const auto holds = [&](const std::string& name) {
            const JsonValue* resource = data_->find(name);
            return resource != nullptr && criterion.holds(*resource);
          };
          Names expected;
          for (const JsonValue* resource : data_->of_type(profile.resource)) {
            const auto references = data_->references_of(*resource, definition.name, "");
            if (std::any_of(references.begin(), references.end(), holds)) expected.insert(name_of(*resource));
          }
          const std::string failure =
              try_search(profile.resource, {{definition.name + "." + chain, criterion.value}}, expected);
          if (!failure.empty()) return failure;
        }
        if (!criteria.empty()) return "";
      }
    }
    return "not exercised: no resource has the elements";
  }

  // All resources of the type, and what they refer to.
  std::string try_include(const ProfileMetadata& profile, const std::string& include) {
    std::istringstream stream(include);
    std::string type, parameter, target;
    std::getline(stream, type, ':');
    std::getline(stream, parameter, ':');
    std::getline(stream, target, ':');
    Names matches, included;
    for (const JsonValue* resource : data_->of_type(profile.resource)) {
      matches.insert(name_of(*resource));
      for (const std::string& reference : data_->references_of(*resource, parameter, target)) {
        if (data_->find(reference) != nullptr) included.insert(reference);
      }
    }
    if (included.empty()) return "not exercised: nothing is referred to";
    return try_search(profile.resource, {{"_include", include}}, matches, included);
  }

  // The resources that one parameter finds, and what refers to them.
  std::string try_revinclude(const ProfileMetadata& profile, const std::string& revinclude) {
    const std::string type = revinclude.substr(0, revinclude.find(':'));
    const std::string parameter = revinclude.substr(type.size() + 1);
    const auto bases = data_->bases_of(profile, {}, 1);
    if (bases.empty()) return "not exercised: no resource of the type";
    Names matches, included;
    for (const JsonValue* resource : data_->of_type(profile.resource)) matches.insert(name_of(*resource));
    for (const JsonValue* source : data_->of_type(type)) {
      const auto references = data_->references_of(*source, parameter, "");
      if (std::any_of(references.begin(), references.end(),
                      [&](const std::string& reference) { return matches.contains(reference); })) {
        included.insert(name_of(*source));
      }
    }
    if (included.empty()) return "not exercised: nothing refers to the resources";
    return try_search(profile.resource, {{"_revinclude", revinclude}}, matches, included);
  }

  void expect_no_surprises() {
    for (const std::string& surprise : ledger_.surprises("us-core")) ADD_FAILURE() << surprise;
  }

  static std::unique_ptr<UsCoreData> data_;
  Ledger ledger_;
  std::unique_ptr<World> world_;
  std::int64_t now_ = 0;
  std::size_t queries_ = 0;
  std::map<std::string, std::set<bool>>
      sides_;  // by comparator: whether its criteria held of what they were drawn from
};

std::unique_ptr<UsCoreData> UsCore::data_;

TEST_P(UsCore, EachSearchFindsExactlyWhatItShould) {
  std::size_t searches = 0;
  for (const ProfileMetadata& profile : data_->profiles()) {
    for (const auto& names : profile.searches) {
      if (searches++ % share() != 0) continue;
      std::string title;
      for (const std::string& name : names) title += (title.empty() ? "" : "+") + name;
      const auto bases = data_->bases_of(profile, names, kMaxBases);
      std::string failure = bases.empty() ? "not exercised: no resource has the elements" : "";
      for (const JsonValue* base : bases) {
        if (failure.empty()) failure = try_base(profile, names, *base);
      }
      ledger_.note("us-core", profile.file + ":" + title, failure);
    }
  }
  EXPECT_GE(searches, kMinSearches);
  EXPECT_GE(queries_, kMinQueries / share() / 2);
  if (share() == 1) {
    EXPECT_GE(queries_, kMinQueries);
    EXPECT_EQ(sides_.size(), 9U) << "comparators that were tried";
    for (const auto& [comparator, sides] : sides_)
      EXPECT_EQ(sides.size(), 2U) << comparator << " never held, or always";
  }
  RecordProperty("queries", static_cast<int>(queries_));
  expect_no_surprises();
}

TEST_P(UsCore, ChainsFindExactlyWhatTheyShould) {
  std::size_t chains = 0;
  for (const ProfileMetadata& profile : data_->profiles()) {
    for (const auto& [name, definition] : profile.definitions) {
      for (const std::string& chain : definition.chains) {
        ++chains;
        ledger_.note("us-core", profile.file + ":" + name + "." + chain, try_chain(profile, definition, chain));
      }
    }
  }
  EXPECT_GE(chains, 2U);
  expect_no_surprises();
}

TEST_P(UsCore, IncludesComeWithTheMatches) {
  std::size_t includes = 0;
  for (const ProfileMetadata& profile : data_->profiles()) {
    for (const std::string& include : profile.includes) {
      ++includes;
      ledger_.note("us-core", profile.file + ":_include=" + include, try_include(profile, include));
    }
    for (const std::string& revinclude : profile.revincludes) {
      ++includes;
      ledger_.note("us-core", profile.file + ":_revinclude=" + revinclude, try_revinclude(profile, revinclude));
    }
  }
  EXPECT_GE(includes, 40U);
  expect_no_surprises();
}

INSTANTIATE_TEST_SUITE_P(Engines, UsCore, testing::ValuesIn(conforming_engines()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace vesta::tests
