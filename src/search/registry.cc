// Builds the Registry: which parameters each resource type has, and the program of each.
#include <algorithm>
#include <limits>
#include <map>

#include "base/check.h"
#include "fhirpath/program.h"
#include "search/parameter.h"
#include "search/vocabulary.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;
using fhir::TypeId;

// Raise it whenever the same resource and the same parameters yield other index values than before: a conversion in
// params/, the folding of text, the format of decimal keys. Stores then index again.
constexpr std::string_view kExtractionRevision = "4";

constexpr std::string_view kCorePrefix = "http://hl7.org/fhir/SearchParameter/";

// How far a definition is from being the core one of its code; the lowest wins. Two examples among R4's definitions
// reuse the codes of core ones (Condition subject, Resource _id).
int distance_from_core(const fhir::Definitions& definitions, const fhir::SearchParameter& parameter) {
  std::string_view name = parameter.url;
  if (!name.starts_with(kCorePrefix)) return 3;
  name.remove_prefix(kCorePrefix.size());
  std::string_view code = parameter.code;
  if (code.starts_with('_')) code.remove_prefix(1);  // Resource-id is `_id`
  if (!name.ends_with(code)) return 2;
  const std::string_view owner = name.substr(0, name.size() - code.size());
  const bool names_its_type = std::ranges::any_of(parameter.base, [&](TypeId base) {
    return owner.size() == definitions.type(base).name.size() + 1 && owner.starts_with(definitions.type(base).name) &&
           owner.back() == '-';
  });
  return names_its_type ? 0 : 1;  // 1: clinical-code, individual-gender …
}

bool is_preferred(const fhir::Definitions& definitions, const fhir::SearchParameter& candidate,
                  const fhir::SearchParameter& known) {
  const int left = distance_from_core(definitions, candidate);
  const int right = distance_from_core(definitions, known);
  return left != right ? left < right : candidate.url < known.url;
}

// The definitions of one concrete type by code.
using ByCode = std::map<std::string_view, const fhir::SearchParameter*>;

std::vector<ByCode> definitions_by_type(const fhir::Definitions& definitions) {
  std::vector<ByCode> by_type(definitions.types().size());
  const auto offer = [&](TypeId type, const fhir::SearchParameter& parameter) {
    auto [at, is_new] = by_type[type].try_emplace(parameter.code, &parameter);
    if (!is_new && is_preferred(definitions, parameter, *at->second)) at->second = &parameter;
  };
  for (const fhir::SearchParameter& parameter : definitions.search_parameters()) {
    for (const TypeId base : parameter.base) {
      if (!definitions.type(base).is_abstract) {
        offer(base, parameter);
        continue;
      }
      for (std::size_t id = 0; id < by_type.size(); ++id) {
        const auto type = static_cast<TypeId>(id);
        const fhir::Type& candidate = definitions.type(type);
        if (candidate.kind != fhir::TypeKind::resource || candidate.is_abstract) continue;
        if (definitions.is_a(type, base)) offer(type, parameter);
      }
    }
  }
  return by_type;
}

// _id and _lastUpdated are columns of every resource; composites and specials are no plain values.
bool has_program(const fhir::SearchParameter& parameter) {
  return !parameter.expression.empty() && parameter.type != SearchParamType::composite &&
         parameter.type != SearchParamType::special && parameter.code != "_id" && parameter.code != "_lastUpdated";
}

// FNV-1a, 64 bits, over fields that are closed by a byte no text contains.
class Digest {
 public:
  void add(std::string_view field) {
    for (char c : field) mix(static_cast<unsigned char>(c));
    mix(0xFF);
  }
  std::string hex() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[hash_ >> shift & 0xF]);
    return out;
  }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211u; }
  std::uint64_t hash_ = 14695981039346656037u;
};

}  // namespace

Registry::Registry(const fhir::Definitions& definitions)
    : definitions_(definitions),
      by_type_(definitions.types().size()),
      steps_(definitions.types().size()),
      vocabulary_(std::make_unique<const Vocabulary>(definitions)) {
  const std::vector<ByCode> by_type = definitions_by_type(definitions);
  Digest digest;
  digest.add(kExtractionRevision);
  for (std::size_t id = 0; id < by_type.size(); ++id) {
    const auto type = static_cast<TypeId>(id);
    by_type_[id].first = static_cast<std::uint32_t>(parameters_.size());
    std::map<std::string_view, std::size_t> step_of;  // expression → index into steps_[id]
    for (const auto& [code, definition] : by_type[id]) {
      CHECK(parameters_.size() < std::numeric_limits<ParameterId>::max());
      const auto parameter = static_cast<ParameterId>(parameters_.size());
      parameters_.push_back({parameter, type, definition->type, code, definition, nullptr});
      digest.add(definitions.type(type).name);
      digest.add(code);
      digest.add(std::to_string(static_cast<int>(definition->type)));
      digest.add(definition->expression);
      if (!has_program(*definition)) continue;
      const auto [known, is_new] = step_of.try_emplace(definition->expression, steps_[id].size());
      if (is_new) {
        auto program = fhirpath::compile(definitions, type, definition->expression);
        if (!program) {
          failures_.push_back({definition->url, definition->expression, program.error().message});
          step_of.erase(known);
          continue;
        }
        programs_.push_back(std::move(*program));
        steps_[id].push_back({programs_.back().get(), {}});
      }
      ExtractionStep& step = steps_[id][known->second];
      step.parameters.push_back(parameter);
      parameters_.back().program = step.program;
    }
    by_type_[id].second = static_cast<std::uint32_t>(parameters_.size());
    std::erase_if(steps_[id], [](const ExtractionStep& step) { return step.program->always_empty(); });
  }
  fingerprint_ = digest.hex();
}

Registry::~Registry() = default;

std::span<const Parameter> Registry::parameters_of(TypeId type) const {
  if (type >= by_type_.size()) return {};
  const auto [begin, end] = by_type_[type];
  return std::span<const Parameter>(parameters_).subspan(begin, end - begin);
}

std::span<const ExtractionStep> Registry::steps_of(TypeId type) const {
  if (type >= steps_.size()) return {};
  return steps_[type];
}

const Parameter* Registry::find(TypeId type, std::string_view code) const {
  const std::span<const Parameter> of_type = parameters_of(type);
  const auto found = std::ranges::lower_bound(of_type, code, {}, &Parameter::code);
  return found != of_type.end() && found->code == code ? &*found : nullptr;
}

}  // namespace vesta::search
