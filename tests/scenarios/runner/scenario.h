// A scenario as its file says it: steps, and what each must answer. The format: tests/scenarios/README.md
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tests/scenarios/runner/world.h"

namespace vesta::tests {

// One line below "=> status".
struct Expectation {
  enum class Kind {
    header_equals,
    header_matches,
    header_absent,
    header_present,
    path_equals,
    path_matches,
    path_absent,
    path_present,
    path_size,
    issue,
    unchanged,
    versions,
    ids,
    body_empty,
    body_equals,
    body_matches,
  };
  Kind kind = Kind::unchanged;
  int line = 0;
  std::string subject;   // header name or path
  std::string text;      // what it must equal or match
  std::string variable;  // where to keep the value (or the pattern's first group); empty: nowhere
};

struct Step {
  enum class Kind {
    exchange,  // a request and its answer
    given,     // PUT a resource
    find,      // a search: these ids, in any order
    order,     // a search: these ids, in this order
    include,   // a search: these ids, and these resources beside them
    reject,    // POST a resource that must be refused with a path
    accept,    // POST a resource, and read it back equal
    refuse,    // a request without a body that must be refused
    advance,   // let the clock run
    index,     // let background indexing run
    let,       // set a variable
  };
  Kind kind = Kind::exchange;
  int line = 0;
  std::string method;  // exchange, refuse
  std::string target;  // path and query below the base; "Patient/a" of given; the type of accept and reject
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // exchange: the body; given, accept, reject: the JSON without resourceType and id; let: the value
  int status = 0;    // exchange, refuse; seconds of advance; index: how many steps, 0: to its end
  std::string text;  // find, order: the ids; include: ids + Type/ids; reject, refuse: what the outcome must name
  std::vector<Expectation> expectations;
};

struct Scenario {
  std::string title;
  std::optional<Engine> engine;  // the one that it is about
  int line = 0;
  std::vector<Step> steps;
};

// Errors name the line.
Result<std::vector<Scenario>> parse_scenarios(std::string_view text);

}  // namespace vesta::tests
