// Typed: a bound tree and what it can yield, while the binder builds it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "fhirpath/bound.h"
#include "fhirpath/static_type.h"

namespace vesta::fhirpath {

using BoundPtr = std::unique_ptr<Bound>;

// A bound tree and what it can yield. Of an `empty` tree the type is what it would yield if it could match: so the rest
// of a pruned branch is still checked.
struct Typed {
  BoundPtr bound;
  StaticType type;
  bool is_ordered = true;
};

inline BoundPtr make_bound(Op op, std::uint32_t offset) {
  auto bound = std::make_unique<Bound>();
  bound->op = op;
  bound->offset = offset;
  return bound;
}

inline Typed make_literal(Item::Kind kind, std::uint32_t offset, std::string text) {
  BoundPtr bound = make_bound(Op::literal, offset);
  bound->text = std::move(text);
  bound->literal.kind = kind;
  bound->literal.text = bound->text;
  bound->literal.boolean_value = bound->text == "true";
  return {std::move(bound), StaticType::of(kind)};
}

}  // namespace vesta::fhirpath
