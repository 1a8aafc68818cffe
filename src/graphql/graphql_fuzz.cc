// Any bytes as a document with variables, run on small resources: JSON or problems, in bounded time.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "graphql/limits.h"
#include "graphql/test_support.h"
#include "json/document.h"

namespace {

using namespace vesta;

void check(const graphql::Answer& answer) {
  CHECK(answer.problems.size() <= graphql::kMaxProblems);
  CHECK(!answer.data.empty() || !answer.problems.empty());
  for (const graphql::Problem& problem : answer.problems) CHECK(!problem.message.empty());
  if (answer.data.empty() || answer.data.size() > 1 << 20) return;
  CHECK(json::parse_value(answer.data).ok());
}

}  // namespace

// The document, and behind a zero byte the variables.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto world = std::make_unique<graphql::testing::World>();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = input.find('\0');
  graphql::Request request{input.substr(0, zero)};
  if (zero != std::string_view::npos) request.variables = input.substr(zero + 1);
  for (const fhir::Node* const root : {static_cast<const fhir::Node*>(nullptr), world->patient, world->observation}) {
    request.root = root;
    check(graphql::run(fhir::r4(), request, world->source));
  }
  return 0;
}
