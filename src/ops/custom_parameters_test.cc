// SearchParameters that are stored: their limits.
#include "ops/custom_parameters.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

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
  Service service{fhir::r4(), registry, *store, clock, random, "http://test/fhir"};
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

}  // namespace
}  // namespace vesta::ops::testing
