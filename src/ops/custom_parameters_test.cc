// SearchParameters that are stored: their limits.
#include "ops/custom_parameters.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/host.h"
#include "ops/search_parameter_reader.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

class CustomParametersTest : public ::testing::Test {
 protected:
  CustomParametersTest() {
    sources.serve(service);
    service.parameters = &parameters;
  }

  http::Response send(http::Method method, const std::string& path, const std::string& body) {
    http::Request request;
    request.method = method;
    request.path = "/fhir" + path;
    if (!body.empty()) request.headers.add("Content-Type", "application/fhir+json");
    request.body.reserve(body.size() + kReadPadding);
    request.body = body;
    return application.handle(request);
  }
  http::Response put(const std::string& id, const std::string& code, const std::string& base,
                     const std::string& expression, const std::string& type = "token") {
    return send(http::Method::put, "/SearchParameter/" + id,
                R"({"resourceType":"SearchParameter","id":")" + id + R"(","url":"http://x/)" + id +
                    R"(","name":"n","status":"active","description":"d","code":")" + code + R"(","base":[")" + base +
                    R"("],"type":")" + type + R"(","expression":")" + expression + R"("})");
  }

  TestClock clock;
  TestRandom random;
  search::Registry registry{fhir::r4()};
  const std::unique_ptr<store::Store> store = store::memory::open(registry, clock);
  Host service{fhir::r4(), registry, *store, clock, random, "http://test/fhir"};
  SearchSources sources{registry, *store, service.base_url};
  CustomParameters parameters{registry, *store};
  Application application{service, nullptr};
};

TEST_F(CustomParametersTest, HaveACodeOfSoManyBytes) {
  const std::string code(kMaxCodeBytes, 'c');
  EXPECT_EQ(put("most", code, "Patient", "Patient.active").status, 201);
  const http::Response over = put("over", code + "c", "Patient", "Patient.active");
  EXPECT_EQ(over.status, 422);
  EXPECT_TRUE(contains(over.body, "SearchParameter.code")) << over.body;
}

// Those that say what R4 says may be any number, and are looked at all the same.
TEST_F(CustomParametersTest, ShareTheirCodeWithSoManyOthers) {
  for (std::uint32_t i = 0; i < kMaxSameCode; ++i) {
    ASSERT_EQ(put("same" + std::to_string(i), "gender", "Patient", "Patient.gender").status, 201) << i;
  }
  const http::Response most = put("most", "gender", "Person", "Person.active");
  EXPECT_EQ(most.status, 201) << most.body;
  const http::Response over = put("over", "gender", "Practitioner", "Practitioner.active");
  EXPECT_EQ(over.status, 413) << over.body;
}

// Of two nodes over one store, each with a Registry of its own.
TEST_F(CustomParametersTest, OfAnotherNodeAreKnownWithTheNextRequest) {
  search::Registry registry_there{fhir::r4()};
  Host service_there{fhir::r4(), registry_there, *store, clock, random, "http://test/fhir"};
  SearchSources sources_there{registry_there, *store, service_there.base_url};
  sources_there.serve(service_there);
  CustomParameters parameters_there{registry_there, *store};
  service_there.parameters = &parameters_there;
  Application application_there{service_there, nullptr};
  ASSERT_TRUE(parameters_there.load().ok());
  int changes = 0;
  parameters_there.on_change([&] { ++changes; });
  const auto readiness_there = [&]() -> std::optional<search::Readiness> {
    http::Request request;
    request.method = http::Method::get;
    request.path = "/fhir/Patient";
    EXPECT_EQ(application_there.handle(request).status, 200);
    const auto* const found = registry_there.find(*fhir::r4().find_resource_type("Patient"), "is-active");
    return found == nullptr ? std::nullopt : std::optional(registry_there.readiness(found->id));
  };
  EXPECT_EQ(readiness_there(), std::nullopt);
  ASSERT_EQ(put("p", "is-active", "Patient", "Patient.active").status, 201);
  EXPECT_EQ(readiness_there(), search::Readiness::pending);
  EXPECT_EQ(changes, 1) << "its index jobs hear of it";
  EXPECT_EQ(readiness_there(), search::Readiness::pending);
  EXPECT_EQ(changes, 1) << "it is read once";
  EXPECT_EQ(registry_there.known().seq, registry.known().seq);
  ASSERT_EQ(send(http::Method::delete_, "/SearchParameter/p", "").status, 204);
  EXPECT_EQ(readiness_there(), std::nullopt);
}

}  // namespace
}  // namespace vesta::ops::testing
