// Every route, type and search parameter, asked of two servers, which must answer the same.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "access/grants.h"
#include "access/records.h"
#include "base/check.h"
#include "fhir/definitions.h"
#include "http/message.h"
#include "ops/route.h"
#include "ops/two_servers_test_support.h"
#include "store/scratch.h"

namespace vesta::ops::testing {

inline std::string type_of(const Resource& resource) {
  return resource.path.substr(0, resource.path.find('/'));
}

// By the policies that the server has.
inline std::shared_ptr<const access::Grant> grant_of(TestServer& server, const access::Principal& principal) {
  access::Records records(*server.store, fhir::r4());
  access::Grants grants(*server.store, registry(), server.clock, server.service.base_url, records, nullptr, nullptr,
                        &server.service.deidentifiers);
  auto made = grants.of(principal);
  CHECK(made.ok());
  return *made;
}

// Before anybody asks for a pseudonym: several servers have the same ones.
inline void set_pseudonym_key(TestServer& server) {
  store::WriteSet writes;
  writes.properties.emplace_back("access.deidentification_key", std::string(deidentify::kKeyBytes, 'k'));
  CHECK(server.store->commit(writes).ok());
}

// `Type/id` as researchers know it.
inline std::string pseudonym_path(TestServer& server, const std::string& path) {
  const std::size_t id = path.find('/') + 1;
  return path.substr(0, id) + (*server.service.deidentifiers.get())->pseudonyms().of_id(path.substr(id));
}

inline constexpr const char* kXml = "application/fhir+xml";

// A resource in JSON, as XML.
inline std::string as_xml(const std::string& json) {
  store::Scratch scratch(fhir::r4());
  const auto tree = scratch.read_text(json);
  CHECK(tree.ok());
  std::string text;
  CHECK(scratch.xml_writer.write(**tree, {}, text).ok());
  return text;
}

class EveryRoute : protected TwoServers {
 protected:
  using TwoServers::TwoServers;

  // A GET, and all other ways to ask for the same.
  void ask(const std::string& target) {
    expect_same({http::Method::get, target});
    for (const Ask& way : other_ways(target)) expect_same(way);
  }
  // A GET, and one of the other ways: each time the next one.
  void ask_in_turn(const std::string& target) {
    expect_same({http::Method::get, target});
    const std::vector<Ask> ways = other_ways(target);
    expect_same(ways[turn_++ % ways.size()]);
  }
  static std::vector<Ask> other_ways(const std::string& target) {
    using http::Method;
    std::vector<Ask> ways = {{Method::head, target},
                             {Method::get, target, {}, {{"Accept", kXml}}},
                             {Method::head, target, {}, {{"Accept", kXml}}}};
    const std::size_t mark = target.find('?');
    const std::string path = target.substr(0, mark);
    const auto route = parse_route(fhir::r4(), path);
    CHECK(route.ok());
    const bool is_search = route->kind == Route::Kind::system || route->kind == Route::Kind::type ||
                           route->kind == Route::Kind::compartment;
    if (!is_search) return ways;
    const std::string form = mark == std::string::npos ? std::string() : target.substr(mark + 1);
    const std::pair<std::string, std::string> type("Content-Type", "application/x-www-form-urlencoded");
    const std::string by_form = path + (path.ends_with('/') ? "_search" : "/_search");
    ways.push_back({Method::post, by_form, form, {type}});
    ways.push_back({Method::post, by_form, form, {type, {"Accept", kXml}}});
    return ways;
  }
  // A resource is sent in both formats, and the answer comes in the same one.
  void tell(http::Method method, const std::string& target, const std::string& body) {
    expect_same(method, target, body);
    expect_same({method, target, as_xml(body), {{"Content-Type", kXml}, {"Accept", kXml}}});
  }

  void instance(const Resource& each) {
    const std::string path = "/" + each.path;
    for (const char* behind : {"", "/_history", "/_history/1", "/_history/2", "/_history?_since=2000-01-01&_count=1",
                               "/$everything", "/*", "/*?_lastUpdated=gt2000&_count=1", "?_elements=id,text"}) {
      ask(path + behind);
    }
    ask("/" + type_of(each) + "?_id=" + path.substr(path.rfind('/') + 1));
    for (const std::string& type : types_) ask(path + "/" + type);
  }

  void type_level(const std::string& type) {
    for (const std::string& behind : std::vector<std::string>{
             "", "?_summary=count", "?_total=accurate&_count=1", "?_total=estimate", "/_history",
             "?_sort=-_lastUpdated&_count=1", "?_include=*", "?_revinclude=*", "?_revinclude:iterate=*", "/$everything",
             "?_filter=_lastUpdated%20gt%202000", "?_content=given2", "?_elements=id", "?_contained=true",
             "?_contained=both&_containedType=contained", "?_type=" + type, "/_history?_count=1&_since=2000-01-01"}) {
      ask("/" + type + behind);
    }
    ask("/$graphql?query=" + http::percent_encode("{" + type + "List{id}}"));
    ask("/$graphql?query=" + http::percent_encode("{" + type + "Connection{count,edges{resource{id}}}}"));
  }

  void every_parameter(const std::string& type) {
    for (const search::Parameter* const parameter : registry().parameters_of(*fhir::r4().find_resource_type(type))) {
      if (parameter->definition == nullptr || parameter->facet != search::Facet::value) continue;
      if (left_out_.contains(std::string(parameter->code))) continue;
      searches_by(type, *parameter);
    }
  }

  // By itself, its chains to what has a time, `_has` by it from the other side, and includes both ways.
  void searches_by(const std::string& type, const search::Parameter& parameter) {
    const std::string code(parameter.code);
    ask_in_turn("/" + type + "?" + code + ":missing=false");
    ask_in_turn("/" + type + "?" + code + ":missing=true&_summary=count");
    ask_in_turn("/" + type + "?_sort=" + code + "&_count=1");
    if (parameter.kind != fhir::SearchParamType::reference) return;
    for (const std::string& patient : patients_) ask_in_turn("/" + type + "?" + code + "=" + patient);
    ask_in_turn("/" + type + "?_include=" + type + ":" + code);
    for (const std::string& target : types_) {
      ask_in_turn("/" + type + "?" + code + ":" + target + "._lastUpdated=gt2000");
      ask_in_turn("/" + target + "?_has:" + type + ":" + code + ":_lastUpdated=gt2000");
      ask_in_turn("/" + target + "?_revinclude=" + type + ":" + code);
    }
  }

  std::size_t turn_ = 0;
  std::vector<std::string> patients_ = {"Patient/p1", "Patient/p2"};
  std::set<std::string> types_;     // of all that there is
  std::set<std::string> left_out_;  // search parameters that are not tried
};

}  // namespace vesta::ops::testing
