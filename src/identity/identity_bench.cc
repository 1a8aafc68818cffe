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

void sign_token(benchmark::State& state) {
  const Claims claims = sample_claims();
  const Jwk& key = *signing_keys()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string(name_of(key.algorithm())));
  for (auto _ : state) benchmark::DoNotOptimize(sign_jwt(key, "at+jwt", claims));
}
BENCHMARK(sign_token)->Arg(0)->Arg(1);

void verify_token(benchmark::State& state) {
  const Expectations expectations = sample_expectations();
  const Jwk& key = *signing_keys()[static_cast<std::size_t>(state.range(0))];
  const std::string token = sign_jwt(key, "at+jwt", sample_claims());
  state.SetLabel(std::string(name_of(key.algorithm())));
  for (auto _ : state) benchmark::DoNotOptimize(verify_jwt(token, public_keys(), expectations, kSampleNow));
}
BENCHMARK(verify_token)->Arg(0)->Arg(1);

void verify_remembered_token(benchmark::State& state) {
  TokenVerifier verifier(sample_expectations());
  verifier.set_keys(public_keys());
  const std::string token = sign_jwt(*signing_keys()[0], "at+jwt", sample_claims());
  for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(token, kSampleNow));
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
