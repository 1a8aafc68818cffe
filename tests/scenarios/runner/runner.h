// Runs one scenario in one World and collects what is not as it says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/scenarios/runner/json_value.h"
#include "tests/scenarios/runner/scenario.h"
#include "tests/scenarios/runner/world.h"

namespace vesta::tests {

inline constexpr int kMaxPages = 200;  // that one search is followed over

struct Failure {
  int line = 0;
  std::string message;
};

class Runner {
 public:
  explicit Runner(World& world) : world_(world) {}
  // Stops at the first step that fails for exchanges, goes on after the one-line steps, which are rows of tables.
  std::vector<Failure> run(const Scenario& scenario);

 private:
  struct Exchange {
    http::Response response;
    std::optional<JsonValue> json;
    std::string defect;  // why the body is no resource
    StoreState before, after;
  };

  // What pages with includes hold: the ids of the matches, the others as Type/id.
  struct Included {
    std::vector<std::string> matches, match_names, included, totals;
  };

  void fail(const Step& step, std::string message) { failures_.push_back({step.line, std::move(message)}); }
  std::string expand(std::string_view text) const;
  std::string expand_call(std::string_view call) const;

  // Sends, and checks what holds for every answer. False: a failure was noted.
  bool send(const Step& step, http::Request request, Exchange& out);
  void read_answer(Exchange& exchange);
  static std::string graphql_defect(const Exchange& exchange);
  bool check_always(const Step& step, const http::Request& request, const Exchange& exchange);
  http::Request make_request(std::string_view method, std::string_view target) const;

  bool run_step(const Step& step);
  bool run_exchange(const Step& step);
  bool run_given(const Step& step);
  bool run_search(const Step& step);
  bool run_include(const Step& step);
  bool run_reject(const Step& step);
  bool run_accept(const Step& step);
  bool run_refuse(const Step& step);

  bool take_page(const Step& step, std::string& url, Included& found);
  // All ids of a search, page after page, by the links alone: `next`, or `previous` from the end to the start.
  struct Walk {
    std::string relation;  // "next" or "previous"
    std::vector<std::string> ids = {};
    std::string back = {};  // the other link of the page where it ended
  };
  bool follow_pages(const Step& step, const std::string& target, Walk& walk);
  bool check(const Step& step, const Expectation& expectation, const Exchange& exchange);
  bool check_path(const Step& step, const Expectation& expectation, const Exchange& exchange);
  bool check_header(const Step& step, const Expectation& expectation, const Exchange& exchange);
  bool match(const Step& step, const Expectation& expectation, const std::string& value);

  World& world_;
  std::map<std::string, std::string, std::less<>> variables_;
  std::vector<Failure> failures_;
};

}  // namespace vesta::tests
