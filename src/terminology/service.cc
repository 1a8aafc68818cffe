// Finds, reads and keeps code systems and value sets, and answers from them.
#include "terminology/service.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "fhir/json.h"
#include "terminology/shorten.h"

namespace vesta::terminology {

// One call of the service: its generation, its budget, and the value sets that it is in the middle of.
class Session : public Library {
 public:
  explicit Session(Service& service)
      : service_(service), generation_(service.generation()), reader_(service.definitions_) {}

  Result<std::shared_ptr<const CodeSystem>> code_system(std::string_view url, std::string_view version) override {
    const std::string key = std::string(url) + "|" + std::string(version);
    if (auto kept = service_.systems_.get(key, generation_)) return kept;
    VESTA_TRY(const std::optional<std::string> json, find(Kind::code_system, {url, version}));
    if (!json) return std::shared_ptr<const CodeSystem>();
    fhir::Arena arena;
    VESTA_TRY(const fhir::Node* const tree, read(*json, Kind::code_system, url, arena));
    auto system = std::make_shared<const CodeSystem>(service_.names_, *tree);
    service_.systems_.put(key, generation_, system);
    return std::shared_ptr<const CodeSystem>(std::move(system));
  }

  Result<std::shared_ptr<const CodeSet>> value_set(std::string_view canonical) override {
    const std::string key(canonical);
    if (auto kept = find_kept("in " + key)) return kept;
    if (std::find(path_.begin(), path_.end(), key) != path_.end()) {
      return make_error(Category::invalid, "Value sets import each other in a circle: " + describe_path() + key);
    }
    if (path_.size() >= kMaxImportDepth) {
      return make_error(Category::too_large, "Value sets import each other over more than " +
                                                 std::to_string(kMaxImportDepth) + " levels: " + describe_path() + key);
    }
    VESTA_TRY(const std::optional<std::string> json, find(Kind::value_set, parse_canonical(canonical)));
    if (!json) return not_found(Kind::value_set, canonical);
    fhir::Arena arena;
    VESTA_TRY(const fhir::Node* const tree, read(*json, Kind::value_set, canonical, arena));
    path_.push_back(key);
    Result<CodeSet> codes = evaluate_value_set(service_.names_, *tree, *this, budget_);
    path_.pop_back();
    if (!codes.ok()) return codes.take_error();
    return keep("in " + key, std::move(*codes));
  }

  // Keys begin with a word for what is asked: in, up, down.
  std::shared_ptr<const CodeSet> find_kept(const std::string& key) { return service_.sets_.get(key, generation_); }
  std::shared_ptr<const CodeSet> keep(const std::string& key, CodeSet codes) {
    auto set = std::make_shared<const CodeSet>(std::move(codes));
    service_.sets_.put(key, generation_, set);
    return set;
  }

  // A system that must be here.
  Result<std::shared_ptr<const CodeSystem>> require_system(std::string_view canonical) {
    const Canonical parts = parse_canonical(canonical);
    VESTA_TRY(auto system, code_system(parts.url, parts.version));
    if (system == nullptr) return not_found(Kind::code_system, canonical);
    return system;
  }

 private:
  static Error not_found(Kind kind, std::string_view canonical) {
    return make_error(Category::not_found,
                      "There is no " + std::string(kind_name(kind)) + " '" + shorten(canonical) + "'");
  }

  std::string describe_path() const {
    std::string text;
    for (const std::string& at : path_) text += at + " -> ";
    return text;
  }

  Result<std::optional<std::string>> find(Kind kind, const Canonical& canonical) {
    for (Source* source : service_.sources_) {
      VESTA_TRY(std::optional<std::string> json, source->find(kind, canonical.url, canonical.version));
      if (json) return json;
    }
    return std::optional<std::string>();
  }

  Result<fhir::Node*> read(const std::string& json, Kind kind, std::string_view canonical, fhir::Arena& arena) {
    Result<fhir::Node*> tree = reader_.read(json, arena);
    if (tree.ok() && service_.definitions_.type((*tree)->type).name == kind_name(kind)) return tree;
    Error error = tree.ok() ? make_error(Category::invalid, "it is of another type") : tree.take_error();
    error.message =
        "The " + std::string(kind_name(kind)) + " '" + std::string(canonical) + "' cannot be read: " + error.message;
    return error;
  }

  Service& service_;
  const std::uint64_t generation_;
  fhir::JsonReader reader_;
  StepBudget budget_;
  std::vector<std::string> path_;
};

namespace {

Error no_such_code(const CodeSystem& system, std::string_view code) {
  return make_error(Category::not_found,
                    "The CodeSystem '" + system.url() + "' has no code '" + std::string(code) + "'");
}

Result<CodeSet> find_related(const CodeSystem& system, std::string_view code, bool is_up) {
  if (!system.complete()) {
    return make_error(Category::unsupported, "What is above and below the codes of " + system.url() +
                                                 " is not known: its CodeSystem has the content '" + system.content() +
                                                 "'");
  }
  const std::optional<ConceptId> id = system.find(code);
  if (!id) return no_such_code(system, code);
  const std::vector<ConceptId> found = is_up ? system.ancestors(*id) : system.descendants(*id);
  VESTA_CHECK_OK(check_expansion_size(found.size(), "What is above or below '" + std::string(code) + "'"));
  std::vector<std::string> codes;
  codes.reserve(found.size());
  for (const ConceptId at : found) codes.push_back(system.concepts()[at].code);
  return CodeSet::of(system.url(), std::move(codes));
}

}  // namespace

Service::Service(const fhir::Definitions& definitions, std::vector<Source*> sources)
    : definitions_(definitions), names_(definitions), sources_(std::move(sources)) {}

// None of the parts ever decreases, so a sum that is the same means that none has changed.
std::uint64_t Service::generation() const {
  std::uint64_t sum = 0;
  for (Source* source : sources_) sum += source->generation();
  return sum;
}

Result<std::shared_ptr<const CodeSet>> Service::expand(std::string_view canonical) {
  return Session(*this).value_set(canonical);
}

Result<bool> Service::contains(std::string_view canonical, std::string_view system, std::string_view code) {
  VESTA_TRY(const auto codes, expand(canonical));
  return codes->contains(system, code);
}

Result<std::shared_ptr<const CodeSet>> Service::subsumed_by(std::string_view system, std::string_view code) {
  return related(system, code, Direction::down);
}

Result<std::shared_ptr<const CodeSet>> Service::subsumes(std::string_view system, std::string_view code) {
  return related(system, code, Direction::up);
}

Result<std::shared_ptr<const CodeSet>> Service::related(std::string_view canonical, std::string_view code,
                                                        Direction direction) {
  Session session(*this);
  const std::string key =
      (direction == Direction::up ? "up " : "down ") + std::string(canonical) + " " + std::string(code);
  if (auto kept = session.find_kept(key)) return kept;
  Result<CodeSet> codes = make_error(Category::internal, "");
  if (canonical.empty()) {
    codes = related_everywhere(session, code, direction);
  } else {
    VESTA_TRY(const auto system, session.require_system(canonical));
    codes = find_related(*system, code, direction == Direction::up);
  }
  if (!codes.ok()) return codes.take_error();
  return session.keep(key, std::move(*codes));
}

Result<CodeSet> Service::related_everywhere(Session& session, std::string_view code, Direction direction) {
  std::set<std::string> urls;
  for (Source* source : sources_) {
    VESTA_TRY(std::vector<std::string> found, source->systems_with(code));
    urls.insert(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  CodeSet everywhere;
  for (const std::string& url : urls) {
    VESTA_TRY(const auto system, session.code_system(url, {}));
    if (system == nullptr || !system->find(code)) continue;
    VESTA_TRY(CodeSet codes, find_related(*system, code, direction == Direction::up));
    everywhere.unite(std::move(codes));
  }
  if (everywhere.empty()) {
    return make_error(Category::not_found, "No CodeSystem here has the code '" + shorten(code) + "'");
  }
  VESTA_CHECK_OK(check_expansion_size(everywhere.size(), "What is above or below '" + std::string(code) + "'"));
  return everywhere;
}

Result<std::string> Service::display(std::string_view canonical, std::string_view code) {
  VESTA_TRY(const auto system, Session(*this).require_system(canonical));
  const std::optional<ConceptId> id = system->find(code);
  if (!id) return no_such_code(*system, code);
  return system->concepts()[*id].display;
}

}  // namespace vesta::terminology
