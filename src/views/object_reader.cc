// ObjectReader: properties by name and kind.
#include "views/object_reader.h"

#include <algorithm>
#include <utility>

namespace vesta::views {
namespace {

bool is_of_kind(const json::Value& value, JsonKind kind) {
  switch (kind) {
    case JsonKind::string:
      return value.kind == json::Value::Kind::string;
    case JsonKind::boolean:
      return value.kind == json::Value::Kind::literal && (value.text == "true" || value.text == "false");
    case JsonKind::object:
      return value.kind == json::Value::Kind::object;
    case JsonKind::array:
      return value.kind == json::Value::Kind::array;
  }
  return false;
}

std::string_view name_of(JsonKind kind) {
  switch (kind) {
    case JsonKind::string:
      return "a string";
    case JsonKind::boolean:
      return "true or false";
    case JsonKind::object:
      return "an object";
    case JsonKind::array:
      return "an array";
  }
  return {};
}

}  // namespace

Error view_error(std::string_view place, std::string_view message, std::string_view code) {
  Error error = make_error(Category::invalid, std::string(place) + ": " + std::string(message));
  error.issues.push_back({Severity::error, std::string(code), std::string(message), std::string(place)});
  return error;
}

Error limit_error(std::string_view place, std::string_view limit, std::size_t most, std::string_view things) {
  return view_error(place, "more than " + std::string(limit) + " (" + std::to_string(most) + ") " + std::string(things),
                    "too-costly");
}

ObjectReader::ObjectReader(const json::Value& value, std::string place)
    : value_(&value), place_(std::move(place)), is_taken_(value.members.size()) {}

Result<ObjectReader> ObjectReader::open(const json::Value& value, std::string place) {
  if (value.kind != json::Value::Kind::object) return view_error(place, "an object is needed", "structure");
  return ObjectReader(value, std::move(place));
}

Result<const json::Value*> ObjectReader::take(std::string_view name, JsonKind kind) {
  if (kind == JsonKind::string || kind == JsonKind::boolean) primitives_.emplace_back(name);
  for (std::size_t i = 0; i < value_->members.size(); ++i) {
    const json::Member& member = value_->members[i];
    if (member.name != name) continue;
    is_taken_[i] = true;
    const json::Value& value = member.value;
    if (!is_of_kind(value, kind)) {
      return view_error(place_of(name), std::string(name_of(kind)) + " is needed", "structure");
    }
    const bool is_empty = (kind == JsonKind::string && value.text.empty()) ||
                          (kind == JsonKind::array && value.items.empty()) ||
                          (kind == JsonKind::object && value.members.empty());
    if (is_empty) return view_error(place_of(name), "it is empty", "structure");
    return &value;
  }
  return nullptr;
}

Result<std::optional<std::string>> ObjectReader::string(std::string_view name) {
  VESTA_TRY(const json::Value* const value, take(name, JsonKind::string));
  return value == nullptr ? std::optional<std::string>() : std::optional<std::string>(value->text);
}

Result<std::string> ObjectReader::required_string(std::string_view name) {
  VESTA_TRY(std::optional<std::string> text, string(name));
  if (!text) return view_error(place_of(name), "it is missing", "required");
  return std::move(*text);
}

Result<std::optional<bool>> ObjectReader::boolean(std::string_view name) {
  VESTA_TRY(const json::Value* const value, take(name, JsonKind::boolean));
  return value == nullptr ? std::optional<bool>() : std::optional<bool>(value->text == "true");
}

Result<std::span<const json::Value>> ObjectReader::array(std::string_view name) {
  VESTA_TRY(const json::Value* const value, take(name, JsonKind::array));
  return value == nullptr ? std::span<const json::Value>() : std::span<const json::Value>(value->items);
}

Status ObjectReader::accept(std::string_view name, JsonKind kind) {
  VESTA_CHECK_OK(take(name, kind));
  return kOk;
}

std::vector<const json::Member*> ObjectReader::beginning_with(std::string_view prefix) {
  std::vector<const json::Member*> found;
  for (std::size_t i = 0; i < value_->members.size(); ++i) {
    const json::Member& member = value_->members[i];
    if (!member.name.starts_with(prefix)) continue;
    is_taken_[i] = true;
    primitives_.push_back(member.name);
    found.push_back(&member);
  }
  return found;
}

Status ObjectReader::accept_element() {
  VESTA_CHECK_OK(accept("id", JsonKind::string));
  VESTA_CHECK_OK(accept("extension", JsonKind::array));
  return accept("modifierExtension", JsonKind::array);
}

Status ObjectReader::finish() const {
  for (std::size_t i = 0; i < value_->members.size(); ++i) {
    if (is_taken_[i]) continue;
    const std::string& name = value_->members[i].name;
    const bool is_companion =
        name.starts_with('_') && std::find(primitives_.begin(), primitives_.end(), name.substr(1)) != primitives_.end();
    if (is_companion && is_of_kind(value_->members[i].value, JsonKind::object)) continue;
    return view_error(place_of(name), "unknown property", "structure");
  }
  return kOk;
}

}  // namespace vesta::views
