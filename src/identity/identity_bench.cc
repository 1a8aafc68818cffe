// How long passwords and tokens take: what a sign-in costs, and each request with a token.
#include <benchmark/benchmark.h>

#include <string>

#include "base/clock.h"
#include "identity/jwt.h"
#include "identity/password.h"
#include "identity/sealed_box.h"
#include "identity/test_keys.h"
#include "identity/test_support.h"
#include "identity/token_verifier.h"

namespace vesta::identity {
namespace {

const Instant kBenchNow = at_seconds(1'767'225'600);

Claims bench_claims() {
  Claims claims;
  claims.issuer = "https://vesta.example";
  claims.subject = "user-1";
  claims.audiences = {"https://vesta.example/fhir"};
  claims.expires_at = {kBenchNow.value + 300'000'000};
  return claims;
}

Expectations bench_expectations() {
  Expectations expectations;
  expectations.type = "at+jwt";
  expectations.issuer = "https://vesta.example";
  expectations.audiences = {"https://vesta.example/fhir"};
  return expectations;
}

void sign_token(benchmark::State& state) {
  const Claims claims = bench_claims();
  const Jwk& key = *signing_keys()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string(name_of(key.algorithm())));
  for (auto _ : state) benchmark::DoNotOptimize(sign_jwt(key, "at+jwt", claims));
}
BENCHMARK(sign_token)->Arg(0)->Arg(1);

void verify_token(benchmark::State& state) {
  const Expectations expectations = bench_expectations();
  const Jwk& key = *signing_keys()[static_cast<std::size_t>(state.range(0))];
  const std::string token = sign_jwt(key, "at+jwt", bench_claims());
  state.SetLabel(std::string(name_of(key.algorithm())));
  for (auto _ : state) benchmark::DoNotOptimize(verify_jwt(token, public_keys(), expectations, kBenchNow));
}
BENCHMARK(verify_token)->Arg(0)->Arg(1);

void verify_remembered_token(benchmark::State& state) {
  TokenVerifier verifier(bench_expectations());
  verifier.set_keys(public_keys());
  const std::string token = sign_jwt(*signing_keys()[0], "at+jwt", bench_claims());
  for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(token, kBenchNow));
}
BENCHMARK(verify_remembered_token);

void open_sealed(benchmark::State& state) {
  const SealedBox box({new_seal_key(system_random())}, system_clock(), system_random());
  const std::string sealed = box.seal("bench", std::string(200, 'x'), std::chrono::hours(1)).value();
  for (auto _ : state) benchmark::DoNotOptimize(box.open("bench", sealed));
}
BENCHMARK(open_sealed);

void verify_password(benchmark::State& state) {
  HashGate gate(system_clock());
  const PasswordHasher hasher(gate, system_random());
  const auto stored = hasher.hash("correct horse battery staple").value();
  for (auto _ : state) benchmark::DoNotOptimize(hasher.verify("correct horse battery staple", stored));
}
BENCHMARK(verify_password);

}  // namespace
}  // namespace vesta::identity
