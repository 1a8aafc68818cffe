// A Source for tests: resources as JSON texts, in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "terminology/source.h"

namespace vesta::terminology {

// Resources are added before other threads ask.
class TestSource : public Source {
 public:
  // `rest`: the properties behind url and version, which begins with a comma, or "".
  void add(Kind kind, const std::string& url, const std::string& rest, const std::string& version = "1") {
    resources_.push_back({kind, url, version,
                          R"({"resourceType":")" + std::string(kind_name(kind)) + R"(","url":")" + url +
                              R"(","version":")" + version + R"(","status":"active")" + rest + "}"});
    ++generation_;
  }
  void add_system(const std::string& url, const std::string& concepts, const std::string& content = "complete") {
    add(Kind::code_system, url, R"(,"content":")" + content + R"(","concept":)" + concepts);
  }
  void add_value_set(const std::string& url, const std::string& compose) {
    add(Kind::value_set, url, R"(,"compose":)" + compose);
  }
  void fail(Category category) { failure_ = category; }
  void change_generation() { ++generation_; }
  int finds() const { return finds_; }

  Result<std::optional<std::string>> find(Kind kind, std::string_view url, std::string_view version) override {
    ++finds_;
    if (failure_) return make_error(*failure_, "the store is away");
    std::optional<std::string> found;
    for (const Entry& entry : resources_) {
      if (entry.kind == kind && entry.url == url && (version.empty() || entry.version == version)) found = entry.json;
    }
    return found;
  }
  Result<std::vector<std::string>> systems_with(std::string_view) override {
    std::vector<std::string> urls;
    for (const Entry& entry : resources_) {
      if (entry.kind == Kind::code_system) urls.push_back(entry.url);
    }
    return urls;
  }
  std::uint64_t generation() override { return generation_; }

 private:
  struct Entry {
    Kind kind;
    std::string url, version, json;
  };
  std::vector<Entry> resources_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::optional<Category> failure_;
  std::atomic<int> finds_ = 0;
};

}  // namespace vesta::terminology
