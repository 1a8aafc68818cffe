// What is asked in a test, held against what the server offers.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fhir/definitions.h"
#include "http/message.h"
#include "ops/offers.h"
#include "ops/operations.h"
#include "ops/patch.h"
#include "ops/roles_world_test_support.h"
#include "ops/route.h"
#include "ops/two_servers_test_support.h"

namespace vesta::ops::testing {

inline std::vector<std::string> media_types(BodyKind kind) {
  switch (kind) {
    case BodyKind::resource:
      return {"application/fhir+json", "application/fhir+xml"};
    case BodyKind::form:
      return {"application/x-www-form-urlencoded"};
    case BodyKind::patch:
      return {std::string(kJsonPatch), std::string(kXmlPatch), "application/fhir+json", "application/fhir+xml"};
    case BodyKind::graphql:
      return {"application/graphql", "application/json", "application/fhir+json", "application/fhir+xml"};
  }
  return {};
}

inline constexpr Operation::Level kLevels[] = {Operation::system, Operation::on_type, Operation::instance};

inline Operation::Level level_of(const Route& route) {
  if (route.type == fhir::kNoType) return Operation::system;
  return route.id.empty() ? Operation::on_type : Operation::instance;
}

// What searches, histories and conditions have beside search parameters.
inline constexpr const char* kFeatures[] = {":missing=true",
                                            "subject:Patient.",
                                            "_has:Encounter:participant:subject:Patient.",
                                            "_include=",
                                            "_include:iterate=",
                                            "_revinclude=",
                                            "_revinclude:iterate=",
                                            "_total=accurate",
                                            "_total=estimate",
                                            "_sort=",
                                            "_summary=count",
                                            "_count=",
                                            "_elements=",
                                            "_filter=",
                                            "_text=",
                                            "_content=",
                                            "_list=",
                                            "_contained=true",
                                            "_containedType=",
                                            "_type=",
                                            "_since=",
                                            "/*",
                                            "If-None-Exist: ",
                                            "If-Match: ",
                                            "If-None-Match: ",
                                            "If-Modified-Since",
                                            "Prefer: explain",
                                            "Prefer: return=",
                                            "Prefer: handling=",
                                            R"("type":"batch")",
                                            "ifNoneExist",
                                            "\"method\":\"PUT\"",
                                            R"("type":"transaction")",
                                            "viewReference",
                                            "resolve()",
                                            "_format=csv"};

// Each request is noted for the patients of whom it names something; for both, if it is not about a single resource.
class Asked {
 public:
  void note(const Ask& ask) {
    const auto route = parse_route(fhir::r4(), ask.target.substr(0, ask.target.find('?')));
    CHECK(route.ok());
    const std::string place = place_of(*route);
    std::string text = ask.target + "\n" + ask.body;
    for (const auto& [name, value] : ask.headers) text.append("\n").append(name).append(": ").append(value);
    std::set<std::string> patients = patients_of(ask);
    const bool is_of_others = !route->id.empty() && route->kind != Route::Kind::operation;
    if (patients.empty() && !is_of_others) patients = {"1", "2"};
    for (const std::string& patient : patients) {
      for (const char* feature : kFeatures) {
        if (contains(text, feature)) asked_.insert(std::string(feature) + " of " + patient);
      }
      for (const std::string& what : {place + sent(ask), place + answered(ask)}) asked_.insert(what + " of " + patient);
    }
  }

  // What is offered, in each format that is read and written, and was asked of neither or of one patient alone.
  std::vector<std::string> missing() const {
    std::vector<std::string> wanted;
    for (const Offer& offer : offered_interactions()) {
      const std::string place = "kind " + std::to_string(static_cast<int>(offer.kind));
      want(place, offer.method, offer.body, wanted);
      if (offer.method == http::Method::get) want(place, http::Method::head, std::nullopt, wanted);
    }
    for (const Operation& operation : offered_operations()) {
      for (const Operation::Level level : kLevels) {
        if ((operation.levels & level) == 0) continue;
        const std::string place = place_of(operation, level);
        want(place, http::Method::post, operation.body, wanted);
        if (operation.affects_state) continue;
        want(place, http::Method::get, std::nullopt, wanted);
        want(place, http::Method::head, std::nullopt, wanted);
      }
    }
    for (const char* feature : kFeatures) {
      for (const char* patient : {"1", "2"}) wanted.push_back(std::string(feature) + " of " + patient);
    }
    std::erase_if(wanted, [this](const std::string& each) { return asked_.contains(each); });
    return wanted;
  }

 private:
  static std::string place_of(const Operation& operation, Operation::Level level) {
    return std::string(operation.type) + " $" + std::string(operation.name) + " " + std::to_string(level);
  }
  static std::string place_of(const Route& route) {
    if (route.kind != Route::Kind::operation) return "kind " + std::to_string(static_cast<int>(route.kind));
    const std::string_view type = route.type == fhir::kNoType ? "" : fhir::r4().type(route.type).name;
    for (const Operation& each : offered_operations()) {
      const bool is_it = "$" + std::string(each.name) == route.operation && (each.levels & level_of(route)) != 0;
      if (is_it && (each.type.empty() || each.type == type)) return place_of(each, level_of(route));
    }
    return "nothing";
  }
  static std::string sent(const Ask& ask) {
    const std::string type = ask.body.empty() ? "" : header(ask, "Content-Type", "application/fhir+json");
    return " " + std::string(http::to_string(ask.method)) + " with " + type;
  }
  static std::string answered(const Ask& ask) {
    return " " + std::string(http::to_string(ask.method)) + " for " + header(ask, "Accept", "application/fhir+json");
  }
  static std::string header(const Ask& ask, std::string_view name, const std::string& otherwise) {
    const auto found = std::ranges::find(ask.headers, name, &std::pair<std::string, std::string>::first);
    return found == ask.headers.end() ? otherwise : found->second;
  }
  // Ids as they stand in requests, with whose they are.
  static std::vector<std::pair<std::string, std::string>> named_ids() {
    std::vector<std::pair<std::string, std::string>> ids;
    for (const char* n : {"1", "2"}) {
      for (const Resource& each : record_of(n)) {
        const std::string id = each.path.substr(each.path.find('/') + 1);
        for (const std::string& form : {"/" + id, "=" + id, "\"" + id + "\""}) ids.emplace_back(form, n);
      }
    }
    return ids;
  }
  std::set<std::string> patients_of(const Ask& ask) const {
    std::set<std::string> found;
    for (const auto& [id, patient] : ids_) {
      if (contains(ask.target, id) || contains(ask.body, id)) found.insert(patient);
    }
    return found;
  }
  static void want(const std::string& place, http::Method method, std::optional<BodyKind> body,
                   std::vector<std::string>& wanted) {
    const std::string named = place + " " + std::string(http::to_string(method));
    for (const char* patient : {"1", "2"}) {
      for (const char* form : {"application/fhir+json", "application/fhir+xml"}) {
        wanted.push_back(named + " for " + form + " of " + patient);
      }
      for (const std::string& type : body ? media_types(*body) : std::vector<std::string>{""}) {
        wanted.push_back(named + " with " + type + " of " + patient);
      }
    }
  }

  const std::vector<std::pair<std::string, std::string>> ids_ = named_ids();
  std::set<std::string> asked_;
};

}  // namespace vesta::ops::testing
