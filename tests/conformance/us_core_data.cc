// Gathers and derives the resources.
#include "tests/conformance/us_core_data.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/conformance/us_core_values.h"

namespace vesta::tests {
namespace {

std::string text_of(const JsonValue& resource, const char* property) {
  const JsonValue* value = resource.find(property);
  return value == nullptr ? "" : value->text;
}

std::vector<std::string> list_of(const JsonValue& resource, const char* property) {
  std::vector<std::string> out;
  if (const JsonValue* list = resource.find(property)) {
    for (const JsonValue& item : list->items) out.push_back(item.text);
  }
  return out;
}

void set_id(JsonValue& resource, const std::string& id) {
  if (JsonValue* value = resource.find("id")) value->text = id;
}

// Whether there was a reference to change.
bool set_reference(JsonValue& value, const std::string& reference) {
  JsonValue* member = value.find("reference");
  if (member != nullptr) member->text = reference;
  return member != nullptr;
}

// The property that a path goes through first, with its text: "period" of "CarePlan.period".
std::string first_step(const std::string& path) {
  const std::size_t start = path.find('.') + 1;
  return path.substr(start, path.find('.', start) - start);
}

std::string plain_path(std::string part) {
  const std::size_t first = part.find_first_not_of(" (");
  if (first == std::string::npos) return "";
  part = part.substr(first);
  for (const char* end : {".where(", ".as(", " ", ")"}) part = part.substr(0, part.find(end));
  return part;
}

struct IncludeName {
  std::string type, parameter, target;
};

// "CareTeam:participant:Patient"
IncludeName parse_include(const std::string& text) {
  IncludeName name;
  std::istringstream stream(text);
  std::getline(stream, name.type, ':');
  std::getline(stream, name.parameter, ':');
  std::getline(stream, name.target, ':');
  return name;
}

}  // namespace

std::string name_of(const JsonValue& resource) {
  return text_of(resource, "resourceType") + "/" + text_of(resource, "id");
}

Result<UsCoreData> UsCoreData::load() {
  const std::string shared = VESTA_US_CORE_FOLDER;
  const std::string package = VESTA_US_CORE_PACKAGE;
  UsCoreData data;
  VESTA_TRY(data.profiles_, load_us_core_metadata(shared + "/metadata-6.1.0"));
  VESTA_TRY(data.search_parameters_, load_resources(package, "SearchParameter-"));
  VESTA_TRY(auto of_r4, load_resources(VESTA_DEFINITIONS_FOLDER, "SearchParameter-"));
  for (const JsonValue& parameter : of_r4) data.define(parameter);
  for (const JsonValue& parameter : data.search_parameters_) data.define(parameter);
  VESTA_TRY(auto examples, load_resources(package + "/example"));
  data.add_examples(std::move(examples));
  VESTA_TRY(auto r4_examples, load_resources(VESTA_DEFINITIONS_FOLDER));
  data.add_examples(std::move(r4_examples));
  data.add_completed();
  data.add_decoys();
  data.add_include_sources();
  data.add_provenances();
  return data;
}

// The package's definitions come last, and so replace R4's of the same type and code.
void UsCoreData::define(const JsonValue& search_parameter) {
  for (const std::string& base : list_of(search_parameter, "base")) {
    Definition definition;
    definition.targets = list_of(search_parameter, "target");
    std::istringstream expression(text_of(search_parameter, "expression"));
    for (std::string part; std::getline(expression, part, '|');) {
      const std::string path = plain_path(part);
      if (path.starts_with(base + ".")) definition.paths.push_back(path);
    }
    definitions_[base + "." + text_of(search_parameter, "code")] = std::move(definition);
  }
}

void UsCoreData::add(JsonValue resource) {
  const auto [at, is_new] = by_name_.emplace(name_of(resource), resources_.size());
  if (is_new) resources_.push_back(std::move(resource));
}

// Those of the types that the metadata names, and of the types that their parameters refer to.
void UsCoreData::add_examples(std::vector<JsonValue> examples) {
  std::set<std::string> types{"Provenance"};
  for (const ProfileMetadata& profile : profiles_) {
    types.insert(profile.resource);
    for (const std::string& include : profile.includes) {
      const IncludeName name = parse_include(include);
      const auto& targets = definitions_[name.type + "." + name.parameter].targets;
      types.insert(targets.begin(), targets.end());
    }
  }
  for (JsonValue& example : examples) {
    if (types.contains(text_of(example, "resourceType"))) add(std::move(example));
  }
}

// Where no resource has all elements of a search: a copy of one that has the first of them, with the others taken from
// resources of the type that have them.
void UsCoreData::add_completed() {
  std::vector<JsonValue> completed;
  for (const ProfileMetadata& profile : profiles_) {
    for (const auto& names : profile.searches) {
      const auto bases = bases_of(profile, {names[0]}, 1);
      if (bases.empty() || !bases_of(profile, names, 1).empty()) continue;
      JsonValue copy = *bases[0];
      for (const std::string& name : names) {
        if (!values_of(profile.definitions.at(name), copy).empty()) continue;
        const auto donors = bases_of(profile, {name}, 1);
        const std::string property = first_step(profile.definitions.at(name).full_paths[0]);
        const JsonValue* value = donors.empty() ? nullptr : donors[0]->find(property);
        if (value != nullptr) copy.members.emplace_back(property, *value);
      }
      set_id(copy, "completed-" + std::to_string(completed.size()));
      completed.push_back(std::move(copy));
    }
  }
  for (JsonValue& resource : completed) add(std::move(resource));
}

void UsCoreData::add_decoys() {
  std::set<std::string> done;  // many profiles share a resource and a parameter
  std::vector<JsonValue> decoys;
  for (const ProfileMetadata& profile : profiles_) {
    const auto peers = of_type(profile.resource);
    for (const auto& names : profile.searches) {
      const auto bases = bases_of(profile, names, 1);
      for (const std::string& name : names) {
        if (bases.empty() || name == "_id" || !done.insert(name_of(*bases[0]) + " " + name).second) continue;
        decoys.push_back(make_decoy(profile.definitions.at(name), *bases[0], peers));
        set_id(decoys.back(), "decoy-" + std::to_string(decoys.size()));
      }
    }
  }
  for (JsonValue& decoy : decoys) add(std::move(decoy));
}

void UsCoreData::add_include_sources() {
  for (const ProfileMetadata& profile : profiles_) {
    for (const std::string& include : profile.includes) {
      const IncludeName name = parse_include(include);
      const Definition& definition = definitions_[name.type + "." + name.parameter];
      for (const std::string& target : definition.targets) {
        const auto targets = of_type(target);
        if (targets.empty() || (!name.target.empty() && name.target != target)) continue;
        for (const JsonValue* source : of_type(name.type)) {
          JsonValue copy = *source;
          bool is_reference = false;
          for (const std::string& path : definition.paths) {
            for (JsonValue* value : walk(copy, path)) is_reference |= set_reference(*value, name_of(*targets[0]));
          }
          if (!is_reference) continue;
          set_id(copy, "refers-to-" + target);
          add(std::move(copy));
          break;
        }
      }
    }
  }
}

void UsCoreData::add_provenances() {
  const auto provenances = of_type("Provenance");
  if (provenances.empty()) return;
  const JsonValue pattern = *provenances[0];
  for (const ProfileMetadata& profile : profiles_) {
    const auto bases = bases_of(profile, {}, 1);
    if (bases.empty()) continue;
    JsonValue copy = pattern;
    JsonValue* target = copy.find("target");
    target->items.resize(1);
    set_reference(target->items[0], name_of(*bases[0]));
    set_id(copy, "of-" + text_of(*bases[0], "resourceType") + "-" + std::to_string(resources_.size()));
    add(std::move(copy));
  }
}

std::vector<const JsonValue*> UsCoreData::of_type(std::string_view type) const {
  std::vector<const JsonValue*> out;
  for (const JsonValue& resource : resources_) {
    if (text_of(resource, "resourceType") == type) out.push_back(&resource);
  }
  return out;
}

const JsonValue* UsCoreData::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &resources_[found->second];
}

AskedParameter UsCoreData::asked(const ProfileMetadata& profile, const std::string& name) const {
  AskedParameter out{profile.definitions.at(name), {}};
  const auto found = definitions_.find(profile.resource + "." + name);
  if (found != definitions_.end()) out.targets = found->second.targets;
  return out;
}

const SearchDefinition* UsCoreData::find_definition(const std::string& type, const std::string& name) const {
  for (const ProfileMetadata& profile : profiles_) {
    const auto found = profile.definitions.find(name);
    if (profile.resource == type && found != profile.definitions.end()) return &found->second;
  }
  return nullptr;
}

std::vector<const JsonValue*> UsCoreData::bases_of(const ProfileMetadata& profile,
                                                   const std::vector<std::string>& names, std::size_t limit) const {
  std::vector<const JsonValue*> of_profile;
  std::vector<const JsonValue*> others;
  for (const JsonValue* resource : of_type(profile.resource)) {
    const bool has_all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return !criteria_for(asked(profile, name), *resource, {}, 0).empty();
    });
    if (!has_all) continue;
    const auto profiles = walk(*resource, profile.resource + ".meta.profile");
    const bool is_of_profile = std::any_of(profiles.begin(), profiles.end(), [&](const JsonValue* url) {
      return url->text.substr(0, url->text.find('|')) == profile.profile_url;
    });
    (is_of_profile ? of_profile : others).push_back(resource);
  }
  of_profile.insert(of_profile.end(), others.begin(), others.end());
  if (of_profile.size() > limit) of_profile.resize(limit);
  return of_profile;
}

std::vector<std::string> UsCoreData::references_of(const JsonValue& resource, const std::string& parameter,
                                                   const std::string& target) const {
  std::vector<std::string> out;
  const auto found = definitions_.find(text_of(resource, "resourceType") + "." + parameter);
  if (found == definitions_.end()) return out;
  for (const std::string& path : found->second.paths) {
    for (const JsonValue* value : walk(resource, path)) {
      const std::string reference = reference_of(*value);
      if (!reference.empty() && (target.empty() || reference.starts_with(target + "/"))) out.push_back(reference);
    }
  }
  return out;
}

}  // namespace vesta::tests
