// For the tests of grants: policies written as resources, and the store as a principal with them sees it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/grants.h"
#include "access/test_support.h"
#include "base/log.h"

namespace vesta::access::testing {

class GrantsEngineTest : public EngineTest {
 protected:
  static constexpr const char* kRead = R"("read","search")";  // interactions of a rule

  GrantsEngineTest()
      : records_(*store_, fhir::r4()),
        deidentifiers_(*store_, fhir::r4(), random_, kBase),
        grants_(*store_, search::testing::registry(), clock_, kBase, records_, nullptr, nullptr, &deidentifiers_) {}

  void put_ok(const std::string& type_name, const std::string& id, const std::string& rest) {
    const Status status = put(as_system(), type_name, id, rest);
    ASSERT_TRUE(status.ok()) << type_name << "/" << id << ": " << status.error().message;
  }
  // `rules`: JSON objects, separated by commas.
  void put_policy(const std::string& id, const std::string& rules, const std::string& status = "active") {
    put_ok("AccessPolicy", id,
           R"(,"name":"n","status":")" + status + "\"" + (rules.empty() ? "" : ",\"rule\":[" + rules + "]"));
  }
  static std::string rule(const std::string& types, const std::string& interactions, const std::string& rest = "") {
    return R"({"resourceType":[)" + types + R"(],"interaction":[)" + interactions + "]" + rest + "}";
  }

  // What is given again without being made is what is made now.
  std::shared_ptr<const Grant> grant(const Principal& principal) {
    auto last = std::ranges::find(origins_, principal, &std::pair<Principal, Grants::Origin>::first);
    if (last == origins_.end()) last = origins_.insert(last, {principal, {}});
    const std::shared_ptr<const Grant> again = grants_.again(last->second);
    last->second = grants_.begin();
    const auto made = grants_.of(principal, &last->second);
    CHECK(made.ok());
    EXPECT_TRUE(again == nullptr || again == *made) << "another one than what is said to be the same";
    return *made;
  }
  GuardedStore as(const Principal& principal) {
    return {*store_, search::testing::registry(), kBase, grant(principal)};
  }
  // With the policy "p" and a scope of everything.
  static Principal with_policy(std::string fhir_user = "") {
    return {"c", {"p"}, {"user/*.cruds"}, std::move(fhir_user), ""};
  }
  Ids seen(const Principal& principal, const std::string& type_name) {
    return found(as(principal), store::test::all_query(type_name));
  }
  bool reads(const Principal& principal, std::string_view type_name, const std::string& id) {
    return (*as(principal).read(type(type_name), id)).has_value();
  }

  // The lines that are logged while `run` runs.
  static std::vector<std::string> logged(const std::function<void()>& run) {
    std::vector<std::string> lines;
    log::set_sink([&](std::string_view line) { lines.emplace_back(line); });
    run();
    log::set_sink(nullptr);
    return lines;
  }

  struct FixedRandom final : Random {
    std::uint64_t bits() override { return 4; }
  };

  Records records_;
  FixedRandom random_;
  Deidentifiers deidentifiers_;
  Grants grants_;
  std::vector<std::pair<Principal, Grants::Origin>> origins_;  // of the last grant of each
};

}  // namespace vesta::access::testing
