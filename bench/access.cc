// What access control and patients' Consents cost: pairs of the same load on a server that asks for tokens and on an
// open one.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "bench/phases.h"
#include "http/message.h"
#include "identity/tokens.h"
#include "json/document.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kReadsShare = 0.85;
constexpr double kOthersShare = 0.9;
constexpr std::string_view kSecret = "the secret of a client of a bench on this machine only";
constexpr const char* kOpenStore = "/open-store";

// Of the two clients: everything; and what a join decides, as a provider's policy does.
constexpr const char* kEverything = "backend";
constexpr const char* kInCare = "in-care";
constexpr std::string_view kInCarePolicy =
    R"({"resourceType":"AccessPolicy","id":"in-care","name":"in care","status":"active","rule":[)"
    R"({"resourceType":["Observation"],"interaction":["read","search","create"],"compartment":"Patient",)"
    R"("compartmentCriteria":["_has:Encounter:patient:status=finished"]}]})";

std::string client_of(const std::string& policy) {
  return R"({"resourceType":"Client","id":"bench-)" + policy +
         R"(","name":"bench","status":"active","scope":["system/*.cruds"],"policy":[{"reference":"AccessPolicy/)" +
         policy + R"("}],"secretDigest":[")" + identity::digest_of_secret(kSecret) + "\"]}";
}

// Of ten patients, counted from the last one to be loaded, the first lets nobody see anything, and the second lets
// nobody see what is labelled as restricted, which nothing in the set is. So the first pages of both servers are of the
// same patients: else who they are decides how much is read, three times as much for a tall one.
constexpr std::size_t kPatientsPerConsent = 10;
constexpr std::size_t kClosed = 0;
constexpr std::size_t kRestricted = 1;
constexpr std::string_view kActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

std::size_t place_of(const BenchState& state, std::size_t owner) {
  return (state.patients.size() - 1 - owner) % kPatientsPerConsent;
}

// Whose records are answered with a 404.
bool is_closed(const BenchState& state, std::size_t owner) {
  return owner != std::string::npos && place_of(state, owner) == kClosed;
}

std::string consent_of(const std::string& patient, const std::string& id, std::string_view rule,
                       std::string_view provision) {
  std::string text =
      R"({"resourceType":"Consent","id":")" + id + R"(","status":"active","patient":{"reference":"Patient/)";
  text.append(patient).append(R"("},"category":[{"text":"privacy"}],"scope":{"coding":[{"system":)");
  text.append(R"("http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},)");
  text.append(R"("policyRule":{"coding":[{"system":")").append(kActCode).append(R"(","code":")").append(rule);
  return text.append("\"}]}").append(provision).append("}");
}

Status put(const ServerProcess& server, const std::string& target, std::string_view body) {
  std::string request = "PUT " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\n" +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  VESTA_TRY(const Answer answer, ask(server.port(), request.append(body)));
  if (answer.status < 300) return kOk;
  return make_error(Category::internal, target + ": " + std::to_string(answer.status) + " " + answer.body);
}

// As many as patients sign in earnest: the rules that both clients have respect them.
Status put_consents(const BenchState& state, const ServerProcess& server) {
  constexpr std::string_view kNothingRestricted =
      R"(,"provision":{"type":"deny","securityLabel":[)"
      R"({"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]})";
  for (std::size_t i = 0; i < state.patients.size(); ++i) {
    const bool is_restricted = place_of(state, i) == kRestricted;
    if (!is_closed(state, i) && !is_restricted) continue;
    const std::string id = "bench-" + std::to_string(i);
    VESTA_CHECK_OK(put(server, "/fhir/Consent/" + id,
                       consent_of(state.patients[i], id, is_restricted ? "OPTIN" : "OPTOUT",
                                  is_restricted ? kNothingRestricted : std::string_view())));
  }
  return kOk;
}

// The header line of a token that has just been given out.
Result<std::string> authorization(const ServerProcess& server, const std::string& policy) {
  const std::string form = "grant_type=client_credentials&client_id=bench-" + policy +
                           "&client_secret=" + http::percent_encode(kSecret) + "&scope=system%2F*.cruds";
  const std::string request =
      "POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: " +
      std::to_string(form.size()) + "\r\n\r\n" + form;
  VESTA_TRY(const Answer answer, ask(server.port(), request));
  VESTA_TRY(const json::Value value, json::parse_value(answer.body));
  const json::Value* const token = value.find("access_token");
  if (token == nullptr) return make_error(Category::internal, "no token: " + answer.body);
  return "Authorization: Bearer " + token->text + "\r\n";
}

// Do the Consents count? Else the rows would not have measured them.
Status check_consents(const BenchState& state, const ServerProcess& guarded) {
  VESTA_TRY(const std::string token, authorization(guarded, kEverything));
  for (std::size_t i = 0; i < state.patients.size(); ++i) {
    const int wanted = is_closed(state, i) ? 404 : 200;
    VESTA_TRY(const Answer answer, ask(guarded.port(), get_request("/fhir/Patient/" + state.patients[i], token)));
    if (answer.status == wanted) continue;
    return make_error(Category::internal, "a patient's record is answered with " + std::to_string(answer.status) +
                                              " and not " + std::to_string(wanted) + ", as their Consent says");
  }
  return kOk;
}

// The text of the number-th request, with these header lines.
using Requests = std::function<std::string(std::uint64_t number, std::string_view headers)>;

// Of each repeat: the machine's speed changes within seconds, so turns are short, and begin with one server and the
// other.
constexpr int kTurns = 4;

class Pairs {
 public:
  Pairs(BenchState& state, ServerProcess& guarded, ServerProcess& open)
      : state_(state), guarded_(guarded), open_(open) {}

  Status measure(const std::string& name, const std::string& policy, double wanted_share, const Requests& requests) {
    std::vector<double> rates, ceilings, p50, p99;
    for (int i = 0; i < state_.options.repeats * kTurns; ++i) {
      VESTA_TRY(const std::string token, authorization(guarded_, policy));
      const bool is_open_first = i % 2 == 0;
      const auto run_open = [&] { return run(open_, guarded_, requests, {}); };
      const auto run_guarded = [&] { return run(guarded_, open_, requests, token); };
      VESTA_TRY(const LoadResult first, is_open_first ? run_open() : run_guarded());
      VESTA_TRY(const LoadResult second, is_open_first ? run_guarded() : run_open());
      const LoadResult& open = is_open_first ? first : second;
      const LoadResult& guarded = is_open_first ? second : first;
      ceilings.push_back(open.rate());
      rates.push_back(guarded.rate());
      p50.push_back(guarded.percentile_ms(0.5));
      p99.push_back(guarded.percentile_ms(0.99));
    }
    state_.note_memory(guarded_);
    ReportRow row;
    row.name = "access: " + name;
    row.unit = "/s";
    row.p50_ms = median(p50);
    row.p99_ms = median(p99);
    row.goal = ">= " + std::to_string(static_cast<int>(wanted_share * 100 + 0.5)) + " % of open";
    row.note = "ceiling: the same requests with --open";
    judge_by_ceiling(row, rates, ceilings, wanted_share, "");
    state_.rows.push_back(std::move(row));
    return kOk;
  }

 private:
  // `other` stands still: a server that nobody asks makes AuditEvents of what it was asked before, at the expense of
  // the one that is measured.
  Result<LoadResult> run(const ServerProcess& server, const ServerProcess& other, const Requests& requests,
                         std::string_view headers) {
    LoadOptions load = load_options(state_, server.port(), kSearchConnections);
    load.measured /= kTurns;
    load.warm_up /= kTurns / 2;
    other.pause();
    auto result = must_run(load, [&](std::uint64_t number, std::string& out) {
      out = requests(number, headers);
      return true;
    });
    other.resume();
    return result;
  }

  BenchState& state_;
  ServerProcess& guarded_;
  ServerProcess& open_;
};

Status measure_rows(BenchState& state, Pairs& pairs) {
  std::vector<std::string> locations, observations;  // that both servers show
  for (std::size_t i = 0; i < state.locations.size(); ++i) {
    if (is_closed(state, state.owners[i])) continue;
    locations.push_back(state.locations[i]);
    if (locations.back().starts_with("Observation/")) observations.push_back(locations.back());
  }
  std::vector<std::string> bodies;  // about patients of whom both servers take them
  for (const std::string& body : state.observations) {
    const auto is_about = [&](std::size_t patient) {
      return is_closed(state, patient) && body.find("\"Patient/" + state.patients[patient] + '"') != std::string::npos;
    };
    if (std::ranges::none_of(std::views::iota(std::size_t{0}, state.patients.size()), is_about)) bodies.push_back(body);
  }
  const auto read = [](const std::vector<std::string>& locations) {
    return [&locations](std::uint64_t n, std::string_view headers) {
      return get_request("/fhir/" + locations[pick(n) % locations.size()], headers);
    };
  };
  const auto create = [&bodies](std::uint64_t n, std::string_view headers) {
    return post_request("/fhir/Observation", bodies[pick(n) % bodies.size()], headers);
  };
  std::vector<std::string> patients;
  for (std::size_t i = 0; i < state.patients.size(); ++i) {
    if (!is_closed(state, i)) patients.push_back(state.patients[i]);
  }
  const std::vector<SearchCase> searches = search_cases(state, patients);
  const auto search = [&](std::size_t which) {
    return [&searches, which](std::uint64_t n, std::string_view headers) {
      return get_request("/fhir/" + searches[which].target(n), headers);
    };
  };
  VESTA_CHECK_OK(pairs.measure("read by id", kEverything, kReadsShare, read(locations)));
  VESTA_CHECK_OK(pairs.measure("read by id, in care", kInCare, kReadsShare, read(observations)));
  for (std::size_t which = 0; which < searches.size(); ++which) {
    const std::string name = "search " + searches[which].name;
    VESTA_CHECK_OK(pairs.measure(name, kEverything, kOthersShare, search(which)));
    const bool is_in_care = searches[which].target(0).starts_with("Observation?");
    if (is_in_care) VESTA_CHECK_OK(pairs.measure(name + ", in care", kInCare, kOthersShare, search(which)));
  }
  VESTA_CHECK_OK(pairs.measure("create", kEverything, kOthersShare, create));
  return pairs.measure("create, in care", kInCare, kOthersShare, create);
}

}  // namespace

Status measure_access(BenchState& state) {
  {
    VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
    VESTA_CHECK_OK(put(*server, "/fhir/AccessPolicy/in-care", kInCarePolicy));
    for (const std::string policy : {kEverything, kInCare}) {
      VESTA_CHECK_OK(put(*server, "/fhir/Client/bench-" + policy, client_of(policy)));
    }
    VESTA_CHECK_OK(put_consents(state, *server));
    VESTA_CHECK_OK(server->stop());
  }
  const std::string open_store = state.options.work + kOpenStore;
  std::error_code error;
  fs::remove_all(open_store, error);
  fs::copy(state.store(), open_store, fs::copy_options::recursive, error);
  if (error) return make_error(Category::unavailable, "no copy of the store: " + error.message());
  const std::vector<std::string> serve = {state.options.binary, "serve", "--data"};
  const auto with = [&](std::initializer_list<std::string> more) {
    std::vector<std::string> arguments = serve;
    arguments.insert(arguments.end(), more);
    return arguments;
  };
  VESTA_TRY(const auto guarded, ServerProcess::start(with({state.store()}), state.log(), "/fhir/metadata"));
  VESTA_TRY(const auto open, ServerProcess::start(with({open_store, "--open"}), state.log(), "/fhir/metadata"));
  VESTA_CHECK_OK(check_consents(state, *guarded));
  Pairs pairs(state, *guarded, *open);
  VESTA_CHECK_OK(measure_rows(state, pairs));
  VESTA_CHECK_OK(guarded->stop());
  return open->stop();
}

}  // namespace vesta::bench
