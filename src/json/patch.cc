// Reading and applying of JSON Patches.
#include "json/patch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "json/tokens.h"

namespace vesta::json {
namespace {

using Operation = PatchOperation::Kind;

constexpr std::array<std::string_view, 6> kNames = {"add", "remove", "replace", "move", "copy", "test"};

Error at_operation(std::size_t index, std::string_view member, Category category, const std::string& message) {
  std::string place = "[" + std::to_string(index) + "]";
  if (!member.empty()) place += "." + std::string(member);
  return make_error(category, place + ": " + message);
}

bool has_value(Operation kind) {
  return kind == Operation::add || kind == Operation::replace || kind == Operation::test;
}
bool has_from(Operation kind) {
  return kind == Operation::move || kind == Operation::copy;
}

Result<Pointer> read_pointer(Value& operation, std::size_t index, const char* member) {
  const Value* const text = operation.find(member);
  if (text == nullptr || text->kind != Value::Kind::string) {
    return at_operation(index, member, Category::invalid, "A JSON Pointer is missing.");
  }
  std::optional<Pointer> pointer = parse_pointer(text->text);
  if (!pointer) {
    return at_operation(index, member, Category::invalid,
                        "'" + text->text +
                            "' is no JSON Pointer: it begins with '/'"
                            " and has '~' only in '~0' and '~1'.");
  }
  return std::move(*pointer);
}

Result<PatchOperation> read_operation(Value& value, std::size_t index) {
  if (value.kind != Value::Kind::object) {
    return at_operation(index, {}, Category::invalid, "An operation is an object.");
  }
  const Value* const name = value.find("op");
  const bool is_text = name != nullptr && name->kind == Value::Kind::string;
  const auto found = is_text ? std::ranges::find(kNames, std::string_view(name->text)) : kNames.end();
  if (found == kNames.end()) {
    return at_operation(index, "op", Category::invalid, "It is one of add, remove, replace, move, copy and test.");
  }
  PatchOperation operation;
  operation.kind = static_cast<Operation>(found - kNames.begin());
  VESTA_TRY(operation.path, read_pointer(value, index, "path"));
  if (has_from(operation.kind)) {
    VESTA_TRY(operation.from, read_pointer(value, index, "from"));
  }
  if (has_value(operation.kind)) {
    Value* const given = value.find("value");
    if (given == nullptr) {
      return at_operation(index, "value", Category::invalid, "'" + std::string(*found) + "' needs a value.");
    }
    operation.value = std::move(*given);
  }
  return operation;
}

// The number of an item; `-` and all numbers up to `most`. https://www.rfc-editor.org/rfc/rfc6901#section-4
std::optional<std::size_t> item_number(std::string_view text, std::size_t most) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || (text.size() > 1 && text.front() == '0') || number > most) return std::nullopt;
  return number;
}

// Applies the operations to one document.
class Patcher {
 public:
  explicit Patcher(Value& document) : document_(document), values_(count_of(document)) {}

  Status apply(const PatchOperation& operation, std::size_t index) {
    index_ = index;
    switch (operation.kind) {
      case Operation::add:
        return add(operation.path, operation.value);
      case Operation::remove:
        return remove(operation.path, "path");
      case Operation::replace:
        return replace(operation.path, operation.value);
      case Operation::move:
        return move(operation.from, operation.path);
      case Operation::copy: {
        Value* const source = find(operation.from, operation.from.size());
        if (source == nullptr) return nothing_at("from");
        return add(operation.path, Value(*source));
      }
      case Operation::test: {
        const Value* const found = find(operation.path, operation.path.size());
        if (found == nullptr) return nothing_at("path");
        if (!are_equal(*found, operation.value)) return refuse("value", "The test fails: another value is there.");
        return kOk;
      }
    }
    return kOk;
  }

 private:
  Error refuse(std::string_view member, const std::string& message) const {
    return at_operation(index_, member, Category::unprocessable, message);
  }
  Error nothing_at(std::string_view member) const { return refuse(member, "There is no such value."); }

  // What the first `parts` of a pointer lead to, or null.
  Value* find(const Pointer& pointer, std::size_t parts) {
    Value* at = &document_;
    for (std::size_t i = 0; i < parts && at != nullptr; ++i) {
      if (at->kind == Value::Kind::array) {
        const auto number = item_number(pointer[i], at->items.size());
        at = number && *number < at->items.size() ? &at->items[*number] : nullptr;
      } else {
        at = at->find(pointer[i]);
      }
    }
    return at;
  }

  Status add(const Pointer& path, Value value) {
    const std::size_t depth = path.size() + depth_of(value);
    if (depth > kMaxDepth) {
      return refuse("path", "The value would stand deeper than " + std::to_string(kMaxDepth) + " levels.");
    }
    values_ += count_of(value);
    if (values_ > kMaxPatchedValues) {
      return at_operation(index_, {}, Category::too_large,
                          "The document would have more than " + std::to_string(kMaxPatchedValues) + " values.");
    }
    if (path.empty()) {
      document_ = std::move(value);
      return kOk;
    }
    Value* const parent = find(path, path.size() - 1);
    if (parent == nullptr) return nothing_at("path");
    if (parent->kind == Value::Kind::object) {
      if (Value* const there = parent->find(path.back()); there != nullptr) {
        *there = std::move(value);
      } else {
        parent->members.push_back({path.back(), std::move(value)});
      }
      return kOk;
    }
    if (parent->kind != Value::Kind::array) return nothing_at("path");
    const std::size_t items = parent->items.size();
    const auto number = path.back() == "-" ? std::optional(items) : item_number(path.back(), items);
    if (!number) return refuse("path", "The list has " + std::to_string(items) + " items.");
    parent->items.insert(parent->items.begin() + static_cast<std::ptrdiff_t>(*number), std::move(value));
    return kOk;
  }

  Status remove(const Pointer& path, std::string_view member) {
    if (path.empty()) return refuse(member, "The whole document cannot be removed.");
    Value* const parent = find(path, path.size() - 1);
    if (parent == nullptr || find(path, path.size()) == nullptr) return nothing_at(member);
    if (parent->kind == Value::Kind::object) {
      parent->members.erase(std::ranges::find(parent->members, path.back(), &Member::name));
    } else {
      const std::size_t number = *item_number(path.back(), parent->items.size());
      parent->items.erase(parent->items.begin() + static_cast<std::ptrdiff_t>(number));
    }
    return kOk;
  }

  // In its place: an object keeps the order of its members.
  Status replace(const Pointer& path, const Value& value) {
    Value* const there = find(path, path.size());
    if (there == nullptr) return nothing_at("path");
    if (path.size() + depth_of(value) > kMaxDepth) {
      return refuse("path", "The value would stand deeper than " + std::to_string(kMaxDepth) + " levels.");
    }
    *there = value;
    return kOk;
  }

  Status move(const Pointer& from, const Pointer& path) {
    Value* const source = find(from, from.size());
    if (source == nullptr) return nothing_at("from");
    if (from == path) return kOk;
    if (path.size() > from.size() && std::equal(from.begin(), from.end(), path.begin())) {
      return refuse("path", "A value cannot go into itself.");
    }
    Value moved = *source;
    VESTA_CHECK_OK(remove(from, "from"));
    return add(path, std::move(moved));
  }

  Value& document_;
  std::size_t values_;  // at most so many are there: what is removed stays counted
  std::size_t index_ = 0;
};

}  // namespace

std::optional<Pointer> parse_pointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      pointer.emplace_back();
    } else if (text[i] != '~') {
      pointer.back() += text[i];
    } else {
      const char escaped = ++i < text.size() ? text[i] : '\0';
      if (escaped != '0' && escaped != '1') return std::nullopt;
      pointer.back() += escaped == '0' ? '~' : '/';
    }
  }
  return pointer;
}

Result<std::vector<PatchOperation>> parse_patch(std::string_view text) {
  VESTA_TRY(Value patch, parse_value(text));
  if (patch.kind != Value::Kind::array) return make_error(Category::invalid, "A JSON Patch is an array of operations.");
  if (patch.items.size() > kMaxPatchOperations) {
    return make_error(Category::too_large,
                      "A patch has at most " + std::to_string(kMaxPatchOperations) + " operations.");
  }
  std::vector<PatchOperation> operations;
  for (std::size_t i = 0; i < patch.items.size(); ++i) {
    VESTA_TRY(PatchOperation operation, read_operation(patch.items[i], i));
    operations.push_back(std::move(operation));
  }
  return operations;
}

Status apply_patch(const std::vector<PatchOperation>& patch, Value& document) {
  Patcher patcher(document);
  for (std::size_t i = 0; i < patch.size(); ++i) VESTA_CHECK_OK(patcher.apply(patch[i], i));
  return kOk;
}

}  // namespace vesta::json
