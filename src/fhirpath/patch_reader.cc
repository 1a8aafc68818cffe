// Reading of FHIRPath Patches.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "fhirpath/names.h"
#include "fhirpath/patch.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

using Kind = PatchOperation::Kind;
using Part = PatchOperation::Part;

constexpr std::array<std::string_view, 5> kKinds = {"add", "insert", "delete", "replace", "move"};
constexpr std::array<std::string_view, PatchOperation::kParts> kPartNames = {"type",  "path",   "name",       "value",
                                                                             "index", "source", "destination"};

// The parts of each kind, all of them mandatory.
bool has_part(Kind kind, std::size_t part) {
  switch (part) {
    case Part::name:
      return kind == Kind::add;
    case Part::value:
      return kind == Kind::add || kind == Kind::insert || kind == Kind::replace;
    case Part::index:
      return kind == Kind::insert;
    case Part::source:
    case Part::destination:
      return kind == Kind::move;
    default:
      return true;
  }
}

Error refuse(std::string place, std::string message) {
  return Error{Category::invalid, {}, {Issue{Severity::error, "invalid", std::move(message), std::move(place)}}};
}

// Reads one parameter.
class OperationReader {
 public:
  OperationReader(const fhir::Definitions& definitions, fhir::TypeId target, std::string place)
      : definitions_(definitions),
        target_(target),
        place_(std::move(place)),
        name_(*definitions.find_name("name")),
        part_(*definitions.find_name("part")),
        value_(*definitions.find_name("value")) {}

  Result<PatchOperation> read(const fhir::Node& parameter) {
    if (parameter.child_value(name_) != "operation") {
      return refuse(place_, "The parameters of a patch are named 'operation'.");
    }
    VESTA_CHECK_OK(find_parts(parameter));
    VESTA_TRY(const std::string_view type, text_of(Part::type));
    const auto kind = std::ranges::find(kKinds, type);
    if (kind == kKinds.end()) {
      return refuse(operation_.places[Part::type], "The type is one of add, insert, delete, replace and move.");
    }
    operation_.kind = static_cast<Kind>(kind - kKinds.begin());
    VESTA_CHECK_OK(check_parts(*kind));
    VESTA_CHECK_OK(read_path());
    if (has_part(operation_.kind, Part::name)) {
      VESTA_TRY(operation_.element, text_of(Part::name));
    }
    operation_.content = parts_[Part::value];
    if (operation_.kind == Kind::insert) {
      VESTA_TRY(operation_.to, number_of(Part::index));
    }
    if (operation_.kind == Kind::move) {
      VESTA_TRY(operation_.from, number_of(Part::source));
      VESTA_TRY(operation_.to, number_of(Part::destination));
    }
    return std::move(operation_);
  }

 private:
  Status find_parts(const fhir::Node& parameter) {
    std::size_t number = 0;
    for (const fhir::Node& child : parameter.children()) {
      if (child.name != part_) continue;
      std::string place = place_ + ".part[" + std::to_string(number++) + "]";
      const std::string_view name = child.child_value(name_);
      const auto found = std::ranges::find(kPartNames, name);
      if (found == kPartNames.end())
        return refuse(std::move(place), "A patch has no part '" + std::string(name) + "'.");
      const auto part = static_cast<std::size_t>(found - kPartNames.begin());
      if (parts_[part] != nullptr) return refuse(std::move(place), "The part is there twice.");
      parts_[part] = &child;
      operation_.places[part] = std::move(place);
    }
    return kOk;
  }

  Status check_parts(std::string_view kind) const {
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      const bool is_wanted = has_part(operation_.kind, part);
      const std::string name = "'" + std::string(kPartNames[part]) + "'";
      if (is_wanted && parts_[part] == nullptr) {
        return refuse(place_, "The part " + name + " of '" + std::string(kind) + "' is missing.");
      }
      if (!is_wanted && parts_[part] != nullptr) {
        return refuse(operation_.places[part], "'" + std::string(kind) + "' has no part " + name + ".");
      }
    }
    return kOk;
  }

  // The compiler says line and column.
  Status read_path() {
    VESTA_TRY(const std::string_view text, text_of(Part::path));
    auto program = compile(definitions_, target_, text);
    if (!program.ok()) return refuse(operation_.places[Part::path], program.error().message);
    operation_.program = std::move(*program);
    return kOk;
  }

  // The value of a part that is a primitive of such a kind; null: there is none.
  const fhir::Node* primitive_of(Part part, Item::Kind kind) const {
    if (parts_[part] == nullptr) return nullptr;
    const fhir::Node* const found = parts_[part]->child(value_);
    const bool fits =
        found != nullptr && found->has_value && system_kind(definitions_.type(found->type).primitive) == kind;
    return fits ? found : nullptr;
  }
  Error wants(Part part, std::string_view what) const {
    const bool is_there = parts_[part] != nullptr;
    return refuse(is_there ? operation_.places[part] : place_,
                  "The part '" + std::string(kPartNames[part]) + "' is missing or has no " + std::string(what) + ".");
  }
  Result<std::string_view> text_of(Part part) const {
    const fhir::Node* const found = primitive_of(part, Item::Kind::string);
    if (found == nullptr) return wants(part, "text");
    return found->value;
  }
  Result<std::size_t> number_of(Part part) const {
    const fhir::Node* const found = primitive_of(part, Item::Kind::integer);
    std::size_t number = 0;
    const std::string_view text = found == nullptr ? std::string_view() : found->value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
      return wants(part, "number of an item, which counts from 0");
    }
    return number;
  }

  const fhir::Definitions& definitions_;
  const fhir::TypeId target_;
  const std::string place_;
  const fhir::NameId name_, part_, value_;
  std::array<const fhir::Node*, PatchOperation::kParts> parts_{};
  PatchOperation operation_;
};

}  // namespace

// https://hl7.org/fhir/R4/fhirpatch.html: "encoded in a Parameters resource"
Result<std::vector<PatchOperation>> read_patch(const fhir::Definitions& definitions, fhir::TypeId target,
                                               const fhir::Node& parameters, std::string_view place) {
  if (definitions.find_type("Parameters") != parameters.type) {
    return refuse(std::string(place), "A FHIRPath Patch is a Parameters resource.");
  }
  const fhir::NameId parameter = *definitions.find_name("parameter");
  std::vector<PatchOperation> patch;
  for (const fhir::Node& child : parameters.children()) {
    if (child.name != parameter) continue;
    if (patch.size() == kMaxPatchOperations) {
      return make_error(Category::too_large,
                        "A FHIRPath Patch has at most " + std::to_string(kMaxPatchOperations) + " operations.");
    }
    std::string at = std::string(place) + ".parameter[" + std::to_string(patch.size()) + "]";
    VESTA_TRY(PatchOperation operation, OperationReader(definitions, target, std::move(at)).read(child));
    patch.push_back(std::move(operation));
  }
  return patch;
}

}  // namespace vesta::fhirpath
