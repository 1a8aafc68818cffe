// Two servers, of which one has what the other has not: to those who may not see it, both answer the same.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "ops/test_support.h"
#include "search/random_resource.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_server.h"
#include "store/sqlite/sqlite_store.h"

namespace vesta::ops::testing {

inline std::string reference(const std::string& to) {
  return R"({"reference":")" + to + R"("})";
}

struct Resource {
  std::string path;
  std::string rest;  // of its text, behind the id

  std::string text() const {
    const std::size_t slash = path.find('/');
    return R"({"resourceType":")" + path.substr(0, slash) + R"(","id":")" + path.substr(slash + 1) + "\"" +
           (rest.empty() ? "" : "," + rest) + "}";
  }
};

// A request of both.
struct Ask {
  http::Method method = http::Method::get;
  std::string target;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// On one kind of engine, at the same time of day.
class TwoServers {
 protected:
  // A slow build is there to look at memory and threads; and on PostgreSQL each request is several of the database.
  // There one of `stride` requests is asked of those that need not end in one status.
  explicit TwoServers(const std::string& engine, std::size_t stride = 3)
      : stride_(search::testing::kSlowness > 1 || engine == "postgres" ? stride : 1),
        engine_(engine),
        full_(open("full")),
        poor_(open("poor")) {}
  ~TwoServers() {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  TwoServers(const TwoServers&) = delete;
  TwoServers& operator=(const TwoServers&) = delete;

  std::unique_ptr<store::Store> open(const std::string& name) {
    if (engine_ == "memory") return nullptr;
    Clock* const clock = name == "full" ? &full_clock_ : &poor_clock_;
    if (engine_ == "postgres") {
      const auto& database = databases_.emplace_back(std::make_unique<store::postgres::test::TemporaryDatabase>());
      auto opened = store::postgres::open({.url = database->serving_url(), .registry = &registry(), .clock = clock});
      CHECK(opened.ok());
      return std::move(*opened);
    }
    if (folder_.empty()) {
      folder_ = (std::filesystem::temp_directory_path() / "vesta-hidden-XXXXXX").string();
      CHECK(::mkdtemp(folder_.data()) != nullptr);
    }
    auto opened = store::sqlite::open({.directory = folder_ + "/" + name, .registry = &registry(), .clock = clock});
    CHECK(opened.ok());
    return std::move(*opened);
  }

  static void put(TestServer& server, const Resource& resource) {
    const http::Response response = server.put("/" + resource.path, resource.text());
    CHECK(response.status == 200 || response.status == 201);
  }
  void put_both(const Resource& resource) { put_both(resource, resource); }
  void put_both(const Resource& in_full, const Resource& in_poor) {
    align();
    put(full_, in_full);
    put(poor_, in_poor);
  }

  // What a server does takes time on its clock.
  void align() {
    const auto level = [](TestClock& one, TestClock& other) {
      const std::int64_t ahead = one.now().value - other.now().value;
      (ahead > 0 ? other : one).advance(std::chrono::microseconds(std::abs(ahead)));
    };
    level(full_.clock, poor_.clock);
    level(full_clock_, poor_clock_);
  }

  // A link to another page is sealed: of it the length remains, which tells nothing either.
  static std::string without_pages(const std::string& body) {
    static const std::regex kPage("_page=[A-Za-z0-9_-]+");
    std::string text;
    auto from = body.begin();
    for (std::sregex_iterator at(body.begin(), body.end(), kPage), end; at != end; ++at) {
      text.append(from, (*at)[0].first).append("_page of ").append(std::to_string(at->length()));
      from = (*at)[0].second;
    }
    return text.append(from, body.end());
  }

  // Ids of new resources are drawn. That something is hidden is said by a tag.
  static std::string without_chance(const std::string& body) {
    static const std::regex kUuid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    static const std::regex kTag(R"re(,"tag":\[\{"system":"[^"]+","code":"SUBSETTED"\}\]|)re"
                                 R"re(<tag><system value="[^"]+"/><code value="SUBSETTED"/></tag>)re");
    return std::regex_replace(std::regex_replace(without_pages(body), kUuid, "new"), kTag, "");
  }

  static void expect_same_text(const std::string& full, const std::string& poor) {
    if (full != poor) {
      EXPECT_EQ(without_chance(full), without_chance(poor));
    }
  }

  // Names and values of an answer's header fields, line by line.
  static std::string head_of(const http::Response& response) {
    std::string text;
    for (const auto& [name, value] : response.headers.fields()) text.append(name).append(": ").append(value) += '\n';
    return text;
  }

  void expect_same(const Ask& ask, int status = 0) {
    if (instead_) return instead_(ask);
    if (status == 0 && asks_++ % stride_ != 0) return;
    SCOPED_TRACE(std::string(http::to_string(ask.method)) + " " + ask.target + " " + ask.body);
    align();
    http::Response from_full = full_.send(ask.method, ask.target, ask.body, std::span(ask.headers));
    http::Response from_poor = poor_.send(ask.method, ask.target, ask.body, std::span(ask.headers));
    ASSERT_TRUE(http::gather(from_full).ok());
    ASSERT_TRUE(http::gather(from_poor).ok());
    if (status != 0) {
      EXPECT_EQ(from_poor.status, status) << from_poor.body;
    }
    if (is_refused_more_ && from_full.status == 403) return;
    EXPECT_EQ(from_full.status, from_poor.status) << from_full.body << "\n" << from_poor.body;
    expect_same_text(from_full.body, from_poor.body);
    expect_same_text(head_of(from_full), head_of(from_poor));
    if (ask.method == http::Method::get) follow(from_full.body, from_poor.body);
  }
  void expect_same(http::Method method, const std::string& target, const std::string& body = {}, int status = 0) {
    expect_same({method, target, body}, status);
  }
  void follow(const std::string& from_full, const std::string& from_poor) {
    for (const char* relation : {"next", "previous"}) {
      const std::string link = R"("relation":")" + std::string(relation) + R"(","url":")";
      const std::string full = value_after(from_full, link), poor = value_after(from_poor, link);
      ASSERT_EQ(full.empty(), poor.empty());
      if (full.empty() || relation == std::string("previous")) continue;
      const http::Response next = full_.get(full);
      EXPECT_EQ(next.status, 200);
      const auto grant = std::exchange(full_.grant, access::Grant::everything());
      EXPECT_EQ(full_.get(full).status, 400) << "the link is nobody else's";
      full_.grant = grant;
      const http::Response poor_next = poor_.get(poor);
      expect_same_text(next.body, poor_next.body);
      follow(next.body, poor_next.body);
    }
  }
  void expect_same(const std::string& target, int status = 200) { expect_same(http::Method::get, target, {}, status); }

  std::function<void(const Ask&)> instead_;  // of asking
  const std::size_t stride_;                 // of so many requests one is asked, others each time
  std::size_t asks_ = std::random_device{}();
  bool is_refused_more_ = false;       // a 403 of the full one is as good
  TestClock full_clock_, poor_clock_;  // of the engines
  const std::string engine_;
  std::string folder_;
  std::vector<std::unique_ptr<store::postgres::test::TemporaryDatabase>> databases_;
  TestServer full_, poor_;
};

}  // namespace vesta::ops::testing
