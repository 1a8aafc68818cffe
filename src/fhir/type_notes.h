// TypeNotes: what a reader keeps of the types that it meets, so that most elements are found by one comparison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace vesta::fhir {

// Of one type. Places are indexes in Type::elements.
class TypeNotes {
 public:
  TypeNotes(const Definitions& definitions, TypeId type);

  // As Definitions::find_element, for what stands behind the element at `before` (an index plus one; 0 at first).
  // OPTIMIZATION: resources of one source have their elements in one order, so what followed last time is tried first.
  const Element* find_element(std::size_t before, std::string_view json_name) {
    const std::size_t guess = followers_[before];
    if (guess < elements_.size() && elements_[guess].json_name == json_name) return &elements_[guess];
    return look_up(before, json_name);
  }
  // The elements with a minimum above 0.
  const std::vector<std::uint8_t>& mandatory() const { return mandatory_; }

 private:
  const Element* look_up(std::size_t before, std::string_view json_name);

  const Definitions& definitions_;
  const TypeId type_;
  const std::span<const Element> elements_;
  std::vector<std::uint8_t> followers_;  // by `before`: what came behind it last
  std::vector<std::uint8_t> mandatory_;
};

// The notes of all types, each begun when its type is met. Not thread-safe.
class Notebook {
 public:
  explicit Notebook(const Definitions& definitions) : definitions_(definitions), notes_(definitions.types().size()) {}

  TypeNotes& of(TypeId type) {
    std::unique_ptr<TypeNotes>& notes = notes_[type];
    if (notes == nullptr) notes = std::make_unique<TypeNotes>(definitions_, type);
    return *notes;
  }

 private:
  const Definitions& definitions_;
  std::vector<std::unique_ptr<TypeNotes>> notes_;
};

}  // namespace vesta::fhir
