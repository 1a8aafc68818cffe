// TypeNotes: the look-ups behind a wrong guess.
#include "fhir/type_notes.h"

namespace vesta::fhir {

TypeNotes::TypeNotes(const Definitions& definitions, TypeId type)
    : definitions_(definitions), type_(type), elements_(definitions.type(type).elements) {
  // A byte is enough for a place: the generator of the tables refuses a type of more than 254 elements.
  followers_.resize(elements_.size() + 1);
  for (std::size_t index = 0; index < elements_.size(); ++index) {
    followers_[index] = static_cast<std::uint8_t>(index);
    if (elements_[index].min > 0) mandatory_.push_back(static_cast<std::uint8_t>(index));
  }
}

const Element* TypeNotes::look_up(std::size_t before, std::string_view json_name) {
  const Element* const found = definitions_.find_element(type_, json_name);
  if (found != nullptr) followers_[before] = static_cast<std::uint8_t>(found - elements_.data());
  return found;
}

}  // namespace vesta::fhir
