// JSON Patch. https://www.rfc-editor.org/rfc/rfc6902
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace vesta::json {

inline constexpr std::size_t kMaxPatchOperations = 1'000;
inline constexpr std::size_t kMaxPatchedValues = 1'000'000;  // in a document that a patch adds to

// A path to a value: names of members, numbers of items, "-" behind the last item; empty: the whole document.
// https://www.rfc-editor.org/rfc/rfc6901
using Pointer = std::vector<std::string>;
// nullopt: no pointer.
std::optional<Pointer> parse_pointer(std::string_view text);

struct PatchOperation {
  enum class Kind { add, remove, replace, move, copy, test };
  Kind kind = Kind::test;
  Pointer path;
  Pointer from;  // of move and copy
  Value value;   // of add, replace and test
};

// Errors: those of parse_value; invalid, with the place ("[2].path: …"); too_large.
Result<std::vector<PatchOperation>> parse_patch(std::string_view text);

// All operations one after the other. Errors: unprocessable, with the place of the operation: there is no such value, a
// test fails, a value would go into itself, the document would be gone or too deep; too_large. Then `document` is in no
// state to be used.
Status apply_patch(const std::vector<PatchOperation>& patch, Value& document);

}  // namespace vesta::json
