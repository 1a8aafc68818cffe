// For the tests of deidentify: resources from JSON, and what becomes of them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "deidentify/deidentifier.h"
#include "fhir/datetime.h"
#include "fhir/json.h"

namespace vesta::deidentify::testing {

inline const std::string kKey(kKeyBytes, 'k');
inline const std::string kOtherKey(kKeyBytes, 'o');
inline constexpr std::string_view kBase = "http://example.org/fhir";

inline Instant at(std::string_view text) {
  const auto range = fhir::parse_time_range(text);
  CHECK(range);
  return {range->low};
}
inline Instant now() {
  return at("2026-06-15T10:00:00Z");
}

inline Rules rules(std::string_view configuration = safe_harbor()) {
  auto read = Rules::parse(fhir::r4(), configuration);
  CHECK(read.ok());
  return std::move(*read);
}

inline Deidentifier deidentifier(std::string_view key = kKey, std::string_view configuration = safe_harbor()) {
  return {fhir::r4(), rules(configuration), key, std::string(kBase)};
}

// The tree of a text, with both.
struct Parsed {
  explicit Parsed(std::string json) : text(std::move(json)) {
    text.reserve(text.size() + fhir::kJsonPadding);
    fhir::JsonReader reader(fhir::r4());
    auto read = reader.read(text, arena);
    if (read.ok()) {
      root = *read;
    } else {
      problem = read.error().message;
      for (const Issue& issue : read.error().issues) problem += "\n" + issue.expression + ": " + issue.diagnostics;
    }
  }
  std::string text;
  fhir::Arena arena;
  fhir::Node* root = nullptr;  // null: it was not valid
  std::string problem;
};

inline std::string json_of(const fhir::Node& node) {
  std::string out;
  fhir::write_json(fhir::r4(), node, {}, out);
  return out;
}

inline std::string applied(const Deidentifier& deidentifier, std::string json) {
  Parsed parsed(std::move(json));
  if (parsed.root == nullptr) {
    ADD_FAILURE() << parsed.problem;
    return {};
  }
  return json_of(*deidentifier.apply(*parsed.root, now(), parsed.arena));
}

// Each element, with what it stands in.
using Visit = std::function<void(const fhir::Node& owner, const fhir::Node& node)>;
inline void walk(const fhir::Node& node, const Visit& visit) {
  for (const fhir::Node& child : node.children()) {
    visit(node, child);
    walk(child, visit);
  }
}

}  // namespace vesta::deidentify::testing
