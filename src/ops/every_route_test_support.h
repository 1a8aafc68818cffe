// Every route, type and search parameter, asked of two servers, which must answer the same.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "access/grants.h"
#include "access/records.h"
#include "http/message.h"
#include "ops/two_servers_test_support.h"

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

class EveryRoute : protected TwoServers {
 protected:
  using TwoServers::TwoServers;

  void ask(const std::string& target) { expect_same(http::Method::get, target); }

  void instance(const Resource& each) {
    const std::string path = "/" + each.path;
    for (const char* behind : {"", "/_history", "/_history/1", "/_history/2", "/$everything", "/*"}) ask(path + behind);
    ask("/" + type_of(each) + "?_id=" + path.substr(path.rfind('/') + 1));
    for (const std::string& type : types_) ask(path + "/" + type);
  }

  void type_level(const std::string& type) {
    for (const char* behind :
         {"", "?_summary=count", "?_total=accurate&_count=1", "?_total=estimate", "/_history",
          "?_sort=-_lastUpdated&_count=1", "?_include=*", "?_revinclude=*", "?_revinclude:iterate=*", "/$everything",
          "?_filter=_lastUpdated%20gt%202000", "?_content=given2"}) {
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
    ask("/" + type + "?" + code + ":missing=false");
    ask("/" + type + "?" + code + ":missing=true&_summary=count");
    ask("/" + type + "?_sort=" + code + "&_count=1");
    if (parameter.kind != fhir::SearchParamType::reference) return;
    for (const std::string& patient : patients_) ask("/" + type + "?" + code + "=" + patient);
    ask("/" + type + "?_include=" + type + ":" + code);
    for (const std::string& target : types_) {
      ask("/" + type + "?" + code + ":" + target + "._lastUpdated=gt2000");
      ask("/" + target + "?_has:" + type + ":" + code + ":_lastUpdated=gt2000");
      ask("/" + target + "?_revinclude=" + type + ":" + code);
    }
  }

  std::vector<std::string> patients_ = {"Patient/p1", "Patient/p2"};
  std::set<std::string> types_;     // of all that there is
  std::set<std::string> left_out_;  // search parameters that are not tried
};

}  // namespace vesta::ops::testing
