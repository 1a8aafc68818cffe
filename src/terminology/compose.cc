// Evaluates ValueSet.compose: unions of includes, without the union of excludes.
#include "terminology/compose.h"

#include <string>
#include <utility>
#include <vector>

#include "terminology/shorten.h"

namespace vesta::terminology {
namespace {

using fhir::Node;

class Composition {
 public:
  Composition(const Names& names, const Node& resource, Library& library, StepBudget& budget)
      : names_(names), library_(library), budget_(budget), url_(shorten(resource.child_value(names.url))) {}

  // https://hl7.org/fhir/R4/valueset.html#compositions
  //   1. the union of what each include selects  2. without what any exclude selects
  //   3. without inactive codes, where `inactive` is false. Where it is absent they stay: data keeps the codes of its
  //      time, and the specification leaves it to the server.
  Result<CodeSet> run(const Node& compose) {
    VESTA_TRY(CodeSet codes, unite(compose, names_.include));
    VESTA_TRY(const CodeSet excluded, unite(compose, names_.exclude));
    const Status subtracted = codes.subtract(excluded);
    if (!subtracted.ok()) return make_error(subtracted.error().category, describe(subtracted.error().message));
    if (compose.child_value(names_.inactive) == "false") VESTA_CHECK_OK(drop_inactive(codes));
    return codes;
  }

 private:
  std::string describe(const std::string& problem) const { return "The value set " + url_ + ": " + problem; }

  Result<CodeSet> unite(const Node& compose, fhir::NameId kind) {
    CodeSet united;
    for (const Node& child : compose.children()) {
      if (child.name != kind) continue;
      VESTA_TRY(CodeSet part, select_part(child));
      // Each union walks through what is there already.
      VESTA_CHECK_OK(budget_.spend(1 + part.size() + united.size() + united.systems().size()));
      united.unite(std::move(part));
      VESTA_CHECK_OK(check_expansion_size(united.size(), url_));
    }
    return united;
  }

  // One include or exclude: the codes of its system that are listed or pass every filter (or all of them), as far as
  // they are in every one of its value sets.
  Result<CodeSet> select_part(const Node& part) {
    std::optional<CodeSet> codes;
    if (!part.child_value(names_.system).empty()) {
      VESTA_TRY(codes, select_from_system(part));
    } else if (part.child(names_.concept_) != nullptr || part.child(names_.filter) != nullptr) {
      return make_error(Category::invalid, describe("an include has concepts or filters without a system"));
    }
    for (const Node& child : part.children()) {
      if (child.name != names_.value_set) continue;
      VESTA_TRY(const auto imported, library_.value_set(child.value));
      VESTA_CHECK_OK(budget_.spend(imported->size()));
      if (codes) {
        codes->intersect(*imported);
      } else {
        codes = *imported;
      }
    }
    if (!codes) return make_error(Category::invalid, describe("an include has neither a system nor a value set"));
    return std::move(*codes);
  }

  Result<CodeSet> select_from_system(const Node& part) {
    const std::string url(part.child_value(names_.system));
    const bool has_filter = part.child(names_.filter) != nullptr;
    if (part.child(names_.concept_) != nullptr) {
      if (has_filter) {
        return make_error(Category::invalid,
                          describe("an include of " + shorten(url) + " has both concepts and filters"));
      }
      return list_concepts(part, url);
    }
    VESTA_TRY(const auto system, library_.code_system(url, part.child_value(names_.version)));
    if (has_filter) return filter_system(part, system.get(), url);
    if (system == nullptr || !system->complete()) return CodeSet::of_whole(url);
    return pick(*system, Selection(system->concepts().size(), true));
  }

  // What is listed is in the value set, whether or not its system is known here.
  Result<CodeSet> list_concepts(const Node& part, const std::string& url) {
    std::vector<std::string> codes;
    for (const Node& child : part.children()) {
      if (child.name == names_.concept_) codes.emplace_back(child.child_value(names_.code));
    }
    return CodeSet::of(url, std::move(codes));
  }

  Result<CodeSet> filter_system(const Node& part, const CodeSystem* system, const std::string& url) {
    Selection selection;
    for (const Node& child : part.children()) {
      if (child.name != names_.filter) continue;
      const Filter filter = {child.child_value(names_.property), child.child_value(names_.op),
                             child.child_value(names_.value)};
      if (system == nullptr || !system->complete()) {
        const std::string which = shorten(filter.property) + " " + shorten(filter.op) + " " + shorten(filter.value);
        const std::string why = system == nullptr ? "there is no such CodeSystem"
                                                  : "its CodeSystem has the content '" + system->content() + "'";
        return make_error(Category::unsupported,
                          describe("the filter '" + which + "' needs the codes of " + shorten(url) + ", but " + why));
      }
      VESTA_TRY(const Selection passed, select(*system, filter, budget_));
      if (selection.empty()) {
        selection = passed;
      } else {
        for (std::size_t at = 0; at < selection.size(); ++at) selection[at] = selection[at] && passed[at];
      }
    }
    return pick(*system, selection);
  }

  Result<CodeSet> pick(const CodeSystem& system, const Selection& selection) {
    std::vector<std::string> codes;
    for (std::size_t at = 0; at < selection.size(); ++at) {
      if (selection[at]) codes.push_back(system.concepts()[at].code);
    }
    VESTA_CHECK_OK(budget_.spend(selection.size()));
    VESTA_CHECK_OK(check_expansion_size(codes.size(), url_));
    return CodeSet::of(system.url(), std::move(codes));
  }

  Status drop_inactive(CodeSet& codes) {
    CodeSet inactive;
    for (const SystemCodes& part : codes.systems()) {
      VESTA_TRY(const auto system, library_.code_system(part.system, {}));
      if (system == nullptr || !system->complete()) {
        return make_error(Category::unsupported, describe("it leaves inactive codes out, and which codes of " +
                                                          part.system + " are inactive is not known here"));
      }
      std::vector<std::string> found;
      for (const std::string& code : part.codes) {
        const std::optional<ConceptId> id = system->find(code);
        if (id && system->is_inactive(*id)) found.push_back(code);
      }
      inactive.unite(CodeSet::of(part.system, std::move(found)));
    }
    return codes.subtract(inactive);
  }

  const Names& names_;
  Library& library_;
  StepBudget& budget_;
  const std::string url_;
};

}  // namespace

Status check_expansion_size(std::size_t codes, std::string_view what) {
  if (codes <= kMaxExpansion) return kOk;
  return make_error(Category::too_large, shorten(what) + " has more than " + std::to_string(kMaxExpansion) + " codes");
}

Result<CodeSet> evaluate_value_set(const Names& names, const Node& resource, Library& library, StepBudget& budget) {
  if (const Node* compose = resource.child(names.compose)) {
    Result<CodeSet> composed = Composition(names, resource, library, budget).run(*compose);
    if (composed.ok()) return composed;
    const Category why = composed.error().category;
    if (why != Category::unsupported && why != Category::not_found) return composed;
    std::optional<CodeSet> stored = read_expansion(names, resource);
    if (!stored) return composed;
    VESTA_CHECK_OK(check_expansion_size(stored->size(), resource.child_value(names.url)));
    return std::move(*stored);
  }
  std::optional<CodeSet> stored = read_expansion(names, resource);
  if (!stored) {
    return make_error(Category::unsupported, "The value set " + shorten(resource.child_value(names.url)) +
                                                 " has neither a definition nor a complete expansion");
  }
  VESTA_CHECK_OK(check_expansion_size(stored->size(), resource.child_value(names.url)));
  return std::move(*stored);
}

}  // namespace vesta::terminology
