// For property tests: resources as the matcher meets them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "search/matcher.h"
#include "search/random_resource.h"
#include "search/test_support.h"

namespace vesta::search::testing {

// The current resources by type and id, as the matcher follows links through them. Borrows what the subjects refer to.
class World final : public Surroundings {
 public:
  explicit World(std::string_view base_url = RandomPool::kBaseUrl) : base_url_(base_url) {}

  std::map<fhir::TypeId, std::map<std::string, Subject, std::less<>>> subjects;

  const Subject* find(fhir::TypeId type, std::string_view id) const override {
    const auto of_type = subjects.find(type);
    if (of_type == subjects.end()) return nullptr;
    const auto found = of_type->second.find(id);
    return found == of_type->second.end() ? nullptr : &found->second;
  }
  void each(fhir::TypeId type, const std::function<bool(const Subject&)>& visit) const override {
    const auto of_type = subjects.find(type);
    if (of_type == subjects.end()) return;
    for (const auto& [id, subject] : of_type->second) {
      if (!visit(subject)) return;
    }
  }
  const Registry& registry() const override { return testing::registry(); }
  std::string_view base_url() const override { return base_url_; }

 private:
  std::string_view base_url_;
};

}  // namespace vesta::search::testing
