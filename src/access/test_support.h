// For the tests of access: a store of each engine, and resources written through a GuardedStore.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/guarded_store.h"
#include "base/check.h"
#include "search/test_support.h"
#include "store/contract_test_support.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/version_text.h"

namespace vesta::access::testing {

using search::testing::Extracted;
using Ids = std::vector<std::string>;

constexpr const char* kBase = "http://test/fhir";

// Parameters that a site has added, for queries, as long as this is there: of a code, of a reference, and others that
// stand before R4's of their names. Compartments, Consents and who works where go by R4's.
class SiteParameters {
 public:
  SiteParameters() {
    constexpr auto kToken = fhir::SearchParamType::token, kReference = fhir::SearchParamType::reference;
    add("Patient", "site-active", "Patient.active", kToken);
    add("Observation", "site-kind", "Observation.category", kToken);
    add("Observation", "site-about", "Observation.subject", kReference);
    add("Observation", "patient", "Observation.performer", kReference);
    add("Observation", "code", "Observation.status", kToken);
    add("Observation", "date", "Observation.issued", fhir::SearchParamType::date);
    add("Condition", "code", "Condition.clinicalStatus", kToken);
    add("PractitionerRole", "organization", "PractitionerRole.location", kReference);
  }
  ~SiteParameters() {
    for (const std::string& digest : digests_) search::testing::growing_registry().retire(digest);
  }
  SiteParameters(const SiteParameters&) = delete;
  SiteParameters& operator=(const SiteParameters&) = delete;

 private:
  void add(const std::string& base, const std::string& code, const std::string& expression,
           fhir::SearchParamType type) {
    search::CustomParameter made;
    made.url = "http://site.example.org/" + base + "/" + code;
    made.code = code;
    made.expression = expression;
    made.type = type;
    made.base = {search::testing::type(base)};
    search::Registry& registry = search::testing::growing_registry();
    CHECK(registry.add(made).ok());
    digests_.push_back(registry.digest_of(made));
    registry.set_ready(digests_.back());
  }

  std::vector<std::string> digests_;
};

// The parameter is the name of the engine.
class EngineTest : public ::testing::TestWithParam<const char*> {
 protected:
  EngineTest() {
    std::string name = (std::filesystem::temp_directory_path() / "vesta-access-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    if (GetParam() == std::string("memory")) {
      store_ = store::memory::open(search::testing::registry(), clock_);
    } else {
      auto opened =
          store::sqlite::open({.directory = name, .registry = &search::testing::registry(), .clock = &clock_});
      CHECK(opened.ok());
      store_ = std::move(*opened);
    }
  }
  ~EngineTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static fhir::TypeId type(std::string_view name) { return search::testing::type(name); }

  GuardedStore as_system() const { return {*store_, search::testing::registry(), kBase, Grant::everything()}; }

  static store::Write change_of(store::Write::Kind kind, std::string_view type_name, const std::string& id) {
    store::Write write;
    write.kind = kind;
    write.type = type(type_name);
    write.id = id;
    return write;
  }
  // Through `store`; the values that the version before was indexed by are taken from it.
  Status put(const GuardedStore& store, std::string_view type_name, const std::string& id, const std::string& rest) {
    Extracted made("{\"resourceType\":\"" + std::string(type_name) + "\",\"id\":\"" + id + "\"" + rest + "}");
    CHECK(!made.error);
    store::Write write = change_of(store::Write::Kind::put, type_name, id);
    fhir::write_tail(fhir::r4(), *made.root, write.tail);
    write.added = made.values;
    return commit(store, std::move(write));
  }
  Status put_observation(const GuardedStore& store, const std::string& id, const std::string& patient) {
    return put(store, "Observation", id,
               R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/)" + patient + "\"}");
  }
  Status remove(const GuardedStore& store, std::string_view type_name, const std::string& id) {
    return commit(store, change_of(store::Write::Kind::remove, type_name, id));
  }
  Status commit(const GuardedStore& store, store::Write write) {
    const auto current = *store_->read(write.type, write.id);
    std::unique_ptr<Extracted> before;
    if (current) write.expected = current->version;
    if (current && !current->deleted) {
      std::string text;
      store::append_text(fhir::r4(), *current, text);
      before = std::make_unique<Extracted>(text);
      write.removed = before->values;
    }
    store::WriteSet set;
    set.generation = search::testing::registry().generation();
    set.writes.push_back(std::move(write));
    const auto written = store.commit(set);
    return written.ok() ? kOk : Status(written.error());
  }

  Ids found(const GuardedStore& store, const search::Query& query, store::SearchOptions options = {.count = 10}) {
    return ids_of(store.search(query, options));
  }
  static Ids ids_of(const Result<store::SearchPage>& page) {
    EXPECT_TRUE(page.ok()) << page.error().message;
    Ids ids;
    for (const store::Version& version : page->entries) ids.push_back(version.id);
    for (const store::Version& version : page->included) ids.push_back("+" + version.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  static bool is_forbidden(const Status& status) {
    return !status.ok() && status.error().category == Category::forbidden;
  }

  store::test::FakeClock clock_;
  std::string folder_;
  std::unique_ptr<store::Store> store_;
};

inline std::string engine_name(const ::testing::TestParamInfo<const char*>& each) {
  return each.param;
}

}  // namespace vesta::access::testing
